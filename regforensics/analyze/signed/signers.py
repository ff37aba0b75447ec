"""Which keys the signatures of versions name, and where a key appears that none named before.

For registries (Maven) at which a publisher is known by a signing key alone. A signature file says
itself which key made it; nobody verifies it here, so a key is a lead and no identity.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regforensics.analyze.releases.deliveries import asked
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import Series, counted, series
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.instant import Interval
from regforensics.model.snapshot import Release

SIGNERS = Rule(
    "publish.signers", "publish",
    "which keys the captured signatures of versions name, and how many versions each",
    "of each key the signature of the first and the last version",
    "none: a signature file states its key itself, and nobody verified it here")
SIGNER = Rule(
    "publish.signer-changed", "publish",
    "the signature of a version names a key that the captured signatures of the versions before it"
    " do not name: a lead only",
    "the signatures of the version and of the one before it, and both in the list of versions",
    "rotated keys, another member of the same project, signatures made by a build service; nobody"
    " verified the signatures here")
_FEW = 8


@dataclass(frozen=True, slots=True)
class _Signed:
    """A version and the key that its signature names."""

    release: Release
    key: Fact[str]


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """The keys of each place, and each key that is new there."""
    for part in series(history):
        signed = [_Signed(release, release.signer) for _, release in asked(part) if release.signer]
        if signed:
            yield _summary(part, signed)
        for place, one in enumerate(signed):
            if place and not any(_same(one.key.value, k.key.value) for k in signed[:place]):
                yield _newcomer(part, one, signed[:place])


def _summary(part: Series, signed: Sequence[_Signed]) -> Claim:
    groups: dict[str, list[_Signed]] = {}
    for one in signed:
        groups.setdefault(next((k for k in groups if _same(k, one.key.value)), one.key.value),
                          []).append(one)
    shown = [fact for group in groups.values() for fact in (group[0].key, group[-1].key)]
    words = tuple(f"{key} ({counted(len(group), 'version')})"
                  for key, group in list(groups.items())[:_FEW])
    more = f" and {len(groups) - _FEW} more" if len(groups) > _FEW else ""
    return part.claim(
        SIGNERS, None, "The captured signatures of {count} name " + ("these keys: " if len(groups)
        > 1 else "one key: ") + "{keys}" + more + ". Nobody verified them here.", notable=False,
        count=derive(counted(len(signed), "version"), *shown), keys=derive(words, *shown))


def _same(one: str, other: str) -> bool:
    """True for a key id and the fingerprint that it is the end of (version 4)."""
    return one.endswith(other) or other.endswith(one)


def _newcomer(part: Series, new: _Signed, before: Sequence[_Signed]) -> Claim:
    last, at = before[-1], new.release.delivered
    shown = before if len(before) <= _FEW else (before[0], last)
    return part.claim(
        SIGNER, Interval(None, at.value) if at else None,
        "The signature of version {version} names the key {signer}, which the captured signatures"
        " of the {count} before it do not name (that of {before} names {old}): a lead only. Keys"
        " rotate, and a project may have several signers; nobody verified the signatures here.",
        on=new.release.version, signer=new.key, old=last.key,
        version=derive(new.release.version, new.release.anchor),
        before=derive(last.release.version, last.release.anchor),
        count=derive(counted(len(before), "version"), *(one.key for one in shown)))


ANALYZER = Analyzer("signers", (SIGNERS, SIGNER), run)
