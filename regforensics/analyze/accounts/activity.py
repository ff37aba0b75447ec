"""What identity logs hold around each publish in question: sign-ins, factors, tokens, addresses.

An address that stands in an identity row and in an upload row joins the two. A different address
is no alibi: gateways, VPNs and build services stand between people and registries.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from regforensics.analyze.accounts import joins, sessions, travel
from regforensics.analyze.accounts.publishers import Publish, publishes
from regforensics.analyze.custody.asks import ask
from regforensics.analyze.logs.logged import dates_of, in_question
from regforensics.analyze.logs.moments import resting
from regforensics.analyze.logs.moments import utc as told
from regforensics.analyze.logs.requests import listed as named
from regforensics.analyze.logs.spans import coverage, percent
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted, span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.event import AccountEvent
from regforensics.model.events import Covered
from regforensics.model.history import History, Scope
from regforensics.model.instant import Interval

AROUND = Rule(
    "account.around-publish", "account",
    "what an account did around the publish of a version in question, where its name is that of the"
    " version's publisher, by the registry or by an account log, or of an owner; a name before the"
    " @ of a mail address is a possible match",
    "the first, the last and some of its rows in the identity logs, and the publish time",
    "names that are equal by chance: the identity log's account need not be the registry's;"
    " everyday sign-ins")
CHANGED = Rule(
    "account.changed-near-publish", "account",
    "a factor, password, token, e-mail address, right or policy of such an account was changed near"
    " the publish; of any account, as a lead, where nothing says who published",
    "the row, and the publish time",
    "a new telephone; tokens that are renewed by a schedule")
OTHERS = Rule(
    "account.others-around-publish", "account",
    "how many other accounts are in the identity logs around the publish",
    "the first and the last of their rows, and the publish time", "everyday work")
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
        mine = [r for r in rows if item.owns(r.value.actor)]
        others = [r for r in rows if not item.owns(r.value.actor)]
        yield from _mine(history, item, mine)
        if others:
            yield _others(history, item, others)
        if not item.known:
            yield from _changes(history, item, others)
        if not mine:
            yield _nothing(history, item, logs)
        yield from joins.same(history, scope, item, rows)
        yield from travel.journeys(history.package.at(item.version), mine if item.known else rows,
                                   history.events)
        yield from sessions.shared(history.package.at(item.version), rows, mine)


def _mine(history: History, item: Publish, rows: Sequence[Fact[AccountEvent]]
          ) -> Iterator[Finding]:
    actors: dict[str, list[Fact[AccountEvent]]] = {}
    for row in rows:
        actors.setdefault(row.value.actor or "", []).append(row)
    for actor, mine in actors.items():
        yield _around(history, item, actor, mine)
    yield from _changes(history, item, rows)


def _changes(history: History, item: Publish, rows: Sequence[Fact[AccountEvent]]
             ) -> Iterator[Finding]:
    lasting = [row for row in rows if row.value.what in _LASTING]
    for row in lasting[:FEW]:
        yield _changed(history, item, row)
    if len(lasting) > FEW:
        yield Gap(f"what else was changed of accounts near the publish of {item.version}",
                  f"the identity logs hold {counted(len(lasting) - FEW, 'more row')} of that kind"
                  " than are told of", history.package.at(item.version))


def _around(history: History, item: Publish, actor: str, rows: Sequence[Fact[AccountEvent]]
            ) -> Claim:
    cited = (*rows[:FEW // 2], rows[-1])
    counts = Counter(f"{r.value.what} {'failed' if r.value.done == 'failure' else r.value.done}"
                     if r.value.done != "success" else r.value.what for r in rows)
    addresses = dict.fromkeys(r.value.remote_addr for r in rows if r.value.remote_addr)
    places = dict.fromkeys(said(r.value.place) for r in rows if r.value.place)
    why, shown = item.why(actor)
    facts: Facts = {
        "length": resting(span(item.within), (item.time,)), "published": item.time,
        "version": derive(item.version, item.time), "actor": resting(said(actor), cited),
        "why": resting(why, (*cited, *shown, item.time)),
        "counts": resting(", ".join(f"{what} {n}" for what, n in counts.most_common()), cited),
        "addresses": resting(named(addresses) or "no address", cited),
        "first": derive(told(rows[0].value.at), rows[0]),
        "last": derive(told(rows[-1].value.at), rows[-1])}
    where = "{addresses}"
    if places:
        where, facts["places"] = "{addresses} ({places})", resting(named(places, 4), cited)
    return AROUND.claim(
        history.package.at(item.version), Interval(rows[0].value.at, rows[-1].value.at),
        "In the {length} before and after the publish of version {version} at {published}, the"
        " identity logs have of {actor}, {why}: {counts}; from {first} to {last}, by " + where
        + ".", notable=item.published_by(actor), **facts)


def _changed(history: History, item: Publish, row: Fact[AccountEvent]) -> Claim:
    event = row.value
    apart = (event.at.utc - item.time.value.utc) if event.at else timedelta()
    side = "before" if apart < timedelta() else "after"
    why, shown = item.why(event.actor or "")
    facts: Facts = {
        "why": resting(why, (row, *shown, item.time)),
        "at": derive(told(event.at), row), "actor": derive(said(event.actor or "nobody"), row),
        "what": derive(_LASTING[event.what], row), "type": derive(said(event.event_type), row),
        "done": derive(event.done, row), "from": derive(_from(event), row),
        "gap": derive(f"{span(apart)} {side} the publish", row, item.time),
        "version": derive(item.version, item.time), "published": item.time}
    return CHANGED.claim(
        history.package.at(item.version), event.at,
        "At {at}, {gap} of version {version} at {published}, a row about {what} of {actor}, {why},"
        " stands in the identity logs: {type}, {done}, from {from}."
        + _ANYBODY * (not item.known and not item.owns(event.actor)),
        notable=event.done != "failure", **facts)


_ANYBODY = " Neither the registry nor an account log in the evidence names who published it, so" \
           " any account may matter: a lead only."


def _from(event: AccountEvent) -> str:
    return ", ".join(filter(None, (event.remote_addr, event.place and said(event.place)))) \
        or "no address"


def _others(history: History, item: Publish, rows: Sequence[Fact[AccountEvent]]) -> Claim:
    cited = (rows[0], rows[-1])
    actors = {row.value.actor for row in rows}
    return OTHERS.claim(
        history.package.at(item.version), item.window,
        "In the same {length} before and after the publish of version {version} at {published}, the"
        " identity logs have {rows} of {actors} with other names than "
        + ("its publisher's and its owners'." if item.known else
           "those of its owners; neither the registry nor an account log in the evidence names who"
           " published it."), notable=False, length=resting(span(item.within), (item.time,)),
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


ANALYZER = Analyzer("activity", (AROUND, CHANGED, OTHERS, joins.SAME, NOTHING, travel.TRAVEL,
                                 sessions.SESSION), run)
