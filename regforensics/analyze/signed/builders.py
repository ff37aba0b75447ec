"""Whether the sources that speak of one build agree: certificate, signed statement, publisher."""

from collections.abc import Callable, Iterator

from regforensics.analyze.rules import Rule
from regforensics.analyze.signed.attested import Judged, repository, words
from regforensics.model.attestation import Build, Publisher
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim

DISAGREES = Rule(
    "integrity.attestation-disagrees", "integrity",
    "sources that speak of one build name different services, repositories, workflows or commits:"
    " the certificate, the signed statement, the publisher that the index matched",
    "the members that both were read from",
    "a repository that was renamed between the sources; builds that check out another commit than"
    " the one that started them; a self-managed build service that the index takes publishers of")

Same = Callable[[str, str], bool]


def _repositories(one: str, other: str) -> bool:
    return repository(one) == repository(other)


def _workflows(stated: str, certified: str) -> bool:
    """``stated`` is the end of the path that the certificate's address has before its ref."""
    path = certified.partition("@")[0]
    return path == stated or path.endswith(f"/{stated.lstrip('/')}")


def _letters(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _pairs(publisher: Publisher, certified: Build
           ) -> Iterator[tuple[str, Fact[str], Fact[str] | None, bool]]:
    """(what, as the index states it, as the certificate does, whether they agree)."""
    for name, stated, theirs, same in (
            ("repository", publisher.repository, certified.repository, _repositories),
            ("workflow", publisher.workflow, certified.workflow, _workflows),
            ("identity", publisher.identity, certified.identity, _letters)):
        if stated is not None:
            yield name, stated, theirs, theirs is not None and same(stated.value, theirs.value)


def disagreements(item: Judged) -> Iterator[Claim]:
    """Each thing that two sources state differently."""
    attestation = item.attestation
    certified, declared, publisher = \
        attestation.certified, attestation.declared, attestation.publisher
    if publisher is not None:
        yield from _published(item, publisher)
    for name, mine, theirs, same in (
            ("repository", certified.repository, declared.repository, _repositories),
            ("commit", certified.commit, declared.commit, _letters)):
        if mine and theirs and not same(mine.value, theirs.value):
            yield item.claim(
                DISAGREES, None,
                "The signed statement about {what} names the {kind} {declared}, but the certificate"
                " that it is signed with names {certified}.",
                what=derive(item.what, attestation.anchor), kind=derive(name, attestation.anchor),
                declared=words(theirs), certified=words(mine))


def _published(item: Judged, publisher: Publisher) -> Iterator[Claim]:
    attestation, kind = item.attestation, publisher.kind
    issuer, what = attestation.certified.issuer, derive(item.what, attestation.anchor)
    if kind and issuer and publisher.issuer and issuer.value != publisher.issuer:
        yield item.claim(
            DISAGREES, None,
            "The index says that {what} was published by a publisher of the kind {stated}, but the"
            " certificate that its attestation is signed with was issued on the word of {issuer}.",
            what=what, stated=words(kind), issuer=words(issuer))
    for name, stated, theirs, agree in _pairs(publisher, attestation.certified):
        if theirs is not None and not agree:
            yield item.claim(
                DISAGREES, None,
                "The index says that {what} was published from the {kind} {stated}, but the"
                " certificate that its attestation is signed with names {certified}.",
                what=what, kind=derive(name, attestation.anchor), stated=words(stated),
                certified=words(theirs))


def unclear(item: Judged) -> str:
    """Why an index's publisher could not be held against the certificate; empty where it was, and
    for registries whose attestations come without one."""
    attestation, publisher = item.attestation, item.attestation.publisher
    if publisher is None:
        return "the index does not say which publisher it matched" \
            if attestation.package.registry == "pypi" else ""
    if not publisher.issuer:
        return "the index names no publisher of a kind that this tool knows"
    pairs = list(_pairs(publisher, attestation.certified))
    if not any(name in ("repository", "identity") for name, *_ in pairs):
        return "the index names neither the repository nor the account of the publisher"
    if attestation.certified.issuer is None or any(theirs is None for _, _, theirs, _ in pairs):
        return "the certificate does not say all that the index says of the publisher"
    return ""
