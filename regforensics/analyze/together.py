"""Leads that meet: each alone is ordinary, several about one version are worth reading first."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from regforensics.model.claim import Claim

ENOUGH = 3


def lifted(claims: Sequence[Claim], leads: Iterable[str]) -> list[Claim]:
    """The claims, those of lead rules notable where at least ENOUGH such rules name a version."""
    rules = frozenset(leads)
    met: dict[str, set[str]] = {}
    for claim in claims:
        if claim.rule in rules and claim.subject.version is not None:
            met.setdefault(claim.subject.version, set()).add(claim.rule)
    return [replace(claim, notable=True) if not claim.notable and claim.rule in rules
            and len(met.get(claim.subject.version or "", ())) >= ENOUGH else claim
            for claim in claims]
