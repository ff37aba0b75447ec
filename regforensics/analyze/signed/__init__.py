"""Signatures, attestations and provenance: what vouches for a version, and where it fails."""
