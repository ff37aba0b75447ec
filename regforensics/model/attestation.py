"""Attestations of a release: what a signed statement says, who signed it, and whether that holds.

Specifications: in-toto Statement, SLSA Provenance 0.2 and 1, the npm publish attestation, PEP 740,
and the extensions of Fulcio's certificates (sigstore/fulcio, docs/oid-info.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.signing import RegistryKey

Judgement = Literal["verified", "refused", "unverified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an attestation holds.

    ``refused``: something in it contradicts itself or its signature. ``unverified``: it could not
    be judged, ``reason`` says why. ``by`` names what a verified one was held against. ``logged``
    says whether its log time is covered by a signature that was checked.
    """

    judgement: Judgement
    reason: str = ""
    by: str = ""
    logged: bool = False
    key: RegistryKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Where something was built, as one source has it: the signed statement, or the certificate.

    ``repository`` is ``host/owner/name`` where the source says so much, ``workflow`` the file,
    ``run`` the address of the run.
    """

    repository: Fact[str] | None = None
    workflow: Fact[str] | None = None
    ref: Fact[str] | None = None
    commit: Fact[str] | None = None
    run: Fact[str] | None = None
    builder: Fact[str] | None = None
    issuer: Fact[str] | None = None
    identity: Fact[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a statement is about: a name, and a digest of the bytes by algorithm, in hex."""

    name: Fact[str]
    digests: Fact[dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """The trusted publisher that an index matched at the upload, as it states it (PEP 740).

    ``identity`` is the account of a publisher that is none of a repository. ``issuer`` is who
    vouches for the identities of publishers of that kind; empty where the kind is not known.
    """

    kind: Fact[str] | None = None
    repository: Fact[str] | None = None
    workflow: Fact[str] | None = None
    identity: Fact[str] | None = None
    issuer: str = ""
    stated: Fact[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attestation:
    """One attestation of one version, or of one of its files.

    ``declared`` is what the signed statement says of the build, ``certified`` what the certificate
    does, which the certificate authority had from the CI's own identity provider. ``logged`` is
    the transparency log's time: of a bundle that was not verified it proves nothing. ``line`` is
    the custody line of the answer, ``label`` its exhibit, ``registry`` the base URL that was asked.
    """

    package: PackageRef
    file: str | None
    label: str
    registry: str
    anchor: Fact[Any]
    line: Fact[Any] | None
    judge: Callable[[Sequence[RegistryKey]], Verdict]
    predicate: Fact[str] | None = None
    subjects: tuple[Subject, ...] = ()
    declared: Build = Build()
    certified: Build = Build()
    keyid: Fact[str] | None = None
    log_index: Fact[str] | None = None
    logged: Fact[Instant] | None = None
    publisher: Publisher | None = None

    @property
    def about_publish(self) -> bool:
        """True for npm's own statement that a version was published, which holds no build."""
        return self.predicate is not None and "/attestation/" in self.predicate.value \
            and "/specs/publish/" in self.predicate.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unretrievable:
    """Attestations that were asked for and that the registry says it does not have.

    ``line`` is the custody line of that answer, ``at`` when it came; ``registry`` the base URL
    that was asked.
    """

    package: PackageRef
    file: str | None
    registry: str
    line: Fact[Any]
    status: int
    at: Instant | None = None
