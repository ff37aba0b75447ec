"""What registries say of versions: published, withdrawn, warned of, delivered, in which rhythm."""
