"""The custody lines that a run leaves at its start and at its end, written and read back.

They name no subject, address or exhibit, so that nothing that looks for captures meets them. A
start without an end is a run that was killed, or one that is still at work.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from regforensics.evidence.exhibit import Acquisition, Entry, time_of
from regforensics.evidence.lines import Line, LineFact
from regforensics.model.instant import iso, now
from regforensics.model.run import Run

RUN, START, END = "run", "start", "end"
#: Options of an end that count no outcome.
_COUNTED = frozenset({"exit", "seconds", "targets", "watched", "in-a-row", "unreached"})


def watched(targets: Iterable[str]) -> str:
    """A digest of a list of targets, whatever their order: 16 hex digits."""
    return hashlib.sha256("\n".join(sorted(targets)).encode("utf-8", "replace")).hexdigest()[:16]


def start_of(name: str, command: str, argv: str, targets: Sequence[str], process: int, host: str
             ) -> Entry:
    """The line of a run that begins now; ``argv`` is the command line as one text."""
    return Entry(
        how=RUN, kind=START, what=command, run=name, observed_at=iso(now()),
        options=(("argv", argv), ("targets", str(len(targets))), ("watched", watched(targets)),
                 ("process", str(process)), ("host", host)))


def end_of(name: str, command: str, targets: Sequence[str], code: int, seconds: float,
           counts: Mapping[str, int], in_a_row: int, error: str | None, note: str | None,
           unreached: Sequence[str] = ()) -> Entry:
    """The line of a run that ends now. ``in_a_row``: so many runs one after another had failures,
    this one included. ``unreached`` names targets that it did not come to and nobody did before."""
    return Entry(
        how=RUN, kind=END, what=command, run=name, observed_at=iso(now()), error=error, note=note,
        options=(("exit", str(code)), ("seconds", f"{seconds:.3f}"), ("targets", str(len(targets))),
                 ("watched", watched(targets)), ("in-a-row", str(in_a_row)),
                 *((word, str(count)) for word, count in counts.items()),
                 *((("unreached", " ".join(unreached)),) if unreached else ())))


def runs_of(acquisitions: Iterable[Acquisition]) -> tuple[Run, ...]:
    """Every run whose lines are among the acquisitions, in the order of their starts.

    Raises IntegrityError for a line whose time is none.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for acquisition in acquisitions:
        entry = acquisition.entry
        if entry.way != RUN or entry.run is None or entry.kind not in (START, END):
            continue
        when = time_of(entry.observed_at or acquisition.recorded_at)
        whose = entry.origin.custody if entry.origin else ""
        run = found.setdefault((whose, entry.run), {"begun": when, "places": ()})
        run |= {"name": entry.run, "command": entry.what,
                "places": (*run["places"], acquisition.seq)}
        run |= _started(entry) if entry.kind == START else {"ended": when, **_ended(entry)}
    return tuple(Run(**run) for run in found.values())


def cited(run: Run, line: Callable[[int], Line]) -> Run:
    """The run with its lines, which ``line`` gives by their numbers, so that it can be claimed."""
    first, last = line(run.places[0]), line(run.places[-1])
    ended = run.ended.text if run.ended else run.begun.text
    return replace(run, line=LineFact(run.begun.text, first),
                   end=LineFact(ended, last) if len(run.places) > 1 else None)


def _started(entry: Entry) -> dict[str, Any]:
    said = dict(entry.options)
    return {"watched": said.get("watched", ""), "targets": _number(said.get("targets")) or 0,
            "process": _number(said.get("process")), "host": said.get("host", "")}


def _ended(entry: Entry) -> dict[str, Any]:
    said = dict(entry.options)
    counts = {word: count for word, text in said.items()
              if word not in _COUNTED and (count := _number(text)) is not None}
    return {"code": _number(said.get("exit")), "error": entry.error, "note": entry.note,
            "counts": counts, "unreached": tuple(said.get("unreached", "").split())}


def _number(text: str | None) -> int | None:
    """A count that a line states; the directory may come from somebody else."""
    return int(text) if text and len(text) < 16 and text.isascii() and text.isdigit() else None
