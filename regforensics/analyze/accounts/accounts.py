"""Who could publish, and who did: owners and publishers."""

from collections.abc import Iterator

from regforensics.analyze.custody.asks import ask
from regforensics.analyze.releases.walk import Published, newcomers, published
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import Series, changed_releases, counted, series, unchanged, window
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from regforensics.model.snapshot import Snapshot

OWNER_ADDED = Rule(
    "account.owner-added", "account", "an owner is there who was not in the capture before",
    "the owner's entry, its absence from the earlier list, both captures",
    "routine changes of a team")
OWNER_REMOVED = Rule(
    "account.owner-removed", "account", "an owner of the capture before is not there any more",
    "the owner's entry, its absence from the later list, both captures",
    "routine changes of a team")
ROLE = Rule(
    "account.role-changed", "account", "an owner's role changed between two captures",
    "both entries and both captures", "routine")
FIRST_PUBLISH = Rule(
    "account.first-publish", "account",
    "the first version published by an account that had published none before",
    "the publishers of the version and of the one before it, and both publish times",
    "new maintainers, and packages that move to trusted publishing", lead=True)
REWRITTEN = Rule(
    "account.publisher-rewritten", "account",
    "the publisher recorded for a version is another one in a later capture",
    "both publisher members and both captures",
    "the registry's operator does it for removed accounts; no bytes change with it")


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Account activity as far as the documents of each place show it."""
    unnamed, listed = 0, 0
    for part in series(history):
        old: Snapshot | None = None
        for new in part.listings:
            if old is not None and not unchanged(old, new):
                yield from _owners(part, old, new)
                yield from _rewritten(part, old, new)
            old = new
        versions = published(part)
        named = scope.versions_of(part.package)
        for item, before in newcomers(versions):
            yield _first(part, item, before, notable=item.version in named or not part.mirrored)
        shown = [p.release for p in versions if p.release]
        unnamed += sum(1 for release in shown if not release.publisher)
        listed += len(shown)
    if unnamed:
        yield Gap("which account uploaded each version",
                  "the registry's documents name no uploader of any listed version"
                  if unnamed == listed else
                  f"the registry's documents name no uploader of {unnamed} of {listed} listed"
                  " versions", history.package, ask(history.package.registry, "account"))


def _owners(part: Series, old: Snapshot, new: Snapshot) -> Iterator[Claim]:
    if old.owners is None or new.owners is None:
        return
    bounds = window(old, new)
    for name, fact in new.owners.items():
        if name not in old.owners:
            yield part.claim(
                OWNER_ADDED, bounds.when, "{owner} became an owner " + bounds.words
                + ": the later capture names them, the earlier one does not.",
                absences=(old.owners.absence(name),), owner=derive(name, fact), **bounds.facts)
        elif old.owners[name].value != fact.value:
            yield part.claim(
                ROLE, bounds.when,
                "The role of {owner} changed from {old} to {new} " + bounds.words + ".",
                owner=derive(name, fact), old=old.owners[name], new=fact, **bounds.facts)
    for name, fact in old.owners.items():
        if name not in new.owners:
            yield part.claim(
                OWNER_REMOVED, bounds.when, "{owner} ceased to be an owner " + bounds.words
                + ": the earlier capture names them, the later one does not.",
                absences=(new.owners.absence(name),), owner=derive(name, fact), **bounds.facts)


def _rewritten(part: Series, old: Snapshot, new: Snapshot) -> Iterator[Claim]:
    """One claim for all versions whose publisher changed from one name to the same other."""
    groups: dict[tuple[str, str], list[tuple[str, Fact[str], Fact[str]]]] = {}
    for one, other in changed_releases(old, new):
        if one.publisher and other.publisher and one.publisher.value != other.publisher.value:
            groups.setdefault((one.publisher.value, other.publisher.value), []).append(
                (other.version, one.publisher, other.publisher))
    for moved in groups.values():
        bounds = window(old, new)
        names = tuple(version for version, _, _ in moved)
        facts = [fact for _, one, other in moved for fact in (one, other)]
        yield part.claim(
            REWRITTEN, bounds.when,
            "The recorded publisher of {count} ({versions}) changed from {old}"
            " to {new} " + bounds.words + ": the registry's record was rewritten, which no"
            " publisher can do.", on=names[0] if len(names) == 1 else None,
            count=derive(counted(len(names), "published version"), facts[0], *facts[1:]),
            versions=derive(names, facts[0]), old=moved[0][1], new=moved[0][2], **bounds.facts)


def _first(part: Series, item: Published, before: Published, *, notable: bool) -> Claim:
    mine, theirs = _publisher(item), _publisher(before)
    return part.claim(
        FIRST_PUBLISH, item.time.value,
        "Version {version} ({published}) is the first that {publisher} published; the version"
        " before it that names a publisher, {previous} ({earlier}), was published by {other}.",
        on=item.version, notable=notable, version=derive(item.version, item.time),
        published=item.time, publisher=mine, previous=derive(before.version, before.time),
        earlier=before.time, other=theirs)


def _publisher(item: Published) -> Fact[str]:
    if item.release is None or item.release.publisher is None:
        raise ValueError(f"version {item.version} names no publisher")
    return item.release.publisher


ANALYZER = Analyzer("accounts", (OWNER_ADDED, OWNER_REMOVED, ROLE, FIRST_PUBLISH, REWRITTEN),
                    run)
