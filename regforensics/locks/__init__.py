"""Lockfiles: which versions they pin, each with its bytes. No I/O.

Sources: npm's package-lock.json documentation, yarn's and poetry's lock files, uv and pdm, and
pip's requirements file format.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsonraw import Raw, children
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import Line, LineFact, lines_of
from regforensics.evidence.pointers import escape
from regforensics.model.citation import Fact

_LONGEST = 64 << 20  # bytes of a lockfile
_DEEPEST = 60  # dependencies inside dependencies, in the oldest form
_YARN = re.compile(r'"?(@?[^@"\s,]+)@[^\n]*:$')
_YARN_VERSION = re.compile(r'  version:? "?([^"\s]+)"?$')
_TOML = re.compile(r'(name|version) = "([^"]+)"$')
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;,\\#]+)")


@dataclass(frozen=True, slots=True)
class Locked:
    """One pinned version; ``line`` is what pins it. ``name`` as the file spells it."""

    registry: str
    name: str
    version: str
    line: Fact[str]


def read(path: str, body: bytes) -> Iterator[Locked]:
    """Everything that a lockfile pins, known by the name at the end of ``path``.

    Raises UnreadableInput for a file that is no lockfile of a known form.
    """
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    if len(body) > _LONGEST:
        raise UnreadableInput(f"{path}: {len(body)} bytes are more than a lockfile has")
    form = next((form for known, form in FORMS if known.fullmatch(name)), None)
    if form is None:
        raise UnreadableInput(f"{path}: no lockfile whose form is known", hint=HINT)
    return form(path, hashlib.sha256(body).hexdigest(), body)


def _npm(path: str, digest: str, body: bytes) -> Iterator[Locked]:
    document = Document(path, digest, body)
    if "packages" in document.top:
        for place, raw in _members(document.top["packages"]):
            name = document.at("/name", raw, f"/packages/{escape(place)}")
            found = str(name.value) if name else place.rpartition("node_modules/")[2]
            if place:
                yield from _pinned(document, found, raw, f"/packages/{escape(place)}")
    elif "dependencies" in document.top:
        yield from _nested(document, document.top["dependencies"], "/dependencies", 0)
    else:
        raise UnreadableInput(f"{path}: neither packages nor dependencies stand in it")


def _nested(document: Document, raw: Raw, above: str, depth: int) -> Iterator[Locked]:
    for name, inner in _members(raw):
        place = f"{above}/{escape(name)}"
        yield from _pinned(document, name, inner, place)
        further = children(inner)
        if isinstance(further, dict) and "dependencies" in further and depth < _DEEPEST:
            yield from _nested(document, further["dependencies"], f"{place}/dependencies",
                               depth + 1)


def _pinned(document: Document, name: str, raw: Raw, place: str) -> Iterator[Locked]:
    version = document.at("/version", raw, place)
    if version is not None and isinstance(version.value, str):
        yield Locked("npm", name, version.value, version)


def _members(raw: Raw) -> Iterable[tuple[str, Raw]]:
    found = children(raw)
    return list(found.items()) if isinstance(found, dict) else []


def _yarn(path: str, digest: str, body: bytes) -> Iterator[Locked]:
    name = None
    for line, text in _lines(path, digest, body):
        if not text.startswith((" ", "#")):
            found = _YARN.fullmatch(text)
            name = found[1] if found else None
        elif name is not None and (version := _YARN_VERSION.fullmatch(text)):
            yield Locked("npm", name, version[1], LineFact(version[1], line))
            name = None


def _toml(path: str, digest: str, body: bytes) -> Iterator[Locked]:
    name = None
    for line, text in _lines(path, digest, body):
        if text.startswith("["):
            name = "" if text == "[[package]]" else None
        elif name is not None and (found := _TOML.fullmatch(text)):
            if found[1] == "name":
                name = found[2]
            elif name:
                yield Locked("pypi", name, found[2], LineFact(found[2], line))
                name = None


def _requirements(path: str, digest: str, body: bytes) -> Iterator[Locked]:
    for line, text in _lines(path, digest, body):
        found = _PINNED.match(text.strip())
        if found:
            yield Locked("pypi", found[1], found[2], LineFact(found[2], line))


def _lines(path: str, digest: str, body: bytes) -> Iterator[tuple[Line, str]]:
    for line in lines_of(path, digest, body):
        yield line, line.data.decode("utf-8", "replace").rstrip("\r ")[:4096]


FORMS: tuple[tuple[re.Pattern[str], Callable[[str, str, bytes], Iterator[Locked]]], ...] = (
    (re.compile(r"(?:package-lock|npm-shrinkwrap)\.json"), _npm),
    (re.compile(r"yarn\.lock"), _yarn),
    (re.compile(r"(?:poetry|uv|pdm)\.lock"), _toml),
    (re.compile(r"requirements.*\.(?:txt|in)|constraints.*\.txt"), _requirements))
HINT = "package-lock.json, npm-shrinkwrap.json, yarn.lock, poetry.lock, uv.lock, pdm.lock and" \
       " requirements*.txt are read"
