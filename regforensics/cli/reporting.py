"""What timeline and inventory do: read, analyze, compose, check, render; six calls in a row."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from regforensics.acquire.foreign import read_file
from regforensics.analyze.custody.inventory import inventory as coverage_of
from regforensics.analyze.running import ANALYZERS, all_charts, run_all
from regforensics.cli.console import Talk, out, out_json
from regforensics.cli.opening import histories, open_evidence, reader_of
from regforensics.cli.scoping import WINDOW, as_instant, scoped
from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage
from regforensics.evidence.doubts import sift
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.unpacked import Spans
from regforensics.model.claim import SECTIONS, Claim, Gap
from regforensics.model.coverage import Coverage
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, now
from regforensics.model.locked import Locked
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from regforensics.report import check as checking
from regforensics.report import html, jsondoc, markdown
from regforensics.report.compose import compose
from regforensics.report.document import Report
from regforensics.report.mismatch import Mismatch
from regforensics.report.packed import Packing
from regforensics.report.times import sort_key, when_text

FORMS = {"html": html.render, "md": markdown.render, "json": jsondoc.render}
CUSTODY = "custody.jsonl"


class Stored:
    """The evidence directory as the report's check sees it."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store

    def read(self, label: str) -> bytes:
        """The bytes of an exhibit, checked against custody."""
        return self._store.read(self._store.exhibit(label).label)

    def stored(self, label: str) -> tuple[str, int]:
        """SHA-256 hex and size in bytes of an exhibit, as custody says."""
        exhibit = self._store.exhibit(label)
        return exhibit.sha256, exhibit.size

    def file(self, label: str) -> str:
        """Its path inside the evidence directory."""
        return CUSTODY if label == CUSTODY else self._store.exhibit(label).place

    def packing(self, label: str) -> Packing | None:
        """How it is packed; None where it stands as it came."""
        exhibit = None if label == CUSTODY else self._store.exhibit(label)
        if exhibit is None or exhibit.form is None:
            return None
        name = exhibit.form.keyframe
        key = self._store.exhibit(name) if name else None
        return Packing(exhibit.place, f"exhibits/{exhibit.file}", key.place if key else None,
                       key is not None and key.form is not None)

    def quoted(self, label: str, member: str | None, spans: Spans
               ) -> Mapping[tuple[int, int], tuple[int, bytes]]:
        """What stands at spans of what an exhibit unpacks to, and in which line."""
        return self._store.quoted(self._store.exhibit(label).label, member, spans)

    def derivation_fault(self, label: str) -> str | None:
        """Why an exhibit is not what the archive gives that it was taken out of, or None."""
        return None if label == CUSTODY else self._store.derivation_fault(label)

    def taken(self, label: str) -> tuple[str, str] | None:
        """The file and the member that an exhibit was taken out of, or None."""
        source = None if label == CUSTODY else self._store.source(label)
        return None if source is None else (self.file(source.exhibit), source.member)

    def custody_bytes(self) -> bytes:
        """The bytes of the custody file."""
        return self._store.custody_bytes()


def make(root: Path, scope: Scope) -> tuple[Report, bool]:
    """The composed report, with every cited span read again from disk, and whether every
    analyzer ran to its end."""
    store = open_evidence(root)
    composed, failed = _composed(store, scope)
    for name in failed:
        Talk.say(f"note: the analyzer {name} failed; the report says so among its gaps")
    left = len(Reader(store).packages()) - len(composed.subjects)
    if composed.incidents and left > 0:
        Talk.say(f"note: about the packages of the incidents only; the evidence directory holds"
                 f" {left} more")
    for gap in composed.unseen:
        Talk.say(f"note: {gap.subject.target if gap.subject else 'a named version'} is in no"
                 " capture of this evidence directory")
    checking.ensure(composed, Stored(store))
    return composed, not failed


def _composed(store: EvidenceStore, scope: Scope) -> tuple[Report, tuple[str, ...]]:
    """The report of a directory, unchecked, and the names of the analyzers that failed."""
    every = _every(store, scope)
    known = _about(every, scope)
    if not known:
        raise UnreadableInput(f"{store.root}: no package is in this evidence directory",
                              hint="regforensics snapshot npm:NAME captures one; where there are"
                              " logs, --incident TARGET@VERSION says what to ask them")
    for history in known[:1]:
        history.events.coverage()  # a damaged log or table is damage, and no analyzer's failure
        history.events.place_faults()
    claims, gaps, failed = run_all(known, scope, every)
    charts, undrawn = all_charts(known, scope)
    for history in known[:1]:
        history.events.confirm()
    claims, doubts = sift(claims, lambda label, _: store.read(label), lambda c: c.subject)
    return compose(
        claims, [*gaps, *doubts, *undrawn], unseen=_unseen(known, scope), case=store.case.name,
        generated_at=scope.made or Instant.at(now()), custody_head=store.custody_head,
        file=Stored(store).file, incidents=scope.incidents, announced=scope.announced,
        since=as_instant(scope.since), until=as_instant(scope.until),
        window=scope.window, known_networks=scope.known_networks,
        coverage_rows=coverage_of(known, scope), taken=Stored(store).taken,
        charts=charts, packing=Stored(store).packing), failed


def _every(store: EvidenceStore, scope: Scope) -> tuple[History, ...]:
    """The histories of every captured package, and of those that are asked about and that only
    logs or lockfiles know."""
    reader = reader_of(store)
    captured = reader.histories()
    known = {history.package for history in captured}
    asked = dict.fromkeys(p.at(None) for p in scope.incidents if p.at(None) not in known)
    beside = [reader.history(package) for package in asked]
    return (*captured, *(h for h in beside if h.of(Locked) or any(
        log.of_packages or (log.gaps and not log.layers) for log in h.events.coverage())))


def form_of(form: str | None, output: Path | None) -> str:
    """The format asked for, or the one that the file name says. Raises WrongUsage."""
    named = {".html": "html", ".htm": "html", ".json": "json", ".md": "md", ".markdown": "md"}
    suffix = output.suffix.lower() if output else ""
    chosen = form or (named.get(suffix, suffix) if suffix else "md")
    if chosen not in FORMS:
        raise WrongUsage(f"unknown format {chosen!r}", hint=f"--format takes {', '.join(FORMS)}")
    return chosen


def write(report: Report, form: str, output: Path | None, evidence: Path) -> None:
    """Render, then write at once: a run that fails leaves no half report.

    Raises WrongUsage for a path inside the evidence directory, or one that cannot be written.
    """
    text = FORMS[form](report)
    if output is None or str(output) == "-":
        out_text(text)
        return
    if output.resolve().is_relative_to(evidence.resolve()):
        raise WrongUsage(f"{output} lies inside the evidence directory, which only evidence enters",
                         hint="write the report beside it")
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    try:
        if output.exists() and not output.is_file():  # a pipe or a device is written, not replaced
            output.write_text(text, "utf-8", newline="\n")
        else:
            partial.write_text(text, "utf-8", newline="\n")
            partial.replace(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise WrongUsage(f"{output} cannot be written: {error.strerror}") from error
    Talk.say(f"{output}: {len(report.claims)} claims, {len(report.lines)} cited lines,"
             f" {len(report.gaps)} gaps")


def out_text(text: str) -> None:
    """A rendered document on stdout; its renderer has made it inert."""
    import sys

    sys.stdout.write(text)


def show(report: Report, *, as_json: bool, about: Collection[PackageRef] = (),
         key: bool = False, only: Callable[[Claim], bool] | None = None) -> None:
    """The claims by time over all sections, a line each; those without a time last.

    For people: those ``about`` packages only, where any are named; key findings only with ``key``;
    those that ``only`` lets through.
    """
    if as_json:
        out_text(jsondoc.render(report))
        return
    wide = max((len(listed.id) for listed in report.claims), default=0)
    column = max(map(len, SECTIONS))
    claims = [one for one in (report.key_findings if key else report.claims)
              if (not about or one.claim.subject.at(None) in about)
              and (only is None or only(one.claim))]
    for listed in sorted(claims, key=lambda one: sort_key(one.claim.when)):
        claim = listed.claim
        out(f"{listed.id:<{wide}}  {when_text(claim.when)}  {claim.section:<{column}}"
            f"  {claim.subject.target}{_at(claim)}: {claim.statement}  [{', '.join(listed.lines)}]")
    for part in report.parts if not (about or key or only) else ():
        for silence in part.silence:
            out(f"{part.title}: {silence}")


def chosen(sections: Sequence[str], rules: Sequence[str]) -> Callable[[Claim], bool] | None:
    """Which claims are asked for; None for all. Raises WrongUsage for names that are none."""
    known = {rule.id for analyzer in ANALYZERS for rule in analyzer.rules}
    for name in sections:
        if name not in SECTIONS:
            raise WrongUsage(f"no section {name!r}", hint=f"one of: {', '.join(SECTIONS)}")
    for name in rules:
        if not any(name in (one, one.partition(".")[2]) for one in known):
            raise WrongUsage(f"no rule {name!r}", hint="the README's tables list the rules")
    if not (sections or rules):
        return None
    return lambda claim: (not sections or claim.section in sections) and (
        not rules or claim.rule in rules or claim.rule.partition(".")[2] in rules)


def _at(claim: Claim) -> str:
    """The place that a test was put to, which the sentence of its result does not repeat."""
    return f" at {claim.reading.place}" if claim.reading else ""


def check(path: Path, root: Path, *, as_json: bool) -> bool:
    """Check a report against the evidence directory, as that was when the report was made.

    Every cited byte is read again, every claim computed again; True where all of it holds.
    """
    body = read_file(path)
    if body.lstrip()[:1] in (b"#", b"<"):
        raise UnreadableInput(f"{path.name} is a report for people; the one in JSON is checked",
                              hint="make it with `timeline report --format json -o FILE`, from the"
                                   " same evidence and with the same options")
    parsed = jsondoc.parse(body)
    store = open_evidence(root)
    result = checking.check_document(path.name, parsed, Stored(store),
                                     lambda: _again(store, parsed))
    if as_json:
        out_json("timeline-check", {k: v for k, v in result.items() if k != "schema"})
        return bool(result["ok"])
    for mismatch in result["mismatches"]:
        out(str(Mismatch(**mismatch)))
    for note in result["notes"]:
        out(f"note: {note}")
    out(_verdict(result))
    return bool(result["ok"])


def _again(store: EvidenceStore, document: Mapping[str, Any]) -> Report:
    """The report that a directory gave at the custody head, and for the scope, of a document."""
    scope = scoped(document.get("incidents", ()), *(document.get(name) for name in (
        "announced", "since", "until")), window=document.get("window", WINDOW),
        known_networks=document.get("known_networks", ()), made=document.get("generated_at"))
    try:
        return _composed(store.as_of(document["custody_head"]), scope)[0]
    except WrongUsage as error:  # the report names what the evidence does not hold
        raise IntegrityError(f"the report cannot be computed again: {error.message}") from error


def _verdict(result: Mapping[str, Any]) -> str:
    claims = f"{result['claims']} claims, {result['citations']} citations"
    if result["mismatches"]:
        return f"does not hold: {claims}, mismatches: {len(result['mismatches'])}"
    sentences = ("sentences not compared" if result["notes"]
                 else "every sentence computed again from the evidence")
    return f"holds: {claims}: {sentences}, every cited byte read again"


def inventory(root: Path, targets: Sequence[str], *, as_json: bool) -> None:
    """The evidence matrix, a row for each question about each package."""
    rows = coverage_of(histories(open_evidence(root), targets), Scope())
    if as_json:
        out_json("inventory", {"rows": [_row(row) for row in rows]})
        return
    for row in rows:
        subject = row.subject.target if row.subject else "every package"
        out(f"{subject}  {row.question}: {row.authority}")
        out(f"    source: {row.source}{f' ({row.covers})' if row.covers else ''}")
        if row.ask:
            out(f"    ask: {row.ask}")


def _about(known: tuple[History, ...], scope: Scope) -> tuple[History, ...]:
    """The histories of the incidents' packages, or all where no incident is named.

    Raises WrongUsage for an incident in a package that the evidence holds nothing about.
    """
    named = {incident.at(None): incident for incident in scope.incidents}
    found = {history.package: history for history in known}
    for package, incident in named.items():
        if package not in found:
            raise WrongUsage(f"--incident {incident.target}: nothing about {package.target} is in"
                             " this evidence directory", hint="regforensics list shows what is")
    return tuple(found[package] for package in named) if named else known


def _unseen(known: tuple[History, ...], scope: Scope) -> list[Gap]:
    """A gap for each named version that no capture mentions."""
    gaps = []
    for history in known:
        for version in sorted(scope.versions_of(history.package)):
            if not any(version in s.releases or version in s.times for s in history.snapshots):
                gaps.append(Gap(f"what became of version {version}",
                                "no capture in this evidence directory mentions it",
                                history.package.at(version),
                                "the registry, or who reported the version"))
    return gaps


def _row(row: Coverage) -> dict[str, str | None]:
    document: dict[str, str | None] = {
        "subject": str(row.subject) if row.subject else None, "question": row.question,
        "authority": row.authority, "source": row.source}
    if row.covers:
        document["coverage"] = row.covers
    if row.ask:
        document["ask"] = row.ask
    return document
