"""A repository's search index beside its list of versions: where the two disagree.

The index lags behind, at times by a year: what it lacks says nothing, what it has besides does.
"""

from collections.abc import Iterator, Sequence

from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import by, counted, lists, series
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Gap, said
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, Interval
from regforensics.model.search_index import IndexAnswer
from regforensics.model.snapshot import Snapshot

INDEXED = Rule(
    "integrity.index-disagrees", "integrity",
    "the search index lists a version that the list of versions, captured with it, does not: a lead"
    " only",
    "the version's entry in the index, its absence from the list, and the list's custody line",
    "a repository that wrote its list anew; an index that still lists what was never public")
_FEW = 8


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """The newest answer of the index against the newest list."""
    parts, answers = series(history), history.of(IndexAnswer)
    yield from dict.fromkeys(history.gaps_in(IndexAnswer))
    newest = answers[-1].run if answers else ""
    mine = [one for one in answers if one.run == newest]
    listings = parts[0].forward if parts else ()
    lead = next((s for s in reversed(listings) if lists(s)), None)
    if not mine or lead is None:
        return
    indexed = {version: fact for one in mine for version, fact in one.versions.items()}
    when = by(lead)
    for version, fact in indexed.items():
        if version not in lead.releases:
            yield parts[0].claim(
                INDEXED, Interval(None, when.at), "The search index lists version {version}, with"
                " the time {stated}, and the list of versions in the capture of {at} does not: a"
                " lead only. The version was taken away, or the list was written anew; the index"
                " may be months behind.", on=version, version=derive(version, fact),
                stated=derive(fact.value or "that cannot be read", fact), at=when.fact,
                absences=(lead.releases.absence(version),))
    yield _staleness(history, mine, indexed, lead)


def _staleness(history: History, answers: Sequence[IndexAnswer],
               indexed: dict[str, Fact[Instant | None]], lead: Snapshot) -> Gap:
    missing = [version for version in lead.releases if version not in indexed]
    times = [fact.value for fact in indexed.values() if fact.value is not None]
    newest = f"its newest entry is of {max(times, key=lambda t: t.utc)}" if times else \
        "it gives no time"
    lacks = f"; it lacks {counted(len(missing), 'listed version')}: " + ", ".join(
        map(said, missing[-_FEW:])) if missing else ""
    return Gap("what the search index of the repository says beyond its list of versions",
               f"the index lags behind the repository, at times by a year: {newest}{lacks}; that a"
               " version is not in it says nothing", history.package, citations=tuple(
                   c for one in answers for c in one.line.citations))


ANALYZER = Analyzer("search-index", (INDEXED,), run)
