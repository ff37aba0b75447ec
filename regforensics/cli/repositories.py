"""Lockfiles and SBOMs in the history of git repositories: which commits had a version."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from regforensics.acquire.git import NOTHING, Repository, Turn
from regforensics.analyze.logs.exposure import told
from regforensics.analyze.logs.moments import utc
from regforensics.analyze.logs.requests import plain
from regforensics.analyze.seen import counted
from regforensics.errors import UnreadableInput
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.lines import LineFact, lines_of
from regforensics.evidence.store import EvidenceStore
from regforensics.locks import KINDS, LONGEST, named, opaque, read
from regforensics.locks.base import Kind
from regforensics.model.citation import Fact
from regforensics.model.claim import said
from regforensics.model.exposure import Exposure, Grade
from regforensics.model.instant import Instant
from regforensics.model.locked import Locked, Passed
from regforensics.model.package import PackageRef
from regforensics.registries.locked import COMMIT, PATH, REPOSITORY

LAYER, COMMIT_KIND = "git history", "git-commit"
_WHO = re.compile(rb"(?:author|committer) .*> (\d{1,12}) [+-]\d{4}")
_LAST = 253402300799  # seconds: the end of the year 9999
_MOST_FILES, _MOST_BLOBS = 200, 50_000
_MOST_REASONS = 20  # why entries of one file could not be read
_SHOWN = 6  # branches and tags in a sentence


@dataclass(slots=True)
class Looked:
    """What one repository told."""

    name: str
    found: list[Exposure] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    commits: int = 0


@dataclass(slots=True)
class _Blobs:
    """Which blobs hold which versions, as a file of which kind, and how good the statement is."""

    pins: dict[tuple[str, str], dict[PackageRef, Locked]] = field(default_factory=dict)

    def has(self, blob: str, path: str, version: PackageRef) -> bool:
        kind = named(path)
        return kind is not None and version in self.pins.get((blob, kind.name), {})


def look(store: EvidenceStore, path: Path, asked: Mapping[PackageRef, Sequence[str]]) -> Looked:
    """Which commits of a repository had the versions; what is cited goes into the evidence.

    Raises UnreadableInput for a folder that is no repository, EvidenceUnwritable.
    """
    with Repository(path) as repository:
        looked = Looked(repository.name)
        history = repository.history([glob for kind in KINDS for glob in kind.globs])
        looked.unread += history.unread
        turns = [turn for turn in history.turns if named(turn.path) is not None]
        looked.commits = len({turn.commit for turn in turns})
        blobs = _read(repository, turns, asked, looked)
        for package, versions in asked.items():
            for version in versions:
                one = _Search(store, repository, blobs, package.at(version), looked)
                looked.found += one.exposures(turns)
    return looked


def _read(repository: Repository, turns: Sequence[Turn],
          asked: Mapping[PackageRef, Sequence[str]], looked: Looked) -> _Blobs:
    """Look once into each blob that ever stood at a path of a known kind."""
    kinds: dict[str, dict[str, Kind]] = {}
    for turn in turns:
        kind = named(turn.path)
        for blob in (turn.after, *turn.before):
            if kind is not None and blob != NOTHING:
                kinds.setdefault(blob, {})[kind.name] = kind
    names = list(kinds)
    if len(names) > _MOST_BLOBS:
        looked.unread.append(f"{len(names) - _MOST_BLOBS} of {len(names)} files in the history, the"
                             " oldest, were not looked into")
    found, maybe, lost = _Blobs(), _mentions(asked), dict[str, list[str]]()
    for blob, body in repository.contents(names[:_MOST_BLOBS], largest=LONGEST):
        if body is None:
            lost.setdefault("not in the clone, too large, not what its name says, or not read in"
                            " time", []).append(blob)
            continue
        for kind in kinds[blob].values():
            if kind.sbom or b"\\" in body or opaque(body) or maybe.search(body):
                found.pins[blob, kind.name], unread = _pinned(kind, body, asked)
                for why in unread:
                    lost.setdefault(why, []).append(blob)
    looked.unread += [_listed(blobs, why) for why, blobs in lost.items()]
    return found


def _listed(blobs: Sequence[str], why: str) -> str:
    shown = ", ".join(blob[:12] for blob in blobs[:_SHOWN])
    more = f" and {len(blobs) - _SHOWN} more" if len(blobs) > _SHOWN else ""
    return f"object {shown}{more}: {why}"


def _mentions(asked: Mapping[PackageRef, Sequence[str]]) -> re.Pattern[bytes]:
    """Matches what can name one of the packages."""
    names = [b"[-_.]+".join(map(re.escape, re.split(rb"[-_.]+", p.name.encode()))) for p in asked]
    return re.compile(b"|".join(names), re.IGNORECASE)


def _pinned(kind: Kind, body: bytes, asked: Mapping[PackageRef, Sequence[str]]
            ) -> tuple[dict[PackageRef, Locked], list[str]]:
    """Which of the versions a file has, and what of it could not be read."""
    found, unread = dict[PackageRef, Locked](), dict[str, None]()
    try:
        for one in read(kind.name, body, kind=kind):
            if isinstance(one, Passed):
                if not one.name:
                    unread[f"{kind.name}: {one.reason}"] = None
            elif one.package.version is not None:
                package = one.package.at(None)
                for version in asked.get(package, ()):
                    if plain(package, version) == plain(package, one.package.version):
                        known = found.get(package.at(version))
                        if known is None or known.elsewhere:
                            found[package.at(version)] = one
    except UnreadableInput as error:
        unread[error.message] = None
    return found, list(unread)[:_MOST_REASONS]


@dataclass(frozen=True, slots=True)
class _Commit:
    """A commit: its name, when it was committed and authored, and the lines that say so."""

    name: str
    committed: Instant
    authored: Instant
    lines: tuple[Fact[str], ...]


@dataclass(slots=True)
class _Search:
    """The search for one version in one repository."""

    store: EvidenceStore
    repository: Repository
    blobs: _Blobs
    version: PackageRef
    looked: Looked
    undated: set[str] = field(default_factory=set)

    def exposures(self, turns: Sequence[Turn]) -> Iterator[Exposure]:
        """One exposure for each path at which the version stood."""
        paths: dict[str, list[Turn]] = {}
        for turn in turns:
            if self._had(turn):
                paths.setdefault(turn.path, []).append(turn)
        if len(paths) > _MOST_FILES:
            self.looked.unread.append(f"{len(paths)} files had it; {_MOST_FILES} of them are told")
        shown = list(paths)[:_MOST_FILES]
        standing = self.repository.stands_at(self.repository.refs(), shown) if shown else {}
        for path in shown:
            refs = tuple(ref for (ref, at), blob in standing.items() if at == path
                         and self.blobs.has(blob, path, self.version))
            now = next((blob for (ref, at), blob in standing.items() if at == path
                        and self.blobs.has(blob, path, self.version)), None)
            yield self._exposure(path, paths[path], refs, now)

    def _had(self, turn: Turn) -> bool:
        return any(self.blobs.has(blob, turn.path, self.version)
                   for blob in (turn.after, *turn.before))

    def _exposure(self, path: str, turns: Sequence[Turn], refs: tuple[str, ...],
                  now: str | None) -> Exposure:
        self.undated.clear()
        having = [t for t in turns if self.blobs.has(t.after, path, self.version)]
        came = [t for t in having if not any(self.blobs.has(b, path, self.version)
                                             for b in t.before)] or having
        went = [t for t in turns if not self.blobs.has(t.after, path, self.version)]
        first = self._dated(came, earliest=True)
        last = self._dated(went, earliest=False) if not refs else None
        start = next((t for t in came if first and t.commit == first.name), came[0] if came
                     else None)
        blob = start.after if start else next(
            b for t in turns for b in t.before if self.blobs.has(b, path, self.version))
        facts = [self._entry(blob, path, first.name if first else turns[-1].commit)]
        if now is not None and now != blob:
            facts.append(self._entry(now, path, next(
                (t.commit for t in having if t.after == now), refs[0])))
        facts += [line for one in (first, last) if one is not None for line in one.lines]
        grade, reason = self._told(blob, path)
        return Exposure(
            subject=self.version, version=self.version.version or "", grade=grade, layer=LAYER,
            reason=f"{reason}; {self._when(first, last, having, refs)}", file=path,
            repository=self.repository.name, commit=first.name if first else turns[-1].commit,
            until=last.name if last else None, refs=refs,
            first=first.committed if first else None, last=last.committed if last else None,
            count=len(having), facts=tuple(facts))

    def _told(self, blob: str, path: str) -> tuple[Grade, str]:
        kind = named(path)
        return told(self.blobs.pins[blob, kind.name if kind else ""][self.version])

    def _when(self, first: _Commit | None, last: _Commit | None, having: Sequence[Turn],
              refs: Sequence[str]) -> str:
        words = []
        if first is not None:
            cut = first.name in self.repository.cut
            words.append(f"commit {first.name[:12]} "
                         + ("is the oldest of the clone that has it" if cut else "brought it in")
                         + f", committed {utc(first.committed)} and authored"
                         f" {utc(first.authored)}, as the commit says")
        words.append(f"{counted(len(having), 'commit')} that touched the file had it")
        if self.undated:
            words.append(f"{counted(len(self.undated), 'commit')} that brought it in or took it out"
                         f" state{'s' * (len(self.undated) == 1)} no date that can be read")
        if refs:
            more = f" and {len(refs) - _SHOWN} more" if len(refs) > _SHOWN else ""
            words.append(f"still in {', '.join(map(said, refs[:_SHOWN]))}{more}")
        elif last is not None:
            words.append(f"commit {last.name[:12]} took it out, committed {utc(last.committed)}")
        if not refs:
            words.append("which branches and tags have it now could not be asked"
                         if self.repository.stopped else "no branch or tag here has it now")
        return "; ".join(words)

    def _dated(self, turns: Sequence[Turn], *, earliest: bool) -> _Commit | None:
        """The first or the last of the commits by their own dates."""
        found = []
        for name, body in self.repository.contents(list(dict.fromkeys(t.commit for t in turns)),
                                                   largest=1 << 20):
            times = _times(body or b"")
            if body and times:
                found.append((*times, name, body))
            else:
                self.undated.add(name)
        if not found:
            return None
        committed, authored, name, body = min(found) if earliest else max(found)
        taken = self.store.record(self._handed(COMMIT_KIND, ".txt", name, None), body)
        lines = {line.data.partition(b" ")[0]: line for line in reversed([*lines_of(
            taken.exhibit or "", taken.sha256 or "", body)])}
        return _Commit(name, _instant(committed), _instant(authored),
                       (LineFact("", lines[b"committer"]), LineFact("", lines[b"author"])))

    def _entry(self, blob: str, path: str, commit: str) -> Fact[str]:
        """The entry as it stands in the evidence, into which the file is taken."""
        body = next(self.repository.contents([blob], largest=LONGEST))[1] or b""
        kind = named(path)
        if kind is None:
            raise UnreadableInput(f"{path}: no lockfile or SBOM of a known kind")
        taken = self.store.record(self._handed(kind.name, kind.suffix, commit, path), body)
        for one in read(path, body, kind=kind, label=taken.exhibit or "",
                        sha256=sha256(body).hexdigest()):
            if isinstance(one, Locked) and one.package.at(None) == self.version.at(None) \
                    and one.package.version is not None \
                    and plain(one.package, one.package.version) == plain(
                        one.package, self.version.version or ""):
                return one.line
        raise UnreadableInput(f"{path}: its entry is gone")

    def _handed(self, kind: str, suffix: str, commit: str, path: str | None) -> Entry:
        options = [(REPOSITORY, self.repository.name), (COMMIT, commit)]
        options += [(PATH, path)] if path else []
        return Entry(how="file", kind=kind, what=kind, path=self.repository.name, suffix=suffix,
                     note="taken out of a git repository", options=tuple(options))


def _times(body: bytes) -> tuple[datetime, datetime] | None:
    """When a commit says it was committed and authored; None where it says either twice, in no
    form of git's, or beyond the calendar."""
    header = body.partition(b"\n\n")[0].split(b"\n")
    found = []
    for who in (b"committer ", b"author "):
        said = [line for line in header if line.startswith(who)]
        matched = _WHO.fullmatch(said[0]) if len(said) == 1 else None
        if matched is None or int(matched[1]) > _LAST:
            return None
        found.append(datetime.fromtimestamp(int(matched[1]), UTC))
    return found[0], found[1]


def _instant(moment: datetime) -> Instant:
    return Instant.parse(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def unchecked(looked: Looked, asked: Mapping[PackageRef, Sequence[str]]) -> Iterator[Exposure]:
    """What of the history nobody could look into, for each version that was asked about."""
    for package, versions in asked.items():
        for version in versions:
            for reason in dict.fromkeys(looked.unread):
                yield Exposure(subject=package.at(version), version=version, grade="unchecked",
                               layer=LAYER, reason=f"{looked.name}: {reason}")


def covered(looked: Looked) -> dict[str, Any]:
    """The repository, as the coverage names it."""
    return {"source": looked.name, "kind": "git", "first": None, "last": None, "gaps": [],
            "commits": looked.commits}
