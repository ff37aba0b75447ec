"""uv.lock. Source: what uv writes; its documentation calls the format its own."""

import re
from collections.abc import Iterator

from regforensics.locks.base import Entry, Kind, Source, entry
from regforensics.locks.tomlblocks import tables
from regforensics.model.locked import Passed

_AWAY = {"git": "it comes from git", "url": "it comes from an address of its own",
         "path": "it comes from a folder or file beside",
         "directory": "it comes from a folder or file beside"}
_OWN = ("editable", "virtual", "workspace")


def read(source: Source) -> Iterator[Entry]:
    """Each ``[[package]]``."""
    known = False
    for table in tables(source, "package"):
        known = True
        if isinstance(table, Passed):
            yield table
            continue
        origin, name = table.values.get("source"), table.word("name") or ""
        kinds = list(origin) if isinstance(origin, dict) else []
        if any(kind in _OWN for kind in kinds):
            yield Passed(name, "a folder of the project (workspace)", table.line)
            continue
        yield entry("pypi", name, table.word("version"), table.line,
                    elsewhere=next((_AWAY[k] for k in kinds if k in _AWAY), ""),
                    files=table.files(table.values.get("sdist", []),
                                      table.values.get("wheels", [])))
    if not known and not re.match(rb"version = \d", source.body):
        raise source.refused("no [[package]] stands in it")


def _shaped(head: bytes) -> bool:
    return re.match(rb"version = \d+\s", head) is not None and (
        b"[[package]]" in head or b"requires-python" in head)


KIND = Kind("uv-lock", "uv.lock", re.compile(r"uv[^/]*\.lock"), read, _shaped, ".lock",
            ("uv*.lock",))
