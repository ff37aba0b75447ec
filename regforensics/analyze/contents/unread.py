"""Package files that nobody looked into: never read, without a manifest, or never stored."""

from collections.abc import Iterable, Iterator

from regforensics.analyze.seen import counted
from regforensics.model.artifact import ArtifactSeen, ManifestSeen
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap, said
from regforensics.model.digests import hashes
from regforensics.model.history import History
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Artifact
from regforensics.model.stored_file import StoredFile

MANY = 12
_WITH_MANIFEST = ("npm", "pypi")
_Named = tuple[str, str, Fact[object]]  # the version, the file's name, and where that stands


def gaps(history: History) -> Iterator[Gap]:
    """One Gap for all files of a kind, with the first of them named."""
    seen = {one.exhibit: one for one in history.of(ArtifactSeen)}
    package = history.package
    yield from _gap(
        package, "is in {}", "their bytes are stored and were never read: no listing was made",
        [(f.package.version or "", f.filename, f.line)
         for f in {f.exhibit: f for f in history.of(StoredFile)}.values() if f.exhibit not in seen],
        "regforensics snapshot with --artifacts new, which looks into what is stored")
    yield from _gap(
        package, "else is in {}", "their listings are of an earlier form,"
        " which left out members that some readers see",
        [(one.package.version or "", one.filename, one.form) for one in seen.values() if one.dated],
        "regforensics snapshot with --artifacts new, which lists them again")
    read = {inside.exhibit for inside in history.of(ManifestSeen)}
    yield from _gap(
        package, "the manifest inside {} states", "no manifest that can be read was taken out of"
        " them: there is none, it is no valid document, or it is larger than 8 MiB",
        [(one.package.version or "", one.filename, one.form) for one in seen.values()
         if one.package.registry in _WITH_MANIFEST and one.exhibit not in read
         and one.form.value != "unknown"], None)
    yield from _not_stored(history, list(seen.values()))


def _gap(package: PackageRef, what: str, reason: str, files: list[_Named],
         ask: str | None) -> Iterator[Gap]:
    if not files:
        return
    names = ", ".join(f"{said(name)} of version {said(version)}" for version, name, _ in
                      files[:MANY])
    more = f" and {len(files) - MANY} more" if len(files) > MANY else ""
    citations = dict.fromkeys(c for _, _, fact in files[:MANY] for c in fact.citations)
    question = "what " + what.format(counted(len(files), "package file"))
    yield Gap(question, f"{reason}: {names}{more}", package, ask, tuple(citations))


def _not_stored(history: History, held: list[ArtifactSeen]) -> Iterator[Gap]:
    """Files that the newest capture lists, where files were fetched, and that nobody has."""
    if not any(seen.observation.registry for seen in held):
        return
    newest = max((s for s in history.snapshots if s.releases), default=None,
                 key=lambda s: s.observation.order)
    if newest is None:
        return
    names = {(seen.package.version, seen.filename) for seen in held}
    prints = {frozenset((kind, fact.value) for kind, fact in seen.digests.items())
              for seen in held}
    told = {attempt.subject.version for attempt in history.failures
            if attempt.kind == "artifact" and attempt.subject is not None}
    questions = {gap.question for gap in history.gaps_in(ArtifactSeen)}
    missing = [(version, file) for version, release in newest.releases.items()
               for file in release.artifacts
               if version not in told and (version, file.filename) not in names
               and not _is_held(file, prints)
               and f"what the file {file.filename} of version {version} holds" not in questions]
    for reason, files in (
            ("the registry states no address for them", [m for m in missing if m[1].url is None]),
            ("the registry lists them and their bytes are not stored",
             [m for m in missing if m[1].url is not None])):
        yield from _gap(history.package, "is in {}", reason,
                        [(version, file.filename, file.name) for version, file in files],
                        "whoever still has the files: mirrors, caches, build machines")


def _is_held(file: Artifact, prints: Iterable[frozenset[tuple[str, str]]]) -> bool:
    """True where the bytes of one stored file have every digest that is stated and computed."""
    stated = [(kind, value) for name, fact in file.digests.items()
              for kind, values in hashes(name, fact.value).items() for value in values]
    return any((mine := [one for one in stated if one[0] in {kind for kind, _ in held}])
               and held.issuperset(mine) for held in prints)
