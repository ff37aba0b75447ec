"""Signatures of a registry over the releases that it lists, and the keys that it publishes."""

from dataclasses import dataclass
from typing import Any, Literal

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant

Outcome = Literal["valid", "expired", "invalid", "unknown", "malformed"]
OUTCOMES: tuple[Outcome, ...] = ("valid", "invalid", "expired", "unknown", "malformed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryKey:
    """One public key of a registry, as a captured list of keys states it.

    ``key`` is the base64 of the SubjectPublicKeyInfo, ``usage`` what it is for (``npm:signatures``,
    ``npm:attestations``; empty where the list does not say), ``registry`` the base URL that was
    asked, empty for a handed-over file. ``agrees`` says whether it is the key that this tool ships
    under that name; None where it ships none.
    """

    keyid: Fact[str]
    key: Fact[str]
    agrees: bool | None = None
    expires: Fact[Instant] | None = None
    usage: str = ""
    registry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCheck:
    """One signature, held against the key that it names.

    ``valid``: it verifies, and the release was published before the key expired, as far as its
    publish time can be believed, which no signature covers. ``expired``: it verifies, but the
    stated publish time is not before the key's expiry. ``unknown``: no key of that name can be had.
    ``pinned`` says that the key is one that this tool ships; else ``key`` is the captured one.
    """

    keyid: str
    outcome: Outcome
    pinned: bool = False
    key: RegistryKey | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSignatures:
    """The registry's signatures over one release: where they stand, over what, and what holds.

    ``published`` is the publish time that decides about expired keys; None where none is stated.
    """

    version: str
    stated: Fact[Any]
    integrity: Fact[str] | None
    published: Fact[Instant] | None
    checks: tuple[SignatureCheck, ...]

    @property
    def outcome(self) -> Outcome:
        """``valid`` where one signature is; else the gravest that was found."""
        found = {check.outcome for check in self.checks}
        return next((outcome for outcome in OUTCOMES if outcome in found), "malformed")

    def of(self, outcome: Outcome) -> SignatureCheck | None:
        """The first signature with that outcome."""
        return next((check for check in self.checks if check.outcome == outcome), None)
