"""What differs between two package files, the suspicious first. Contents are read, never run.

Two passes over each archive: the first takes digests, the second only the texts to be shown, up to
a budget; no archive is ever held whole.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from regforensics.archives.dangers import Dangers
from regforensics.archives.entry import Entry, Finding
from regforensics.archives.reading import opened
from regforensics.archives.text import escaped
from regforensics.archives.textdiff import MOST_LINES, Shown, added, difference

LARGEST_TEXT = 512 << 10  # bytes of one file that are compared as text
BUDGET = 32 << 20  # bytes of all such files together
_MATCHED = 20_000  # lines of all such files that are matched one with another
Rank = Literal["install", "new", "code", "removed", "docs"]
RANKS: tuple[Rank, ...] = ("install", "new", "code", "removed", "docs")
_HOOKS = ("preinstall", "install", "postinstall")
_AT_INSTALL = re.compile(r"(^|/)(setup\.py|setup\.cfg|pyproject\.toml|binding\.gyp|[^/]*\.pth"
                         r"|sitecustomize\.py|usercustomize\.py)$")
_DOCS = re.compile(r"(^|/)(tests?|__tests__|spec|docs?|examples?|man)/|(^|/)test\.[cm]?js$"
                   r"|\.(md|markdown|rst|txt|d\.ts|map)$"
                   r"|(^|/)(licen[cs]e|readme|changelog|changes|history|authors|notice)[^/]*$",
                   re.IGNORECASE)
_VERSIONED = re.compile(r"-.*(\.(?:dist-info|data|egg-info))$", re.DOTALL)
_LONGEST_VERSIONED = 255  # characters of a directory's name
_WHOLE = "\0"  # begins keys that are whole paths; shown paths never hold it
_WORD = re.compile(r"[^\s\"'`;&|<>()]+")


@dataclass(frozen=True, slots=True)
class File:
    """One member of a package file: the path as it is shown, its kind, size in bytes, mode, digest
    (None: not read) and, for a link, its target."""

    path: str
    kind: str
    size: int
    mode: int
    sha256: str | None
    target: str = ""

    def same(self, other: "File") -> bool:
        """True where nothing but the name may differ."""
        return (self.kind, self.mode & 0o7111, self.sha256, self.target, self.size) == (
            other.kind, other.mode & 0o7111, other.sha256, other.target, other.size)


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that differs. ``shown`` is None for what is no text, or not compared as such."""

    path: str
    rank: Rank
    before: File | None
    after: File | None
    shown: Shown | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A package file: its members by comparable path, which members of the archive these are, its
    oddities, whether it was read whole, the file's name, and the keys that several paths would
    share and that stand for none therefore."""

    files: Mapping[str, File]
    places: Mapping[str, int]
    findings: tuple[Finding, ...]
    form: str
    whole: bool
    name: str = ""
    shared: frozenset[str] = frozenset()


def side(file: BinaryIO, name: str = "") -> Side | None:
    """What a package file of that name holds, or None for what is no archive. Never raises on
    content."""
    archive = opened(file, name)
    if archive is None:
        return None
    dangers, members, odd = Dangers(), list[File](), list[Finding]()
    for entry in archive:
        odd += dangers.of(entry)
        members.append(_file(entry))
    return _keyed(members, Side({}, {}, (*odd, *archive.findings), archive.form, archive.whole,
                                name))


def paired(before: Side, after: Side) -> tuple[Side, Side]:
    """Both sides with keys made alike: what stands for no member of one stands for none of the
    other."""
    shared = before.shared | after.shared
    one, other = (part if part.shared == shared else
                  _keyed(list(part.files.values()), replace(part, shared=shared))
                  for part in (before, after))
    return one, other


def _keyed(members: list[File], part: Side) -> Side:
    paths = [member.path for member in members]
    shorts = _short(paths)
    owners: dict[str, str | None] = {}
    for short, path in zip(shorts, paths, strict=True):
        owners[short] = path if owners.get(short, path) == path else None
    shared = part.shared | {short for short, owner in owners.items() if owner is None}
    keys = _keys(paths, shorts, shared)
    return replace(part, files=dict(zip(keys, members, strict=True)), shared=shared,
                   places={key: place for place, key in enumerate(keys)})


def differences(old: BinaryIO, new: BinaryIO, before: Side, after: Side,
                most: int) -> list[Difference]:
    """Every file that differs, the suspicious first; at most ``most`` lines of each. The sides are
    ``paired``."""
    changed = [key for key in dict.fromkeys((*after.files, *before.files))
               if _differs(before.files.get(key), after.files.get(key))]
    hooked = _hooked(new, after)
    ranked = sorted(changed, key=lambda key: _order(key, before, after, hooked))
    wanted = _affordable(ranked, before, after)
    texts = [_texts(file, part, wanted) for file, part in ((old, before), (new, after))]
    found, left = [], _MATCHED
    for key in ranked:
        one, other = texts[0].get(key), texts[1].get(key)
        found.append(Difference(
            (after.files.get(key) or before.files[key]).path, _rank(key, before, after, hooked),
            before.files.get(key), after.files.get(key),
            _shown(one, other, most, min(MOST_LINES, left))))
        left = max(0, left - max((text or "").count("\n") for text in (one, other)))
    return found


def _file(entry: Entry) -> File:
    digest = hashlib.sha256()
    for piece in entry.chunks:
        digest.update(piece)
    held = entry.kind == "file" and not entry.unread
    return File(escaped(entry.path), entry.kind, entry.size, entry.mode,
                digest.hexdigest() if held else None, escaped(entry.link))


def _keys(paths: list[str], shorts: list[str], shared: frozenset[str]) -> list[str]:
    """A key for each member, by which it finds its counterpart in another version: its short path,
    or where several paths would share that, the whole one. Of several members of one path the last
    has the key, as installers write them over one another; the others are numbered."""
    seen, keys = Counter[str](), list[str]()
    for short, path in zip(reversed(shorts), reversed(paths), strict=True):
        key = _WHOLE + path if short in shared else short
        keys.append(f"{_WHOLE}{key.strip(_WHOLE)}{_WHOLE}{seen[key]}" if seen[key] else key)
        seen[key] += 1
    return keys[::-1]


def _short(paths: list[str]) -> list[str]:
    """Paths that two versions share: without the one root directory that most of them have (a
    wheel has none), and without the version in the names of metadata directories."""
    roots = Counter(path.partition("/")[0] for path in paths if "/" in path)
    root, count = roots.most_common(1)[0] if roots else ("", 0)
    built = any(name == "EGG-INFO" or name.endswith(".dist-info") for name in roots)
    plain = root + "/" if 2 * count > len(paths) and not built else ""
    return [_unversioned(path.removeprefix(plain)) or path for path in paths]


def _unversioned(path: str) -> str:
    first, slash, rest = path.partition("/")
    if len(first) > _LONGEST_VERSIONED:
        return path
    return _VERSIONED.sub(r"-*\1", first) + slash + rest


def _name(key: str) -> str:
    """The path that a key stands for."""
    return key.removeprefix(_WHOLE).partition(_WHOLE)[0]


def _is_manifest(key: str) -> bool:
    """True for the manifest, and for all that may be it where there are several."""
    return key == "package.json" or (
        key.startswith(_WHOLE) and _name(key).rpartition("/")[2] == "package.json")


def _differs(one: File | None, other: File | None) -> bool:
    return one is None or other is None or not one.same(other)


def _hooked(file: BinaryIO, part: Side) -> frozenset[str]:
    """The keys of files that the install scripts of a package.json name."""
    commands: dict[str, list[str]] = {}
    for manifest, text in _texts(file, part, filter(_is_manifest, part.files)).items():
        try:
            scripts = json.loads(text or "{}").get("scripts", {})
            commands[manifest] = [str(scripts.get(hook) or "") for hook in _HOOKS]
        except (ValueError, AttributeError, RecursionError):
            continue
    words = {word.removeprefix("./") for found in commands.values() for command in found
             for word in _WORD.findall(command)}
    named = {key for key in part.files if _called(_name(key)) & words
             or (key.startswith(_WHOLE) and _called(_name(key).partition("/")[2]) & words)}
    return frozenset(named | {key for key, found in commands.items() if any(found)})


def _called(path: str) -> set[str]:
    """The words by which a script may call a file."""
    return {path, re.sub(r"\.[cm]?js$|/index\.[cm]?js$", "", path)}


def _rank(key: str, before: Side, after: Side, hooked: frozenset[str]) -> Rank:
    name = _name(key)
    if key not in after.files:
        return "docs" if _DOCS.search(name) else "removed"
    if key in hooked or _AT_INSTALL.search(name):
        return "install"
    if _DOCS.search(name):
        return "docs"
    return "code" if key in before.files else "new"


def _order(key: str, before: Side, after: Side, hooked: frozenset[str]) -> tuple[object, ...]:
    """By rank; in it what is new first, and what a script names before the manifest."""
    file = after.files.get(key) or before.files[key]
    return (RANKS.index(_rank(key, before, after, hooked)), key in before.files,
            _is_manifest(key), -file.size, key)


def _affordable(ranked: Iterable[str], before: Side, after: Side) -> frozenset[str]:
    """The files that are compared as text: not too large each, and not together."""
    left, chosen = BUDGET, set[str]()
    for key in ranked:
        held = [f for f in (before.files.get(key), after.files.get(key)) if f is not None]
        cost = sum(file.size for file in held)
        if all(f.sha256 is not None and f.size <= LARGEST_TEXT for f in held) and cost <= left:
            left -= cost
            chosen.add(key)
    return frozenset(chosen)


def _texts(file: BinaryIO, part: Side, wanted: Iterable[str]) -> dict[str, str | None]:
    """The content of members by key, None for what is no text."""
    keys = {part.places[key]: key for key in wanted if key in part.places}
    found: dict[str, str | None] = {}
    for place, entry in enumerate((opened(file, part.name) or ()) if keys else ()):
        if place in keys and entry.kind == "file":
            found[keys[place]] = _text(entry)
    return found


def _text(entry: Entry) -> str | None:
    pieces, size = [], 0
    for piece in entry.chunks:
        size += len(piece)
        if size > LARGEST_TEXT:
            return None
        pieces.append(piece)
    data = b"".join(pieces)
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _shown(old: str | None, new: str | None, most: int, matched: int) -> Shown | None:
    if new is not None and old is not None:
        return difference(old, new, most, matched)
    return added(new, most) if new is not None else None
