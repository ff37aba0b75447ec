"""Changes that logs show: publishes, removals, dist-tags and rights of a package, and what was done
to accounts near its publish. What was done and what was refused are told apart.

Most lines name no version, and none holds a body: a sentence says what the request can be.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network

from regforensics.analyze.accounts.publishers import Publish, about, match, publishes
from regforensics.analyze.logs.consumers import Rows
from regforensics.analyze.logs.logged import in_question
from regforensics.analyze.logs.moments import resting, timed, utc
from regforensics.analyze.logs.networks import inside
from regforensics.analyze.logs.requests import listed, plain
from regforensics.analyze.logs.settled import Left, once, unchallenged
from regforensics.analyze.logs.sources import Source, source_of, words_of
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted, span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.event import AccessEvent, AccountEvent
from regforensics.model.events import AUDIT, CHANGES
from regforensics.model.history import History, Scope
from regforensics.model.instant import Interval

_SHARED = "a request that was let in need not have changed anything; npm's PUT of the whole" \
          " document publishes, deprecates or changes owners, and no log holds the body"
WRITTEN = Rule(
    "publish.log-write", "publish",
    "a request that publishes, unpublishes or moves a dist-tag of the package, as a log shows it,"
    " and whether it was done or refused", "the request line", _SHARED)
RIGHTS = Rule(
    "account.log-rights", "account",
    "a request that changes who may publish the package, as a log shows it, and whether it was done"
    " or refused", "the request line", _SHARED)
NEAR = Rule(
    "account.log-requests", "account",
    "logins and requests about tokens, profiles, teams and organisations near a publish, as logs of"
    " requests show them, by client, what was done and what was refused apart",
    "the first and last request lines of each client, and the publish time",
    "everyday logins; one address may be a gateway; the log need not be that of the registry where"
    " the package was published")
NAMELESS = Rule(
    "publish.log-upload", "publish",
    "uploads near a publish whose lines name no package, as those of Python packages; a lead only",
    "the first and last request lines of each client, and the publish time",
    "uploads of other packages: the name stands in the body, which no log holds")
NAMED = Rule(
    "publish.account-log", "publish",
    "an account's log or history says that a version was published, removed or yanked",
    "the row", "a package of the same name in another registry")
HANDLED = Rule(
    "account.account-log", "account",
    "an account's log or history says something else about the package (roles, tokens, publishers)",
    "the row", "a package of the same name in another registry")

MOST, FEW = 30, 12  # requests that are told one by one; clients near a publish
_DONE = {"accepted": "accepted", "transferred": "accepted", "already had it": "accepted",
         "refused": "refused", "absent": "answered with not found", "failed": "failed",
         "pointed elsewhere": "redirected", "abandoned": "left by the client before the end",
         "partial": "accepted", "unknown": "logged without an outcome"}
_NOT_DONE = frozenset({"refused", "absent", "failed"})


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """What the logs show of the package itself, and around each publish in question."""
    if history.package.is_account or not history.events.coverage():
        return
    rows = list(unchallenged(once(history.events.of(history.package, actions=CHANGES), Left()),
                             Left()))
    mine = [row for row in rows if row.value.side != "server" or _perhaps(row.value)]
    wanted = in_question(history, scope)
    known = tuple(map(ip_network, scope.known_networks))
    near = list(publishes(history, scope, wanted))
    yield from _written(history, mine, near)
    for item in near:
        yield from _around(history, item, [
            row for row in mine if not inside(row.value.remote_addr or "", known)])
    yield from _named(history, wanted)


def _perhaps(event: AccessEvent) -> bool:
    """An audit row that is an upload or a cache fill, and does not state which."""
    return event.layer == AUDIT and event.action == "upload" and event.side == "server"


def _written(history: History, rows: Sequence[Fact[AccessEvent]], near: Sequence[Publish]
             ) -> Iterator[Finding]:
    """Each request, those near a publish in question and those that were done first."""
    moments = [item.time.value.utc for item in near]
    ranked = sorted(rows, key=lambda f: (not _close(f.value, moments, near),
                                         f.value.outcome in _NOT_DONE))
    told = set(map(id, ranked[:MOST]))
    for row in rows:
        if id(row) in told:
            yield _write(history, row)
    if len(rows) > MOST:
        yield Gap("who changed the package", f"the logs hold {len(rows) - MOST} more requests that"
                  " change it than are told of", history.package)


def _close(event: AccessEvent, moments: Sequence[datetime], near: Sequence[Publish]) -> bool:
    return event.at is not None and any(
        abs(event.at.utc - at) <= item.within for at, item in zip(moments, near, strict=True))


def _write(history: History, row: Fact[AccessEvent]) -> Claim:
    event = row.value
    facts: Facts = {"at": timed(row), "who": derive(_who(event), row),
                    "what": derive(_what(event), row), "done": derive(_done(event), row)}
    on = ""
    if event.version:
        on, facts["version"] = " of version {version}", derive(event.version, row)
    rule = WRITTEN if event.action in ("upload", "unpublish", "dist-tag") else RIGHTS
    return rule.claim(
        history.package.at(event.version), event.at,
        "The " + words_of(event) + " shows at {at} {what}" + on + " by {who}: {done}.",
        notable=event.outcome not in _NOT_DONE and not _perhaps(event), **facts)


def _who(event: AccessEvent) -> str:
    user = f"user {said(event.user)}" if event.user else ""
    agent = f"user agent {said(event.user_agent)}" if event.user_agent else ""
    return ", ".join(filter(None, (event.remote_addr, user, agent))) or "nobody that the line names"


def _done(event: AccessEvent) -> str:
    """What came of a change, in the words of its log."""
    kind = f" ({said(event.event_type)})" if event.event_type else ""
    if event.outcome == "unknown" and event.layer in (AUDIT, "registry"):
        return "recorded without an error" + kind
    status = f" (status {event.status_code})" if event.status_code is not None else kind
    return _DONE[event.outcome] + status


def _what(event: AccessEvent) -> str:
    """A change in words: no more than the line can tell."""
    if _perhaps(event):
        return "a file created in a repository whose type the row does not state (an upload" \
               " into a hosted one, a first fetch of a caching one)"
    removes = event.method == "DELETE"
    about = f" {said(event.target)}" if event.target else ""
    match event.action:
        case "upload" if event.event_type == "CopyPackageVersions":
            return "a copy from another repository"
        case "upload" if event.method == "PUT" and event.registry == "npm" and not event.filename:
            return "a PUT of the package's document (a publish, a deprecation or another change)"
        case "unpublish" if event.event_type == "UpdatePackageVersionsStatus":
            return "a change of the status"
        case "unpublish" if event.layer == AUDIT and event.doubts:
            return "a removal (which in a caching repository clears the cache alone)"
        case "access" if event.target == _DOCUMENT:
            return "a PUT of the package's document with its revision (the removal of a version," \
                   " or a change of owners)"
        case "access":
            return f"a {'removal' if removes else 'change'} of rights" + about
        case "dist-tag":
            return f"the {'removal' if removes else 'setting'} of a dist-tag" + about
        case "token" if event.package:
            return "an exchange of a build's identity for a token that may publish the package"
        case "token":
            return {"POST": "a new token", "DELETE": "the removal of a token"}.get(
                event.method or "", "a change of a token")
        case "login":
            return "a login" + (f" as {said(event.target)}" if event.target else "")
        case "profile":
            return "a change of an account's profile"
    return _PLAIN[event.action]


_DOCUMENT = "the package's document"
_PLAIN = {"upload": "an upload", "unpublish": "a removal"}


@dataclass(slots=True)
class _Group:
    """Requests of one client of one kind, with one result."""

    source: Source
    what: str
    done: str
    first: AccessEvent
    rows: Rows = field(default_factory=Rows)


def _around(history: History, item: Publish, joins: Sequence[Fact[AccessEvent]]
            ) -> Iterator[Finding]:
    """Logins, tokens and uploads without a name near a publish, by client; ``joins`` are changes of
    the package by whose address or user a client is joined to it."""
    start, end = item.window.after, item.window.before
    if start is None or end is None:
        return
    rows = unchallenged(once(history.events.unplaced(start.utc, end.utc), Left()), Left())
    groups: dict[tuple[object, ...], _Group] = {}
    for row in rows:
        event = row.value
        if event.side == "server" or (event.action == "upload"
                                      and event.registry not in (None, history.package.registry)):
            continue
        key = (source_of(event), _who(event), _what(event), event.outcome in _NOT_DONE)
        groups.setdefault(key, _Group(source_of(event), _what(event), _done(event), event)
                          ).rows.add(row)
    writers = [row for row in joins if _close(row.value, [item.time.value.utc], [item])]
    ranked = sorted(groups.values(), key=lambda g: (
        _joined(g, item, writers) is None, _apart(g, item)))
    for group in ranked[:FEW]:
        yield _near(history, item, group, _joined(group, item, writers))
    if len(ranked) > FEW:
        yield Gap(f"who else logged in or changed an account near the publish of {item.version}",
                  f"the logs hold the like of {counted(len(ranked) - FEW, 'more client')} than are"
                  " told of", history.package.at(item.version))


def _apart(group: _Group, item: Publish) -> float:
    at = group.rows.start
    return abs((at.utc - item.time.value.utc).total_seconds()) if at else 0.0


def _joined(group: _Group, item: Publish, writers: Iterable[Fact[AccessEvent]]) -> str | None:
    """What joins a client to the package: a name, or the address or user of a change of it."""
    event = group.first
    names = (*item.names, *item.actors)
    found = match(event.user, names) or match(event.target, names)
    if found is not None:
        return f"the account {said(found.name)} of its publisher or an owner has that name" + (
            "" if found.whole else " before the @ of a mail address: a possible match")
    for row in writers:
        if event.remote_addr and row.value.remote_addr == event.remote_addr:
            return "a request that changed the package came from the same address"
        if event.user and row.value.user == event.user:
            return "a request that changed the package has the same user"
    return None


def _near(history: History, item: Publish, group: _Group, joined: str | None) -> Claim:
    rows = group.rows
    cited = rows.facts
    apart = rows.start.utc - item.time.value.utc if rows.start else item.within
    side = "before" if apart.total_seconds() < 0 else "after"
    nameless = group.first.action == "upload"
    words = " whose line names no package" if nameless else ""
    facts: Facts = {
        "what": resting(group.what, cited), "who": resting(_who(group.first), cited),
        "count": resting("once" if rows.count == 1 else f"{rows.count} times", cited),
        "first": resting(utc(rows.start), cited), "done": resting(group.done, cited),
        "gap": resting(f"{span(apart)} {side}", (rows.first[0], item.time)),
        "version": derive(item.version, item.time), "published": item.time}
    template = "The " + group.source.words + " shows {what}" + words + " by {who}, {count}, first" \
        " at {first}, {gap} the publish of version {version} at {published}: {done}."
    if joined:
        template += " It is told because {joined}."
        facts["joined"] = resting(joined, (*cited, item.time))
    return (NAMELESS if nameless else NEAR).claim(
        history.package.at(item.version), Interval(rows.start, rows.end), template,
        notable=group.first.outcome not in _NOT_DONE and (nameless or joined is not None), **facts)


def _named(history: History, wanted: Sequence[str]) -> Iterator[Finding]:
    """What account logs and histories say of the package by its name."""
    rows = [row for row in history.events.of_accounts(history.package)
            if about(history, row.value)]
    for row in rows[:MOST]:
        yield _told(history, row, wanted)
    if len(rows) > MOST:
        yield Gap("what account logs say of the package", f"they hold {len(rows) - MOST} more rows"
                  " that name it than are told of", history.package)


def _told(history: History, row: Fact[AccountEvent], wanted: Sequence[str]) -> Claim:
    event = row.value
    rule = NAMED if event.what in ("publish", "unpublish", "yank") else HANDLED
    facts: Facts = {"at": derive(utc(event.at), row), "type": derive(said(event.event_type), row),
                    "actor": derive(said(event.actor or "nobody"), row),
                    "package": derive(event.package or "", row), "done": derive(event.done, row),
                    "where": derive(listed(filter(None, (event.remote_addr, said(event.place)
                                                         if event.place else None)))
                                    or "no address", row)}
    on = ""
    if event.version:
        on, facts["version"] = " version {version}", derive(event.version, row)
    about = plain(history.package, event.version) if event.version else None
    return rule.claim(
        history.package.at(event.version), event.at,
        "An account's log says at {at}: {type} of {package}" + on + " by {actor}, from {where};"
        " {done}.", notable=event.done != "failure" and (not wanted or about in wanted), **facts)


ANALYZER = Analyzer("changes", (WRITTEN, RIGHTS, NEAR, NAMELESS, NAMED, HANDLED), run)
