"""What stored lockfiles and SBOMs pin of a package: each file read once for all packages."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from regforensics.errors import UnreadableInput
from regforensics.locks import KINDS as LOCKS
from regforensics.locks import kind_named
from regforensics.locks import read as read_lock
from regforensics.model.claim import Gap
from regforensics.model.locked import Locked, Passed
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part

KINDS = tuple(kind.name for kind in LOCKS)
#: Options of a custody line: the file, where the line's own path does not name it, and where in
#: which repository it stood.
PATH, COMMIT, REPOSITORY = "path", "commit", "repository"


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored file, known by its digest; its bytes are asked for when it is read."""

    kind: str
    path: str
    label: str
    sha256: str
    body: Callable[[], bytes] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Held:
    """What a file pins by package (without version), and what it passes over; ``error`` says why
    it could not be read to its end."""

    pins: Mapping[PackageRef, tuple[Locked, ...]]
    passed: tuple[Passed, ...]
    error: UnreadableInput | None = None


def read(package: PackageRef, part: Part) -> Iterator[Locked | Gap]:
    """What one file pins of a package; a Gap for each entry that could not be read."""
    held = held_in(part)
    options = dict(part.entry.options) if part.entry else {}
    for one in held.pins.get(package.at(None), ()):
        yield replace(one, observation=part.observation, commit=options.get(COMMIT),
                      repository=options.get(REPOSITORY))
    for passed in held.passed:
        if not passed.name:
            yield Gap(f"what an entry of {part.observation.label} ({part.kind}) pins",
                      passed.reason, package, None, passed.line.citations if passed.line else ())
    if held.error is not None:
        raise held.error


def held_in(part: Part) -> Held:
    """Everything that a stored file pins. Raises IntegrityError, and nothing on content."""
    options = dict(part.entry.options) if part.entry else {}
    path = options.get(PATH) or (part.entry.path if part.entry else None) or part.kind
    seen = part.observation
    return _held(_Stored(part.kind, path, seen.label, seen.sha256, part.body))


@lru_cache(maxsize=128)
def _held(stored: _Stored) -> Held:
    pins: dict[PackageRef, list[Locked]] = {}
    passed: list[Passed] = []
    error = None
    try:
        for one in read_lock(stored.path, stored.body(), kind=kind_named(stored.kind),
                             label=stored.label, sha256=stored.sha256):
            if isinstance(one, Locked):
                pins.setdefault(one.package.at(None), []).append(one)
            else:
                passed.append(one)
    except UnreadableInput as unread:
        error = unread
    return Held(MappingProxyType({k: tuple(v) for k, v in pins.items()}), tuple(passed), error)


def contested(files: Iterable[Held]) -> set[PackageRef]:
    """The packages of which two entries state digests of one version, and not the same ones."""
    said: dict[tuple[object, ...], set[str]] = {}
    found = set[PackageRef]()
    for entry in (one for held in files for pins in held.pins.values() for one in pins):
        mine: dict[tuple[object, ...], set[str]] = {}
        for file in entry.files:
            for kind, fact in file.digests.items():
                mine.setdefault((entry.package, file.filename, kind), set()).add(fact.value)
        for key, values in mine.items():
            if not said.setdefault(key, values) & values:
                found.add(entry.package.at(None))
    return found
