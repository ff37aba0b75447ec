"""diff --artifacts: what changed inside a package, shown so that it can be read."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from regforensics.acquire.foreign import opened
from regforensics.archives.compare import Difference, File, Side, differences, paired, side
from regforensics.cli.console import Talk, out, out_json, size
from regforensics.cli.opening import open_evidence
from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage
from regforensics.evidence.custody import VERIFY_HINT
from regforensics.evidence.naming import LABEL
from regforensics.evidence.store import EvidenceStore
from regforensics.model.artifact import ArtifactSeen
from regforensics.model.package import REGISTRY_NAMES, PackageRef
from regforensics.reading import Reader

_LINES_SHOWN, _ALL_SHOWN = 60, 100_000  # for people, in all files together
_LINES_OF_ONE, _ALL_OF_ONE = 25, 2_000
_FILES_SHOWN = 40
_ODD_SHOWN = 10
_DANGEROUS = frozenset({"traversal", "link", "device", "setuid", "duplicate", "collision",
                        "disagreement", "forms", "stopped", "damaged"})
_HEADS = {"install": "runs at install time", "new": "new", "code": "changed",
          "removed": "removed", "docs": "documentation and tests"}


@dataclass(frozen=True, slots=True)
class Package:
    """One side: its open file, what it is called, and where it is stored."""

    file: BinaryIO
    name: str
    exhibit: str | None
    path: str | None
    sha256: str
    size: int
    side: Side


def compare(old: str, new: str, root: Path, *, as_json: bool,
            everything: bool) -> tuple[bool, bool]:
    """(whether the two differ, whether both could be read whole). Prints what differs.

    Raises WrongUsage for what names no package file, UnreadableInput for what is no archive.
    """
    wide = as_json or everything
    files = _opened(old, new, root)
    try:
        one, other = _alike(*(_package(*found) for found in files))
        found = differences(one.file, other.file, one.side, other.side,
                            _ALL_OF_ONE if wide else _LINES_OF_ONE)
        (_as_document if as_json else _as_text)(one, other, found, wide)
    finally:
        for file, *_ in files:
            file.close()
    return bool(found), one.side.whole and other.side.whole


def _alike(one: Package, other: Package) -> tuple[Package, Package]:
    sides = paired(one.side, other.side)
    return replace(one, side=sides[0]), replace(other, side=sides[1])


_Found = tuple[BinaryIO, str, str | None, str | None, str, str]


def _opened(old: str, new: str, root: Path) -> list[_Found]:
    """Each file with its name, its label, its path, the digest that custody states, and the name
    whose ending tells its form."""
    stored: EvidenceStore | None = None
    made: list[_Found] = []
    kind = None
    for wanted in (old, new):
        if Path(wanted).is_file() and not LABEL.fullmatch(wanted):
            made.append((os.fdopen(opened(Path(wanted), wanted), "rb"), wanted, None, wanted, "",
                         wanted))
            continue
        stored = stored or open_evidence(root)
        label, name = wanted, wanted
        if wanted.partition(":")[0] in (*REGISTRY_NAMES, "pkg"):
            seen = _of_version(stored, PackageRef.parse(wanted), kind)
            label, name, kind = seen.exhibit, f"{wanted} ({seen.filename})", _kind(seen)
        exhibit = stored.exhibit(label)
        made.append((stored.opened(exhibit.label), name, exhibit.label, None,
                     exhibit.sha256, exhibit.file))
    return made


def _of_version(store: EvidenceStore, package: PackageRef, kind: str | None) -> ArtifactSeen:
    """The package file of a version that was stored last; of several the one of that kind."""
    held = [seen for seen in Reader(store).history(package.at(None)).of(ArtifactSeen)
            if seen.package == package]
    if package.version is None or not held:
        raise WrongUsage(f"no package file of {package.target} is stored" if package.version else
                         f"{package.target} names no version",
                         hint=f"regforensics snapshot {package.at(None).target} --artifacts new"
                         " fetches them; then say TARGET@VERSION")
    sources = [seen for seen in held if kind is None and _kind(seen) == "source"]
    chosen = ([seen for seen in held if _kind(seen) == kind] or sources or held)[-1]
    others = {seen.filename for seen in held} - {chosen.filename}
    if others:
        Talk.say(f"note: {package.target}: {chosen.filename}; also stored, and not compared:"
                 f" {', '.join(sorted(others))}")
    return chosen


def _kind(seen: ArtifactSeen) -> str:
    """What two versions' files have in common: ``source``, or a wheel's tags."""
    if seen.filename.endswith((".whl", ".egg")):
        return seen.filename.partition(seen.package.version or "-")[2]
    return "source"


def _package(file: BinaryIO, name: str, exhibit: str | None, path: str | None, stated: str,
             called: str) -> Package:
    read = side(file, called)
    if read is None:
        raise UnreadableInput(f"{name}: no archive of a known form", offset=0,
                              hint="tar (also .gz, .bz2, .xz) and zip files can be compared")
    file.seek(0)
    digest = _digest(file)
    if stated not in ("", digest):
        raise IntegrityError(f"{name} is not what custody says: expected sha256 {stated}",
                             hint=VERIFY_HINT)
    return Package(file, name, exhibit, path, digest, file.seek(0, 2), read)


def _digest(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while piece := file.read(1 << 20):
        found.update(piece)
    return found.hexdigest()


def _as_text(one: Package, other: Package, found: Sequence[Difference], wide: bool) -> None:
    for word, package in (("from", one), ("to  ", other)):
        out(f"{word} {package.name}  sha256 {package.sha256[:12]}  {size(package.size)}"
            f"  {len(package.side.files)} members")
        kinds = sorted({f.kind for f in package.side.findings})
        if kinds:
            Talk.say(f"note: {package.name}: {', '.join(kinds)}; the listing says where")
    for mark, package in (("-", one), ("+", other)):
        _odd(mark, package)
    out(_counts(one, other, found))
    left = _ALL_SHOWN if wide else _LINES_SHOWN
    shown = found if wide else found[:_FILES_SHOWN]
    for difference in shown:
        out(f"{_HEADS[difference.rank]:<24}{_line(difference)}")
        lines = difference.shown.lines[:left] if difference.shown else ()
        left -= len(lines)
        for line in lines:
            out(f"    {line}")
        more = (len(difference.shown.lines) - len(lines) + difference.shown.left_out
                if difference.shown else 0)
        if more:
            out(f"    ... {more} more lines")
    if len(found) > len(shown):
        out(f"... and {len(found) - len(shown)} more files that differ")
    if not wide and (left <= 0 or len(found) > len(shown)):
        out("--all shows everything")


def _odd(mark: str, package: Package) -> None:
    """What of a package is dangerous to unpack, or stands there twice, each by its name."""
    standing = [f for f in package.side.findings if f.kind in _DANGEROUS]
    for finding in standing[:_ODD_SHOWN]:
        path = finding.path.decode("utf-8", "backslashreplace") or "(the archive)"
        out(f"{mark} {'! ' + finding.kind:<22}{path}  {finding.detail}")
    if len(standing) > _ODD_SHOWN:
        out(f"{mark} ! and {len(standing) - _ODD_SHOWN} more; the listing names each")


def _counts(one: Package, other: Package, found: Sequence[Difference]) -> str:
    new = sum(d.before is None for d in found)
    gone = sum(d.after is None for d in found)
    same = len(one.side.files.keys() & other.side.files.keys()) - (len(found) - new - gone)
    return f"{new} added, {gone} removed, {len(found) - new - gone} changed, {same} unchanged"


def _line(difference: Difference) -> str:
    sides = [_of(f) for f in (difference.before, difference.after) if f is not None]
    binary = "" if difference.shown or difference.after is None else "  (not shown as text)"
    return f"{difference.path}  {' -> '.join(sides)}{binary}"


def _of(file: File) -> str:
    if file.kind != "file":
        return f"{file.kind} to {file.target}" if file.target else file.kind
    runs = f" mode {file.mode:04o}" if file.mode & 0o111 else ""
    return f"{size(file.size)} sha256 {file.sha256[:12] if file.sha256 else 'unread'}{runs}"


def _as_document(one: Package, other: Package, found: Sequence[Difference], _: bool) -> None:
    out_json("diff-artifacts", {
        "from": _side(one), "to": _side(other), "files": [{
            "path": d.path, "rank": d.rank,
            "change": "added" if d.before is None else "removed" if d.after is None else "changed",
            "before": _file(d.before), "after": _file(d.after),
            "diff": list(d.shown.lines) if d.shown else None,
            "left_out": d.shown.left_out if d.shown else 0} for d in found]})


def _side(package: Package) -> dict[str, Any]:
    return {"name": package.name, "exhibit": package.exhibit, "path": package.path,
            "sha256": package.sha256, "size": package.size, "form": package.side.form,
            "members": len(package.side.files), "whole": package.side.whole,
            "oddities": sorted({finding.kind for finding in package.side.findings})}


def _file(file: File | None) -> dict[str, Any] | None:
    return None if file is None else {
        "kind": file.kind, "size": file.size, "mode": file.mode, "sha256": file.sha256,
        "target": file.target or None}
