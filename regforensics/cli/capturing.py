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
from regforensics.acquire.limits import Limits
from regforensics.acquire.retry import passing
from regforensics.cli import captured, journal
from regforensics.cli.console import Talk, out, out_json
from regforensics.cli.failing import Failures, why
from regforensics.cli.holding import held, warn
from regforensics.cli.metrics import Measured
from regforensics.cli.runs import Running
from regforensics.cli.vanishing import Vanished
from regforensics.cli.watching import Watch, watched
from regforensics.errors import AcquisitionError, UnreadableInput
from regforensics.evidence.redact import Redactor
from regforensics.evidence.store import EvidenceStore
from regforensics.model.advisory import AdvisoryAnswer
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


def watch(named: Sequence[str], files: Sequence[Path]) -> Watch:
    """Every target of the command line and the files, each once."""
    return watched(named, files, {source.name for source in _SOURCES})


def run(watch: Watch, root: Path, *, as_json: bool, npm_registry: str | None,
        pypi_url: str | None, maven_url: str | None, maven_search_url: str | None,
        concurrency: int, max_size: int, timeout: float, osv_url: str | None,
        github_api_url: str | None, beyond: Wanted, journal_since: int | None = None,
        measured: Measured) -> int:
    """Capture, print, and return the exit code. ``beyond`` as in ``capture``; ``measured`` is told
    of the run. Raises WrongUsage where there is nothing to capture; an evidence directory that is
    there holds a line of that run too."""
    if watch.error and not (root / "custody.jsonl").exists():
        raise watch.error
    wanted = watch.targets
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
        if watch.error:
            raise watch.error
        with _progress(len(wanted), report.take) as take:
            summary = run_capture(
                wanted, registries=_SOURCES, config=config, store=store, concurrency=concurrency,
                limits=Limits(size=max_size, decoded=max_size, deadline=timeout),
                on_result=take, wanted=beyond, run=running.name,
                read=lambda answered: Reader(store).parts(answered))
        report.sum_up(watch, running, summary)
    report.finish(watch, running)
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
        self.failures, self.absent = Failures(), Vanished(store)
        self.troubles: dict[str, str] = {}  # what a mail should say: is it an error or a warning
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
        elif result.outcome == "absent":
            self.absent.add(result)

    def sum_up(self, watch: Watch, running: Running, summary: RunSummary) -> None:
        """Tell the run's custody line what came of it."""
        if watch.lost:
            self._worse(UnreadableInput.exit_code)
        self.counts |= {"not_reached": running.targets - summary.targets,
                        "beside_failed": sum(map(_lost_beside, summary.shared))}
        running.counts, running.code = dict(self.counts), self.code
        if self.failures:
            self.troubles[running.failures(self.failures)] = "error"
        if watch.lost:
            self.troubles[watch.unread] = "error"
        self.troubles |= dict.fromkeys((*watch.idle(), *self.absent.lines(running.targets)),
                                       "warning")
        for answer in summary.shared:
            if _lost_beside(answer) and answer not in self.failures:
                self.troubles[f"no {answer.query.kind}, asked for once for all targets:"
                              f" {': '.join(why(answer))}"] = "warning"
            elif answer.error:
                Talk.say(f"note: {answer.error}")
        running.note = "; ".join(self.troubles) or None
        if summary.interrupted:
            running.code, running.error = AcquisitionError.exit_code, "interrupted"
            running.unreached = [str(target) for target in watch.targets
                                 if not self.store.of_subject(str(target))]

    def finish(self, watch: Watch, running: Running) -> None:
        """The document, or the custody head for people and mail logs; each trouble in a line."""
        for line, sort in self.troubles.items():
            Talk.alarm(f"{sort}: {line}") if Talk.quiet else Talk.say(line)
        if running.error:
            Talk.alarm(f"{running.error}: what was captured is kept")
        if self.as_json:
            out_json("snapshot", {
                "captures": [row for t in watch.targets for row in self.rows.get(t, ())],
                "run": {**running.document(self.failures), "not_captured": watch.lost,
                        "absent_now": self.absent.targets},
                "custody_head": self.store.custody_head})
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


def _lost_beside(answer: Answer) -> bool:
    """True where what is asked once for all targets got no answer, and not a no: many a mirror has
    no signing keys, and says so in one way or another."""
    status = answer.acquisition.entry.status
    return answer.outcome == "failed" and (status is None or status == 200 or passing(status))


def _unreadable(answer: Answer) -> bool:
    """True where an answer came whole, and is not a document of its kind."""
    entry = answer.acquisition.entry
    return answer.acquisition.exhibit is not None and entry.complete and entry.status == 200


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
