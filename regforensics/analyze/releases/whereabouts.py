"""What an index's "there is no such project" means: deleted, quarantined, or servers out of step.

The JSON API answers 404 for a quarantined project as for a deleted one. The Simple page and the
list of roles, which were asked at the same time, tell them apart.
"""

from collections.abc import Iterator, Sequence

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, dated, seen, series
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.journal import JournalRow
from regforensics.model.roles import RolesAnswer
from regforensics.model.snapshot import Snapshot

MEANS = Rule(
    "publish.absence-means", "publish",
    "what it means that the index's JSON API knows no such project: it is quarantined, it was"
    " deleted or never was, or two servers are out of step",
    "the custody line of that answer, the Simple page's status or the custody line of its absence,"
    " and the list of roles",
    "the list of roles may be 48 hours old")
_FEW = 8  # accounts that a sentence names
_GONE = frozenset({"absent"})
_NO_STATE = frozenset({"absent", "unreadable"})
_DELETED = "So the project was deleted, or there never was one of that name."


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """Each capture in which the JSON API answered so and roles were asked for."""
    yield from history.gaps_in(RolesAnswer)
    answers = history.of(RolesAnswer)
    for part in series(history) if answers else ():
        told = ""
        for snapshot in part.snapshots:
            roles = _asked_with(history, snapshot, answers)
            claim = _means(part, snapshot, roles, _was_there(history, snapshot)) \
                if roles is not None else None
            if claim is None:
                told = ""
            elif claim.statement.partition(": ")[2] != told:
                told = claim.statement.partition(": ")[2]
                yield claim


def _asked_with(history: History, snapshot: Snapshot,
                answers: Sequence[RolesAnswer]) -> RolesAnswer | None:
    """The roles that were asked for because of a capture: after it and before the next."""
    begin = max(o.observation.order for o in (snapshot, *snapshot.parts))
    later = [s.observation.order for s in history.snapshots if s.observation.order > begin
             and s.observation.registry == snapshot.observation.registry]
    return next((a for a in answers if begin < a.observation.order < min(later, default=1 << 62)
                 and a.observation.registry == snapshot.observation.registry), None)


def _was_there(history: History, snapshot: Snapshot) -> tuple[str, Facts]:
    """What shows that there was a project before a capture that finds none; empty if nothing."""
    earlier = [s for s in history.snapshots if s.state not in _NO_STATE
               and s.observation.order < snapshot.observation.order]
    if earlier:
        return ": the capture of {earlier} shows it", {"earlier": seen(earlier[-1])}
    row = next(iter(history.of(JournalRow)), None)
    return (": the index's journal has rows of it, such as that of serial {serial}",
            {"serial": row.serial}) if row is not None else ("", {})


def _means(part: Series, snapshot: Snapshot, roles: RolesAnswer,
           was_there: tuple[str, Facts]) -> Claim | None:
    documents = snapshot.parts or (snapshot,)
    missing = next((d for d in documents if d.state in _GONE and d.observation.line), None)
    line = missing.observation.line if missing is not None else None
    if missing is None or line is None:
        return None
    other = next((d for d in documents if d is not missing), None)
    facts: Facts = {"at": derive(dated(missing) or "unknown date", line)}
    if other is not None:
        page = other.state_fact if other.state != "absent" else other.observation.line
        facts["page"] = derive(_PAGES.get(other.state, "cannot be read"), page or line)
    else:
        facts["page"] = derive("was not asked for", line)
    named = [f"{held.user.value} ({held.role.value})" for held in roles.roles]
    more = [f"{len(named) - _FEW} more"] if len(named) > _FEW else []
    if named:
        listed: Fact[object] = derive((*named[:_FEW], *more), roles.roles[0].user, *(
            fact for held in roles.roles[:_FEW] for fact in held))
        facts["roles"] = listed
    said = "the list of roles names {roles}" if named else "the list of roles names {nobody}"
    if not named:
        facts["nobody"] = derive("nobody", roles.anchor)
    state = other.state if other is not None else ""
    meaning = _meaning(state, held=bool(named))
    if meaning == _DELETED and was_there[0]:
        meaning = f"So the project was deleted{was_there[0]}."
        facts |= was_there[1]
    return part.claim(
        MEANS, dated(snapshot),
        "In the capture of {at} the index's JSON API knew no such project: its Simple page {page},"
        " and " + said + ". " + meaning, **facts)


_PAGES = {"absent": "is not there either", "quarantined": "states that it is quarantined",
          "present": "shows the project"}


def _meaning(page: str, *, held: bool) -> str:
    if page == "quarantined":
        return "So the project is quarantined, not deleted." if held else \
            "So the project is quarantined; that nobody has a role in it any more is said besides."
    if page == "present":
        return "So the project is there: the answers are out of step, or its only release is" \
               " quarantined."
    if held:
        return "So the project was not deleted long ago: the list of roles may be older than the" \
               " rest, or the index hides the project."
    return _DELETED


ANALYZER = Analyzer("whereabouts", (MEANS,), run)
