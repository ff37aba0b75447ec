"""The registry's own second clock: the upload time inside a version, against the time map."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, counted, series, span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, known
from regforensics.model.snapshot import Snapshot

DISAGREES = Rule(
    "integrity.upload-time", "integrity",
    "the publish time of a version and the upload time inside the version lie more than a minute"
    " apart",
    "the version's entry in the time map, and the registry's name for its upload, which carries the"
    " time",
    "staged publishing, where hours may lie between upload and approval; versions that the registry"
    " restored; mirrors that make up their time map, which is what it shows of them. In 208 real"
    " versions the two agree within five seconds")

_TOLERANCE = timedelta(minutes=1)
_MANY = 3


class Odd(NamedTuple):
    """A version whose two times disagree."""

    version: str
    published: Fact[Instant]
    uploaded: Fact[Instant]


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Every place: where a mirror's time map is its own, this is what shows it."""
    told: set[tuple[str, str]] = set()
    for part in series(history):
        odd = []
        for item in _apart(part):
            if (item.version, item.published.value.text) not in told:
                told.add((item.version, item.published.value.text))
                odd.append(item)
        if len(odd) > _MANY:
            yield _many(part, odd)
            continue
        for item in odd:
            yield _one(part, item, notable=not part.mirrored
                       or item.version in scope.versions_of(part.package))


def _apart(part: Series) -> Iterator[Odd]:
    """The versions of each capture whose times disagree; what a capture repeats is passed over."""
    last: Snapshot | None = None
    for snapshot in part.listings:
        for version in snapshot.releases:
            if last is not None and version in last.times \
                    and last.times.same(version, snapshot.times) \
                    and last.releases.same(version, snapshot.releases):
                continue
            published = known(snapshot.times.get(version))
            identity = snapshot.releases[version].identity() if published else None
            uploaded = identity.uploaded if identity else None
            if published and uploaded \
                    and abs(published.value.utc - uploaded.value.utc) > _TOLERANCE:
                yield Odd(version, published, uploaded)
        last = snapshot


def _one(part: Series, item: Odd, *, notable: bool) -> Claim:
    late = item.published.value.utc > item.uploaded.value.utc
    return part.claim(
        DISAGREES, item.published.value,
        "Version {version} has the publish time {published} and was uploaded at {uploaded} by the"
        " registry's own name for the upload, {apart} "
        + ("earlier: it waited for an approval, was restored, or its publish time was made up."
           if late else "later: one of the two times was made up or changed."),
        on=item.version, notable=notable, **_facts(item))


def _many(part: Series, odd: Sequence[Odd]) -> Claim:
    return part.claim(
        DISAGREES, None,
        "The publish times of {count} disagree with the registry's own names for their uploads, the"
        " first of them {version}: published at {published}, uploaded at {uploaded}, {apart} apart;"
        " the last is {last}. A time map built anew does that, as mirrors have them.",
        notable=not part.mirrored, count=derive(
            counted(len(odd), "version"), *(f for o in odd for f in (o.published, o.uploaded))),
        last=derive(odd[-1].version, odd[-1].published), **_facts(odd[0]))


def _facts(item: Odd) -> Facts:
    return {"version": derive(item.version, item.published), "published": item.published,
            "uploaded": item.uploaded, "apart": derive(
                span(item.published.value.utc - item.uploaded.value.utc), item.published,
                item.uploaded)}


ANALYZER = Analyzer("uploads", (DISAGREES,), run)
