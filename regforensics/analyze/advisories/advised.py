"""Advisory records beside the versions that the registry showed: what each covers of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regforensics.analyze.rules import Facts
from regforensics.analyze.seen import series, unchanged
from regforensics.model.advisory import Advisory, AdvisoryAnswer
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.history import History
from regforensics.model.instant import Instant, known
from regforensics.model.snapshot import Snapshot

FEW = 8  # versions that a sentence names


@dataclass(frozen=True, slots=True)
class Shown:
    """Every version that a capture lists or dates: where, and when it was published.

    ``listing`` is the newest complete list of the place that leads, None where there is none.
    """

    facts: Mapping[str, Fact[Any]]
    published: Mapping[str, Fact[Instant]]
    listing: Snapshot | None
    _covered: dict[int, dict[str, Fact[str]]] = field(default_factory=dict)

    def covered(self, advisory: Advisory) -> dict[str, Fact[str]]:
        """The versions that an advisory covers, in publish order, and by which words."""
        if id(advisory) not in self._covered:
            self._covered[id(advisory)] = advisory.among(tuple(self.facts))
        return self._covered[id(advisory)]

    def lacks(self, version: str) -> tuple[Absence, ...]:
        """That the newest list neither lists nor dates a version."""
        if self.listing is None:
            return ()
        dated = (self.listing.times.absence(version),) if len(self.listing.times) else ()
        return (self.listing.releases.absence(version), *dated)


@dataclass(frozen=True, slots=True)
class Record:
    """One advisory in each distinct form in which it was seen, oldest first."""

    forms: tuple[Advisory, ...]

    @property
    def now(self) -> Advisory:
        """The newest form."""
        return self.forms[-1]


def shown(history: History) -> Shown:
    """What the captures of every place show of versions."""
    facts: dict[str, Fact[Any]] = {}
    published: dict[str, Fact[Instant]] = {}
    listing: Snapshot | None = None
    for index, part in enumerate(series(history)):
        last: Snapshot | None = None
        for snapshot in part.forward:
            if last is None or not unchanged(last, snapshot):
                _add(snapshot, facts, published)
            last = snapshot
        if not index and part.listings:
            listing = part.listings[-1]
    dated = sorted(facts, key=lambda v: (v not in published, published[v].value.utc.timestamp()
                                         if v in published else 0.0))
    return Shown({v: facts[v] for v in dated}, published, listing)


def _add(snapshot: Snapshot, facts: dict[str, Fact[Any]],
         published: dict[str, Fact[Instant]]) -> None:
    for key in snapshot.times:
        version = snapshot.respelled.get(key, key)
        if version not in facts:
            facts[version] = snapshot.times[key]
            time = known(snapshot.times[key])
            if time is not None:
                published[version] = time
    for version in snapshot.releases:
        if version not in facts:
            release = snapshot.releases[version]
            facts[version] = release.anchor
            if release.published is not None:
                published[version] = release.published


def records(answers: Iterable[AdvisoryAnswer]) -> list[Record]:
    """The records by database and id, each with its forms (told apart by their last change)."""
    found: dict[tuple[str, str], dict[str, Advisory]] = {}
    for answer in answers:
        for advisory in answer.advisories:
            forms = found.setdefault((advisory.source, advisory.id.value), {})
            stamp = advisory.modified.value.text if advisory.modified else ""
            forms.setdefault(stamp, advisory)
    return [Record(tuple(sorted(forms.values(), key=_changed))) for forms in found.values()]


def _changed(advisory: Advisory) -> float:
    return advisory.modified.value.utc.timestamp() if advisory.modified else 0.0


def newest(answers: Sequence[AdvisoryAnswer]) -> list[list[AdvisoryAnswer]]:
    """For each question that a database was asked, the pages of its newest answer."""
    groups: dict[tuple[str, str], dict[str, list[AdvisoryAnswer]]] = {}
    for answer in answers:
        if answer.asked:
            runs = groups.setdefault((answer.source, answer.question), {})
            runs.setdefault(answer.run, []).append(answer)
    return [list(runs.values())[-1] for runs in groups.values()]


def matters(advisory: Advisory, named: frozenset[str]) -> bool:
    """True for malware and for what covers a version in question: other advisories are routine."""
    return advisory.malware or any(map(advisory.covering, named))


def introduced(advisory: Advisory) -> tuple[str, Facts]:
    """The opening of a sentence about an advisory, and its facts."""
    kind = "malware advisory" if advisory.malware else "advisory"
    return "The " + kind + " {id} of {source}", {
        "id": advisory.id, "source": derive(advisory.source, advisory.id)}


def apart(known: Shown, one: Advisory, other: Advisory) -> dict[str, Fact[str]]:
    """What ``one`` covers and ``other`` does not, of the versions that are shown or listed."""
    mine, theirs = known.covered(one), known.covered(other)
    apart = {v: fact for v, fact in mine.items() if v not in theirs}
    return apart | {f.value: f for f in one.listed
                    if f.value not in mine and other.covering(f.value) is None}


def few(versions: Sequence[str]) -> tuple[str, ...]:
    """The first of them, and how many more there are."""
    more = (f"{len(versions) - FEW} more",) if len(versions) > FEW else ()
    return (*versions[:FEW], *more)


def when(advisory: Advisory) -> Instant | None:
    """When the record was published, which is where its claims stand in time."""
    return advisory.published.value if advisory.published else None
