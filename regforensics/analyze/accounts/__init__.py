"""Who could publish and who did, as registries and identity sources show it."""
