"""bun.lock, the text form: JSON with comments and commas behind the last item.

An entry is an array: what it is (``name@version``), the registry or empty, its dependencies, and
its integrity. Source: bun's documentation of its lockfile.
"""

import re
from collections.abc import Iterator

from regforensics.evidence.jsonraw import Raw
from regforensics.evidence.jsontree import Document
from regforensics.locks.base import (
    Entry,
    Kind,
    Source,
    elsewhere_of,
    entry,
    integrity,
    items,
    members,
    text_of,
)
from regforensics.model.locked import LockedFile, Passed

_TOKEN = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"|//[^\n]*+|/\*.*?\*/|/\*.*', re.DOTALL)
_LAST = re.compile(rb'("(?:[^"\\\n]++|\\.)*+")|,(?=[ \t\r\n]*+[\]}])', re.DOTALL)
BINARY = b"#!/usr/bin/env bun"


def read(source: Source) -> Iterator[Entry]:
    """The entries of ``packages``."""
    if source.body.startswith(BINARY) or source.path.lower().endswith(".lockb"):
        raise source.refused("bun's binary lockfile, which only bun reads",
                             "bun bun.lockb > yarn.lock writes it as text; bun install"
                             " --save-text-lockfile makes a bun.lock")
    document = Document(source.label, source.sha256, plain(source.body))
    if "packages" not in document.top and "workspaces" not in document.top:
        raise source.refused("neither packages nor workspaces stand in it")
    for key, raw in members(document.top.get("packages")).items():
        yield _entry(source, document, key, raw)


def plain(body: bytes) -> bytes:
    """A copy of the same length without comments and commas behind the last item."""
    bare = _TOKEN.sub(lambda m: m[0] if m[0][:1] == b'"' else re.sub(rb"[^\n]", b" ", m[0]), body)
    return _LAST.sub(lambda m: m[1] or b" ", bare)


def _entry(source: Source, document: Document, key: str, raw: Raw) -> Entry:
    start, end = document.span(raw)
    parts = items(raw)
    what = text_of(parts[0]) if parts else None
    head, _, version = (what or "")[1:].partition("@")
    name = (what or "")[:1] + head
    line = source.cut(start, end, version)
    if what is None or not name:
        return Passed(key, "an entry that says no name and version", line)
    if version.startswith(("workspace:", "root:")):
        return Passed(name, "a folder of the project (workspace)", line)
    away = elsewhere_of(version, name)
    digest = text_of(parts[-1]) if len(parts) > 1 else None
    file = LockedFile(None, integrity(source.cut(*document.span(parts[-1]), digest)
                                      if digest else None))
    asked = key.rpartition("/")[2] if not key.rpartition("/")[0].rpartition("/")[2].startswith(
        "@") else "/".join(key.split("/")[-2:])
    return entry("npm", name, version, line, alias=asked, elsewhere=away,
                 files=[file] if file.digests else ())


def _shaped(head: bytes) -> bool:
    if head.startswith(BINARY):
        return True
    return head.lstrip()[:1] == b"{" and b'"lockfileVersion"' in head \
        and re.search(rb'"workspaces"\s*:\s*\{\s*""', head) is not None


KIND = Kind("bun-lock", "bun.lock, the text form", re.compile(r"bun[^/]*\.lockb?"), read, _shaped,
            ".lock",
            ("bun*.lock", "bun*.lockb"))
