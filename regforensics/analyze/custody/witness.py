"""Tests of origin that need more than one document: the other form, and other places.

HISTORY_TESTS is the seam: a test that rests on records of companion documents is one function more
in it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from regforensics.analyze.seen import Series, anchor, apart, series
from regforensics.analyze.signed import signatures
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import said
from regforensics.model.forms import ShortForm
from regforensics.model.history import History
from regforensics.model.instant import Instant
from regforensics.model.origin import Tell, verdict
from regforensics.model.snapshot import Members, Snapshot

_TOGETHER = timedelta(minutes=10)  # between the two forms of one document
_LAG = timedelta(hours=1)  # that a cache may stay behind without meaning it
_NAMED = 4
Test = Callable[[History, Series, Snapshot], Iterable[Tell]]


def forms(history: History, part: Series, newest: Snapshot) -> Iterator[Tell]:
    """The abbreviated document against the full one: a filter often treats one form only."""
    short = [form for form in history.of(ShortForm)
             if form.observation.registry.rstrip("/") == part.base and part.base]
    pair = max(((form, full) for form in short for full in part.snapshots
                if full.state == "present" and _together(form, full)),
               key=lambda pair: pair[0].observation.order, default=None)
    if pair is None:
        if part.package.registry == "npm":
            yield Tell("forms", "untested", "no abbreviated document was captured with the full"
                       " one (snapshot --both-forms does)", 0, anchor(newest))
        return
    form, full = pair
    lines = [form.observation.line or form.anchor, anchor(full)]
    if form.observation.sha256 == full.observation.sha256:
        yield Tell("forms", "mirror", "the full document was answered where the abbreviated one was"
                   " asked for: the header Accept was ignored, as some mirrors and registries of"
                   " their own do, and the two forms cannot be compared", 1, derive(None, *lines))
        return
    if form.modified and full.modified and form.modified.value.utc != full.modified.value.utc:
        yield Tell("forms", "neither", "the full and the abbreviated document were last written at"
                   " different times, so that their difference says nothing", 0,
                   derive(None, form.modified, full.modified, *lines))
        return
    yield from _one_sided(full.releases, form.versions, "full document alone", lines)
    yield from _one_sided(form.versions, full.releases, "abbreviated document alone", lines)
    moved = [t for t, fact in form.dist_tags.items()
             if t in full.dist_tags and full.dist_tags[t].value != fact.value]
    if moved:
        yield Tell("forms", "mirror", f"the dist-tag {said(moved[0])} points elsewhere in the"
                   " abbreviated document than in the full one", 3,
                   derive(None, form.dist_tags[moved[0]], full.dist_tags[moved[0]], *lines))
    elif set(form.versions) == set(full.releases):
        yield Tell("forms", "origin", f"the full and the abbreviated document list the same"
                   f" {len(full.releases)} versions and the same dist-tags", 2,
                   derive(None, *lines))


def _together(form: ShortForm, full: Snapshot) -> bool:
    one, other = form.observation.at, full.observation.at
    return one is not None and other is not None and abs(one.utc - other.utc) <= _TOGETHER


def _one_sided(here: Mapping[str, object], there: Members[Any], words: str,
               lines: list[Fact[Any]]) -> Iterator[Tell]:
    only = [v for v in here if v not in there]
    if only:
        yield Tell("forms", "mirror", f"the {words} lists {_some(only)}, though both were last"
                   " written at the same time", 3, derive(None, *lines), there.absence(only[0]))


def witness(history: History, part: Series, newest: Snapshot) -> Iterator[Tell]:
    """What captures of other places say of the same versions."""
    others = [other for other in series(history) if other is not part and other.base != part.base
              and other.listings]
    if not others:
        yield Tell("witness", "untested", "no other place was captured: a second address, another"
                   " network path or an archive would be a witness", 0, anchor(newest))
        return
    mine = part.listings[-1] if part.listings else None
    for other in others:
        if mine is not None and not other.mirrored:
            yield from _hidden(mine, other)
            yield from _kept(mine, other)
            yield from _times(mine, other)


def _hidden(mine: Snapshot, other: Series) -> Iterator[Tell]:
    """Versions that were out before this capture, and that it neither lists nor dates."""
    theirs = other.listings[-1]
    at, here = mine.observation.at, _dates(mine)
    missing = {v: fact for v, fact in _dates(theirs).items()
               if v in theirs.releases and v not in mine.releases and v not in here
               and v not in mine.respelled and at and at.utc - fact.value.utc > _LAG}
    if not missing:
        return
    youngest = max((fact.value.utc for fact in here.values()), default=None)
    young = all(youngest is None or fact.value.utc > youngest for fact in missing.values())
    written = mine.modified
    knew = written is not None and all(written.value.utc >= f.value.utc for f in missing.values())
    first = next(iter(missing))
    facts = [missing[first], anchor(mine), *([written] if written else [])]
    if young and knew:
        words = ("though its own time.modified is not older than they are: as an age-gating proxy"
                 " leaves young versions out")
    elif young:
        words = "the youngest ones: a copy that lags behind, or an age gate"
    else:
        words = "older ones among them: a filter, or a copy that was never complete"
    stand = "stands" if len(missing) == 1 else "stand"
    yield Tell("witness", "mirror", f"{_some(list(missing))}, which"
               f" {said(other.base or 'another place')} dates more than an hour before this"
               f" capture, {stand} neither in its list nor among its times, {words}",
               3 if young and knew else 2, derive(None, *facts),
               mine.releases.absence(first))


def _kept(mine: Snapshot, other: Series) -> Iterator[Tell]:
    """Versions that another place no longer listed before this capture was made."""
    at = mine.observation.at
    earlier = [s for s in other.listings if at and s.observation.at
               and at.utc - s.observation.at.utc > _LAG]
    if not earlier:
        return
    theirs = earlier[-1]
    kept = [v for v in theirs.withdrawn if v in mine.releases]
    if kept:
        yield Tell("witness", "mirror", f"it still lists {_some(kept)}, which"
                   f" {said(other.base or 'another place')} no longer listed more than an hour"
                   " before, as Verdaccio, cnpmcore and other caches do", 2,
                   derive(None, mine.releases[kept[0]].anchor, theirs.times[kept[0]]),
                   theirs.releases.absence(kept[0]))


def _times(mine: Snapshot, other: Series) -> Iterator[Tell]:
    """Publish times that two places state of one version."""
    theirs = other.listings[-1]
    here, there = _dates(mine), _dates(theirs)
    both = [v for v in here if v in there]
    if not both:
        return
    differ = [v for v in both if apart(here[v].value, there[v].value)]
    place = said(other.base or "another place")
    if differ:
        v = differ[0]
        trusted = verdict(theirs.origin) == "origin" != verdict(mine.origin)
        yield Tell("witness", "mirror" if trusted else "neither",
                   f"{len(differ)} of {len(both)} publish times differ from those that {place}"
                   f" states, such as that of {said(v)}", 2 if trusted else 0,
                   derive(None, here[v], there[v]))
    else:
        v = both[-1]
        yield Tell("witness", "origin", f"{len(both)} publish times are those that {place} states"
                   " as well", 1, derive(None, here[v], there[v]))


def _dates(snapshot: Snapshot) -> dict[str, Fact[Instant]]:
    """The publish time of each version that has a readable one."""
    if len(snapshot.times):
        return {v: derive(fact.value, fact) for v, fact in snapshot.times.items()
                if fact.value is not None}
    return {v: r.published for v, r in snapshot.releases.items() if r.published is not None}


def _some(versions: list[str]) -> str:
    named = ", ".join(map(said, versions[:_NAMED]))
    more = f" and {len(versions) - _NAMED} more" if len(versions) > _NAMED else ""
    return f"version {named}" if len(versions) == 1 else f"versions {named}{more}"


HISTORY_TESTS: tuple[Test, ...] = (forms, witness, signatures.verifying)
