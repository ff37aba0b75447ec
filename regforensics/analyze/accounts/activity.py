"""What identity logs hold around each publish in question: sign-ins, factors, tokens, addresses.

An address that stands in an identity row and in an upload row joins the two. A different address
is no alibi: gateways, VPNs and build services stand between people and registries.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network

from regforensics.analyze.accounts import sessions, travel
from regforensics.analyze.custody.asks import ask
from regforensics.analyze.logs.logged import dates_of, in_question
from regforensics.analyze.logs.moments import resting
from regforensics.analyze.logs.moments import utc as told
from regforensics.analyze.logs.networks import inside
from regforensics.analyze.logs.requests import WRITES, changes, plain
from regforensics.analyze.logs.requests import listed as named
from regforensics.analyze.logs.spans import coverage, percent
from regforensics.analyze.releases.walk import published
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted, lists, series, span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.event import AccountEvent
from regforensics.model.events import Covered
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, Interval

AROUND = Rule(
    "account.around-publish", "account",
    "what an account did around the publish of a version in question, where its name is that of the"
    " version's publisher or of an owner",
    "the first, the last and some of its rows in the identity logs, and the publish time",
    "names that are equal by chance: the identity log's account need not be the registry's;"
    " everyday sign-ins")
CHANGED = Rule(
    "account.changed-near-publish", "account",
    "a factor, password, token, e-mail address, right or policy of such an account was changed near"
    " the publish", "the row, and the publish time",
    "a new telephone; tokens that are renewed by a schedule")
OTHERS = Rule(
    "account.others-around-publish", "account",
    "how many other accounts are in the identity logs around the publish",
    "the first and the last of their rows, and the publish time", "everyday work")
SAME = Rule(
    "account.same-address", "account",
    "one address stands in a row of an identity log and in a request that changed the package near"
    " its publish", "both rows",
    "offices, VPNs and gateways share one address among many; a different address is no alibi")
NOTHING = Rule(
    "account.no-activity", "account",
    "no row of the identity logs around a publish names the version's publisher or an owner, and"
    " how much of that time the logs cover",
    "the custody lines of the logs, their first and last rows, and the publish time",
    "a person whose account has another name there; registries sign their accounts in themselves,"
    " and an employer's identity log does not see that")

FEW = 12  # rows of one account that get claims of their own, or are cited
_LASTING = {"factor": "a factor", "password": "the password", "token": "a token",
            "email": "an e-mail address", "privilege": "a privilege", "publisher": "a publisher",
            "role": "a role", "policy": "a policy", "membership": "a membership"}


@dataclass(frozen=True, slots=True)
class Publish:
    """A publish in question, the names that belong to it, and the time around it."""

    version: str
    time: Fact[Instant]
    names: tuple[str, ...]
    within: timedelta
    by: str | None = None

    @property
    def window(self) -> Interval:
        """The time around it."""
        at = self.time.value.utc
        return Interval(Instant.at(at - self.within), Instant.at(at + self.within))


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Nothing without identity logs; else what they hold around each publish in question."""
    logs = [log for log in history.events.coverage() if log.accounts]
    if not logs or history.package.is_account:
        return
    wanted = in_question(history, scope)
    dates = dates_of(history)
    for version in wanted:
        if version not in dates.published:
            yield Gap(f"what accounts did around the publish of version {version}",
                      "no document in the evidence gives its publish time",
                      history.package.at(version), ask(history.package.registry, "publish"))
    for item in publishes(history, scope, wanted):
        at = item.time.value.utc
        rows = [r for r in history.events.accounts(at - item.within, at + item.within)
                if r.value.at is not None]
        mine = [r for r in rows if match(r.value.actor, item.names)]
        yield from _mine(history, item, mine)
        others = [r for r in rows if not match(r.value.actor, item.names)]
        if others:
            yield _others(history, item, others)
        if not mine:
            yield _nothing(history, item, logs)
        yield from _same(history, scope, item, rows)
        yield from travel.journeys(history.package.at(item.version), mine, history.events)
        yield from sessions.shared(history.package.at(item.version), rows, mine)


def match(actor: str | None, names: Sequence[str]) -> str | None:
    """The name that an actor has, as it is or before its ``@``; None where it has none of them."""
    if actor is None:
        return None
    forms = {actor.casefold(), actor.partition("@")[0].casefold()}
    return next((name for name in names if name.casefold() in forms), None)


def publishes(history: History, scope: Scope, wanted: Sequence[str]) -> Iterator[Publish]:
    """The publishes of the versions in question, with the names that belong to them."""
    done = set[str]()
    for part in series(history):
        owners = {str(name) for s in part.snapshots if lists(s) and s.owners for name in s.owners}
        for item in published(part) if not part.mirrored else ():
            version = plain(history.package, item.version)
            if version in wanted and version not in done:
                done.add(version)
                by = item.release.publisher.value if item.release and item.release.publisher \
                    else None
                names = dict.fromkeys([*([str(by)] if by else []), *sorted(owners)])
                yield Publish(item.version, item.time, tuple(names), scope.window,
                              str(by) if by else None)


def _mine(history: History, item: Publish, rows: Sequence[Fact[AccountEvent]]) -> Iterator[Claim]:
    actors: dict[str, list[Fact[AccountEvent]]] = {}
    for row in rows:
        actors.setdefault(row.value.actor or "", []).append(row)
    for actor, mine in actors.items():
        yield _around(history, item, actor, mine)
    lasting = [row for row in rows if row.value.what in _LASTING]
    for row in lasting[:FEW]:
        yield _changed(history, item, row)


def _around(history: History, item: Publish, actor: str, rows: Sequence[Fact[AccountEvent]]
            ) -> Claim:
    cited = (*rows[:FEW // 2], rows[-1])
    counts = Counter(f"{r.value.what} {'failed' if r.value.done == 'failure' else r.value.done}"
                     if r.value.done != "success" else r.value.what for r in rows)
    addresses = dict.fromkeys(r.value.remote_addr for r in rows if r.value.remote_addr)
    places = dict.fromkeys(said(r.value.place) for r in rows if r.value.place)
    whole = (*cited, item.time)
    facts: Facts = {
        "length": resting(span(item.within), (item.time,)), "published": item.time,
        "version": derive(item.version, item.time), "actor": resting(said(actor), cited),
        "name": resting(match(actor, item.names) or "", whole),
        "counts": resting(", ".join(f"{what} {n}" for what, n in counts.most_common()), cited),
        "addresses": resting(named(addresses) or "no address", cited),
        "places": resting(f" ({named(places, 4)})" if places else "", cited),
        "first": derive(told(rows[0].value.at), rows[0]),
        "last": derive(told(rows[-1].value.at), rows[-1])}
    return AROUND.claim(
        history.package.at(item.version), Interval(rows[0].value.at, rows[-1].value.at),
        "In the {length} before and after the publish of version {version} at {published}, the"
        " identity logs have of {actor}, which has the name of the registry account {name}:"
        " {counts}; from {first} to {last}, by {addresses}{places}.",
        notable=item.by is None or match(actor, [item.by]) is not None, **facts)


def _changed(history: History, item: Publish, row: Fact[AccountEvent]) -> Claim:
    event = row.value
    apart = (event.at.utc - item.time.value.utc) if event.at else timedelta()
    side = "before" if apart < timedelta() else "after"
    facts: Facts = {
        "at": derive(told(event.at), row), "actor": derive(said(event.actor or "nobody"), row),
        "what": derive(_LASTING[event.what], row), "type": derive(said(event.event_type), row),
        "done": derive(event.done, row), "from": derive(_from(event), row),
        "gap": derive(f"{span(apart)} {side} the publish", row, item.time),
        "version": derive(item.version, item.time), "published": item.time}
    return CHANGED.claim(
        history.package.at(item.version), event.at,
        "At {at}, {gap} of version {version} at {published}, a row about {what} of {actor} stands"
        " in the identity logs: {type}, {done}, from {from}.",
        notable=event.done != "failure", **facts)


def _from(event: AccountEvent) -> str:
    return ", ".join(filter(None, (event.remote_addr, event.place and said(event.place)))) \
        or "no address"


def _others(history: History, item: Publish, rows: Sequence[Fact[AccountEvent]]) -> Claim:
    cited = (rows[0], rows[-1])
    actors = {row.value.actor for row in rows}
    return OTHERS.claim(
        history.package.at(item.version), item.window,
        "In the same {length} before and after the publish of version {version} at {published}, the"
        " identity logs have {rows} of {actors} with other names than its publisher's and its"
        " owners'.", notable=False, length=resting(span(item.within), (item.time,)),
        version=derive(item.version, item.time), published=item.time,
        rows=resting(counted(len(rows), "row"), cited),
        actors=resting(counted(len(actors), "account"), cited))


def _nothing(history: History, item: Publish, logs: Sequence[Covered]) -> Finding:
    known = [log for log in logs if log.first and log.last]
    if not known:
        return Gap(f"what accounts did around the publish of version {item.version}",
                   "no identity log in the evidence holds a time", history.package.at(item.version),
                   ask(history.package.registry, "account"))
    at = item.time.value.utc
    share = coverage(known, at - item.within, at + item.within)
    facts: list[Fact[object]] = [log.source for log in known[:4]]
    facts += [f for log in known[:4] for f in (log.first, log.last) if f is not None]
    return NOTHING.claim(
        history.package.at(item.version), item.window,
        "No row of these identity logs ({logs}) in the {length} before and after the publish of"
        " version {version} at {published} names {names}; they cover {share} of that time. A person"
        " may have another name there.",
        logs=resting(", ".join(said(str(log.source.value)) for log in known[:4]), facts),
        length=resting(span(item.within), (item.time,)), version=derive(item.version, item.time),
        published=item.time, share=resting(percent(share), facts),
        names=resting(named(map(said, item.names)) or "a publisher, of whom no name is known",
                      (item.time, *facts)))


def _same(history: History, scope: Scope, item: Publish, rows: Iterable[Fact[AccountEvent]]
          ) -> Iterator[Claim]:
    """Addresses that stand in identity rows and in requests that changed the package; one of a
    known network is many people's."""
    known = tuple(map(ip_network, scope.known_networks))
    start, end = item.window.after, item.window.before
    writes = [fact for fact in history.events.of(history.package, actions=WRITES)
              if changes(fact.value) and fact.value.at and start and end
              and start.utc <= fact.value.at.utc <= end.utc and fact.value.remote_addr]
    for address in dict.fromkeys(fact.value.remote_addr for fact in writes):
        write = next(fact for fact in writes if fact.value.remote_addr == address)
        mine: dict[str | None, Fact[AccountEvent]] = {}
        for row in rows:
            if address in (row.value.remote_addr, *row.value.chain):
                mine.setdefault(row.value.actor, row)
        for actor, row in list(mine.items())[:FEW]:
            yield SAME.claim(
                history.package.at(item.version), write.value.at,
                "The address {address} stands in a row of {actor} ({type}, {done}) at {signed} and"
                " in a request that changed the package ({what}) at {written}, near the publish of"
                " version {version} at {published}.",
                notable=not inside(address or "", known),
                address=resting(said(address or ""), (row, write)),
                actor=derive(said(actor or "nobody"), row),
                type=derive(said(row.value.event_type), row), done=derive(row.value.done, row),
                signed=derive(told(row.value.at), row), what=derive(write.value.action, write),
                written=derive(told(write.value.at), write),
                version=derive(item.version, item.time), published=item.time)


ANALYZER = Analyzer("activity", (AROUND, CHANGED, OTHERS, SAME, NOTHING, travel.TRAVEL,
                                 sessions.SESSION), run)
