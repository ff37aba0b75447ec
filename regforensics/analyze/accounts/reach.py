"""What an account could publish: its blast radius, as far as its registry tells it from outside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from regforensics.analyze.custody.asks import ask
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted, lists, series
from regforensics.model.account import AccountAnswer, Reached
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from regforensics.model.instant import Interval
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot

CAN_PUBLISH = Rule(
    "account.can-publish", "account", "the packages that an account can publish",
    "where each of the packages named shows the account, and the custody line of the answer",
    "npm's search lags behind and leaves packages out; PyPI's list holds direct roles only")
REACHES = Rule(
    "account.reaches", "account",
    "an account that was asked about can publish the package, and the latest version that the"
    " answer shows",
    "the account's entry, the version with its date and publisher, and its absence from the"
    " package's own owners where it is not among them",
    "the search's index and the package's document are of different age")
GAINED = Rule(
    "account.packages-gained", "account",
    "packages that an account can publish and could not in the capture before",
    "the packages in the later answer, and the custody lines of both",
    "npm's search is ranked and lags behind: a package may have been left out before")
LOST = Rule(
    "account.packages-lost", "account",
    "packages that an account could publish and that the next answer leaves out",
    "the packages in the earlier answer, and the custody lines of both",
    "npm's search leaves out packages whose versions are all deprecated, and lags behind")

FEW = 20  # packages that a sentence names
_WORDS = {
    "npm-user": ("By the registry's search of {at}, the account {account} is a maintainer of"
                 " {count}: {packages}.",
                 "The search ranks by relevance, lags behind, and leaves out packages whose every"
                 " version is deprecated: there may be more."),
    "pypi-user": ("By the index's list of {at}, the account {account} has a direct role in"
                  " {count}: {packages}.",
                  "Roles that it has through organisations and teams are not in that list."),
}
_NOTHING = {
    "npm-user": "The registry's search of {at} named no package that the account {account}"
                " maintains",
    "pypi-user": "By the index's list of {at}, the account {account} has no direct role in any"
                 " project",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One account as one run found it: the pages of the answer, the packages by target.

    ``complete`` where no page is missing between the first and the end that the registry states.
    """

    pages: Sequence[AccountAnswer]
    packages: Mapping[str, Reached]
    complete: bool

    @property
    def line(self) -> Fact[object]:
        """The custody line of the first page."""
        line = self.pages[0].observation.line
        if line is None:
            raise ValueError(f"answer {self.pages[0].observation.label} has no custody line")
        return line

    @property
    def at(self) -> Fact[object]:
        """When it was asked, as a sentence says it."""
        return derive(self.pages[0].observation.at or "an unknown time", self.line)


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """For an account what it reaches, for a package which asked accounts reach it."""
    yield from history.gaps_in(AccountAnswer)
    runs = asked(history.of(AccountAnswer))
    if history.package.is_account:
        yield from _account(history.package, runs)
    else:
        yield from _reached(history, runs)


def asked(answers: Sequence[AccountAnswer]) -> list[Asked]:
    """The answers by account and run, in custody order."""
    groups: dict[tuple[PackageRef, str], list[AccountAnswer]] = {}
    for answer in answers:
        if answer.observation.line is not None:
            groups.setdefault((answer.account, answer.run), []).append(answer)
    return [Asked(pages, {row.package.target: row for page in pages for row in page.packages},
                  _complete(pages)) for pages in groups.values()]


def _complete(pages: Sequence[AccountAnswer]) -> bool:
    reached = 0
    for page in sorted(pages, key=lambda page: page.start):
        if page.start > reached:
            return False
        reached = max(reached, page.start + page.held)
    total = pages[-1].total
    return total is None or reached >= total.value


def _account(account: PackageRef, runs: Sequence[Asked]) -> Iterator[Finding]:
    if not runs:
        return
    yield _can_publish(account, runs[-1])
    for old, new in pairwise(runs):
        yield from _changed(account, old, new)
    total = runs[-1].pages[-1].total
    yield Gap("what else the account could publish",
              _WORDS[account.registry][1] if runs[-1].complete or total is None else
              f"{len(runs[-1].packages)} packages were read, and the registry says that it found"
              f" {total.value}", account, ask(account.registry, "account"))


def _can_publish(account: PackageRef, now: Asked) -> Claim:
    rows = list(now.packages.values())
    template, reservation = _WORDS[account.registry]
    at = now.pages[0].observation.at
    facts: Facts = {"at": now.at, "account": derive(account.name, now.line)}
    if not rows:
        return CAN_PUBLISH.claim(account, at, _NOTHING[account.registry] + ". " + reservation,
                                 **facts)
    return CAN_PUBLISH.claim(
        account, at, template + " " + reservation, **facts,
        count=derive(counted(len(rows), "package"), now.line), packages=_named(rows))


def _named(rows: Sequence[Reached]) -> Fact[tuple[str, ...]]:
    """The first packages by name, with the role where it is more than the login."""
    few = sorted(rows, key=lambda row: row.package)[:FEW]
    words = [row.name.value if row.package.registry == "npm" else
             f"{row.name.value} ({row.role.value})" for row in few]
    more = [f"{len(rows) - FEW} more"] if len(rows) > FEW else []
    return derive((*words, *more), few[0].name, *(f for row in few for f in (row.name, row.role)))


def _changed(account: PackageRef, old: Asked, new: Asked) -> Iterator[Claim]:
    when = Interval(old.pages[0].observation.at, new.pages[0].observation.at)
    come = [row for target, row in new.packages.items() if target not in old.packages]
    gone = [row for target, row in old.packages.items() if target not in new.packages]
    facts: Facts = {"after": old.at, "before": new.at, "account": derive(account.name, new.line)}
    if come and old.complete:
        yield GAINED.claim(
            account, when, "The answer of {before} names the account {account} in {packages}, that"
            " of {after} does not.", packages=_named(come),
            **facts)
    if gone and new.complete:
        yield LOST.claim(
            account, when, "The answer of {after} names the account {account} in {packages}, that"
            " of {before} does not any more.", packages=_named(gone), **facts)


def _reached(history: History, runs: Sequence[Asked]) -> Iterator[Claim]:
    newest = {found.pages[0].account: found for found in runs}
    for account, found in newest.items():
        row = found.packages.get(history.package.target)
        if row is None:
            continue
        facts: Facts = {"at": found.at, "account": derive(account.name, row.role, row.name)}
        template = "The account {account} can publish the package"
        if row.package.registry == "pypi":
            template += " as {role}"
            facts["role"] = row.role
        template += ", by the registry's answer of {at}"
        if row.version is not None and row.date is not None and row.publisher is not None:
            template += "; the latest version that it shows is {version}, published at {date} by" \
                        " {publisher}"
            facts |= {"version": row.version, "date": row.date, "publisher": row.publisher}
        owners = _owners(history)
        lacking = owners is not None and owners.owners is not None \
            and account.name not in owners.owners
        if lacking:
            template += ". The package's own document in the newest capture does not name it"
        yield REACHES.claim(
            history.package, found.pages[0].observation.at, template + ".", notable=lacking,
            absences=(owners.owners.absence(account.name),)
            if lacking and owners is not None and owners.owners is not None else (), **facts)


def _owners(history: History) -> Snapshot | None:
    """The newest capture of the leading place that states owners."""
    return next((s for part in series(history)[:1] for s in reversed(part.snapshots)
                 if lists(s) and s.owners is not None), None)


ANALYZER = Analyzer("reach", (CAN_PUBLISH, REACHES, GAINED, LOST), run)
