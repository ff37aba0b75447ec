"""The registry's own second clock: the upload time inside a version, against the time map."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from regforensics.analyze.lineage import Step, steps
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, counted, series, span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant

DISAGREES = Rule(
    "integrity.upload-time", "integrity",
    "the publish time of a version and the upload time inside the version lie more than a minute"
    " apart",
    "the version's entry in the time map, and the registry's name for its upload, which carries the"
    " time",
    "staged publishing, where hours may lie between upload and approval; versions that the registry"
    " restored; mirrors that make up their time map, which is what it shows of them. In 300 real"
    " versions the two agree within five seconds")

_TOLERANCE = timedelta(minutes=1)
_MANY = 3
Odd = tuple[Step, Fact[Instant]]


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Every place: where a mirror's time map is its own, this is what shows it."""
    told: set[tuple[str, str]] = set()
    for part in series(history):
        odd = [(step, uploaded) for step in steps(part)
               if (identity := step.identity) and (uploaded := identity.uploaded)
               and abs(_after(step, uploaded)) > _TOLERANCE
               and (step.version, step.time.value.text) not in told]
        told |= {(step.version, step.time.value.text) for step, _ in odd}
        if len(odd) > _MANY:
            yield _many(part, odd)
            continue
        for step, uploaded in odd:
            yield _one(part, step, uploaded, notable=not part.mirrored
                       or step.version in scope.versions_of(part.package))


def _after(step: Step, uploaded: Fact[Instant]) -> timedelta:
    return step.time.value.utc - uploaded.value.utc


def _one(part: Series, step: Step, uploaded: Fact[Instant], *, notable: bool) -> Claim:
    late = _after(step, uploaded) > timedelta(0)
    return part.claim(
        DISAGREES, step.time.value,
        "Version {version} has the publish time {published} and was uploaded at {uploaded} by the"
        " registry's own name for the upload, {apart} "
        + ("earlier: it waited for an approval, was restored, or its publish time was made up."
           if late else "later: one of the two times was made up or changed."),
        on=step.version, notable=notable, **_facts(step, uploaded))


def _many(part: Series, odd: Sequence[Odd]) -> Claim:
    (step, uploaded), (last, _) = odd[0], odd[-1]
    return part.claim(
        DISAGREES, None,
        "The publish times of {count} disagree with the registry's own names for their uploads, the"
        " first of them {version}: published at {published}, uploaded at {uploaded}, {apart} apart;"
        " the last is {last}. A time map built anew does that, as mirrors have them.",
        notable=not part.mirrored, count=derive(
            counted(len(odd), "version"), *(f for s, u in odd for f in (s.time, u))),
        last=last.named, **_facts(step, uploaded))


def _facts(step: Step, uploaded: Fact[Instant]) -> Facts:
    return {"version": step.named, "published": step.time, "uploaded": uploaded,
            "apart": derive(span(_after(step, uploaded)), step.time, uploaded)}


ANALYZER = Analyzer("uploads", (DISAGREES,), run)
