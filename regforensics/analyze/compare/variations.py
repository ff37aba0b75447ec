"""Variations: statements about a file that changed while its bytes stayed the same, and why."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from regforensics.analyze.compare.drift import grade_of
from regforensics.analyze.compare.stated import State, States, line_of, place_of, states_of
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted, window
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.drift import CAUSES, Variation
from regforensics.model.history import History, Scope
from regforensics.model.instant import When
from regforensics.model.signing import RegistryKey

Pair = tuple[Fact[Any] | None, Fact[Any] | None]
SAME = Rule(
    "publish.same-bytes", "publish",
    "statements about files changed in a way that leaves their digests the same: other"
    " signatures, a digest added, dropped or written in another way, another address",
    "the two statements of the first version that shows it, and the two captures",
    "none; it says why a difference is no drift")
_NAMED = 4


def find_variations(histories: Iterable[History]) -> tuple[Variation, ...]:
    """What differs and leaves the bytes the same, by package and cause. Never raises on content.

    Key order and white space are no difference at all.
    """
    return tuple(one for history in histories
                 for one, *_ in variations_in(history, states_of(history)))


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """One routine claim for each cause, within and across places."""
    for variation, one, other in variations_in(history, states_of(history)):
        yield _same(variation, one, other)


def variations_in(history: History, stated: States
                  ) -> Iterator[tuple[Variation, State, State]]:
    """Each cause once within and once across places, at the first version that shows it."""
    found: dict[tuple[str, bool], list[tuple[State, State, Pair]]] = {}
    for files in stated.values():
        for states in files.values():
            for one, other in _compared(states):
                if grade_of(one, other) is None:
                    for cause, pair in _causes(one, other, partial(_fails, history)):
                        found.setdefault((cause, one.base != other.base), []).append(
                            (one, other, pair))
    for (cause, across), shown in found.items():
        one, other, (before, after) = shown[0]
        lacking = other if after is None else one
        yield Variation(
            subject=history.package, cause=cause, before=before, after=after, across=across,
            versions=tuple(dict.fromkeys(state.version for state, *_ in shown)),
            beside=line_of(lacking)), one, other


def _compared(states: Sequence[State]) -> Iterator[tuple[State, State]]:
    """Neighbours within a place, and the first of each other place with the first of all."""
    last: dict[int, State] = {}
    for state in states:
        if state.file is not None:
            if state.base in last:
                yield last[state.base], state
            elif last:
                yield next(iter(last.values())), state
            last[state.base] = state


def _fails(history: History, state: State) -> bool:
    """True where none of the signatures that a capture states for a version verifies, and one is
    known to be false."""
    if state.snapshot is None:
        return False
    found = state.snapshot.signed(state.version, history.of(RegistryKey))
    return found is not None and found.outcome in ("invalid", "malformed")


def _causes(one: State, other: State, fails: Callable[[State], bool]
            ) -> Iterator[tuple[str, Pair]]:
    for kind in dict.fromkeys((*one.digests, *other.digests)):
        before, after = one.digests.get(kind), other.digests.get(kind)
        if before is None or after is None:
            yield "dropped" if after is None else "backfilled", (before, after)
        elif before.value != after.value:
            yield "re-encoded", (before, after)
    mine, theirs = one.file, other.file
    if mine is None or theirs is None:
        return
    if mine.url and theirs.url and mine.url.value != theirs.url.value:
        yield "moved", (mine.url, theirs.url)
    if theirs.signatures and (not mine.signatures
                              or mine.signatures.value != theirs.signatures.value):
        cause = "signature-fails" if fails(other) else "re-signed" if mine.signatures else "signed"
        yield cause, (mine.signatures, theirs.signatures)


def _same(variation: Variation, one: State, other: State) -> Claim:
    facts = [f for f in (variation.before, variation.after) if f is not None]
    named = ", ".join(map(said, variation.versions[:_NAMED]))
    more = len(variation.versions) - _NAMED
    lines = [*facts, line_of(one), line_of(other)]
    when: When = None
    words = "Between {here} and {there}"
    places: Facts = {"here": place_of(one), "there": place_of(other)}
    if one.snapshot and other.snapshot and not variation.across:
        seen = window(one.snapshot, other.snapshot)
        when, words, places = seen.when, seen.words[:1].upper() + seen.words[1:], seen.facts
    facts_said: Facts = {
        "count": derive(counted(len(variation.versions), "version"), *lines),
        "cause": derive(CAUSES[variation.cause], *lines),
        "versions": derive(named + (f" and {more} more" if more > 0 else ""), *lines)}
    return SAME.claim(
        variation.subject, when, words + ", {cause}. This holds for {count}: {versions}; as far as"
        " both state them, their digests are the same.", notable=False, **facts_said, **places)


ANALYZER = Analyzer("variations", (SAME,), run)
