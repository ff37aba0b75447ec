"""What exposure looks at, and how it shows who has a version."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from regforensics.acquire.ingest import ingest
from regforensics.analyze.logs.exposure import exposures, set_apart
from regforensics.analyze.logs.moments import utc
from regforensics.analyze.logs.networks import tables, where
from regforensics.cli.console import Talk, out, out_json
from regforensics.cli.locks_handed import named, named_words, strictly
from regforensics.cli.opening import open_evidence, reader_of
from regforensics.cli.repositories import Looked, unchecked
from regforensics.cli.repositories import covered as repository_covered
from regforensics.cli.repositories import look as search
from regforensics.errors import IntegrityError, RegForensicsError, UnreadableInput, WrongUsage
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore
from regforensics.locks import LONGEST
from regforensics.model.events import Covered, Events
from regforensics.model.exposure import GRADES, MEANINGS, Exposure
from regforensics.model.history import History
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from regforensics.registries.locked import COMMIT, PATH, REPOSITORY
from regforensics.report.jsondoc import citation_document, when_document

_SHOWN = 30  # consumers of one version and grade that a screen shows


def wanted(targets: Sequence[str]) -> dict[PackageRef, list[str]]:
    """The versions asked about, by package. Raises WrongUsage for a target without one."""
    found: dict[PackageRef, list[str]] = {}
    for target in targets:
        package = PackageRef.parse(target)
        if package.version is None:
            raise WrongUsage(f"{target!r} names no version; exposure is about versions",
                             hint=f"say {package.target}@VERSION")
        found.setdefault(package.at(None), []).append(package.version)
    return {package: list(dict.fromkeys(versions)) for package, versions in found.items()}


def hand_over(root: Path, files: Sequence[Path]) -> list[UnreadableInput]:
    """Take lockfiles and SBOMs into the evidence directory, so that their lines can be cited; why
    some could not be. Raises EvidenceUnwritable."""
    lost = []
    store = EvidenceStore.create_or_open(root)
    for path in files:
        try:
            taken = ingest(path, store=store, recognise=lambda path, _: strictly(path),
                           largest=LONGEST)
        except UnreadableInput as error:
            lost.append(error)
        else:
            Talk.say(f"note: {path} is {taken.exhibit} of the evidence"
                     f"{'' if taken.new else ', as before'}")
    return lost


def unread(targets: Sequence[str], lost: Sequence[RegForensicsError],
           layer: str = "lockfile or SBOM") -> list[Exposure]:
    """For each version that was asked about: which files nobody could look into."""
    return [Exposure(subject=package.at(version), version=version, grade="unchecked",
                     layer=layer, reason=error.message)
            for package, versions in wanted(targets).items() for version in versions
            for error in lost]


def in_history(root: Path, targets: Sequence[str], paths: Sequence[Path]
               ) -> tuple[list[Looked], list[UnreadableInput]]:
    """What the histories of repositories tell, and why some could not be opened."""
    looked, lost = list[Looked](), list[UnreadableInput]()
    if not paths:
        return looked, lost
    store = EvidenceStore.create_or_open(root)
    for path in paths:
        try:
            looked.append(search(store, path, wanted(targets)))
        except UnreadableInput as error:
            lost.append(error)
    return looked, lost


def files_held(root: Path, looked: Sequence[Looked]) -> list[dict[str, Any]]:
    """Each lockfile and SBOM of the evidence, and each repository, as the coverage names it."""
    files: list[dict[str, Any]] = [
        {"source": _named(a.entry), "exhibit": a.exhibit, "kind": a.entry.kind,
         "first": None, "last": None, "gaps": [], "passed": len(held.passed),
         **named(held)}
        for a, held in Reader(open_evidence(root)).locks()]
    return [*map(repository_covered, looked), *files]


def _named(entry: Entry) -> str:
    """A file as the coverage names it; one out of git by its path there, and the commit."""
    options = dict(entry.options)
    if options.get(PATH) is None:
        return entry.path or entry.kind
    commit = options.get(COMMIT, "")[:12]
    return f"{options[PATH]} of {options.get(REPOSITORY) or entry.path} at commit {commit}"


def look(root: Path, targets: Sequence[str], looked: Sequence[Looked],
         damaged: list[IntegrityError],
         ) -> tuple[list[Exposure], dict[tuple[str, str], int], tuple[Covered, ...]]:
    """Every exposure to the targets, what was set apart, and what the logs cover. What was taken
    out of the histories that were looked into now is told by those. Logs that are not what custody
    says are left out, and added to ``damaged``."""
    asked = wanted(targets)
    reader = reader_of(open_evidence(root), damaged)
    found, apart = list[Exposure](), dict[tuple[str, str], int]()
    covered: tuple[Covered, ...] = ()
    events: Events | None = None
    for package, versions in asked.items():
        history: History = reader.history(package)
        told = {one.name for one in looked}
        found += [one for each in looked for one in (*each.found, *unchecked(each, asked))
                  if one.subject.at(None) == package]
        found += [_placed(one, history.events) for one in exposures(history, versions)
                  if one.repository not in told]
        for name, count in set_apart(history, versions).items():
            apart[name] = apart.get(name, 0) + count
        events, covered = history.events, history.events.coverage()
    cited = sum(len(fact.citations) for one in found for fact in one.facts)
    if cited and events is not None:
        events.confirm()
    return found, apart, covered


def _placed(one: Exposure, events: Events) -> Exposure:
    """With the place that an offline table among the evidence has for the address."""
    placed = events.placed(one.address) if one.address and one.facts else None
    words = where(placed.value) if placed else None
    if placed is None or words is None:
        return one
    return replace(one, place=f"{words} by {tables([placed])}", facts=(*one.facts, placed))


def as_document(found: Sequence[Exposure], apart: dict[tuple[str, str], int],
                covered: Sequence[Covered], files: Sequence[dict[str, Any]]) -> None:
    """The JSON document of the contract."""
    out_json("exposure", {
        "exposures": [_exposure(one) for one in found],
        "set_apart": [{"layer": layer, "user_agent": name, "count": n}
                      for (layer, name), n in apart.items()],
        "coverage": [*(_covered(log) for log in covered), *files]})


def _exposure(one: Exposure) -> dict[str, Any]:
    in_git = {"repository": one.repository, "commit": one.commit, "until": one.until,
              "refs": list(one.refs)} if one.commit else {}
    consumer: dict[str, Any] = {"file": one.file, **in_git} if one.file else {
        "address": one.address, "user": one.user, "user_agent": one.user_agent,
        **({"place": one.place} if one.place else {})}
    return {
        "subject": str(one.subject), "version": one.version,
        "consumer": None if one.grade == "unchecked" and not one.file else consumer,
        "kind": one.kind, "layer": one.layer, "log": one.log, "grade": one.grade,
        "reason": one.reason,
        "first": when_document(one.first), "last": when_document(one.last), "count": one.count,
        "citations": [citation_document(c) for c in dict.fromkeys(
            c for fact in one.facts for c in fact.citations)]}


def _covered(log: Covered) -> dict[str, Any]:
    return {
        "source": log.source.value, "exhibit": log.exhibit, "layers": list(log.asked),
        "first": when_document(log.first.value if log.first else None),
        "last": when_document(log.last.value if log.last else None),
        "lines": log.lines, "unparsed": log.unparsed,
        **({"unread": [gap.reason for gap in log.gaps]} if log.gaps else {}),
        "gaps": [{"after": when_document(Instant.at(hole.after)),
                  "before": when_document(Instant.at(hole.before))}
                 for hole in log.silences]}


def as_text(found: Sequence[Exposure], apart: dict[tuple[str, str], int],
            covered: Sequence[Covered], files: Sequence[dict[str, Any]]) -> None:
    """For people: by version and grade, the gravest first; UNCHECKED is always said."""
    for subject in dict.fromkeys(one.subject for one in found):
        out(subject.target)
        for grade in GRADES:
            mine = [one for one in found if one.subject == subject and one.grade == grade]
            if mine:
                word = grade.upper() if grade == "unchecked" else grade
                out(f"  {word}: {MEANINGS[grade]}")
            for one in mine[:_SHOWN]:
                out(f"    {_line(one)}")
            if len(mine) > _SHOWN:
                out(f"    and {len(mine) - _SHOWN} more: --json lists every one")
    for (layer, name), count in apart.items():
        out(f"set apart, nobody's exposure: {layer}  {name}  x{count}")
    for log in covered:
        if log.asked:
            times = f"{utc(log.first.value)} to {utc(log.last.value)}" \
                if log.first and log.last else "no times"
            out(f"covered: {log.source.value} ({', '.join(log.asked)}): {times}, {log.unparsed} of"
                f" {log.lines} lines unread, {len(log.silences)} silences longer than usual")
    for log in covered:
        for reason in [gap.reason for gap in log.gaps] or (
                [] if log.layers else [f"{log.unparsed} of {log.lines} lines unread"]):
            out(f"not covered: {log.source.value}: {reason}")
    for row in files[:_SHOWN]:
        what = f"{row['commits']} commits that touch lockfiles or SBOMs" if "commits" in row else \
            f"{named_words(row)}, {row['passed']} entries passed over"
        out(f"covered: {row['source']} ({row.get('exhibit', row['kind'])}): {what}")
    if len(files) > _SHOWN:
        out(f"covered: {len(files) - _SHOWN} more files: --json lists every one")


def _line(one: Exposure) -> str:
    if one.grade == "unchecked" and not one.facts:
        return f"{one.layer}: {one.reason}"
    if one.file:
        return f"{one.file}: {one.reason}  {_where(one)}"
    who = ", ".join(filter(None, (one.address or "no address", one.user, one.user_agent,
                                 one.place)))
    where = f"{one.layer} ({one.log})" if one.log else one.layer
    return f"{where}  {who}  x{one.count}  {utc(one.first)} to {utc(one.last)}  {_where(one)}"


def _where(one: Exposure) -> str:
    cited = one.facts[0].citations[0]
    return f"[{cited.exhibit} {cited.where}]"
