"""What is in package files and manifests: what runs at install time, and what the outside hides."""
