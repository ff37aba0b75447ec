"""What consumers were served: dist-tags, and the counts of counting services."""
