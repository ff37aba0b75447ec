"""Incident-response forensics for package registries: every claim cites a verbatim line."""

__version__ = "0.1.0"
