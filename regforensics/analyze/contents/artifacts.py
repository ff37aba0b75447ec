"""Package files against what the registry states of them, and what is dangerous inside them."""

from collections.abc import Iterator, Mapping
from typing import Any

from regforensics.analyze.contents import unread
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted
from regforensics.model.artifact import ArtifactSeen, ManifestSeen, OddityFound
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.digests import hashes
from regforensics.model.history import History, Scope
from regforensics.model.snapshot import Artifact, Release, Snapshot

MISMATCH = Rule(
    "integrity.artifact-mismatch", "integrity",
    "a stored package file does not have a digest that the registry states for it",
    "the stated digests, the computed ones in the file's listing, and its custody line",
    "a file handed over under the wrong version; a download that was cut or changed on the way;"
    " a mirror that repacks what it passes on")
MATCHES = Rule(
    "integrity.artifact-matches", "integrity",
    "how many stored package files have every digest that the registry states",
    "a stated and the computed digest of each; of more than twelve files the first and the last",
    "none; it says that bytes and statement agree, not that the bytes are good")
DANGER = Rule(
    "integrity.artifact-danger", "integrity",
    "a package file holds names, links, twins or bytes that mislead whoever unpacks or reviews it",
    "the findings in the file's listing", "links and names that differ by case are ordinary in"
    " source archives; several gzip streams come from parallel packers", "evidenced")

MANY = 12
_READ = (".tgz", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".whl", ".zip", ".egg", ".jar")
_INSTALLERS = (".exe", ".msi", ".sh", ".run")  # a program that unpacks the archive behind it
#: What each oddity means, as the end of a sentence, and whether it stands among the notable.
WORDS: Mapping[str, tuple[str, bool]] = {
    "traversal": ("holds members whose names lead out of the directory that it is unpacked in",
                  True),
    "device": ("holds devices or pipes", True),
    "setuid": ("holds files that run with their owner's rights", True),
    "duplicate": ("holds members more than once, so that readers see different contents", True),
    "disagreement": ("describes members in two ways, so that readers see different contents", True),
    "unlisted": ("holds members that its own directory leaves out", True),
    "forms": ("is not of the one form that its name tells, so that readers see different contents",
              True),
    "overlong": ("holds names that are longer than any file system takes", True),
    "overlap": ("holds members that share bytes", True),
    "unseen": ("holds names with characters that cannot be seen or that reorder the others", True),
    "stopped": ("was not read to its end, because it unpacks to more than is reasonable", True),
    "trailing": ("has bytes behind its end that belong to no member", True),
    "leading": ("has bytes before its beginning that belong to no member", True),
    "damaged": ("is damaged", True),
    "collision": ("holds names that differ by letter case or Unicode form only", False),
    "link": ("holds links", False),
    "unread": ("holds members whose content could not be read", False),
    "parts": ("consists of several compressed streams", False),
    "nested": ("holds archives, which were not opened", False),
}


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Mismatches, the sum of what matches, dangers, and the files that could not be had."""
    named = scope.versions_of(history.package)
    matching: list[tuple[ArtifactSeen, Fact[str], Fact[str]]] = []
    told: set[object] = set()
    newest = {(seen.package.version, seen.sha256): seen for seen in history.of(ArtifactSeen)}
    for seen in history.of(ArtifactSeen):
        file = stated_file(history, seen)
        if file is not None:
            verdicts = checked(file, seen)
            key = (seen.package.version, seen.sha256, _prints(file))
            if key in told or not verdicts:
                continue
            told.add(key)
            wrong = [name for name, holds in verdicts.items() if not holds]
            if wrong:
                yield _mismatch(seen, file, wrong)
            else:
                name = next(iter(verdicts))
                matching.append((seen, file.digests[name[0]], seen.digests[name[1]]))
    for seen in newest.values():
        yield from _dangers(seen, named)
    if matching:
        yield _matches(history, matching)
    yield from dict.fromkeys((*history.gaps_in(ArtifactSeen), *history.gaps_in(ManifestSeen)))
    yield from _not_fetched(history)
    yield from unread.gaps(history)


def checked(file: Artifact, seen: ArtifactSeen) -> dict[tuple[str, str], bool]:
    """For each stated digest (the member it stands in, the hash kind) whether the bytes have it.

    Kinds that are not computed are left out.
    """
    return {(name, kind): seen.digests[kind].value in values
            for name, fact in file.digests.items()
            for kind, values in hashes(name, fact.value).items() if kind in seen.digests}


def stated(history: History, seen: ArtifactSeen | ManifestSeen
           ) -> Iterator[tuple[Snapshot, Release]]:
    """The version as captures show it that a package file is held against: for one that was
    fetched, the last capture of the same place before it; else every capture, the newest first."""
    version, place = seen.package.version or "", seen.observation.registry.rstrip("/")
    shown = [s for s in history.snapshots if version in s.releases]
    own = [s for s in shown if place and s.observation.registry.rstrip("/") == place
           and s.observation.order < seen.observation.order]
    chosen = [max(own, key=lambda s: s.observation.order)] if own else reversed(shown)
    return ((s, s.releases[version]) for s in chosen)


def stated_file(history: History, seen: ArtifactSeen) -> Artifact | None:
    """What the registry states of a package file; of several captures one that it agrees with."""
    files = [file for _, release in stated(history, seen) if (file := file_of(release, seen))]
    return next((f for f in files if all(checked(f, seen).values())), files[0] if files else None)


def file_of(release: Release, seen: ArtifactSeen) -> Artifact | None:
    """The release's file that ``seen`` is: the one of its name; npm has one file a version."""
    if seen.package.registry == "npm":
        return next(iter(release.artifacts), None)
    return next((f for f in release.artifacts if f.filename == seen.filename), None)


def _prints(file: Artifact) -> frozenset[tuple[str, str]]:
    return frozenset((name, fact.value) for name, fact in file.digests.items())


def place(seen: ArtifactSeen | ManifestSeen) -> Fact[Any]:
    """Where a package file came from, as a sentence says it."""
    line = seen.observation.line
    words = f"fetched from {seen.observation.registry}" if seen.observation.registry \
        else "handed over"
    at = f" at {seen.observation.at}" if seen.observation.at else ""
    return derive(words + at, *([line] if line else []), *[_anchor(seen)])


def _anchor(seen: ArtifactSeen | ManifestSeen) -> Fact[Any]:
    return seen.digests["sha256"] if isinstance(seen, ArtifactSeen) else seen.anchor


def _mismatch(seen: ArtifactSeen, file: Artifact, wrong: list[tuple[str, str]]) -> Claim:
    shown = min(wrong, key=lambda name: name[1] in ("sha1", "md5"))
    said, computed = file.digests[shown[0]], seen.digests[shown[1]]
    also = tuple(fact for name, kind in wrong for fact in (file.digests[name], seen.digests[kind]))
    return MISMATCH.claim(
        seen.package, seen.observation.at,
        "The package file {file} of version {version}, {place}, does not have the digest that the"
        " registry states: {name} is stated as {stated}, and the {kind} of the bytes is {computed}."
        " The bytes are not those that the statement is about.",
        also=also, file=derive(seen.filename or file.filename, computed),
        version=derive(seen.package.version or "", said), place=place(seen),
        name=derive(shown[0], said), stated=said, kind=derive(shown[1], computed),
        computed=computed)


def _matches(history: History, matching: list[tuple[ArtifactSeen, Fact[str], Fact[str]]]) -> Claim:
    shown = matching if len(matching) <= MANY else [matching[0], matching[-1]]
    facts = [fact for _, said, computed in shown for fact in (said, computed)]
    return MATCHES.claim(
        history.package, None,
        "{count} that were fetched or handed over have every digest that the registry states for"
        " them and that could be computed (the first is that of version {first}).", notable=False,
        count=derive(counted(len(matching), "package file"), facts[0], *facts[1:]),
        first=derive(matching[0][0].package.version or "", *facts[:2]))


def _dangers(seen: ArtifactSeen, named: frozenset[str]) -> Iterator[Claim]:
    if seen.form.value == "unknown":
        yield DANGER.claim(
            seen.package, seen.observation.at, "The package file {file} of version {version} is no"
            " archive of a form that can be read here (form: {form}).",
            notable=seen.filename.lower().endswith(_READ), form=seen.form,
            file=derive(seen.filename, seen.form),
            version=derive(seen.package.version or "", seen.form))
    kinds: dict[str, list[OddityFound]] = {}
    for oddity in seen.oddities:
        installer = oddity.kind == "leading" and seen.filename.lower().endswith(_INSTALLERS)
        if oddity.kind in WORDS and not installer:
            kinds.setdefault(oddity.kind, []).append(oddity)
    for kind, found in kinds.items():
        words, notable = WORDS[kind]
        lines = [oddity.line for oddity in found[:MANY]]
        of_members = [oddity.line for oddity in found[:MANY] if oddity.path != "-"]
        facts: Facts = {"file": derive(seen.filename, lines[0]),
                        "version": derive(seen.package.version or "", lines[0])}
        template = "The package file {file} of version {version} " + words
        if of_members:
            facts["members"] = derive(tuple(f.value for f in of_members), *of_members)
            template += ": {members}"
        if len(found) > MANY:
            facts["more"] = derive(len(found) - MANY, *lines)
            template += " and {more} more"
        if not of_members or kind in ("stopped", "damaged"):
            facts["detail"] = derive(found[0].detail, lines[0])
            template += " ({detail})"
        yield DANGER.claim(seen.package, seen.observation.at, template + ".", also=tuple(lines),
                           notable=notable or seen.package.version in named, **facts)


def _not_fetched(history: History) -> Iterator[Gap]:
    """Files that were wanted and not had: refused, failed, or too large."""
    for attempt in history.failures:
        if attempt.kind == "artifact" and attempt.subject is not None:
            yield Gap(f"what a package file of version {attempt.subject.version} holds",
                      attempt.reason, history.package,
                      "whoever still has the file: mirrors, caches, build machines",
                      attempt.line.citations)


ANALYZER = Analyzer("artifacts", (MISMATCH, MATCHES, DANGER), run)
