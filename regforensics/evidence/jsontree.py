"""Document: an exhibit's bytes as JSON, in which every value knows its pointer and byte span."""
