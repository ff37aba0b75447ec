"""Where the Sigstore bundles stand in npm's attestations and in PyPI's provenance objects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regforensics.attest.envelope import IN_TOTO, member, text
from regforensics.endpoints import PUBLISHER_ISSUERS
from regforensics.evidence.jsonraw import Raw, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.model.attestation import Publisher
from regforensics.model.citation import Fact

_MOST_STAMPS = 40  # of one attestation; the verifying library takes 32
_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in one shape, and where its parts stand in the document."""

    at: str
    raw: Raw
    bundle: Any
    payload: str
    certificate: str
    entry: str
    stamp: str
    publisher: Publisher | None = None


def npm_bundles(document: Document) -> Iterator[Bundle]:
    """Those of the attestations endpoint."""
    for index, raw in enumerate(items_of(document.top.get("attestations"))):
        at = f"/attestations/{index}"
        bundle = member(decoded(raw), "bundle")
        material = f"{at}/bundle/verificationMaterial"
        chain = member(bundle, "verificationMaterial", "certificate") is None
        yield Bundle(at, raw, bundle, f"{at}/bundle/dsseEnvelope/payload",
                      f"{material}/x509CertificateChain/certificates/0/rawBytes" if chain
                      else f"{material}/certificate/rawBytes", f"{material}/tlogEntries/0",
                      f"{material}/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp")


def pypi_bundles(document: Document) -> Iterator[Bundle]:
    """Those of the Integrity API."""
    for group, outer in enumerate(items_of(document.top.get("attestation_bundles"))):
        place = f"/attestation_bundles/{group}"
        publisher = _publisher(document, place, members_of(outer))
        for index, raw in enumerate(items_of(members_of(outer).get("attestations"))):
            at = f"{place}/attestations/{index}"
            yield Bundle(at, raw, as_bundle(decoded(raw)), f"{at}/envelope/statement",
                          f"{at}/verification_material/certificate",
                          f"{at}/verification_material/transparency_entries/0",
                          f"{at}/verification_material/timestamps/0", publisher)


def as_bundle(attestation: Any) -> Any:
    """A PEP 740 attestation as the Sigstore bundle that it was made from."""
    material = member(attestation, "verification_material")
    stated = member(material, "timestamps")
    stamps = stated if isinstance(stated, list) else []
    return {"mediaType": _MEDIA_TYPE,
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

    kind = named("kind")
    return Publisher(kind=kind, repository=named("repository"),
                     workflow=named("workflow", "workflow_filepath"), identity=named("email"),
                     issuer=PUBLISHER_ISSUERS.get(kind.value, "") if kind is not None else "",
                     stated=document.leaf(raw, at, "publisher"))
