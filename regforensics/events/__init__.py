"""Logs that were handed over, as one table of events: read once, cited line by line."""
