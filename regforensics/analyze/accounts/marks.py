"""Marks of the publisher that differ from those of the versions before: leads, one by one."""

import re
from collections.abc import Iterator, Sequence

from regforensics.analyze.releases.lineage import Step, told_once
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import Series
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.history import History, Scope
from regforensics.model.identity import Identity

EMAIL = Rule(
    "account.address-changed", "account",
    "the address of a publishing account is one that it had not published with before; a lead only",
    "the address in the version and in the one that the account published before it, both publish"
    " times",
    "people change their address: seen in lodash and debug, where nothing was taken over; routine"
    " unless the version is in question or other leads meet in it", lead=True)
CONFIG = Rule(
    "account.config-changed", "account",
    "a version came through a configuration of trusted publishing that no version before it came"
    " through; a lead only",
    "the configuration's id in the version and in the one before it, both publish times",
    "a configuration cannot be edited, only replaced: a renamed repository or workflow needs a new"
    " one; since September 2026 a package may have several", lead=True)
APPROVER = Rule(
    "account.approver-changed", "account",
    "a staged publish was approved by an account that had approved none before; a lead only",
    "the approver in the version and in the one before it that names one, both publish times",
    "new maintainers", lead=True)
CLIENT = Rule(
    "account.client-changed", "account",
    "the publishing client names an older major version both of npm and of Node than at the same"
    " account's version before it in the release line, or none while that one names both; a lead"
    " only",
    "the client's versions in both, both publishers and publish times",
    "self-declared and easily forged; another machine, yarn, pnpm and Lerna; an older npm or Node"
    " alone is everyday business (ten times in lodash) and not told; routine unless the version is"
    " in question or other leads meet in it", lead=True)
COMMIT = Rule(
    "account.commit-missing", "account",
    "a version states no commit while those before it in the release line do; a lead only",
    "the version, the absence of its gitHead, the gitHead of the versions before it",
    "whoever publishes outside a git work tree, or with another client, leaves none; routine unless"
    " the version is in question or other leads meet in it", lead=True)

_MAJOR = re.compile(r"v?(\d{1,4})\.")
_SIBLINGS = 3
_TOOLS = (("client", "npm"), ("runtime", "Node"))


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each mark against those that earlier versions carry, place by place."""
    named = scope.versions_of(history.package)
    return told_once(history, lambda part, found: _marks(part, found, named))


def _marks(part: Series, found: Sequence[Step], named: frozenset[str]) -> Iterator[Claim]:
    told = [(step, identity) for step in found if (identity := step.identity)]
    yield from _addresses(part, told, named)
    for rule, field, words in ((CONFIG, "config", _CONFIG), (APPROVER, "approver", _APPROVER)):
        yield from _newcomers(part, rule, field, words, told, named)
    known = {step.version: identity for step, identity in told}
    for step, identity in told:
        siblings = [(s, known[s.version]) for s in step.earlier(_SIBLINGS) if s.version in known]
        yield from _clients(part, step, identity, siblings, notable=step.version in named)
        yield from _commits(part, step, identity, siblings, notable=step.version in named)


Told = Sequence[tuple[Step, Identity]]
_CONFIG = ("Version {version} ({published}) was published through the trusted-publishing"
           " configuration {mine}, the first of those listed; the version before it that names one,"
           " {previous} ({earlier}), through {other}: a configuration was added or replaced.")
_APPROVER = ("Version {version} ({published}) is the first of those listed that {mine} approved;"
             " the version before it that names an approver, {previous} ({earlier}), was approved"
             " by {other}.")


def _addresses(part: Series, told: Told, named: frozenset[str]) -> Iterator[Claim]:
    last: dict[str, tuple[Step, Fact[str]]] = {}
    known: set[tuple[str, str]] = set()
    for step, identity in told:
        publisher, email = step.release.publisher, identity.email
        if publisher is None or email is None:
            continue
        before = last.get(publisher.value)
        if before is not None and (publisher.value, email.value) not in known:
            previous, other = before[0], _stated(step, *before)
            yield from () if other.value == email.value else (part.claim(
                EMAIL, step.time.value,
                "Version {version} ({published}) was published by {publisher} with the address"
                " {email}; the version that this account published before it, {previous}"
                " ({earlier}), with {other}. Who changed the account's address is not recorded.",
                on=step.version,
                notable=step.version in named, version=step.named, published=step.time,
                publisher=publisher, email=email, previous=previous.named, earlier=previous.time,
                other=other),)
        known.add((publisher.value, email.value))
        last[publisher.value] = step, email


def _stated(step: Step, previous: Step, email: Fact[str]) -> Fact[str]:
    """The address of an earlier version as the document says it that shows the later one: copies
    of a document may have been redacted or rewritten each in its own way."""
    beside = step.item.snapshot.releases.get(previous.version)
    identity = beside.identity() if beside else None
    return identity.email if identity and identity.email else email


def _newcomers(part: Series, rule: Rule, field: str, words: str, told: Told,
               named: frozenset[str]) -> Iterator[Claim]:
    """The first version with each value of a mark, but for the very first value."""
    known: set[str] = set()
    before: tuple[Step, Fact[str]] | None = None
    for step, identity in told:
        mine: Fact[str] | None = getattr(identity, field)
        if mine is None:
            continue
        if before is not None and mine.value not in known:
            previous, other = before
            yield part.claim(
                rule, step.time.value, words, on=step.version,
                notable=step.version in named or not part.mirrored, version=step.named,
                published=step.time, mine=mine, previous=previous.named, earlier=previous.time,
                other=other)
        known.add(mine.value)
        before = step, mine


def _clients(part: Series, step: Step, identity: Identity, siblings: Told, *,
             notable: bool) -> Iterator[Claim]:
    mine = step.release.publisher
    previous, before = next(((s, i) for s, i in siblings if mine and s.release.publisher
                             and s.release.publisher.value == mine.value), (None, None))
    if mine is None or previous is None or before is None or previous.release.publisher is None:
        return
    had, now = _tools(before), _tools(identity)
    lower = [what for what in had if what in now and _major(now[what]) < _major(had[what])]
    if len(had) < len(_TOOLS) or (now and len(lower) < len(_TOOLS)):
        return
    yield part.claim(
        CLIENT, step.time.value,
        "Version {version} ({published}) was published with {now}, the same account's version"
        " before it in its release line, {previous} ({earlier}), with {had}, as the publishing"
        " clients say themselves.", on=step.version, notable=notable,
        absences=() if now else (*identity.absent("client"), *identity.absent("runtime")),
        also=(mine, previous.release.publisher), version=step.named, published=step.time,
        previous=previous.named, earlier=previous.time, had=_named(had),
        now=_named(now) if now else derive("a client that names no version of itself",
                                           step.release.anchor))


def _tools(identity: Identity) -> dict[str, Fact[str]]:
    return {what: fact for field, what in _TOOLS if (fact := getattr(identity, field))}


def _named(tools: dict[str, Fact[str]]) -> Fact[str]:
    words = [f"{what} {said(fact.value)}" for what, fact in tools.items()]
    return derive(" and ".join(words), *tools.values())


def _major(tool: Fact[str]) -> int:
    match = _MAJOR.match(tool.value)
    return int(match[1]) if match else 0


def _commits(part: Series, step: Step, identity: Identity, siblings: Told, *,
             notable: bool) -> Iterator[Claim]:
    heads = [(s, i.commit) for s, i in siblings if i.commit]
    if identity.commit is not None or len(heads) < _SIBLINGS:
        return
    previous, head = heads[0]
    yield part.claim(
        COMMIT, step.time.value,
        "Version {version} ({published}) states no commit that it was made from; {siblings} before"
        " it in its release line state one, the last of them, {previous} ({earlier}), {head}.",
        on=step.version, notable=notable, absences=identity.absent("commit"),
        version=derive(step.version, step.time, step.release.anchor), published=step.time,
        siblings=derive(f"the {len(heads)} versions", *(fact for _, fact in heads)),
        previous=previous.named, earlier=previous.time, head=head)


ANALYZER = Analyzer("marks", (EMAIL, CONFIG, APPROVER, CLIENT, COMMIT), run)
