"""Small MaxMind DB files for tests."""

from importlib import import_module
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter

_networks: Any = import_module("netaddr").IPSet  # the library has no types


def table(path: Path, kind: str, networks: dict[str, dict[str, Any]], *, version: int = 4) -> Path:
    """A file at ``path`` that has a record for each network."""
    writer = MMDBWriter(ip_version=6 if version == 6 else 4, ipv4_compatible=version == 6,
                        database_type=kind, languages=["en"], description={"en": "for tests"})
    for network, record in networks.items():
        writer.insert_network(_networks([network]), record)
    writer.to_db_file(str(path))
    return path
