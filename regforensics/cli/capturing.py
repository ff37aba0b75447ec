"""What snapshot does: targets in, one line a target out, progress on a terminal."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from regforensics.acquire.capture import (
    OUTCOMES,
    Answer,
    Asks,
    RunSummary,
    TargetResult,
    run_capture,
)
from regforensics.acquire.config import load_config
from regforensics.acquire.extract import Extractor, Kept
from regforensics.acquire.foreign import read_file
from regforensics.acquire.limits import Limits
from regforensics.cli import captured, journal
from regforensics.cli import locks_handed as locks
from regforensics.cli.console import Talk, out, out_json
from regforensics.cli.failing import Failures
from regforensics.cli.holding import held, warn
from regforensics.cli.metrics import Measured
from regforensics.cli.opening import whole_package
from regforensics.cli.runs import Running
from regforensics.errors import AcquisitionError, UnreadableInput, WrongUsage
from regforensics.evidence.redact import Redactor
from regforensics.evidence.store import EvidenceStore
from regforensics.model.advisory import AdvisoryAnswer
from regforensics.model.locked import Locked, Passed
from regforensics.model.origin import verdict
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot
from regforensics.reading import Reader
from regforensics.registries import REGISTRIES, advisories, registry_of
from regforensics.registries.accounts import ACCOUNT_SOURCES
from regforensics.registries.accounts import READERS as ACCOUNT_ANSWERS
from regforensics.registries.artifacts import ARTIFACT
from regforensics.registries.base import Wanted

_MOST_JUDGED = 100  # captures whose origin is told to people
_SOURCES: tuple[Asks, ...] = (*REGISTRIES, *ACCOUNT_SOURCES)


def targets(named: Sequence[str], watchlists: Sequence[Path]) -> tuple[PackageRef, ...]:
    """Every target of the command line and the watchlists, each once.

    Raises WrongUsage for a line that is no target (with file and line), or where there is none.
    """
    found = [whole_package(name) for name in named]
    for path in watchlists:
        found.extend(_named_in(path))
    for target in found:
        if target.registry not in {source.name for source in _SOURCES}:
            raise WrongUsage(f"{target.target}: this version does not ask {target.registry}")
    if not found:
        raise WrongUsage("no target was given", hint="regforensics snapshot npm:left-pad, or"
                         " --from watchlist.txt with one target a line")
    once = tuple(dict.fromkeys(found))
    if watchlists:
        Talk.say(f"{len(once)} target{'' if len(once) == 1 else 's'} from {len(watchlists)}"
                 f" file{'' if len(watchlists) == 1 else 's'}"
                 f"{' and the command line' if named else ''}")
    return once


def run(wanted: Sequence[PackageRef], root: Path, *, as_json: bool, npm_registry: str | None,
        pypi_url: str | None, maven_url: str | None, maven_search_url: str | None,
        concurrency: int, max_size: int, timeout: float, osv_url: str | None,
        github_api_url: str | None, beyond: Wanted, journal_since: int | None = None,
        measured: Measured) -> int:
    """Capture, print, and return the exit code. ``beyond`` as in ``capture``; ``measured`` is told
    of the run."""
    config = load_config(npm_registry=npm_registry, pypi_url=pypi_url, maven_url=maven_url,
                         maven_search_url=maven_search_url,
                         osv_url=osv_url, github_api_url=github_api_url,
                         advisories=beyond.advisories)
    store = EvidenceStore.create_or_open(root, redactor=Redactor(config.secrets))
    for line in (*store.repairs, *config.notes):
        Talk.say(f"note: {line}")
    beyond = replace(beyond, stored=store.holds, kept=Kept(store),
                     maven_search_url=config.service_url("maven-search"),
                     osv_url=config.service_url("osv"),
                     github_api_url=config.service_url("github-api"))
    if beyond.journal:
        beyond = replace(beyond, journal_since=journal.serials(store, wanted, journal_since).get)
    report = _Report(store, as_json, Extractor(store) if beyond.artifacts != "none" else None)
    with Running(store, "snapshot", [str(target) for target in wanted]) as running:
        measured.running.append(running)
        with _progress(len(wanted), report.take) as take:
            summary = run_capture(
                wanted, registries=_SOURCES, config=config, store=store, concurrency=concurrency,
                limits=Limits(size=max_size, decoded=max_size, deadline=timeout),
                on_result=take, wanted=beyond, run=running.name,
                read=lambda answered: Reader(store).parts(answered))
        report.sum_up(running, summary)
    for answer in summary.shared:
        if answer.error:
            Talk.say(f"note: {answer.error}")
    report.finish(wanted, running)
    measured.code = running.code
    return running.code


class _Report:
    """Collects what came of each target; the worst exit code wins."""

    def __init__(self, store: EvidenceStore, as_json: bool, extractor: Extractor | None) -> None:
        self.store, self.as_json, self.extractor = store, as_json, extractor
        self.code = 0
        if extractor is not None:
            for archive in extractor.left():
                extractor.take(archive)
        self.counts = dict.fromkeys((*OUTCOMES, "bytes"), 0)
        self.failures = Failures()
        self.rows: dict[PackageRef, list[dict[str, Any]]] = {}
        self.told: dict[tuple[str, ...], str] = {}
        self.judged = self.unjudged = 0

    def take(self, result: TargetResult) -> None:
        """One target is done."""
        read = self._read(result)
        rows = [self._row(result.target, answer, read) for answer in result.answers]
        if not rows or result.unasked:
            rows += [{"target": result.target.target, "status": None, "exhibit": None,
                     "sha256": None, "size": None, "outcome": "failed", "error": result.error}]
        if self.as_json:  # else nobody asks for them again, and there may be many
            self.rows[result.target] = rows
        spare = [*(a.query.spare or _unsupported(a) for a in result.answers),
                 *(() if result.answers and not result.unasked else (False,))]
        lost = [row for row, extra in zip(rows, spare, strict=True)
                if row["outcome"] == "failed" and not extra]
        self._count(result, lost)
        if lost:
            unread = all(a.outcome != "failed" or _unreadable(a) for a in result.answers)
            self._worse(UnreadableInput.exit_code if unread and result.answers
                        else AcquisitionError.exit_code)
        if not self.as_json and not Talk.quiet:
            captured.show(rows, self.told)
        else:
            for row in rows:
                warn(row)
        journal.faults(self.store, result)

    def _count(self, result: TargetResult, lost: Sequence[Mapping[str, Any]]) -> None:
        self.counts["failed" if lost else result.outcome] += 1
        self.counts["bytes"] += sum(a.acquisition.size or 0 for a in result.answers
                                    if a.acquisition.entry.unchanged_exhibit is None)
        if lost:
            self.failures.add(result, str(lost[0].get("error") or "no reason is known"))

    def sum_up(self, running: Running, summary: RunSummary) -> None:
        """Tell the run's custody line what came of it."""
        running.counts, running.code = dict(self.counts), self.code
        if self.failures:
            running.note_failures(self.failures)
        if summary.interrupted:
            running.code, running.error = AcquisitionError.exit_code, "interrupted"

    def finish(self, wanted: Sequence[PackageRef], running: Running) -> None:
        """The document, or the custody head for people and mail logs; what failed in one line."""
        if running.note:
            Talk.alarm(f"error: {running.note}") if Talk.quiet else Talk.say(running.note)
        if running.error:
            Talk.alarm(f"{running.error}: what was captured is kept")
        if self.as_json:
            out_json("snapshot", {
                "captures": [row for target in wanted for row in self.rows.get(target, ())],
                "run": running.document(self.failures), "custody_head": self.store.custody_head})
        elif not Talk.quiet:
            if self.unjudged:
                Talk.say(f"note: what {self.unjudged} further captures look like was not judged"
                         " here; --json and `regforensics timeline report` judge every one")
            out(f"custody head {self.store.custody_head}")

    def _read(self, result: TargetResult) -> Snapshot | None:
        answered = [a.acquisition for a in result.answers if a.outcome != "failed"
                    and registry_of(a.query.kind) is not None]
        return Reader(self.store).snapshot(result.target, answered) if answered else None

    def _row(self, target: PackageRef, answer: Answer, read: Snapshot | None) -> dict[str, Any]:
        taken = answer.acquisition
        row: dict[str, Any] = {
            "target": target.target, "kind": taken.entry.kind, "status": taken.entry.status,
            "exhibit": taken.exhibit, "sha256": taken.sha256, "size": taken.size,
            "outcome": answer.outcome}
        parts = (read, *read.parts) if read else ()
        mine = next((p for p in parts if p.observation.order == taken.seq), None)
        if _unsupported(answer):
            row |= {"outcome": "absent", "note": "this place does not offer"
                    f" {taken.entry.kind} (HTTP {taken.entry.status})"}
        elif answer.error:
            row["error"] = answer.error
        elif taken.entry.kind in advisories.KINDS and answer.outcome != "absent":
            row |= self._advisories(target, taken.exhibit)
        elif taken.entry.kind == ARTIFACT and self.extractor is not None:
            row |= held(self.store, self.extractor, taken, [read] if read else [])
        elif mine is not None and mine.state == "unreadable":
            row |= {"outcome": "failed", "error": "; ".join(g.reason for g in mine.gaps)}
            self._worse(UnreadableInput.exit_code)
        elif mine is not None and answer.outcome != "absent":
            row |= {"state": mine.state, **self._origin(mine)}
        return row

    def _advisories(self, target: PackageRef, exhibit: str | None) -> dict[str, Any]:
        """How many records an answer holds about the target that are not withdrawn."""
        found = [a for answer in Reader(self.store).records(target, AdvisoryAnswer)
                 if isinstance(answer, AdvisoryAnswer) and answer.observation.label == exhibit
                 for a in answer.advisories if a.withdrawn is None]
        named = {a.id.value: a.malware for a in found}
        return {"advisories": len(named), "malware": sum(named.values())}

    def _origin(self, mine: Snapshot) -> dict[str, Any]:
        """What a capture looks like; nobody reads that in a thousand lines, and it takes longer
        than all the rest."""
        if not self.as_json and self.judged == _MOST_JUDGED:
            self.unjudged += 1
            return {}
        self.judged += 1
        tells = mine.origin
        return {"origin": verdict(tells), "signs": [t.sign for t in tells if t.result == "mirror"]}

    def _worse(self, code: int) -> None:
        order = (0, UnreadableInput.exit_code, AcquisitionError.exit_code)
        self.code = max(self.code, code, key=order.index)


def _unsupported(answer: Answer) -> bool:
    """True where a place knows no such question: not every mirror takes XML-RPC, which is asked by
    POST, and not every one has npm's search."""
    beside = answer.query.body is not None or answer.query.kind in ACCOUNT_ANSWERS
    return beside and answer.acquisition.entry.status in (404, 405, 501)


def _unreadable(answer: Answer) -> bool:
    """True where an answer came whole, and is not a document of its kind."""
    entry = answer.acquisition.entry
    return answer.acquisition.exhibit is not None and entry.complete and entry.status == 200


def _named_in(path: Path) -> Iterator[PackageRef]:
    """The targets of a watchlist, or the packages of a lockfile or SBOM; says what is passed
    over. Raises WrongUsage for a file that cannot be read."""
    try:
        kind = locks.kind_at(path)
        every = list(locks.entries(path, kind)) if kind else []
    except UnreadableInput as error:
        raise WrongUsage(f"--from: {error.message}", hint=error.hint) from error
    if kind is None:
        yield from _watched(path)
        return
    passed = [one if isinstance(one, Passed) else Passed(one.package.target, one.elsewhere)
              for one in every if isinstance(one, Passed) or one.elsewhere]
    for note in locks.notes(path, locks.skipped(passed)):
        Talk.say(note)
    yield from (one.package.at(None) for one in every
                if isinstance(one, Locked) and not one.elsewhere)


def _watched(path: Path) -> Iterator[PackageRef]:
    try:
        text = read_file(path).decode("utf-8")
    except (UnreadableInput, UnicodeDecodeError) as error:
        why = error.message if isinstance(error, UnreadableInput) else f"{path} is not UTF-8 text"
        raise WrongUsage(f"watchlist: {why}") from error
    for number, line in enumerate(text.split("\n"), 1):
        target = line.partition("#")[0].strip()
        if target:
            try:
                yield whole_package(target)
            except WrongUsage as error:
                raise WrongUsage(f"{path}, line {number}: {error.message}",
                                 hint=error.hint) from error


Take = Callable[[TargetResult], None]


@contextmanager
def _progress(total: int, take: Take) -> Iterator[Take]:
    """``take``, with a progress bar on stderr where that is a terminal and the talk is on."""
    if Talk.quiet or not sys.stderr.isatty():
        yield take
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("capture", total=total)

        def take_and_advance(result: TargetResult) -> None:
            take(result)
            progress.advance(task)

        yield take_and_advance
