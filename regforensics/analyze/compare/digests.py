"""When two stated digests of one file say that its bytes differ."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from regforensics.model.citation import Fact

STRONG = frozenset({"sha256", "sha384", "sha512", "blake2b_256"})
_NAMES = {"shasum": "sha1"}
_HEX = re.compile(r"[0-9a-fA-F]+")
_LENGTHS = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64,
            "blake2b_256": 32}  # bytes


class Compared(NamedTuple):
    """A digest that two states of a file both give: the members it stands in, its kind, whether
    they agree."""

    one: str
    other: str
    kind: str
    agrees: bool


def differs(algorithm: str, one: str, other: str) -> bool:
    """True where two digests of the same kind contradict each other."""
    return not all(agreement(algorithm, one, other).values())


def agreement(algorithm: str, one: str, other: str) -> dict[str, bool]:
    """For each hash kind that both texts state: whether they agree on it.

    A Subresource Integrity text may state several hashes: two such texts contradict each other
    only where they state the same hash kind with no value in common (W3C SRI, section 3.3).
    Hexadecimal digests are compared without regard to case.
    """
    mine, theirs = _by_kind(algorithm, one), _by_kind(algorithm, other)
    return {kind: bool(mine[kind] & theirs[kind]) for kind in mine if kind in theirs}


def compared(one: Mapping[str, Fact[str]], other: Mapping[str, Fact[str]]) -> Iterator[Compared]:
    """Every digest that both state, however each writes it (base64, hexadecimal). One that they
    call differently (``shasum``, and SHA-1 in ``integrity``) counts where no common name has it."""
    mine = {name: _by_kind(name, fact.value) for name, fact in one.items()}
    theirs = {name: _by_kind(name, fact.value) for name, fact in other.items()}
    alike = {kind for name in mine if name in theirs for kind in mine[name] if kind in theirs[name]}
    for name, kinds in mine.items():
        for second, others in theirs.items():
            for kind in kinds:
                if kind in others and (name == second or kind not in alike):
                    yield Compared(name, second, kind, bool(kinds[kind] & others[kind]))


def _by_kind(algorithm: str, text: str) -> dict[str, set[str]]:
    """The values by hash kind: hexadecimal where the text can be read as a digest, else itself."""
    if algorithm != "integrity":
        kind, value = _NAMES.get(algorithm, algorithm), text.strip()
        return {kind: {_plain(kind, value) or value.lower()}}
    found: dict[str, set[str]] = {}
    for entry in text.split():
        kind, _, value = entry.partition("-")
        value = value.partition("?")[0].rstrip("=")
        found.setdefault(kind.lower(), set()).add(_plain(kind.lower(), value) or value)
    return found


def _plain(kind: str, value: str) -> str | None:
    """The digest in lower-case hexadecimal, where the text is one of its kind's length."""
    length = _LENGTHS.get(kind)
    if _HEX.fullmatch(value) and len(value) == 2 * (length or 0):
        return value.lower()
    bare = value.rstrip("=")
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == length else None
