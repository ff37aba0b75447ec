"""Origin or mirror: every test of every place, with its line, and what the results add up to."""

import re
from collections.abc import Iterator, Sequence

from regforensics.analyze.custody.witness import HISTORY_TESTS
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, anchor, dated, seen, series
from regforensics.analyze.signed.signatures import VERIFY
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap, Reading
from regforensics.model.forms import ShortForm
from regforensics.model.history import History, Scope
from regforensics.model.origin import STOPPED, TELLING, TESTS, Score, Tell, score
from regforensics.model.snapshot import Snapshot

MIRROR = Rule(
    "integrity.mirror", "integrity",
    "captures of a place that read as a mirror's or proxy's answers, with the points and the signs",
    "each sign that points to a mirror: a header in the custody line, or a member of the document",
    "old packages lack members that newer ones have; a private registry with packages of its own"
    " under the public registry's habits")
ORIGIN = Rule(
    "integrity.origin", "integrity",
    "the captures of a place read as the registry's own answers, with the points and the signs",
    "the signs for the registry and against it",
    "a mirror that copies documents whole leaves no sign")
UNCLEAR = Rule(
    "integrity.origin-unclear", "integrity",
    "the tests of origin do not decide where the captures of a place came from",
    "the newest capture", "none")
TEST = Rule(
    "integrity.origin-test", "integrity",
    "the result of one test of origin at one place, a row of a table",
    "the header in the custody line, the members of the document, or an absence beside them",
    "each result is a sign, never a verdict")
_POINTS = {"origin": "for the registry itself", "mirror": "for a mirror or proxy"}
#: The tests that can be put to a package of a registry; of others those that need no adapter.
APPLIES = {
    "npm": ("path", "front", "files", "revision", "times", "signed", "upload", "forms", "witness",
            "product"),
    "pypi": ("path", "front", "files", "store", "witness", "product"),
    "maven": ("path", "front", "witness")}
_ALWAYS = ("path", "witness")
_SHOWN = 6  # signs that a summary names; the table has them all
_ENOUGH = {3: "Three"}.get(TELLING, str(TELLING))
_VOUCHED = " Of the bytes and not of the place it says something that {vouched}."
Shot = tuple[Snapshot, tuple[Tell, ...]]


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """One table and one summary for each place whose captures could be tested."""
    for part in series(history):
        shots = [(s, s.origin) for s in part.snapshots if s.origin]
        yield from _crashed(history, shots)
        if shots:
            newest, told = shots[-1]
            extra = tuple(t for test in HISTORY_TESTS for t in test(history, part, newest))
            shots[-1] = newest, (*told, *extra)
            yield from _summary(part, shots)
            yield from _table(part, shots)
    yield from history.gaps_in(ShortForm)


def _crashed(history: History, shots: Sequence[Shot]) -> Iterator[Gap]:
    reasons = {t.sign: s for s, told in shots for t in told if t.sign.startswith(STOPPED)}
    for reason, snapshot in reasons.items():
        yield Gap("where the captures of this package came from", reason, history.package,
                  "the maintainers of this tool, with the text of this line",
                  anchor(snapshot).citations)


def _summary(part: Series, shots: Sequence[Shot]) -> Iterator[Claim]:
    like = [(s, told) for s, told in shots if score(told).reads == "mirror"]
    newest, told = shots[-1]
    points = score(told)
    if like:
        yield _mirror(part, like)
    elif points.reads == "origin":
        yield _origin(part, newest, told, points)
    else:
        yield part.claim(
            UNCLEAR, dated(newest),
            "Where the captures came from is not decided by the tests of origin: the newest, of"
            " {at}, has {points}." + (_VOUCHED if _vouched(told) else ""), notable=False,
            at=seen(newest), points=derive(_said(points), anchor(newest)), **_vouched(told))


def _mirror(part: Series, like: Sequence[Shot]) -> Claim:
    snapshot, told = like[-1]
    against = [t for t in told if t.result == "mirror"]
    names = tuple(dict.fromkeys(t.product for t in against if t.product))
    facts: Facts = {
        "at": seen(snapshot), "points": derive(_said(score(told)), anchor(snapshot)),
        "signs": derive(_named(against), *_lines(snapshot, against))}
    words, which = "", "The capture of {at} looks like a mirror's or proxy's answer and not the" \
        " registry's own, with {points}: {signs}."
    if len(part.snapshots) > 1:
        facts["count"] = derive(f"{len(like)} of {len(part.snapshots)}", anchor(like[0][0]),
                                anchor(snapshot))
        which = "{count} captures look like a mirror's or proxy's answers and not the registry's" \
            " own; that of {at} has {points}: {signs}."
    if names:
        facts["product"] = derive(" and ".join(names), *_lines(
            snapshot, [t for t in against if t.product]))
        words = " The product named is {product}."
    which += f" {_ENOUGH} points for a mirror are enough, whatever speaks for the registry."
    facts |= _vouched(told)
    if _vouched(told):
        words += _VOUCHED
    return part.claim(
        MIRROR, dated(snapshot), which + words,
        absences=tuple(dict.fromkeys(t.absence for t in against if t.absence)), **facts)


def _origin(part: Series, newest: Snapshot, told: Sequence[Tell], points: Score) -> Claim:
    own = [t for t in told if t.result == "origin"]
    leads = [t for t in told if t.result == "mirror"]
    facts: Facts = {"at": seen(newest), "points": derive(_said(points), anchor(newest)),
                    "signs": derive(_named(own), *_lines(newest, own))}
    words = ""
    if leads:
        facts["leads"] = derive(_named(leads), *_lines(newest, leads))
        words = " Against that, as leads only: {leads}."
    plain = " It came over unencrypted HTTP, on which anybody on the way can change an answer." \
        if part.base.startswith("http://") else ""
    return part.claim(
        ORIGIN, dated(newest),
        "No capture reads as a mirror's. The newest, of {at}, has {points}: {signs}." + words
        + plain, notable=False, inferred=True,
        absences=tuple(dict.fromkeys(t.absence for t in leads if t.absence)), **facts)


def _vouched(told: Sequence[Tell]) -> Facts:
    """The result that registry signatures verify, where there is one: bytes, not places."""
    found = next((t for t in told if t.test == "signed" and VERIFY in t.sign and t.fact), None)
    return {"vouched": derive(found.sign, found.fact)} if found and found.fact else {}


def _table(part: Series, shots: Sequence[Shot]) -> Iterator[Claim]:
    """A row for each result of the newest capture, and for each that only earlier ones show."""
    rows: dict[tuple[str, str, str], list[tuple[Snapshot, Tell]]] = {}
    for snapshot, told in shots:
        for tell in told:
            found = rows.setdefault(_kind(tell), [])
            if not (found and found[-1][0] is snapshot):
                found.append((snapshot, tell))
    newest = shots[-1][0]
    tested = {test for test, _, _ in rows}
    for test in TESTS:
        for key, found in rows.items():
            if key[0] == test and (key[1] != "untested" or found[-1][0] is newest):
                yield _row(part, newest, len(shots), found)
        if test not in tested and test in APPLIES.get(part.package.registry, _ALWAYS):
            yield _row(part, newest, len(shots), [(newest, Tell(
                test, "untested", f"nothing in the captures bears on the test of {TESTS[test]}"))])


def _row(part: Series, newest: Snapshot, captures: int, found: Sequence[tuple[Snapshot, Tell]]
         ) -> Claim:
    """One result; the table names the place, and the capture's own line is cited."""
    snapshot, tell = found[-1]
    plain = tell.sign.partition(" ")[0].isalpha()
    sign = f"{tell.sign[:1].upper()}{tell.sign[1:]}" if plain else tell.sign
    facts: Facts = {"sign": derive(sign, *_lines(snapshot, [tell]))}
    words = "{sign}."
    if captures > 1 and tell.result != "untested":
        words = "{sign} (in {count} captures)."
        facts["count"] = derive(f"{len(found)} of {captures}", anchor(found[0][0]),
                                anchor(snapshot))
    if snapshot is not newest:
        words = "{sign} (in {count} captures, the last of {at}, and not in the newest)."
        facts["at"] = seen(snapshot)
    return TEST.claim(
        part.package, dated(snapshot), words, notable=False, also=(anchor(snapshot),),
        absences=(tell.absence,) if tell.absence else (),
        reading=Reading(part.base or "handed-over files", tell.test, TESTS[tell.test], tell.result,
                        tell.weight), **facts)


def _kind(tell: Tell) -> tuple[str, str, str]:
    """Equal for results that differ in their counts only."""
    return tell.test, tell.result, re.sub(r"\d+", "#", tell.sign)


def _lines(snapshot: Snapshot, tells: Sequence[Tell]) -> list[Fact[object]]:
    """What some results rest on; the capture's own line where one rests on nothing else."""
    return [tell.fact or anchor(snapshot) for tell in tells] or [anchor(snapshot)]


def _named(tells: Sequence[Tell]) -> str:
    """The signs in one sentence, the weightiest first."""
    signs = list(dict.fromkeys(t.sign for t in sorted(tells, key=lambda t: -t.weight)))
    more = f"; and {len(signs) - _SHOWN} more" if len(signs) > _SHOWN else ""
    return "; ".join(signs[:_SHOWN]) + more


def _said(points: Score) -> str:
    counts = (("origin", points.origin), ("mirror", points.mirror))
    return " and ".join(f"{n} {'point' if n == 1 else 'points'} {_POINTS[k]}" for k, n in counts)


ANALYZER = Analyzer("origin", (MIRROR, ORIGIN, UNCLEAR, TEST), run)
