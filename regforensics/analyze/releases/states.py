"""What became of the package as a whole: unpublished, held, absent, quarantined, back."""

from collections.abc import Iterator

from regforensics.analyze.custody.asks import ask
from regforensics.analyze.releases.walk import published
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import (
    Series,
    anchor,
    counted,
    escaped,
    series,
    span,
    unchanged,
    window,
)
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from regforensics.model.instant import known
from regforensics.model.snapshot import Snapshot, Tombstone

UNPUBLISHED = Rule(
    "publish.unpublished", "publish",
    "the whole package was unpublished: when, and by whom where the registry recorded it",
    "the tombstone's own members", "none: the registry states it itself", "evidenced")
TOMBSTONE_OMITS = Rule(
    "publish.tombstone-omits", "publish",
    "versions with a publish time that the tombstone's list of versions leaves out",
    "their times, the list, and their absence from it",
    "versions that were taken down one by one before the package was")
TOMBSTONE_WRITTEN = Rule(
    "publish.tombstone-written", "publish",
    "the tombstone's document was written again after the unpublish",
    "the time of unpublishing and the time of the last write",
    "routine: registries touch old documents; it is said so that nobody takes it for the takedown")
HELD = Rule(
    "publish.held", "publish", "the registry's security holder took the package's place",
    "the holder's version and its publish time", "holders of names that never had another version")
ABSENT = Rule(
    "publish.absent", "publish", "the registry answered that there is no such package",
    "the custody line of the answer, and the capture that still had it where there is one",
    "negative answers are cached: one right after a publish proves nothing; a private package",
    "evidenced")
QUARANTINED = Rule(
    "publish.quarantined", "publish", "the index states the project as quarantined",
    "the status member, and the capture before it where there is one", "none known")
BACK = Rule(
    "publish.back", "publish", "a package that was away is there again",
    "the later document, and both captures", "stale negative answers")
STATUS = Rule(
    "publish.status", "publish",
    "the project's status changed, such as from active to archived, or was no usual one from the"
    " first capture on",
    "the status members and the captures", "none known")
LIFETIME = Rule(
    "publish.lifetime", "publish",
    "from the first publish to the unpublish: the longest that the package can have been available",
    "the first publish time and the tombstone", "a package that was unpublished more than once")


_USUAL = frozenset({"active", "quarantined"})  # the latter is a state and told as that


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """Each change of the package's state, in each place."""
    for part in series(history):
        old: Snapshot | None = None
        for new in part.forward:
            if old is None or not unchanged(old, new):
                yield from _step(part, old, new)
            old = new


def _step(part: Series, old: Snapshot | None, new: Snapshot) -> Iterator[Finding]:
    before = old.state if old else None
    if new.tombstone is not None:
        if old is None or old.tombstone is None or _text(old) != _text(new):
            yield from _tombstone(part, old, new, new.tombstone)
    elif new.state == before or (old is None and new.state == "present"):
        yield from _status(part, old, new)
    elif new.state == "held":
        yield _held(part, old, new)
    elif new.state == "absent":
        yield _absent(part, old, new)
        yield Gap("why the registry has no such package any more, or never had",
                  "an absent package leaves no document", part.package,
                  ask(part.package.registry, "withdrawal"), anchor(new).citations)
    elif new.state == "quarantined" and new.state_fact is not None:
        yield _quarantined(part, old, new, new.state_fact)
    elif old is not None and new.state == "present":
        yield _back(part, old, new)


def _text(snapshot: Snapshot) -> str | None:
    tombstone = snapshot.tombstone
    return tombstone.at.value.text if tombstone and tombstone.at else None


def _tombstone(part: Series, old: Snapshot | None, new: Snapshot,
               stone: Tombstone) -> Iterator[Claim]:
    count = derive(counted(len(new.times), "version"), stone.anchor, *_ends(new))
    facts: Facts = {"count": count}
    template = "The whole package was unpublished"
    bounds = window(old, new)
    if stone.at is not None:
        template, facts["at"] = template + " at {at}", stone.at
    else:
        template, facts = template + " " + bounds.words, facts | bounds.facts
    if stone.by is not None:
        template, facts["by"] = template + " by {by}", stone.by
    else:
        template += "; by whom is not recorded"
    yield part.claim(UNPUBLISHED, stone.at.value if stone.at else bounds.when,
                     template + ". The publish times of {count} are left.",
                     also=(stone.anchor,), inferred=stone.at is None, **facts)
    yield from _omitted(part, new, stone)
    if stone.at is None:
        return
    at, modified = stone.at, new.modified
    if modified is not None and (modified.value.utc - at.value.utc).total_seconds() > 60:
        yield part.claim(
            TOMBSTONE_WRITTEN, modified.value,
            "The document that says so was written again at {modified}, {later} after the"
            " unpublish at {at}: that write is not the takedown.", notable=False,
            modified=modified, at=at,
            later=derive(span(modified.value.utc - at.value.utc), modified, at))
    versions = published(part)
    if versions and not part.mirrored and versions[0].time.value.utc < at.value.utc:
        first = versions[0]
        yield part.claim(
            LIFETIME, at.value,
            "From the first publish ({version}, {first}) to the unpublish at {at} are {length}:"
            " no version of the package was available for longer.", notable=False,
            version=derive(first.version, first.time), first=first.time, at=at,
            length=derive(span(at.value.utc - first.time.value.utc), first.time, at))


def _ends(snapshot: Snapshot) -> list[Fact[object]]:
    times = [fact for raw in snapshot.times.values() if (fact := known(raw))]
    times.sort(key=lambda fact: fact.value.utc)
    return [*times[:1], *times[-1:]]


def _omitted(part: Series, new: Snapshot, stone: Tombstone) -> Iterator[Claim]:
    listed = stone.versions
    if listed is None:
        return
    missing = [v for v in new.times if v not in listed.value]
    if not missing:
        return
    place = listed.citations[0]
    times = [new.times[v] for v in missing]
    yield part.claim(
        TOMBSTONE_OMITS, stone.at.value if stone.at else None,
        "The tombstone lists {listed} and leaves out {missing}, which the time map has: gone before"
        " the package was unpublished, or left out.",
        listed=listed, missing=derive(tuple(missing), times[0], *times[1:]),
        absences=tuple(Absence(place.exhibit, place.sha256, f"{place.where}/{escaped(v)}")
                       for v in missing))


def _held(part: Series, old: Snapshot | None, new: Snapshot) -> Claim:
    holder = next(iter(new.releases.values()))
    left = [fact for version in new.withdrawn if (fact := new.times.get(version))]
    facts: Facts = {
        "version": derive(holder.version, holder.anchor),
        "count": derive(counted(len(left), "earlier version"), holder.anchor, *left[:1],
                        *left[-1:])}
    left_over = "; of {count} only the publish time is left"
    if holder.published is not None:
        return part.claim(
            HELD, holder.published.value,
            "The registry's security holder {version} took the package's place at {published}"
            + left_over + ".", published=holder.published, **facts)
    bounds = window(old, new)
    return part.claim(HELD, bounds.when, "The registry's security holder {version} took the"
                      " package's place " + bounds.words + left_over + ".",
                      **facts, **bounds.facts)


def _absent(part: Series, old: Snapshot | None, new: Snapshot) -> Claim:
    line = anchor(new)
    status = derive(new.observation.status or "that there is none", line)
    bounds = window(old, new, was=old.state_fact if old else None)
    if old is None:
        return part.claim(
            ABSENT, bounds.when, "The registry had no such package in the capture of {before}"
            " (answer: {status}).", status=status, **bounds.facts)
    return part.claim(
        ABSENT, bounds.when,
        "The package, {state} in the one capture, was absent from the registry in the next (answer:"
        " {status}): it went " + bounds.words + ".", inferred=True,
        state=derive(old.state, old.state_fact or anchor(old)), status=status, **bounds.facts)


def _quarantined(part: Series, old: Snapshot | None, new: Snapshot, status: Fact[object]) -> Claim:
    bounds = window(old, new, was=old.state_fact if old else None, shows=status)
    return part.claim(
        QUARANTINED, bounds.when,
        "The project was put into the state {status} " + bounds.words + ": its files cannot be"
        " installed while that lasts. By whom is not recorded.", status=status,
        also=tuple(f for p in new.parts if p.state == "absent" and (f := p.observation.line)),
        **bounds.facts)


def _back(part: Series, old: Snapshot, new: Snapshot) -> Claim:
    bounds = window(old, new, was=old.state_fact, shows=new.state_fact)
    return part.claim(
        BACK, bounds.when,
        "The package, {state} in the one capture, is there again in the next: it came back "
        + bounds.words + ".", state=derive(old.state, old.state_fact or anchor(old)),
        also=(new.state_fact,) if new.state_fact else (), **bounds.facts)


def _status(part: Series, old: Snapshot | None, new: Snapshot) -> Iterator[Claim]:
    one, other = (old.status if old else None), new.status
    if old is None and other is not None and other.value not in _USUAL:
        bounds = window(None, new, shows=other)
        yield part.claim(
            STATUS, bounds.when, "The project's status was {status} in the capture of {before}.",
            status=other, **bounds.facts)
    if old is not None and one and other and one.value != other.value:
        bounds = window(old, new, was=one, shows=other)
        yield part.claim(
            STATUS, bounds.when,
            "The project's status changed from {old} to {new} " + bounds.words + ".",
            old=one, new=other, **bounds.facts)


ANALYZER = Analyzer("states", (UNPUBLISHED, TOMBSTONE_OMITS, TOMBSTONE_WRITTEN, HELD, ABSENT,
                               QUARANTINED, BACK, STATUS, LIFETIME), run)
