"""Attestations beside a registry's state: npm's attestations endpoint, PyPI's Integrity API.

Sources: npm/cli (verify-signatures), pypi/warehouse docs/user/api/integrity.md, PEP 740.
Everything in a bundle is read as facts that cite the member they were decoded from: the statement
(base64 of JSON), the certificate (base64 of DER), the log entry.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from regforensics.attest import certificate as x509
from regforensics.attest.envelope import IN_TOTO, member, statement_of, text
from regforensics.attest.keys import keys_in
from regforensics.attest.roots import installed
from regforensics.attest.statement import build, subjects
from regforensics.attest.transparency import log_time, stamped_time, whole
from regforensics.attest.verify import certificate_bytes, judge
from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.jsonraw import Raw, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.model.attestation import (
    Attestation,
    Build,
    Publisher,
    Subject,
    Unretrievable,
    Verdict,
)
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.signing import RegistryKey
from regforensics.registries.attestation_queries import NPM, PYPI
from regforensics.registries.base import ABSENT, Part

KINDS = (NPM, PYPI)
_MOST_STAMPS = 40  # of one attestation; the verifying library takes 32
_MOST_READ = 64  # attestations of one document: npm states two, an index one or two a file
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def read_keys(package: PackageRef, part: Part) -> Iterable[RegistryKey | Gap]:
    """The keys of a captured list."""
    if package.registry != "npm" or part.document is None:
        return ()
    return keys_in(part.document, part.observation.registry)


def read_missing(_: PackageRef, part: Part) -> Iterator[Unretrievable]:
    """That the registry says it has none."""
    observation = part.observation
    if observation.status in ABSENT and part.subject is not None and observation.line is not None:
        yield Unretrievable(package=part.subject, file=_file_asked(part),
                            registry=observation.registry, line=observation.line,
                            status=observation.status or 0, at=observation.at)


def read_attestations(package: PackageRef, part: Part) -> Iterator[Attestation | Gap]:
    """Every attestation of an answer. Raises UnreadableInput where it has none at all."""
    if part.observation.status in ABSENT:
        return
    if part.document is None:
        raise UnreadableInput("the answer is no JSON")
    bundles = list(_npm_bundles(part.document) if part.kind == NPM
                   else _pypi_bundles(part.document))
    for found in bundles[:_MOST_READ]:
        yield _Reading(package, part, part.document, found).attestation()
    if len(bundles) > _MOST_READ:
        yield Gap(f"what the further attestations in {part.observation.label} say",
                  f"it holds {len(bundles)}; the first {_MOST_READ} are read", package)


@dataclass(frozen=True, slots=True)
class _Bundle:
    """A bundle in one shape, and where its parts stand in the document."""

    at: str
    raw: Raw
    bundle: Any
    payload: str
    certificate: str
    entry: str
    stamp: str
    publisher: Publisher | None = None


def _npm_bundles(document: Document) -> Iterator[_Bundle]:
    for index, raw in enumerate(items_of(document.top.get("attestations"))):
        at = f"/attestations/{index}"
        bundle = member(decoded(raw), "bundle")
        material = f"{at}/bundle/verificationMaterial"
        chain = member(bundle, "verificationMaterial", "certificate") is None
        yield _Bundle(at, raw, bundle, f"{at}/bundle/dsseEnvelope/payload",
                      f"{material}/x509CertificateChain/certificates/0/rawBytes" if chain
                      else f"{material}/certificate/rawBytes", f"{material}/tlogEntries/0",
                      f"{material}/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp")


def _pypi_bundles(document: Document) -> Iterator[_Bundle]:
    for group, outer in enumerate(items_of(document.top.get("attestation_bundles"))):
        place = f"/attestation_bundles/{group}"
        publisher = _publisher(document, place, members_of(outer))
        for index, raw in enumerate(items_of(members_of(outer).get("attestations"))):
            at = f"{place}/attestations/{index}"
            yield _Bundle(at, raw, as_bundle(decoded(raw)), f"{at}/envelope/statement",
                          f"{at}/verification_material/certificate",
                          f"{at}/verification_material/transparency_entries/0",
                          f"{at}/verification_material/timestamps/0", publisher)


def as_bundle(attestation: Any) -> Any:
    """A PEP 740 attestation as the Sigstore bundle that it was made from."""
    material = member(attestation, "verification_material")
    stated = member(material, "timestamps")
    stamps = stated if isinstance(stated, list) else []
    return {"mediaType": _BUNDLE,
            "verificationMaterial": {
                "certificate": {"rawBytes": member(material, "certificate")},
                "tlogEntries": member(material, "transparency_entries"),
                "timestampVerificationData": {"rfc3161Timestamps": [
                    {"signedTimestamp": stamp} for stamp in stamps[:_MOST_STAMPS]]}},
            "dsseEnvelope": {
                "payload": member(attestation, "envelope", "statement"), "payloadType": IN_TOTO,
                "signatures": [{"sig": member(attestation, "envelope", "signature")}]}}


def _publisher(document: Document, at: str, inside: Mapping[str, Raw]) -> Publisher | None:
    raw = inside.get("publisher")
    if raw is None:
        return None
    stated = members_of(raw)

    def named(*names: str) -> Fact[str] | None:
        for name in names:
            value = decoded(stated[name]) if name in stated else None
            if text(value) is not None:
                return document.leaf(stated[name], f"{at}/publisher", name)
        return None

    return Publisher(kind=named("kind"), repository=named("repository"),
                     workflow=named("workflow", "workflow_filepath"),
                     stated=document.leaf(raw, at, "publisher"))


class _Reading:
    """The reading of one attestation."""

    def __init__(self, package: PackageRef, part: Part, document: Document, found: _Bundle) -> None:
        self.package, self.part, self.document, self.found = package, part, document, found
        self.statement = statement_of(member(found.bundle, "dsseEnvelope", "payload"))
        self.payload = document.at(found.payload)

    def attestation(self) -> Attestation:
        """All that it says; it is judged when that is asked for."""
        found, observation = self.found, self.part.observation
        listed = list(self._subjects())
        return Attestation(
            package=self.part.subject or self._package(listed), file=self._file(listed),
            label=observation.label, registry=observation.registry, line=observation.line,
            anchor=self.payload or self.document.leaf(found.raw, found.at, None),
            judge=partial(judged, found.bundle),
            predicate=self._of(self.payload, text(self.statement, "predicateType")),
            subjects=tuple(listed), declared=self._declared(), certified=self._certified(),
            keyid=self._at("verificationMaterial", "publicKey", "hint"),
            log_index=self._log(lambda entry: str(index) if (index := whole(
                member(entry, "logIndex"))) is not None else None, "logIndex"),
            logged=self._logged(), publisher=found.publisher)

    def _package(self, listed: Sequence[Subject]) -> PackageRef:
        """The package that the statement names, where nobody said what was asked about."""
        for subject in listed:
            try:
                named = PackageRef.parse(subject.name.value)
            except WrongUsage:
                continue
            if named.at(None) == self.package:
                return named
        return self.package

    def _file(self, listed: Sequence[Subject]) -> str | None:
        if self.part.kind == NPM:
            return None
        return _file_asked(self.part) or (listed[0].name.value if listed else None)

    def _subjects(self) -> Iterator[Subject]:
        for name, digests in subjects(self.statement):
            if self.payload is not None:
                yield Subject(name=self._of(self.payload, name) or self.payload,
                              digests=self.document.leaf(self.payload.raw, self.payload.parent,
                                                         self.payload.key, digests))

    def _declared(self) -> Build:
        return Build(**{name: self._of(self.payload, value)
                        for name, value in build(self.statement).items()})

    def _certified(self) -> Build:
        der, place = certificate_bytes(self.found.bundle), self.document.at(self.found.certificate)
        cert = x509.certificate(der) if der is not None and place is not None else None
        if cert is None:
            return Build()
        read = x509.claims(cert).get
        stated = {
            "repository": x509.first(read, x509.REPOSITORY, x509.REPOSITORY_OLD),
            "workflow": x509.first(read, x509.CONFIG) or x509.workflow(cert),
            "ref": x509.first(read, x509.REF, x509.REF_OLD),
            "commit": x509.first(read, x509.COMMIT, x509.COMMIT_OLD),
            "run": read(x509.RUN), "builder": read(x509.SIGNER),
            "issuer": x509.first(read, x509.ISSUER, x509.ISSUER_OLD),
            "identity": x509.identity(cert)}
        return Build(**{name: self._of(place, value) for name, value in stated.items()})

    def _log(self, read: Callable[[Any], Any], name: str) -> Any:
        entry = member(self.found.bundle, "verificationMaterial", "tlogEntries", 0)
        value, place = read(entry), self.document.at(f"{self.found.entry}/{name}")
        return None if value is None else self._of(place, value)

    def _logged(self) -> Fact[Instant] | None:
        """The log's own time; of logs that state none, that of the timestamp beside the entry."""
        own: Fact[Instant] | None = self._log(lambda e: _instant(log_time(e)), "integratedTime")
        stamp = self.document.at(self.found.stamp)
        if own is not None or stamp is None:
            return own
        found: Fact[Instant] | None = self._of(stamp, _instant(stamped_time(stamp.value)))
        return found

    def _at(self, *path: str) -> Fact[str] | None:
        found: Fact[str] | None = self._of(
            self.document.at("/".join((self.found.at, "bundle", *path))),
            text(self.found.bundle, *path))
        return found

    def _of(self, place: Any, value: Any) -> Any:
        """``value`` as read from a member; None where either is missing."""
        if place is None or value is None:
            return None
        return self.document.leaf(place.raw, place.parent, place.key, value)


def _instant(moment: datetime | None) -> Instant | None:
    return None if moment is None else Instant(moment, moment.isoformat().replace("+00:00", "Z"))


def judged(bundle: Any, keys: Sequence[RegistryKey]) -> Verdict:
    """The verdict with the trust root that is installed."""
    return judge(bundle, keys, installed())


def _file_asked(part: Part) -> str | None:
    """The file name in the address of the Integrity API."""
    *_, name, last = ("", *urlsplit(part.entry.url or "").path.split("/")) \
        if part.entry is not None else ("", "", "")
    return unquote(name) if last == "provenance" and name else None
