"""Registry signatures over the listed releases: what they vouch for, and where they fail."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from regforensics.analyze.custody.evidence import MANY
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import LISTING, Series, counted, dated, seen, series, unchanged
from regforensics.model.citation import Fact, derive, mapped
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.history import History, Scope
from regforensics.model.origin import Tell
from regforensics.model.signing import RegistryKey, ReleaseSignatures, SignatureCheck
from regforensics.model.snapshot import Release, Snapshot, unsigned

SUMMARY = Rule(
    "integrity.signatures", "integrity",
    "how many listed versions carry a registry signature that verifies, and with which keys",
    "of each key the signature and integrity of the first and the last version, and a captured"
    " key's own line",
    "none: a signature vouches for name, version and bytes, and for no other field")
SIGNED = Rule(
    "integrity.signature-valid", "integrity",
    "the registry's signature over a version in question verifies: the registry itself vouched for"
    " those bytes",
    "the version's signatures and integrity, and a captured key's own line",
    "old versions were signed years after their publish: a signature dates nothing")
INVALID = Rule(
    "integrity.signature-invalid", "integrity",
    "a registry signature does not verify over the name, version and integrity beside it, though"
    " its key is known",
    "the version's signatures and integrity, and a captured key's own line",
    "a document whose name or version was edited by hand, as test fixtures are")
EXPIRED = Rule(
    "integrity.signature-expired", "integrity",
    "a registry signature verifies, but with a key that had expired by the version's stated publish"
    " time (a lead only: no signature covers that time)",
    "the version's signatures, integrity and publish time, and a captured key's own line",
    "mirrors that fill in publish times of their own", lead=True)
MISSING = Rule(
    "integrity.signature-missing", "integrity",
    "a version carries no registry signature although every other listed version does (a lead"
    " only)",
    "the version, and the signatures of the first and the last version that has them",
    "mirrors that add versions of their own; versions whose signing the registry has yet to do",
    lead=True)
VERIFY = "verify with keys that this tool ships"
OTHER_KEY = Rule(
    "integrity.key-differs", "integrity",
    "a captured list states another key under the name of one that this tool ships",
    "the key's name and the key in the captured list",
    "a test registry that copied the name of a real key")


@dataclass(frozen=True, slots=True)
class Checked:
    """A version as one capture lists it, and its signatures; None where it carries none."""

    snapshot: Snapshot
    release: Release
    signed: ReleaseSignatures | None

    @property
    def facts(self) -> tuple[Fact[Any], ...]:
        """The lines that a verdict rests on."""
        if self.signed is None:
            return (self.release.anchor,)
        integrity = self.signed.integrity
        return (self.signed.stated, *([integrity] if integrity else []))


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each place by itself: every version's signatures once for each state that captures show."""
    keys = history.of(RegistryKey)
    yield from history.gaps_in(RegistryKey)
    yield from _other_keys(history, keys)
    for part in series(history):
        found = list(_checked(part, keys))
        newest = {item.release.version: item for item in found}
        listed = _last(part)
        now = [item for version, item in newest.items() if listed and version in listed.releases]
        yield from _summary(part, listed, now)
        yield from _missing(part, now)
        yield from _failing(part, found)
        yield from _in_question(part, scope, newest)
        yield from _unjudged(part, keys, now)


def verifying(history: History, part: Series, newest: Snapshot) -> Iterator[Tell]:
    """Whether the signatures in a capture verify: a test of where it came from.

    A mirror that passes on whole documents passes on their signatures, so that true ones say
    little; false ones say that somebody else than the registry wrote what they stand beside.
    """
    keys = history.of(RegistryKey)
    found = [s for v in newest.releases if (s := newest.signed(v, keys))] \
        if newest.signed is not unsigned else []
    wrong = [s for s in found if s.outcome == "invalid"]
    shipped = [s for s in found if (check := s.of("valid")) is not None and check.pinned]
    if wrong:
        yield Tell("signed", "mirror", "the registry signatures of"
                   f" {counted(len(wrong), 'version')} do not verify over what stands"
                   " beside them", 3, wrong[0].stated)
    elif found and len(shipped) == len(found):
        yield Tell("signed", "origin" if part.base else "neither", "the registry signatures of"
                   f" {counted(len(found), 'version')} {VERIFY}: names, versions and "
                   "bytes are the registry's, whoever passed them on",
                   1 if part.base else 0, derive(None, found[0].stated, found[-1].stated))


def _last(part: Series) -> Snapshot | None:
    shown = [s for s in part.snapshots if s.state in LISTING]
    return shown[-1] if shown else None


def _checked(part: Series, keys: Sequence[RegistryKey]) -> Iterator[Checked]:
    """Every listed version, again wherever a later capture lists it in other bytes."""
    last: Snapshot | None = None
    for snapshot in part.snapshots:
        if snapshot.signed is unsigned or snapshot.state not in LISTING \
                or (last is not None and unchanged(last, snapshot)):
            continue
        for version in snapshot.releases:
            if last is None or not last.releases.same(version, snapshot.releases):
                yield Checked(snapshot, snapshot.releases[version], snapshot.signed(version, keys))
        last = snapshot


def _summary(part: Series, listed: Snapshot | None, now: Sequence[Checked]) -> Iterator[Claim]:
    by_key: dict[str, list[tuple[Checked, SignatureCheck]]] = {}
    for item in now:
        check = item.signed.of("valid") if item.signed else None
        if check is not None:
            by_key.setdefault(check.keyid, []).append((item, check))
    if not by_key or listed is None:
        return
    count = len({item.release.version for items in by_key.values() for item, _ in items})
    words, lines = [], list[Fact[Any]]()
    for items in by_key.values():
        (first, check), (last, _) = items[0], items[-1]
        words.append(f"{len(items)} with {_named(check)} (first {said(first.release.version)},"
                     f" last {said(last.release.version)})")
        lines += [*first.facts, *last.facts, *_key_lines(check)]
    yield part.claim(
        SUMMARY, dated(listed),
        "{count} versions listed in the capture of {at} carry a registry signature over name,"
        " version and integrity that verifies: {keys}. It vouches for these bytes, and neither for"
        " the publish time nor for the publisher.", notable=False, at=seen(listed),
        count=derive(f"{count} of {len(listed.releases)}", *lines),
        keys=derive("; ".join(words), *lines))


def _failing(part: Series, found: Sequence[Checked]) -> Iterator[Claim]:
    """Signatures that fail, each once; of more than a dozen the first and the last together."""
    wrong = [(item, check) for item in found if item.signed for check in item.signed.checks
             if check.outcome in ("invalid", "malformed")
             and not (check.outcome == "malformed" and item.signed.of("valid"))]
    late = [(item, check) for item in found if item.signed and item.signed.outcome == "expired"
            if (check := item.signed.of("expired"))]
    yield from map(_one_invalid(part), wrong) if len(wrong) <= MANY else (_folded(part, wrong),)
    for item, check in late[:MANY]:
        published = item.signed.published if item.signed else None
        if published is not None:
            yield part.claim(
                EXPIRED, published.value,
                "The registry signature of {version} verifies with {key}, which expired at"
                " {expires}, but the stated publish time {published} is not before that: a lead"
                " only, for no signature covers the publish time.", on=item.release.version,
                version=derive(item.release.version, *item.facts), key=_fact(check, item),
                expires=derive(check.expires or "", *item.facts), published=published)


def _one_invalid(part: Series) -> Any:
    def claim(pair: tuple[Checked, SignatureCheck]) -> Claim:
        item, check = pair
        version = item.release.version
        facts: Facts = {"version": derive(version, *item.facts), "at": seen(item.snapshot)}
        if check.outcome == "malformed":
            return part.claim(
                INVALID, dated(item.snapshot),
                "The registry signature of {version} in the capture of {at} cannot be read as one.",
                on=version, **facts)
        beside = " Another signature of the version verifies." \
            if item.signed and item.signed.of("valid") else ""
        return part.claim(
            INVALID, dated(item.snapshot),
            "The registry signature of {version} in the capture of {at}, by {key}, does not verify"
            " over the name, version and integrity that stand beside it: one of these was altered,"
            " or the registry never signed them." + beside, on=version, key=_fact(check, item),
            **facts)
    return claim


def _folded(part: Series, wrong: Sequence[tuple[Checked, SignatureCheck]]) -> Claim:
    (first, _), (last, _) = wrong[0], wrong[-1]
    lines = (*first.facts, *last.facts)
    return part.claim(
        INVALID, dated(last.snapshot),
        "The registry signatures of {count} do not verify over the names, versions and integrities"
        " that stand beside them (the first is that of {first}, the last that of {last}): the"
        " document was altered, or the registry never signed it.",
        count=derive(counted(len({i.release.version for i, _ in wrong}), "version"), *lines),
        first=derive(first.release.version, *first.facts),
        last=derive(last.release.version, *last.facts))


def _in_question(part: Series, scope: Scope, newest: dict[str, Checked]) -> Iterator[Claim]:
    for version in sorted(scope.versions_of(part.package) & newest.keys()):
        item = newest[version]
        check = item.signed.of("valid") if item.signed else None
        if item.signed is None or item.signed.integrity is None or check is None:
            continue
        yield part.claim(
            SIGNED, dated(item.snapshot),
            "The registry signature of {version} verifies with {key} over the integrity"
            " {integrity}: the registry itself vouched for these bytes under this name and"
            " version. It covers neither the publish time nor the publisher.", on=version,
            version=derive(version, item.signed.stated), key=_fact(check, item),
            integrity=item.signed.integrity)


def _missing(part: Series, now: Sequence[Checked]) -> Iterator[Claim]:
    """One unsigned version among signed ones; several are how a mirror mixes what it has."""
    signed = [item for item in now if item.signed is not None]
    bare = [item for item in now if item.signed is None]
    known = [i for i in signed if i.signed and i.signed.outcome in ("valid", "expired")]
    if len(bare) != 1 or len(known) < 2 or len(known) != len(signed):
        return
    (item,), first, last = bare, known[0], known[-1]
    yield part.claim(
        MISSING, dated(item.snapshot),
        "Version {version} carries no registry signature in the capture of {at}, although the other"
        " {count} do, and theirs verify: a lead only.", on=item.release.version,
        version=derive(item.release.version, item.release.anchor), at=seen(item.snapshot),
        count=derive(counted(len(known), "version"), *first.facts, *last.facts))


def _unjudged(part: Series, keys: Sequence[RegistryKey], now: Sequence[Checked]) -> Iterator[Gap]:
    unknown = [item for item in now if item.signed and item.signed.outcome == "unknown"]
    if unknown:
        first, last = unknown[0], unknown[-1]
        yield Gap(
            f"whether the registry signatures of {counted(len(unknown), 'version')} verify",
            "they name keys that this tool neither ships nor has captured", part.package,
            "the registry's list of signing keys, captured with the package",
            derive(None, *first.facts, *last.facts).citations)
    published = [key for key in keys if part.base and key.registry.rstrip("/") == part.base]
    if now and published and not any(item.signed for item in now):
        yield Gap(
            "whether the registry vouched for the bytes of the listed versions",
            f"no version in the newest capture of {part.base} carries a registry signature, though"
            " keys for them were captured there; mirrors that rebuild documents drop them",
            part.package, "the registry's own full document", published[0].keyid.citations)


def _other_keys(history: History, keys: Iterable[RegistryKey]) -> Iterator[Claim]:
    told: set[tuple[str, str]] = set()
    for key in keys:
        if key.agrees is False and (key.keyid.value, key.key.value) not in told:
            told.add((key.keyid.value, key.key.value))
            yield OTHER_KEY.claim(
                history.package, None,
                "A captured list of signing keys states under the name {keyid} another key than the"
                " one of that name that this tool ships; the captured one is not used.",
                keyid=key.keyid, also=(key.key,))


def _named(check: SignatureCheck) -> str:
    if check.pinned:
        return f"the shipped key {check.keyid}"
    place = check.key.registry if check.key else ""
    return f"the captured key {said(check.keyid)}" + (f" of {place}" if place else "")


def _key_lines(check: SignatureCheck) -> tuple[Fact[Any], ...]:
    return (check.key.keyid, check.key.key) if check.key else ()


def _fact(check: SignatureCheck, item: Checked) -> Fact[str]:
    return mapped(derive(None, *item.facts, *_key_lines(check)), lambda _: _named(check))


ANALYZER = Analyzer("signatures", (SUMMARY, SIGNED, INVALID, EXPIRED, MISSING, OTHER_KEY), run)
