"""Captures that were made elsewhere and handed over: on whose word they rest."""

from collections.abc import Iterator

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import anchor, seen
from regforensics.model.citation import derive
from regforensics.model.history import History, Scope
from regforensics.model.instant import Interval
from regforensics.model.snapshot import Handed, Snapshot

HANDED = Rule(
    "integrity.handed-over", "integrity",
    "captures were made elsewhere and handed over: by whom, with which tool, out of whose custody",
    "the first and the last of their custody lines, which repeat those of the other directory",
    "none")


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """One claim for each operator, tool and custody that captures came from."""
    groups: dict[Handed, list[Snapshot]] = {}
    for snapshot in history.snapshots:
        if snapshot.observation.handed is not None:
            groups.setdefault(snapshot.observation.handed, []).append(snapshot)
    for handed, made in groups.items():
        first, last = made[0], made[-1]
        ends = (anchor(first), anchor(last))
        times = Interval(first.observation.at, last.observation.at)
        facts: Facts = {
            "count": derive(len(made), *(map(anchor, made) if len(made) <= _MANY else ends)),
            "operator": derive(handed.operator, *ends), "tool": derive(handed.tool, *ends),
            "head": derive(handed.head, *ends), "first": seen(first)}
        if len(made) == 1:
            yield HANDED.claim(history.package, first.observation.at, _ONE, **facts)
        else:
            yield HANDED.claim(history.package, times if times.after or times.before else None,
                               _SEVERAL, last=seen(last), **facts)


_ONE = ("{count} capture was made elsewhere and handed over: {first}. Its custody line names"
        " {operator} and {tool}, and the custody that it comes from ended in a line of digest"
        " {head}. That it was made as it says rests on that custody and on whoever kept it.")
_SEVERAL = ("{count} captures were made elsewhere and handed over, from {first} to {last}. Their"
            " custody lines name {operator} and {tool}, and the custody that they come from ended"
            " in a line of digest {head}. That they were made as they say rests on that custody and"
            " on whoever kept it.")
_MANY = 12  # captures; of more than that not every line is cited
ANALYZER = Analyzer("handed", (HANDED,), run)
