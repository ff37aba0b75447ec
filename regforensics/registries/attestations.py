"""Attestations beside a registry's state: npm's attestations endpoint, PyPI's Integrity API.

Sources: npm/cli (verify-signatures), pypi/warehouse docs/user/api/integrity.md, PEP 740.
Everything in a bundle is read as facts that cite the member they were decoded from: the statement
(base64 of JSON), the certificate (base64 of DER), the log entry.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from regforensics.attest import certificate as x509
from regforensics.attest.envelope import member, statement_of, text
from regforensics.attest.keys import keys_in
from regforensics.attest.roots import installed
from regforensics.attest.statement import build, subjects
from regforensics.attest.transparency import log_time, stamped_time, whole
from regforensics.attest.verify import certificate_bytes, judge
from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.jsonraw import items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.model.attestation import (
    Attestation,
    Build,
    Subject,
    Unretrievable,
    Verdict,
)
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap, stopped
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.signing import RegistryKey
from regforensics.registries.attestation_queries import NPM, PYPI
from regforensics.registries.base import ABSENT, Part
from regforensics.registries.bundles import Bundle, npm_bundles, pypi_bundles

KINDS = (NPM, PYPI)
_MOST_READ = 64  # attestations of one document: npm states two, an index one or two a file


def read_keys(package: PackageRef, part: Part) -> Iterable[RegistryKey | Gap]:
    """The keys of a captured list."""
    if package.registry != "npm" or part.document is None:
        return ()
    return keys_in(part.document, part.observation.registry)


def recognises(document: Document) -> str | None:
    """npm's attestations each hold a bundle; an index groups them by publisher."""
    if "attestation_bundles" in document.top:
        return PYPI
    first = next(iter(items_of(document.top.get("attestations"))), None)
    return NPM if first is not None and "bundle" in members_of(first) else None


def package_of(document: Document, kind: str) -> PackageRef | None:
    """The package that the first statement names."""
    for found in (npm_bundles if kind == NPM else pypi_bundles)(document):
        for name, _ in subjects(statement_of(member(found.bundle, "dsseEnvelope", "payload"))):
            named = _named(kind, name)
            if named is not None:
                return named.at(None)
    return None


def _named(kind: str, subject: str) -> PackageRef | None:
    """The package and version that a subject's name is of: a purl, or a file name."""
    from packaging.utils import parse_sdist_filename, parse_wheel_filename

    try:
        if kind == NPM:
            return PackageRef.parse(subject) if subject.startswith("pkg:npm/") else None
        name, version, *_ = parse_wheel_filename(subject) if subject.endswith(".whl") \
            else parse_sdist_filename(subject)
        return PackageRef.parse(f"pypi:{name}@{version}")
    except (WrongUsage, ValueError):
        return None


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
    bundles = list(npm_bundles(part.document) if part.kind == NPM
                   else pypi_bundles(part.document))
    for found in bundles[:_MOST_READ]:
        yield _Reading(package, part, part.document, found).attestation()
    if len(bundles) > _MOST_READ:
        yield Gap(f"what the further attestations in {part.observation.label} say",
                  f"it holds {len(bundles)}; the first {_MOST_READ} are read", package)


class _Reading:
    """The reading of one attestation."""

    def __init__(self, package: PackageRef, part: Part, document: Document, found: Bundle) -> None:
        self.package, self.part, self.document, self.found = package, part, document, found
        self.statement = statement_of(member(found.bundle, "dsseEnvelope", "payload"))
        self.payload = document.at(found.payload)

    def attestation(self) -> Attestation:
        """All that it says; it is judged when that is asked for."""
        found, observation = self.found, self.part.observation
        listed = list(self._subjects())
        return Attestation(
            package=self._package(listed), file=self._file(listed),
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
        """What was asked about; where nobody said of which version, what the statement names."""
        asked = self.part.subject
        if asked is not None and asked.version is not None:
            return asked
        named = (_named(self.part.kind, subject.name.value) for subject in listed)
        return next((n for n in named if n is not None and n.at(None) == self.package),
                    self.package)

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
        if cert is None or x509.fault(cert) is not None:
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
    """The verdict with the trust root that is installed.

    Three libraries look into what a stranger wrote: one bundle that a library does not bear must
    not keep the others from being judged.
    """
    try:
        return judge(bundle, keys, installed())
    except Exception as error:  # whatever it is, the verdict says so
        return Verdict(judgement="unverified", reason=f"judging it {stopped(error)}")


def _file_asked(part: Part) -> str | None:
    """The file name in the address of the Integrity API."""
    *_, name, last = ("", *urlsplit(part.entry.url or "").path.split("/")) \
        if part.entry is not None else ("", "", "")
    return unquote(name) if last == "provenance" and name else None
