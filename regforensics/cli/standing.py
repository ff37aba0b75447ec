"""What status does: the tracks of the targets and the runs, for people or as a document."""

import os
import platform
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Literal

from regforensics.analyze.custody.regular import missing, near
from regforensics.analyze.seen import counted, span
from regforensics.cli.console import out, out_json
from regforensics.cli.opening import open_evidence, whole_package
from regforensics.cli.options import INCOMPLETE
from regforensics.cli.tracks import Track, tracks
from regforensics.errors import WrongUsage
from regforensics.evidence.runs import END, RUN, START, runs_of
from regforensics.model.instant import iso, now
from regforensics.model.package import PackageRef
from regforensics.model.run import Run
from regforensics.reading import Reader

State = Literal["failing", "overdue", "never", "dropped", "absent", "handed over", "ok"]
#: What is worth looking at now, the worst first; the word that a line begins with.
ALARMING: tuple[State, ...] = ("failing", "overdue", "never")
_WORDS: dict[State, str] = {"failing": "FAILING", "overdue": "OVERDUE", "never": "NEVER",
                            "handed over": "handed"}
_ORDER: tuple[State, ...] = (*ALARMING, "absent", "dropped", "handed over", "ok")
_GOES_ON = 2  # distances between runs
_UNENDED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """A target's track, and how it stands now."""

    track: Track
    state: State

    def document(self, at: datetime) -> dict[str, Any]:
        """The row for JSON."""
        due = self.track.due(at) if self.state in ("overdue", "failing") else None
        return {**self.track.document(at), "state": self.state,
                "overdue_since": iso(due) if due else None}


def run(targets: Sequence[str], root: Path, *, as_json: bool) -> int:
    """Say it, and return the exit code. Raises WrongUsage for a target that nobody captured."""
    store, at = open_evidence(root), now()
    runs = runs_of(a for a in store.of_no_subject(START, END) if a.entry.how == RUN)
    asked, left = list(map(whole_package, targets)), _unreached(runs)
    reader = Reader(store)
    known = reader.named(t for t in asked if t not in left) if not asked or set(asked) - left \
        else ()
    known = tuple(dict.fromkeys((*known, *sorted(left & set(asked) if asked else left))))
    lines = chain.from_iterable(store.of_subject(str(package)) for package in known)
    rows = [Standing(row, judged(row, at, runs)) for row, package in zip(
        tracks(lines, known), known, strict=True)
        if asked or package in left or row.captures or row.failed or row.handed]
    if as_json:
        out_json("status", {
            "case": store.case.name, "at": iso(at),
            "targets": [row.document(at) for row in rows],
            "runs": _runs(runs), "custody_head": store.custody_head})
    else:
        _show(rows, runs, at)
    bad = any(row.state in ALARMING for row in rows)
    return INCOMPLETE if bad or (runs and state_of(runs[-1]) == "killed") else 0


def judged(row: Track, at: datetime, runs: Sequence[Run]) -> State:
    """How a target stands: what is worst about it."""
    if row.failing:
        return "failing"
    if not row.captures:
        return "handed over" if row.handed else "never"
    if row.due(at) is not None:
        return "dropped" if _goes_on_without(row, at, runs) else "overdue"
    return "absent" if row.absent else "ok"


def _goes_on_without(row: Track, at: datetime, runs: Sequence[Run]) -> bool:
    """True where runs over another list go on at the target's rhythm since it was asked about:
    somebody took it off the list."""
    rhythm, asked = row.rhythm, row.asked
    since = defaultdict[str, list[datetime]](list)
    for run in runs:
        if run.finished and run.command == "snapshot" and asked and run.begun.utc > asked:
            since[run.watched].append(run.begun.utc)
    return rhythm is not None and any(
        sum(near(b - a, rhythm) for a, b in pairwise(begun)) >= _GOES_ON
        and not missing(at - begun[-1], rhythm) for begun in since.values())


def _unreached(runs: Sequence[Run]) -> set[PackageRef]:
    """The targets that runs name as those which they did not come to."""
    found = set[PackageRef]()
    for name in {name for run in runs for name in run.unreached}:
        with suppress(WrongUsage):  # custody may come from somebody else
            found.add(whole_package(name))
    return found


def state_of(run: Run) -> str:
    """finished, stopped (it ended as a whole before it was done), running, or killed.

    A start without an end is a run that was killed, unless its process is still there: that can
    be seen on the machine where it was started, and a process of that number may be another one.
    """
    if run.ended is not None:
        return "finished" if run.finished else "stopped"
    return "running" if run.process and run.host == platform.node() and _alive(run.process) \
        else "killed"


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:  # somebody else's
        return True
    except (OSError, OverflowError):
        return False
    return True


def _runs(runs: Sequence[Run]) -> dict[str, Any]:
    fine = [run for run in runs if run.finished and run.code == 0]
    return {
        "count": len(runs), "last": _run(runs[-1]) if runs else None,
        "last_success": _run(fine[-1]) if fine else None,
        "failed": sum(run.finished and run.code not in (0, None) for run in runs),
        "stopped": [_run(run) for run in runs if run.ended is not None and not run.finished],
        "without_end": [_run(run) for run in runs if run.ended is None]}


def _run(run: Run) -> dict[str, Any]:
    return {"name": run.name, "command": run.command, "begun": run.begun.text,
            "ended": run.ended.text if run.ended else None, "state": state_of(run),
            "exit_code": run.code, "targets": run.targets, "counts": dict(run.counts),
            "error": run.error, "note": run.note}


def _show(rows: Sequence[Standing], runs: Sequence[Run], at: datetime) -> None:
    for row in sorted(rows, key=lambda row: (_ORDER.index(row.state), row.track.target)):
        out(f"{_WORDS.get(row.state, row.state):<9}{row.track.target}  {_line(row, at)}")
        track = row.track
        if track.failing and track.failure:
            many = f"the last {track.failing} runs" if track.failing > 1 else "the last run"
            out(f"    {many} failed, at {track.failure.at}: {track.failure.reason}")
    for line in _about(runs):
        out(line)


def _line(row: Standing, at: datetime) -> str:
    track, words = row.track, list[str]()
    due, rhythm = track.due(at), track.rhythm
    if due and rhythm and row.state in ("overdue", "failing"):
        words.append(f"overdue since {iso(due)} (rhythm about every {span(rhythm)})")
    if row.state == "dropped":
        words.append("no longer asked about: runs over another list go on")
    if track.absent:
        words.append(f"absent since {track.absent}: the registry says that there is none")
    words.append(_captures(track, at))
    if track.handed:
        words.append(f"{counted(track.handed, 'document')} handed over by {', '.join(track.by)}")
    return "  ".join(words)


def _captures(track: Track, at: datetime) -> str:
    pause = track.pause(at)
    if pause is None or track.last is None:
        return "never captured here" if track.handed else "never captured"
    until = f"until {iso(pause.before)}" if pause.before else "until now"
    lost = f"  {track.failed} of its runs failed" if track.failed else ""
    return (f"last {track.last}  changed {track.changed}  {counted(track.captures, 'capture')}"
            f"  longest gap {span(pause.length)} (from {iso(pause.after)} {until}){lost}")


def _about(runs: Sequence[Run]) -> list[str]:
    if not runs:
        return ["no run is in custody: these captures are older than lines of runs"]
    last = runs[-1]
    fine = next((run for run in reversed(runs) if run.finished and run.code == 0), None)
    ended = f"exit {last.code}" if last.finished else state_of(last)
    lines = [f"runs     {len(runs)}, the last begun at {last.begun.text} ({last.command}, {ended});"
             f" last success {fine.begun.text if fine else 'never'}"]
    stopped = [run for run in runs if not run.finished and state_of(run) != "running"]
    for run in stopped[-_UNENDED_SHOWN:]:
        why = run.error or "no line of its end: it was killed, or the machine went down"
        lines.append(f"{state_of(run):<9}{run.command}, begun at {run.begun.text}: {why}")
    if len(stopped) > _UNENDED_SHOWN:
        lines.append(f"         and {len(stopped) - _UNENDED_SHOWN} more before (--json lists all)")
    return lines
