"""yarn.lock, of yarn 1 and of yarn 2 and later.

Both write one block an entry: a line of patterns that ends in a colon, and indented lines of keys.
Source: yarn's documentation and what the two write. The ``checksum`` of later yarns is that of
yarn's own cache file, not of the registry's: it is comparable with its like alone.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from regforensics.evidence.lines import Line, LineFact
from regforensics.locks.base import Entry, Kind, Source, elsewhere_of, entry, integrity
from regforensics.model.citation import Fact
from regforensics.model.locked import LockedFile, Passed

_FIELD = re.compile(r'  "?+([A-Za-z]++)"?+:?+\s++"?+([^"]*+)"?+')
_SHA1 = re.compile(r"#([0-9a-f]{40})$")


def read(source: Source) -> Iterator[Entry]:
    """Each block as an entry."""
    block: list[tuple[Line, str]] = []
    known = False
    for line, text in source.lines():
        if text == ":" and len(block) == 1 and block[0][1].startswith("? "):
            block = [(block[0][0], block[0][1][2:] + ":")]  # how a long key is written
        elif text and not text.startswith((" ", "#", "\t")):
            yield from _block(source, block)
            block = [(line, text)]
            known = True
        elif block and text:
            block.append((line, text))
    yield from _block(source, block)
    if not known and b"yarn lockfile" not in source.body[:200]:
        raise source.refused("no entry of a yarn.lock stands in it")


def _block(source: Source, block: list[tuple[Line, str]]) -> Iterator[Entry]:
    if not block or block[0][1].startswith("__metadata"):
        return
    head, title = block[0]
    held: dict[str, tuple[Line, str]] = {}
    for line, text in block[1:]:
        found = _FIELD.fullmatch(text)
        if found and not text.startswith("   "):
            held.setdefault(found[1], (line, found[2]))
    asked = _first(title)
    name, spec = _split(asked)
    version = held["version"][1] if "version" in held else None
    whole = source.rows(head.number, block[-1][0].number, version or "")
    if not title.endswith(":") or not name:
        yield Passed(title[:200], "a line that is no entry's", whole)
        return
    yield _entry(name, spec, version, held, whole)


def _entry(name: str, spec: str, version: str | None, held: dict[str, tuple[Line, str]],
           whole: Fact[str]) -> Entry:
    resolved, resolution = held.get("resolved"), held.get("resolution")
    real, flags, away = name, [], ""
    if resolution is not None:
        real, by = _split(resolution[1])
        if by.startswith("workspace:"):
            return Passed(real, "a folder of the project (workspace)", whole)
        if by.startswith("patch:"):
            flags.append("patched")
            by = unquote(by.removeprefix("patch:").partition("#")[0])
            real, by = _split(by)
        resolved_to = by.removeprefix("npm:").partition("::")[0]
        if by.startswith("npm:") and version is not None and resolved_to != version:
            return Passed("", f"an entry whose resolution names {resolved_to[:80]!a} and whose"
                          f" version is {version[:80]!a}", whole)
        away = "" if by.startswith("npm:") else elsewhere_of(by) \
            or "it comes from an address of its own"
    elif spec.startswith("npm:"):
        real, _ = _split(spec[4:])
    if resolved is not None:
        away = away or elsewhere_of(resolved[1], real)
    elif resolution is None:
        away = elsewhere_of(spec)
    file = _file(resolved, held)
    return entry("npm", real, version, whole, alias=name, elsewhere=away, flags=flags,
                 files=[file] if file.digests or file.url else ())


def _file(resolved: tuple[Line, str] | None, held: dict[str, tuple[Line, str]]) -> LockedFile:
    digests: dict[str, Fact[str]] = {}
    if "integrity" in held:
        line, text = held["integrity"]
        digests |= integrity(LineFact(text, line))
    if "checksum" in held:
        line, text = held["checksum"]
        key, slash, value = text.rpartition("/")
        if slash or value:
            digests[f"yarn cache {key}".strip()] = LineFact(value, line)
    if resolved is None:
        return LockedFile(None, digests)
    line, text = resolved
    found = _SHA1.search(text)
    if found:
        digests["shasum"] = LineFact(found[1], line)
    return LockedFile(None, digests, LineFact(text.partition("#")[0], line))


def _first(title: str) -> str:
    """The first of the patterns."""
    text = title.rstrip(":").strip()
    if text.startswith('"'):
        text = text[1:].partition('"')[0]
    return text.partition(", ")[0].strip('" ')


def _split(pattern: str) -> tuple[str, str]:
    """(name, what comes behind its ``@``)."""
    head, at, rest = pattern[1:].partition("@")
    return pattern[:1] + head, rest if at else ""


def _shaped(head: bytes) -> bool:
    start = head[:2000]
    return b"# yarn lockfile v" in start or b"\n__metadata:" in b"\n" + start


KIND = Kind("yarn-lock", "yarn.lock of yarn 1 and later", re.compile(r"yarn[^/]*\.lock"), read,
            _shaped, ".lock",
            ("yarn*.lock",))
