"""Owner lists frozen at each publish: how owners changed between two publishes, without a capture.

The registry copies the list of owners into a version when that is published. Two lists that
differ bound a change that no capture saw; a change that was undone in between leaves no trace.
"""

from collections.abc import Iterator, Sequence

from regforensics.analyze.releases.lineage import Step, told_once
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.history import History, Scope
from regforensics.model.instant import Interval

FROZEN = Rule(
    "account.owners-at-publish", "account",
    "the owners frozen into a version differ from those frozen into the version published before"
    " it: they changed between the two publishes",
    "both owner lists and both publish times",
    "routine changes of a team: seen in every long-lived package (chalk, debug, lodash, express);"
    " routine unless the version is in question or other leads meet in it; what was undone between"
    " two publishes does not show",
    lead=True)

_MOST_NAMED = 12


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Neighbours in publish order, whatever their release line: owners own all lines."""
    named = scope.versions_of(history.package)
    return told_once(history, lambda part, found: _lists(part, found, named))


def _lists(part: Series, found: Sequence[Step], named: frozenset[str]) -> Iterator[Claim]:
    published: set[str] = set()
    for step in found:
        before = step.last
        mine, theirs = step.release.owners, before.release.owners if before else None
        if before and mine and theirs and mine.value and theirs.value:
            yield from _changed(part, step, before, mine, theirs, published, named)
        if step.release.publisher:
            published.add(step.release.publisher.value)


def _changed(part: Series, step: Step, before: Step, mine: Fact[tuple[str, ...]],
             theirs: Fact[tuple[str, ...]], published: set[str], named: frozenset[str]
             ) -> Iterator[Claim]:
    now, had = frozenset(mine.value), frozenset(theirs.value)
    added = tuple(n for n in mine.value if n not in had)
    gone = tuple(n for n in theirs.value if n not in now)
    if not added and not gone:
        return
    facts: Facts = {}
    words = []
    if added:
        facts["added"] = derive(_shown(added), mine, theirs)
        words.append("{added} came")
    if gone:
        facts["gone"] = derive(_shown(gone), theirs, mine)
        words.append("{gone} went")
    publisher = step.release.publisher
    at_once = publisher is not None and publisher.value in added \
        and publisher.value not in published and not part.mirrored
    if at_once:
        facts["publisher"] = publisher
        words.append("{publisher} published this version, the first of their own")
    yield part.claim(
        FROZEN, Interval(before.time.value, step.time.value),
        "The owners changed between the publishes of {previous} ({earlier}) and {version}"
        " ({published}), as the lists frozen into both say: " + "; ".join(words) + ".",
        on=step.version, notable=step.version in named, previous=before.named,
        earlier=before.time, version=step.named, published=step.time, **facts)


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(map(said, names[:_MOST_NAMED])) + more


ANALYZER = Analyzer("frozen", (FROZEN,), run)
