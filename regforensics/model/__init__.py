"""The nouns: frozen values with no I/O, shared by every other package."""
