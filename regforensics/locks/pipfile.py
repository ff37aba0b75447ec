"""Pipfile.lock: JSON, with hashes that do not say of which file. Source: pipenv's documentation."""

import re
from collections.abc import Iterator

from regforensics.evidence.jsonraw import Raw
from regforensics.evidence.jsontree import Document
from regforensics.evidence.pointers import escape
from regforensics.locks.base import Entry, Kind, Source, entry, items, members, stated, text_of
from regforensics.model.citation import derive
from regforensics.model.locked import LockedFile

_AWAY = {"git": "it comes from git", "hg": "it comes from version control",
         "path": "it comes from a folder or file beside",
         "file": "it comes from an address of its own"}


def read(source: Source) -> Iterator[Entry]:
    """The entries of each category; ``_meta`` is none."""
    document = source.document
    if "_meta" not in document.top:
        raise source.refused("_meta does not stand in it")
    for category, level in document.top.items():
        if category != "_meta":
            for name, raw in members(level).items():
                yield _entry(document, category, name, raw)


def _entry(document: Document, category: str, name: str, raw: Raw) -> Entry:
    above, inside = f"/{escape(category)}", members(raw)
    asked = text_of(inside.get("version")) or ""
    version = asked.lstrip("= ") if asked.startswith("==") and "*" not in asked else None
    files = []
    for number, held in enumerate(items(inside.get("hashes"))):
        pair = stated(text_of(held) or "")
        if pair is not None:
            fact = document.leaf(held, f"{above}/{escape(name)}/hashes/{number}", None)
            files.append(LockedFile(None, {pair[0]: derive(pair[1], fact)}))
    return entry("pypi", name, version, document.leaf(raw, above, name, version or ""),
                 flags=["dev"] if category == "develop" else (), files=files,
                 elsewhere=next((why for key, why in _AWAY.items() if key in inside), ""))


def _shaped(head: bytes) -> bool:
    return head.lstrip()[:1] == b"{" and b'"pipfile-spec"' in head


KIND = Kind("pipfile-lock", "Pipfile.lock", re.compile(r"pipfile[^/]*\.lock"), read, _shaped,
            ".json",
            ("pipfile*.lock",))
