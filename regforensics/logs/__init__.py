"""Logs and exports that responders are handed: one file a format, no I/O.

Why one visible tuple: a new format is one file and one line here; ingest, help and the contract
tests take it from the tuple.
"""

from regforensics.logs.artifactory import ArtifactoryRequest
from regforensics.logs.base import LineFormat
from regforensics.logs.combined import Combined

LINE_FORMATS: tuple[LineFormat, ...] = (ArtifactoryRequest(), Combined())
