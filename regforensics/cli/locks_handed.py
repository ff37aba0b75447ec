"""Lockfiles and SBOMs that somebody hands over: what they are, and what they pin."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from regforensics.acquire.foreign import opened, read_file
from regforensics.acquire.ingest import Recognised
from regforensics.cli.console import Talk, out
from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.store import EvidenceStore
from regforensics.locks import HEAD, HINT, KINDS, LONGEST, kind_named, kind_of, read
from regforensics.locks.base import Kind
from regforensics.model.locked import Locked, Passed
from regforensics.model.package import ACCOUNTS, REGISTRY_NAMES, PackageRef
from regforensics.reading import Reader
from regforensics.registries.locked import Held, held_in

NAMES = tuple(kind.name for kind in KINDS)
_MOST_NAMED = 5  # entries that are passed over for one reason
_TARGETS = tuple(f"{name}:".encode() for name in (*REGISTRY_NAMES, *ACCOUNTS, "pkg"))


def is_one(path: Path) -> bool:
    """Whether a file's bytes, and not only its name, tell that it is a lockfile or an SBOM."""
    head = _head(path)
    return any(kind.shaped(head) for kind in KINDS)


def kind_at(path: Path) -> Kind | None:
    """The kind of a file; a list of targets is none, however it is called."""
    head = _head(path)
    if not is_one(path) and any(line.strip().startswith(_TARGETS)
                                for line in head.split(b"\n")):
        return None
    return kind_of(str(path), head) or _by_its_end(path, head)


def _by_its_end(path: Path, head: bytes) -> Kind | None:
    """The kind of an SBOM in JSON that says what it is behind its components."""
    if head.lstrip()[:1] != b"{" or len(head) < HEAD or path.stat().st_size > LONGEST:
        return None
    body = read_file(path, largest=LONGEST)
    made = (kind for kind in KINDS if kind.sbom and kind.suffix == ".json")
    return next((kind for kind in made if kind.shaped(body)), None)


def recognised(path: Path, form: str | None, about: PackageRef | None) -> Recognised | None:
    """What a file is, or None where it is neither. Raises UnreadableInput for one that cannot be
    read, and WrongUsage for one that is said to be about one package."""
    kind = kind_named(form) if form else kind_at(path)
    if kind is None:
        return None
    if about is not None:
        raise WrongUsage(f"{path} is a {kind.name}, which is about many packages",
                         hint="leave --subject out")
    for _ in entries(path, kind):
        pass
    return Recognised(kind.name, None, kind.name, kind.suffix)


def strictly(path: Path) -> Recognised:
    """What a file is. Raises UnreadableInput where it is neither a lockfile nor an SBOM."""
    found = recognised(path, None, None)
    if found is None:
        raise UnreadableInput(f"{path}: no lockfile or SBOM of a known kind", hint=HINT)
    return found


def entries(path: Path, kind: Kind) -> Iterator[Locked | Passed]:
    """What a file on disk pins and passes over. Raises UnreadableInput."""
    return read(str(path), read_file(path, largest=LONGEST), kind=kind)


def counted(store: EvidenceStore, taken: Acquisition) -> dict[str, Any]:
    """What a stored file pins, and what it passes over."""
    held = held_in(Reader(store).part(taken))
    unparsed = sum(not one.name for one in held.passed)
    return {**named(held), "passed": skipped(held.passed),
            "unparsed": unparsed, "incomplete": bool(unparsed)}


def named(held: Held) -> dict[str, int]:
    """How many entries name a version, and how many a package and no one version."""
    every = [one for pins in held.pins.values() for one in pins]
    pinned = sum(one.package.version is not None for one in every)
    return {"pins": pinned, "open": len(every) - pinned}


def named_words(row: Mapping[str, Any]) -> str:
    """The same in words."""
    names = f", {row['open']} names without one version" if row["open"] else ""
    return f"{row['pins']} versions named{names}"


def skipped(passed: Sequence[Passed]) -> list[dict[str, Any]]:
    """What is passed over, by reason."""
    found: dict[str, list[str]] = {}
    for one in passed:
        found.setdefault(one.reason, []).append(one.name)
    return [{"reason": reason, "count": len(names), "names": [n for n in names if n][:20]}
            for reason, names in found.items()]


def tell(row: Mapping[str, Any]) -> None:
    """One file on screen."""
    over = sum(one["count"] for one in row["passed"])
    known = "" if row["new"] else "  (bytes already stored)"
    out(f"{row['exhibit']}  {row['format']}  {named_words(row)}, {over} entries passed"
        f" over  {row['path']}{known}")
    for note in notes(row["path"], row["passed"]):
        Talk.say(note)


def notes(path: object, passed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is passed over and why, a line a reason."""
    for one in passed:
        names = ", ".join(one["names"][:_MOST_NAMED])
        more = " ..." if one["count"] > _MOST_NAMED else ""
        yield f"note: {path}: {one['count']} passed over, {one['reason']}: {names or '-'}{more}"


def _head(path: Path) -> bytes:
    with os.fdopen(opened(path, str(path)), "rb") as file:
        return file.read(HEAD)

