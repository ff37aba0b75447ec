"""Files that a version brought along: those that run at install time, binaries, great scripts.

Two neighbours in publish order are compared where the package files of both are stored.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from regforensics.analyze.contents.brought import HOOKS
from regforensics.analyze.releases.walk import Published, published
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import Series, counted, series
from regforensics.model.artifact import ArtifactSeen, ManifestSeen, MemberSeen
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.history import History, Scope

ADDED = Rule(
    "publish.files-added", "publish",
    "a version's package file holds a file that the one published before it does not: one that an"
    " install script runs, the first binary, or a script far larger than any before; a lead"
    " only",
    "the file's line in the listing, the install script, and the custody line of the other listing",
    "packages that begin to build or to ship native code; bundles that were renamed", lead=True)

LARGE = 100_000  # bytes
MANY = 12
_BINARY = (".node", ".exe", ".dll", ".so", ".dylib", ".bin", ".wasm", ".pyd", ".jar", ".scr",
           ".msi", ".elf")
_SCRIPT = (".js", ".cjs", ".mjs", ".py", ".sh", ".ps1", ".bat", ".ts")
_WORD = re.compile(r"[^\s\"'`;&|<>()]+")


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each version of the leading place against the one published before it."""
    parts = series(history)
    files = _by_version(history)
    if not parts or len(files) < 2:
        return
    inside = {(m.package.version, m.exhibit): m for m in history.of(ManifestSeen)}
    order = [item for item in published(parts[0]) if item.version in files]
    place = {item.version: index for index, item in enumerate(published(parts[0]))}
    for old, new in pairwise(order):
        if place[new.version] - place[old.version] != 1:
            continue  # not neighbours: the versions between are not stored
        for kind, seen in files[new.version].items():
            before = files[old.version].get(kind)
            if before is not None and before.complete.value:
                yield from _pair(parts[0], old, new, before, seen,
                                 inside.get((new.version, seen.exhibit)),
                                 scope.versions_of(history.package))


def _by_version(history: History) -> dict[str, dict[str, ArtifactSeen]]:
    """version -> kind of file (its name without the version) -> the last one that was stored."""
    found: dict[str, dict[str, ArtifactSeen]] = {}
    for seen in history.of(ArtifactSeen):
        version = seen.package.version or ""
        kind = "" if seen.package.registry == "npm" else seen.filename.replace(version, "*")
        found.setdefault(version, {})[kind] = seen
    return found


def _pair(part: Series, old: Published, new: Published, before: ArtifactSeen, seen: ArtifactSeen,
          inside: ManifestSeen | None, named: frozenset[str]) -> Iterator[Claim]:
    was, now = members_of(before), members_of(seen)
    fresh = {path: member for path, member in now.items() if path not in was}
    scripts = inside.scripts if inside is not None else (
        new.release.scripts if new.release is not None else None)
    run = [path for path in fresh if scripts is not None and _runs(scripts.value, path)]
    binary = [p for p in fresh if p not in run and p.lower().endswith(_BINARY)
              and not any(old.lower().endswith(_BINARY) for old in was)]
    largest = max((m.size for p, m in was.items() if p.lower().endswith(_SCRIPT)), default=0)
    great = [p for p in fresh if p not in run and p.lower().endswith(_SCRIPT)
             and fresh[p].size >= max(LARGE, 2 * largest)]
    for paths, words, also in (
            (run, "{files}, which its install script runs", scripts),
            (binary, "the binary {files}, the first in the package", None),
            (great, "the script {files}, far larger than any that came before", None)):
        if paths:
            yield _claim(part, old, new, before, [fresh[p] for p in paths], words, also,
                         notable=paths is run or new.version in named)


def _claim(part: Series, old: Published, new: Published, before: ArtifactSeen,
           found: Sequence[MemberSeen], words: str, script: Fact[Any] | None, *,
           notable: bool) -> Claim:
    lines = [member.line for member in found[:MANY]]
    more = f" and {counted(len(found) - MANY, 'more')[:-1]}" if len(found) > MANY + 1 else \
        " and one more" if len(found) > MANY else ""
    shown = ", ".join(f"{said(m.path)} ({m.size} bytes)" for m in found[:MANY]) + more
    held = before.observation.line or before.digests["sha256"]
    return part.claim(
        ADDED, new.time.value,
        "The package file of version {version} ({published}) holds " + words + "; that of"
        " {earlier}, published before it, does not.", on=new.version, notable=notable,
        version=derive(new.version, new.time), published=new.time,
        files=derive(shown, lines[0], *lines[1:]), earlier=derive(old.version, old.time, held),
        also=(script,) if script is not None else ())


def members_of(seen: ArtifactSeen) -> dict[str, MemberSeen]:
    """Files by a path that two versions share: without the common root, and without the version."""
    files = [m for m in seen.members if m.kind == "file"]
    roots = {m.path.partition("/")[0] for m in files}
    version = seen.package.version or ""
    if len(roots) == 1 and all("/" in m.path for m in files):
        return {m.path.partition("/")[2]: m for m in files}
    return {m.path.replace(version, "*") if version else m.path: m for m in files}


def _runs(scripts: object, path: str) -> bool:
    """True where an install script names the file, with or without its ending."""
    if not isinstance(scripts, Mapping):
        return False
    stem = re.sub(r"\.(js|cjs|mjs)$|/index\.(js|cjs|mjs)$", "", path)
    words = {word.removeprefix("./") for hook in HOOKS
             for word in _WORD.findall(str(scripts.get(hook) or ""))}
    return bool(words & {path, stem})


ANALYZER = Analyzer("files added", (ADDED,), run)
