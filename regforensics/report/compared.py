"""A report held against what the same evidence gives again: field by field, nothing left out.

Both sides are documents (``jsondoc.document``). Entries are paired by what they say before by
their number, so that one claim taken out does not make every later one look forged.
"""

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regforensics.report.mismatch import DIFFERENCE, Mismatch

Entry = Mapping[str, Any]
Named = tuple[str, Entry]
#: When and by which version a report was made may differ; nothing else may.
FREE = frozenset({"schema", "generated_at", "tool"})
#: What another version of this tool may put in other words.
WORDING = frozenset({"statement", "question", "reason", "ask", "source", "coverage", "rerun",
                     "commands", "recompute", "silences"})
_NUMBERING = frozenset({"id", "appendix"})
_LISTS = frozenset({"claims", "gaps", "coverage", "appendix"})
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, and whose words alone differ where another version wrote the report."""

    mismatches: tuple[Mismatch, ...]
    reworded: tuple[str, ...] = ()


def compare(ours: Entry, theirs: Entry) -> Comparison:
    """Hold a report (``theirs``) against the document that the evidence gives again (``ours``)."""
    found = tuple(_differences(ours, theirs))
    if theirs.get("tool", ours["tool"]) == ours["tool"]:
        return Comparison(found)
    loose = tuple(_differences(ours, theirs, WORDING))
    kept = {one.claim for one in loose}
    return Comparison(loose, tuple(dict.fromkeys(
        one.claim for one in found if one.claim not in kept)))


def _differences(ours: Entry, theirs: Entry,
                 free: frozenset[str] = frozenset()) -> Iterator[Mismatch]:
    yield from _fields("report", _rest(ours), _rest(theirs), free)
    yield from _list("claim", _by_id(ours["claims"]), _by_id(theirs["claims"]), free,
                     lambda claim: claim["statement"])
    for part in ("lines", "absences"):
        yield from _list("appendix entry", _by_id(ours["appendix"][part]),
                         _by_id(theirs["appendix"][part]), free, lambda entry: entry["file"])
    for key, word in (("gaps", "gap"), ("coverage", "source")):
        yield from _list(word, _counted(word, ours.get(key, ())),
                         _counted(word, theirs.get(key, ())), free,
                         lambda entry: entry["question"])


def _rest(document: Entry) -> Entry:
    """The fields of the report itself, those of its silences and its recompute among them."""
    fields = {k: v for k, v in document.items() if k not in FREE | _LISTS}
    return {**fields, "recompute": document["appendix"]["recompute"]}


def _by_id(entries: Iterable[Entry]) -> list[Named]:
    return [(entry["id"], entry) for entry in entries]


def _counted(word: str, entries: Iterable[Entry]) -> list[Named]:
    """Gaps and sources have no number of their own; they are paired by what they are about."""
    return [(f"{word} {number}", entry) for number, entry in enumerate(entries, 1)]


def _list(word: str, ours: Sequence[Named], theirs: Sequence[Named], free: frozenset[str],
          said: Callable[[Entry], str]) -> Iterator[Mismatch]:
    pairs, lost, made_up = _paired(ours, theirs, free)
    for (_, mine), (name, other) in pairs:
        yield from _fields(name, mine, other, free)
    for name, mine in lost:
        yield Mismatch(name, DIFFERENCE, f"the evidence gives this {word}, the report leaves it"
                       f" out: {_short(said(mine))}", where=word)
    for name, other in made_up:
        yield Mismatch(name, DIFFERENCE, f"the evidence gives no such {word}, the report says: "
                       f"{_short(said(other))}", where=word)
    if not lost and not made_up and [mine for mine, _ in pairs] != list(ours):
        yield Mismatch("report", DIFFERENCE, "they stand in another order than the evidence gives",
                       where=f"{word}s")


def _paired(ours: Sequence[Named], theirs: Sequence[Named], free: frozenset[str]
            ) -> tuple[list[tuple[Named, Named]], list[Named], list[Named]]:
    """(pairs in their order, ours that they lack, theirs that we lack)."""
    found: dict[int, Named] = {}
    left = list(ours)
    for alike in (lambda one: _said(one[1], free), lambda one: one[0]):
        waiting: defaultdict[str, deque[Named]] = defaultdict(deque)
        for one in left:
            waiting[alike(one)].append(one)
        for number, other in enumerate(theirs):
            if number not in found and waiting[alike(other)]:
                found[number] = waiting[alike(other)].popleft()
        left = [one for queue in waiting.values() for one in queue]
    pairs = [(found[number], other) for number, other in enumerate(theirs) if number in found]
    known = {id(one) for one in left}
    return (pairs, [one for one in ours if id(one) in known],
            [other for number, other in enumerate(theirs) if number not in found])


def _said(entry: Entry, free: frozenset[str]) -> str:
    """An entry without its numbers, as text that is equal where it says the same."""
    return json.dumps({k: v for k, v in entry.items() if k not in _NUMBERING | free},
                      sort_keys=True)


def _fields(name: str, ours: Entry, theirs: Entry, free: frozenset[str]) -> Iterator[Mismatch]:
    changed = [key for key in dict.fromkeys((*ours, *theirs)) if key not in free
               and (key not in ours or key not in theirs or ours[key] != theirs[key])]
    if {"rule", "statement", "citations"} <= set(changed):
        changed = ["statement"]  # another claim altogether: say it once
    for key in changed:
        yield Mismatch(name, DIFFERENCE, _difference(ours, theirs, key), where=key)


def _difference(ours: Entry, theirs: Entry, key: str) -> str:
    gives = f"the evidence gives {_short(ours[key])}" if key in ours else "the evidence gives none"
    if key not in theirs:
        return f"{gives}, the report leaves it out"
    return f"{gives}, the report says {_short(theirs[key])}"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN - 1]}\u2026"
