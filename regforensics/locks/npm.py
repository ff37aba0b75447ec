"""package-lock.json, npm-shrinkwrap.json and node_modules/.package-lock.json, versions 1 to 3.

Source: npm's documentation of package-lock.json. Version 2 holds the tree twice, for old and new
npm, and the two need not agree: both are read.
"""

import re
from collections.abc import Iterator

from regforensics.evidence.jsonraw import Raw
from regforensics.evidence.jsontree import Document
from regforensics.evidence.pointers import escape
from regforensics.locks.base import (
    DEEPEST,
    Entry,
    Kind,
    Source,
    elsewhere_of,
    entry,
    integrity,
    is_true,
    members,
    text_at,
    text_of,
)
from regforensics.model.locked import Locked, LockedFile, Passed

_FLAGS = {"dev": "dev", "optional": "optional", "devOptional": "dev or optional", "peer": "peer",
          "inBundle": "bundled", "bundled": "bundled"}
_HIDDEN = ".package-lock.json"  # npm writes it when it has unpacked everything


def read(source: Source) -> Iterator[Entry]:
    """The entries of ``packages``, and those of ``dependencies`` that it does not hold."""
    document, told = source.document, set[object]()
    if not {"packages", "dependencies", "lockfileVersion"} & set(document.top):
        raise source.refused("neither packages nor dependencies stand in it")
    hidden = source.path.endswith(_HIDDEN)
    for place, raw in members(document.top.get("packages")).items():
        if place:
            found = _placed(document, place, raw, hidden)
            told.add(_key(found))
            yield found
    for found in _tree(document):
        if _key(found) not in told:
            yield found


def _key(one: Entry) -> object:
    return (one.package, one.elsewhere) if isinstance(one, Locked) else one.name


def _placed(document: Document, place: str, raw: Raw, hidden: bool) -> Entry:
    _, inside_modules, asked = place.rpartition("node_modules/")
    inside = members(raw)
    name = text_of(inside.get("name")) or asked
    if is_true(inside.get("link")) or not inside_modules:
        return Passed(place if asked == place else name, "a folder of the project (workspace)",
                      document.leaf(raw, "/packages", place, place))
    return _entry(document, raw, "/packages", place, name=name, asked=asked, installed=hidden)


def _entry(document: Document, raw: Raw, above: str, key: str, *, name: str, asked: str,
           version: str | None = None, installed: bool = False) -> Entry:
    inside, place = members(raw), f"{above}/{escape(key)}"
    version = version or text_of(inside.get("version"))
    url = text_at(document, raw, place, "resolved")
    flags = [_FLAGS[name] for name in _FLAGS if is_true(inside.get(name))]
    away = elsewhere_of(version or "") or elsewhere_of(url.value if url else "", name)
    digests = integrity(text_at(document, raw, place, "integrity"))
    line = document.leaf(raw, above, key, version or "")
    return entry("npm", name, version, line, alias=asked, elsewhere=away, installed=installed,
                 files=[LockedFile(None, digests, url)] if digests or url else (), flags=flags)


def _tree(document: Document) -> Iterator[Entry]:
    """The nested form of version 1: ``dependencies`` inside ``dependencies``."""
    waiting = [("", document.top.get("dependencies"), 0)]
    while waiting:
        above, level, depth = waiting.pop()
        for asked, raw in members(level).items():
            place = f"{above}/dependencies"
            inside = members(raw)
            version = text_of(inside.get("version"))
            name = asked
            if version and version.startswith("npm:"):
                name, _, version = version[4:].rpartition("@")
            if version:
                yield _entry(document, raw, place, asked, name=name, asked=asked, version=version)
            if "dependencies" in inside and depth == DEEPEST:
                yield Passed(asked, f"what stands inside it is nested deeper than {DEEPEST} levels",
                             document.leaf(raw, place, asked, asked))
            elif "dependencies" in inside:
                waiting.append((f"{place}/{escape(asked)}", inside["dependencies"], depth + 1))


def _shaped(head: bytes) -> bool:
    return head.lstrip()[:1] == b"{" and b'"lockfileVersion"' in head and (
        b'"packages"' in head or b'"dependencies"' in head)


KIND = Kind("package-lock", "npm's package-lock.json and npm-shrinkwrap.json",
            re.compile(r"\.?package-lock[^/]*\.json|npm-shrinkwrap[^/]*\.json"), read, _shaped,
            ".json",
            ("*package-lock*.json", "npm-shrinkwrap*.json"))
