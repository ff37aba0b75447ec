"""Where releases were built, as signed provenance says, and when that was logged."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from regforensics.analyze.rules import Facts, Finding, Rule
from regforensics.analyze.seen import counted, span
from regforensics.analyze.signed.attested import Judged, best, repository, words
from regforensics.model.attestation import Build
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.history import History, Scope

BUILT = Rule(
    "publish.provenance", "publish",
    "provenance names the workflow, repository, commit and run that a release was built by, and"
    " when a transparency log took that in; whether it verifies is said with it",
    "the certificate and the statement that this was read from, and the log entry",
    "it says where something was built, not that what was built is harmless")
SUMMARY = Rule(
    "publish.provenances", "publish",
    "how many attestations were captured, how many hold, and which repositories they name",
    "the statement of the first and the last attestation of each repository", "none")
MOVED = Rule(
    "publish.provenance-moved", "publish",
    "provenance of a release names another repository than that of the release before it (a lead"
    " only)",
    "the repository in both, and both publish times",
    "a project that moved or was renamed, or that releases from several repositories",
    lead=True)
LOGGED = Rule(
    "publish.log-time", "publish",
    "the log's time of an attestation and the stated publish time lie hours apart (a lead only)",
    "the log entry and the publish time",
    "staged publishing, in which a person approves the release later; mirrors that fill in publish"
    " times of their own; attestations that were added later", lead=True)

_HOURS = timedelta(hours=1)
_PHRASES = (("workflow", " the workflow {workflow}"), ("repository", " of repository {repository}"),
            ("commit", " at commit {commit}"), ("ref", " ({ref})"), ("run", ", run {run}"),
            ("identity", " the identity {identity}"), ("issuer", ", identity by {issuer}"))


def findings(history: History, scope: Scope, every: Sequence[Judged]) -> Iterator[Finding]:
    """Versions in question by themselves, the newest too; the others in one claim."""
    standing = [item for item in every if item.verdict.judgement != "refused"]
    builds = [item for item in standing if best(item.attestation) != Build()]
    wanted = scope.versions_of(history.package)
    newest = builds[-1].version if builds else None
    for item in builds:
        if item.version in wanted or item.version == newest:
            yield _built(item, notable=item.version in wanted)
    if every:
        yield _summary(history, every, builds)
    yield from _moved(builds)
    for item in standing:
        yield from _apart(item, named=item.version in wanted)


def _built(item: Judged, *, notable: bool) -> Claim:
    attestation, build = item.attestation, best(item.attestation)
    facts: Facts = {"what": derive(item.what, attestation.anchor)}
    template = "Provenance of {what} names"
    for name, phrase in _PHRASES:
        fact: Fact[str] | None = getattr(build, name)
        if fact is not None and not (name == "identity" and "workflow" in facts):
            facts[name] = words(fact)
            template += phrase
    if attestation.logged is not None:
        facts["logged"] = attestation.logged
        template += ", logged at {logged}" if item.verdict.logged else \
            ", logged, as it says itself, at {logged}"
        if attestation.log_index is not None:
            facts["entry"] = attestation.log_index
            template += " (entry {entry})"
    facts["verdict"] = derive(_verdict(item), attestation.anchor)
    when = attestation.logged.value if attestation.logged and item.verdict.logged else None
    return item.claim(BUILT, when, template + ". {verdict}.", notable=notable, **facts)


def _verdict(item: Judged) -> str:
    if item.verdict.judgement == "verified":
        return f"It verifies, by {item.verdict.by}"
    return f"It was not verified: {item.verdict.reason}"


def _summary(history: History, every: Sequence[Judged], builds: Sequence[Judged]) -> Claim:
    lines = [every[0].attestation.anchor, every[-1].attestation.anchor]
    counts = {word: sum(i.verdict.judgement == word for i in every)
              for word in ("verified", "refused", "unverified")}
    places: dict[str, list[Judged]] = {}
    for item in builds:
        fact = best(item.attestation).repository
        if fact is not None:
            places.setdefault(repository(fact.value), []).append(item)
    told = "; ".join(f"{said(name)} (first {group[0].what}, last {group[-1].what})"
                     for name, group in list(places.items())[:12])
    for group in list(places.values())[:12]:
        lines += [group[0].attestation.anchor, group[-1].attestation.anchor]
    facts: Facts = {
        "count": derive(counted(len(every), "attestation"), *lines),
        "versions": derive(counted(len({i.version for i in every}), "version"), *lines),
        "verified": derive(counts["verified"] or "none", *lines),
        "refused": derive(counts["refused"] or "none", *lines),
        "open": derive(counts["unverified"] or "none", *lines)}
    template = ("{count} of {versions} were captured: {verified} verified, {refused} refused,"
                " {open} could not be judged.")
    if told:
        facts["places"] = derive(told, *lines)
        template += " They name the repositories {places}." if len(places) > 1 \
            else " They name the repository {places}."
    return SUMMARY.claim(history.package, None, template, notable=False, **facts)


def _moved(builds: Sequence[Judged]) -> Iterator[Claim]:
    """Neighbours by publish time; of several attestations of a version the first counts."""
    found: dict[str, Judged] = {}
    for item in builds:
        if best(item.attestation).repository is not None and item.published is not None:
            found.setdefault(item.version, item)
    for old, new in pairwise(found.values()):
        before, after = best(old.attestation).repository, best(new.attestation).repository
        if before and after and old.published and new.published \
                and repository(before.value) != repository(after.value):
            yield new.claim(
                MOVED, new.published.value,
                "Provenance of {what}, published at {at}, names the repository {after}, that of"
                " {earlier} before it, published at {then}, {before}: a lead only.",
                what=derive(new.what, new.attestation.anchor), at=new.published,
                after=words(after), earlier=derive(old.what, old.attestation.anchor),
                then=old.published, before=words(before))


def _apart(item: Judged, *, named: bool) -> Iterator[Claim]:
    """Only where the log's time is covered by a signature that was checked."""
    logged, published = item.attestation.logged, item.published
    if logged is None or published is None or not item.verdict.logged \
            or (item.part is not None and item.part.mirrored):
        return
    distance = published.value.utc - logged.value.utc
    if abs(distance) >= _HOURS:
        yield item.claim(
            LOGGED, published.value,
            "An attestation of {what} was logged at {logged}, {length} {order} the stated publish"
            " time {published}: a lead only.", notable=named,
            what=derive(item.what, item.attestation.anchor),
            logged=logged, length=derive(span(distance), logged, published),
            order=derive("before" if distance > timedelta() else "after", logged, published),
            published=published)


RULES = (BUILT, SUMMARY, MOVED, LOGGED)
