"""What an index's journal says: acts with exact times, held against what the captures show."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, by, counted, dated, series, unchanged, until, window
from regforensics.model.citation import derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from regforensics.model.journal import Act, JournalPage, JournalRow, StatedRole
from regforensics.model.snapshot import Release, Snapshot

ROW = Rule(
    "publish.journal", "publish",
    "the index's journal records that a release, a file or the project was made, removed, yanked"
    " or quarantined, at a time, without an actor",
    "the row of the journal; where captures show the same change, the captures on either side",
    "a release that was removed and made anew between two captures", "evidenced")
ROLE = Rule(
    "account.journal-role", "account",
    "the index's journal records that a role was given, changed, offered or taken away",
    "the row of the journal", "routine changes of a team; roles held through a team or an"
    " organisation are not recorded", "evidenced")
ROLES = Rule(
    "account.roles-listed", "account", "which accounts hold a role, as the index's XML-RPC says",
    "the rows of the answer, and its custody line",
    "roles held through a team or an organisation are left out; the answer may be two days old")
DISAGREES = Rule(
    "integrity.journal-disagrees", "integrity",
    "the journal records a removal, and a capture made after it still shows what was removed",
    "the row, the custody line of the capture and what it shows",
    "caches of up to a day; a release that was made anew, which the journal would record too")
UNSEEN = Rule(
    "account.serial-moved", "account",
    "the project's serial moved between two captures that show the same otherwise: a lead to the"
    " journal, which says what was done",
    "the serial in both captures", "roles of teams, and changes that were taken back")
_WHOLE = timedelta(seconds=1)  # the journal cuts off the fraction
_CACHED = 86_400.0  # seconds that a cache may answer with an older state

_PHRASES: dict[Act, str] = {
    "created": "The project was created at {at}",
    "release-added": "Release {version} was made at {at}",
    "file-added": "The file {file} was added to release {version} at {at}",
    "file-removed": "The file {file} was removed from release {version} at {at}",
    "release-removed": "Release {version} was removed with all its files at {at}",
    "yanked": "Release {version} was yanked at {at}",
    "unyanked": "The yank of release {version} was taken back at {at}",
    "project-removed": "The project was removed as a whole at {at}",
    "quarantined": "The project was quarantined at {at}",
    "quarantine-cleared": "The quarantine of the project was ended at {at}",
    "release-quarantined": "Release {version} was quarantined at {at}",
    "release-quarantine-cleared": "The quarantine of release {version} was ended at {at}",
}
_ROLE_PHRASES: dict[Act, str] = {
    "role-added": "{login} was given the role {role} at {at}",
    "role-changed": "The role of {login}, which was {role}, was changed at {at}",
    "role-removed": "The role {role} was taken from {login} at {at}",
    "invited": "{login} was invited to the role {role} at {at}",
    "invite-revoked": "The invitation of {login} to the role {role} was taken back at {at}",
    "invite-accepted": "{login} accepted the role {role} at {at}",
}
_ROUTINE = frozenset({"created", "release-added", "file-added"})


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each row once, held against the captures of the place that leads."""
    rows = _distinct(history.of(JournalRow))
    pages = history.of(JournalPage)
    yield from dict.fromkeys((*history.gaps_in(JournalRow), *history.gaps_in(StatedRole)))
    parts = series(history)
    lead = parts[0] if parts else None
    named = scope.versions_of(history.package)
    for row in rows:
        yield _told(history, lead, row, named)
        if lead is not None:
            yield from _against(lead, row, rows)
    yield from _roles(history)
    if lead is not None and not lead.mirrored:
        yield from _unseen(lead, rows, pages)


def _distinct(rows: Sequence[JournalRow]) -> list[JournalRow]:
    """Each serial once, oldest first: pages that were asked for again say the same."""
    found: dict[int, JournalRow] = {}
    for row in rows:
        found.setdefault(row.serial.value, row)
    return [found[serial] for serial in sorted(found)]


def _told(history: History, lead: Series | None, row: JournalRow, named: frozenset[str]) -> Claim:
    facts: Facts = {"at": row.at, "serial": row.serial, "action": row.action}
    phrase = _PHRASES.get(row.act) or _ROLE_PHRASES.get(row.act) or "Something was done at {at}"
    named_there = {"version": row.version, "file": row.file, "role": row.role, "login": row.login}
    shown = {name: fact for name, fact in named_there.items() if "{" + name + "}" in phrase}
    if None in shown.values():
        phrase, shown = "Something was done at {at}", {}
    facts |= shown
    version = row.version.value if row.version else None
    template = phrase + ": row {serial} of the index's journal says {action}, and names no actor."
    agrees = _agreeing(lead, row) if lead is not None else None
    if agrees is not None:
        template += (" The captures agree: it shows between {after} and {before}.")
        facts |= agrees
    rule = ROLE if row.act in _ROLE_PHRASES else ROW
    return rule.claim(
        history.package.at(version), row.at.value, template, inferred=agrees is not None,
        notable=row.act not in _ROUTINE or version in named, **facts)


def _agreeing(lead: Series, row: JournalRow) -> Facts | None:
    """The captures on either side of a row, where what they show changed as the row says."""
    for old, new in pairwise(lead.forward):
        start, end = until(old), by(new)
        if start.at is None or end.at is None or not (
                start.at.utc - _WHOLE <= row.at.value.utc <= end.at.utc):
            continue
        if _shows(old, row) and _gone(new, row):
            return {"after": start.fact, "before": end.fact}
    return None


def _shows(snapshot: Snapshot, row: JournalRow) -> bool:
    """True where a capture shows what the row takes away."""
    release = _release(snapshot, row)
    if row.act in ("project-removed", "quarantined"):
        return snapshot.state == "present"
    if row.act == "file-removed" and row.file is not None and release is not None:
        return any(f.filename == row.file.value for f in release.artifacts)
    if row.act == "yanked":
        return release is not None and not (release.yanked and release.yanked.value)
    return row.act in ("release-removed", "release-quarantined") and release is not None


def _gone(snapshot: Snapshot, row: JournalRow) -> bool:
    """True where a capture shows it taken away."""
    if row.act == "project-removed":
        return snapshot.state == "absent"
    if row.act == "quarantined":
        return snapshot.state == "quarantined"
    if snapshot.state != "present" or snapshot.partial:
        return False
    release = _release(snapshot, row)
    if row.act == "file-removed" and row.file is not None:
        return release is None or all(f.filename != row.file.value for f in release.artifacts)
    if row.act == "yanked":
        return release is not None and bool(release.yanked and release.yanked.value)
    return release is None


def _release(snapshot: Snapshot, row: JournalRow) -> Release | None:
    return snapshot.releases.get(row.version.value) if row.version is not None else None


def _against(lead: Series, row: JournalRow, rows: Sequence[JournalRow]) -> Iterator[Claim]:
    """A capture that cannot be older than the removal, and still shows what was removed."""
    if row.act not in ("release-removed", "file-removed") or row.version is None:
        return
    undone = min((other.at.value.utc for other in rows
                  if other.serial.value > row.serial.value and other.version is not None
                  and other.version.value == row.version.value
                  and other.act in ("release-added", "file-added")), default=None)
    for snapshot in lead.listings:
        since = snapshot.observation.since
        if since is None or dated(snapshot) is None or (undone and since.utc >= undone):
            continue
        if (since.utc - row.at.value.utc).total_seconds() > _CACHED and _shows(snapshot, row):
            release = snapshot.releases[row.version.value]
            seen_at = by(snapshot)
            yield lead.claim(
                DISAGREES, seen_at.at,
                "Row {serial} of the index's journal says {action} at {at}, but the capture of"
                " {seen}, made later, still shows release {version}.", on=row.version.value,
                serial=row.serial, action=row.action, at=row.at, seen=seen_at.fact,
                version=derive(row.version.value, row.version, release.anchor))
            return


def _roles(history: History) -> Iterator[Claim]:
    """The roles of the newest answer."""
    stated = history.of(StatedRole)
    if not stated:
        return
    last = stated[-1].line.citations
    newest = [role for role in stated if role.line.citations == last]
    facts = [fact for role in newest for fact in (role.login, role.role)]
    yield ROLES.claim(
        history.package, None, "The index's XML-RPC names {count} with a role in the project, in an"
        " answer received at {at}: {roles}.", notable=False,
        count=derive(counted(len(newest), "account"), *facts),
        at=derive(newest[0].line.value or "an unknown time", newest[0].line),
        roles=derive(tuple(f"{r.login.value} ({r.role.value})" for r in newest), *facts))


def _unseen(lead: Series, rows: Sequence[JournalRow], pages: Sequence[JournalPage]
            ) -> Iterator[Finding]:
    """Neighbouring captures whose serial alone differs, where no row of the journal explains it."""
    for old, new in pairwise(lead.forward):
        one, other = old.revision, new.revision
        if one is None or other is None or unchanged(old, new) or old.state != new.state \
                or type(one.value) is not int or type(other.value) is not int \
                or other.value <= one.value or _visible(old) != _visible(new):
            continue
        if any(one.value < row.serial.value <= other.value for row in rows):
            continue
        bounds = window(old, new)
        yield lead.claim(
            UNSEEN, bounds.when,
            "The project's serial moved from {old} to {new} " + bounds.words + ", and the captures"
            " show nothing else that changed: a lead only. A role may have changed, or something"
            " came and went; the index's journal says what it was.", old=one, new=other,
            **bounds.facts)
        if any(page.since <= one.value and (page.last or 0) >= other.value for page in pages):
            yield Gap("which row of the journal moved the project's serial",
                      "the journal was read over that span, and has no row of the project in it",
                      lead.package, citations=(*one.citations, *other.citations))


def _visible(snapshot: Snapshot) -> tuple[object, ...]:
    """What a reader of the captures can see of a project, its serial aside."""
    owners = None if snapshot.owners is None else {
        name: fact.value for name, fact in snapshot.owners.items()}
    releases = {version: (bool(r.yanked and r.yanked.value), sorted(
        (f.filename, *sorted(d.value for d in f.digests.values())) for f in r.artifacts))
        for version, r in snapshot.releases.items()}
    return owners, releases, snapshot.status.value if snapshot.status else None


ANALYZER = Analyzer("journal", (ROW, ROLE, ROLES, DISAGREES, UNSEEN), run)
