"""What attestations are about, held against the bytes that the registry's documents list.

A subject fits where its name does and a strong digest was compared and is equal: a digest that is
missing, weak, cut short or oddly named says nothing of the bytes.
"""

from collections.abc import Iterator, Mapping

from regforensics.analyze.rules import Rule
from regforensics.analyze.signed.attested import Judged, Stated, words
from regforensics.model.attestation import Subject
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.digests import hashes

SUBJECT = Rule(
    "integrity.attestation-subject", "integrity",
    "an attestation is about other bytes, or another name or version, than the registry lists",
    "the attested statement, and the digest or version in the registry's document",
    "a private copy of a package under another name")
#: Strongest first: the digests that two different files cannot share, and their hex digits.
_STRONG = {"sha512": 128, "sha384": 96, "sha256": 64}
NOTHING_NAMED = "the statement names no subject that could be read"
NOTHING_COMPARED = ("the statement and the registry's document have no digest of the kinds SHA-256,"
                    " SHA-384 and SHA-512 in common")
Held = Mapping[str, tuple[frozenset[str], Fact[str]]]


def compared(item: Judged) -> Iterator[Claim | str]:
    """For each state of the file that no subject fits: a claim where one names something else, or
    the reason why that could not be seen. Nothing where all is well."""
    subjects = item.attestation.subjects
    for stated in item.stated:
        named = [s for s in subjects if _names(item, s)]
        if not subjects:
            yield NOTHING_NAMED
            return
        if not named:
            yield item.claim(
                SUBJECT, None,
                "An attestation that the registry holds for {what} is about {name}.",
                what=derive(item.what, stated.release.anchor), name=words(subjects[0].name))
            return
        yield from _bytes(item, _strong(stated), named)


def _bytes(item: Judged, held: Held, named: list[Subject]) -> Iterator[Claim | str]:
    results = [(s, [kind for kind in held if kind in s.digests.value]) for s in named]
    wrong = [(s, [k for k in kinds if held[k][0] != {s.digests.value[k]}]) for s, kinds in results]
    if any(kinds and not differing
           for (_, kinds), (_, differing) in zip(results, wrong, strict=True)):
        return
    found = next(((s, differing[0]) for s, differing in wrong if differing), None)
    if found is None:
        yield NOTHING_COMPARED
        return
    subject, kind = found
    values, fact = held[kind]
    yield item.claim(
        SUBJECT, None,
        "An attestation of {what} is about other bytes than the registry's document lists:"
        " it states the {algorithm} digest {attested}, the document states {listed}.",
        what=derive(item.what, fact), algorithm=derive(kind, fact),
        attested=words(derive(subject.digests.value[kind], subject.digests)),
        listed=derive(" and ".join(sorted(values)), fact))


def _names(item: Judged, subject: Subject) -> bool:
    package, name = item.attestation.package, subject.name.value
    if item.attestation.file is not None:
        return name == item.attestation.file
    plain = f"pkg:{package.registry}/{package.full_name.replace('@', '%40', 1)}@{package.version}"
    return name in (str(package), plain)


def _strong(stated: Stated) -> Held:
    """The strong digests that the document states, the strongest first, each with its line."""
    found: dict[str, tuple[frozenset[str], Fact[str]]] = {}
    for name, fact in stated.file.digests.items():
        for kind, values in hashes(name, fact.value).items():
            if kind in _STRONG and all(len(value) == _STRONG[kind] for value in values):
                found.setdefault(kind, (values, fact))
    return {kind: found[kind] for kind in _STRONG if kind in found}
