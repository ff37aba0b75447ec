"""pylock.toml and pylock.NAME.toml (PEP 751, the pylock.toml specification)."""

import re
from collections.abc import Iterator

from regforensics.locks.base import Entry, Kind, Source, entry
from regforensics.locks.tomlblocks import tables
from regforensics.model.locked import Passed

_AWAY = {"vcs": "it comes from version control",
         "directory": "it comes from a folder or file beside",
         "archive": "it comes from an address of its own"}


def read(source: Source) -> Iterator[Entry]:
    """Each ``[[packages]]``."""
    known = False
    for table in tables(source, "packages"):
        known = True
        if isinstance(table, Passed):
            yield table
            continue
        values = table.values
        yield entry("pypi", table.word("name") or "", table.word("version"), table.line,
                    elsewhere=next((why for key, why in _AWAY.items() if key in values), ""),
                    files=table.files(values.get("sdist", []), values.get("wheels", []),
                                      values.get("archive", [])))
    if not known and b"lock-version" not in source.body[:1 << 16]:
        raise source.refused("no [[packages]] stands in it")


def _shaped(head: bytes) -> bool:
    return re.search(rb"^lock-version\s*=", head, re.MULTILINE) is not None


KIND = Kind("pylock", "pylock.toml (PEP 751)", re.compile(r"pylock(?:\..+)?\.toml"), read, _shaped,
            ".toml",
            ("pylock*.toml",))
