"""Trust lowered between neighbours of a release line: a lead, never a verdict."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache

from regforensics.analyze.releases.lineage import Step, told_once
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series
from regforensics.analyze.signed.attestations import vouched
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.identity import Identity

TRUST_DROPPED = Rule(
    "account.trust-dropped", "account",
    "a version was published with a weaker trust marker than its neighbour before it in the release"
    " line, and no captured provenance of it verifies; a lead only",
    "the trust marker of the version before it, the version itself, and both publish times",
    "a release by hand; staged publishing with npm 11.15 (20 to 29 May 2026) put the approving"
    " human in the publisher's place, which is told of a version in question only;"
    " provenance alone is no rank here: trusted publishing from CircleCI, from private repositories"
    " and from self-hosted runners has none; nightly versions are compared with nightly versions",
    lead=True)

#: In the order that npm clients rank them (pnpm's trustPolicy no-downgrade).
RANK = {"provenance": 1, "trusted publisher": 2, "approver": 3}
#: Between the npm release that lost the marker and the one that kept it as ``approver``.
_STAGED = (datetime(2026, 5, 20, tzinfo=UTC), datetime(2026, 5, 30, tzinfo=UTC))
_STAGING_CLIENT = "11.15."


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Neighbours in publish order, within one release line."""
    named = scope.versions_of(history.package)
    proven = cache(lambda: vouched(history))

    def tell(part: Series, found: Sequence[Step]) -> Iterator[Claim]:
        for step in found:
            before, mine = step.before, step.release.trust
            had = before.release.trust if before else None
            if before is not None and had is not None and _rank(mine) < _rank(had) \
                    and (mine is None or step.version not in proven()) \
                    and (step.version in named or _staging(step, step.identity) is None):
                yield _dropped(part, step, before, had, named=step.version in named)

    return told_once(history, tell)


def _dropped(part: Series, step: Step, before: Step, trust: Fact[str], *, named: bool) -> Claim:
    mine, identity = step.release.trust, step.identity
    template = ("Version {version} ({published}) carries {mine}; the version before it in its"
                " release line, {previous} ({earlier}), was published with {trust}.")
    absences: tuple[Absence, ...] = ()
    facts: Facts = {}
    staging = _staging(step, identity)
    if staging is not None:
        facts["client"] = staging
        template = template[:-1] + ("; in that week staged publishing with npm {client} recorded"
                                    " the human who approved and lost the trusted publisher.")
    if mine is None and identity is not None:
        absences = (*identity.absent("trusted"), *identity.absent("provenance"))
    return part.claim(
        TRUST_DROPPED, step.time.value, template, on=step.version, absences=absences,
        notable=named or (_rank(trust) > 1 and _rank(mine) < 1 and staging is None
                          and not part.mirrored),
        version=step.named, published=step.time,
        mine=mine or derive("no trust marker", step.release.anchor), previous=before.named,
        earlier=before.time, trust=trust, **facts)


def _rank(trust: Fact[str] | None) -> int:
    return RANK.get(trust.value, 0) if trust else 0


def _staging(step: Step, identity: Identity | None) -> Fact[str] | None:
    """The client, where the version was published in that week with the npm that staged so."""
    client = identity.client if identity else None
    start, end = _STAGED
    fits = client is not None and client.value.startswith(_STAGING_CLIENT) \
        and start <= step.time.value.utc < end
    return client if fits else None


ANALYZER = Analyzer("trust", (TRUST_DROPPED,), run)
