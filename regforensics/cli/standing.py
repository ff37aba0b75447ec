"""What status does: the tracks of the targets and the runs, for people or as a document."""

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from regforensics.analyze.seen import span
from regforensics.cli.console import out, out_json
from regforensics.cli.opening import open_evidence, whole_package
from regforensics.cli.options import INCOMPLETE
from regforensics.cli.tracks import Track, tracks
from regforensics.evidence.runs import END, RUN, START, runs_of
from regforensics.model.instant import iso, now
from regforensics.model.run import Run
from regforensics.reading import Reader

_UNENDED_SHOWN = 5


def run(targets: Sequence[str], root: Path, *, as_json: bool) -> int:
    """Say it, and return the exit code. Raises WrongUsage for a target that nobody captured."""
    store, at = open_evidence(root), now()
    known = Reader(store).named(map(whole_package, targets))
    lines = chain.from_iterable(store.of_subject(str(package)) for package in known)
    rows = [row for row in tracks(lines, known) if row.captures or row.failed]
    runs = runs_of(a for a in store.of_no_subject(START, END) if a.entry.how == RUN)
    if as_json:
        out_json("status", {
            "case": store.case.name, "at": iso(at), "targets": [row.document(at) for row in rows],
            "runs": _runs(runs), "custody_head": store.custody_head})
    else:
        _show(rows, runs, at)
    failing = any(row.failing for row in rows)
    return INCOMPLETE if failing or (runs and state_of(runs[-1]) == "killed") else 0


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


def _show(rows: Sequence[Track], runs: Sequence[Run], at: datetime) -> None:
    for row in sorted(rows, key=lambda row: (not row.failing, row.captures > 0, row.target)):
        out(_line(row, at))
        if row.failing and row.failure:
            many = f"the last {row.failing} runs" if row.failing > 1 else "the last run"
            out(f"    {many} failed, at {row.failure.at}: {row.failure.reason}")
    for line in _about(runs):
        out(line)


def _line(row: Track, at: datetime) -> str:
    start = f"{'FAILING' if row.failing else 'ok':<9}{row.target}  "
    pause = row.pause(at)
    if pause is None or row.last is None:
        return f"{start}never captured"
    until = f"until {iso(pause.before)}" if pause.before else "until now"
    lost = f"  {row.failed} of its runs failed" if row.failed else ""
    return (f"{start}last {row.last}  changed {row.changed}  {row.captures} captures  longest gap"
            f" {span(pause.length)} (from {iso(pause.after)} {until}){lost}")


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
