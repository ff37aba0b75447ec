"""The signing keys of registries: those that this tool ships, and those in captured lists.

Shapes: the keys endpoint (npm/documentation, about-registry-signatures), package managers'
configuration (keys by registry name), and the Sigstore TUF target (keyId, publicKey.rawBytes).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from regforensics.evidence.jsonraw import Raw, children, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.evidence.pointers import escape
from regforensics.model.citation import Fact, mapped
from regforensics.model.claim import Gap
from regforensics.model.instant import Instant
from regforensics.model.signing import RegistryKey

_MOST_KEYS = 64  # of one list: registries publish a handful


@dataclass(frozen=True, slots=True)
class Pinned:
    """A key that this tool ships. ``expires`` is ISO 8601 UTC, None while it is in use."""

    keyid: str
    key: str
    expires: str | None = None


#: The npm registry's keys, for signatures over releases and for publish attestations.
PINNED = {pinned.keyid: pinned for pinned in (
    Pinned("SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA",
           "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp"
           "+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==",
           "2025-01-29T00:00:00.000Z"),
    Pinned("SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U",
           "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEY6Ya7W++7aUPzvMTrezH6Ycx3c+HOKYC"
           "cNGybJZSCJq/fd7Qa8uuAKtdIkUQtQiEKERhAmE5lMMJhP8OkDOa2g=="))}


def lists_keys(document: Document) -> bool:
    """True where a document is a list of signing keys, in any of the shapes."""
    first = next(_entries(document), None)
    return first is not None and ("keyid" in first[1] or "keyId" in first[1])


def keys_in(document: Document, registry: str) -> Iterator[RegistryKey | Gap]:
    """Every key of a list. An entry without a name or key, or with an odd expiry, is a Gap."""
    for number, (at, entry) in enumerate(_entries(document)):
        if number == _MOST_KEYS:
            yield Gap(f"which further keys {document.label} lists",
                      f"the list has more than {_MOST_KEYS} keys; the others are not read")
            return
        yield _key(document, at, entry, registry)


def _entries(document: Document) -> Iterator[tuple[str, Mapping[str, Raw]]]:
    """(pointer, members) of each key: in one list, or in lists by registry name."""
    keys = document.top.get("keys")
    if keys is None:
        return
    inside = children(keys)
    lists = [("/keys", inside)] if isinstance(inside, list) else [
        (f"/keys/{escape(name)}", items_of(raw)) for name, raw in inside.items()]
    for at, items in lists:
        for index, raw in enumerate(items):
            yield f"{at}/{index}", members_of(raw)


def _key(document: Document, at: str, entry: Mapping[str, Raw],
         registry: str) -> RegistryKey | Gap:
    public = members_of(entry.get("publicKey"))
    valid = members_of(public.get("validFor"))
    keyid = _text(document, at, entry, "keyid", "keyId")
    key = _text(document, at, entry, "key") \
        or _text(document, f"{at}/publicKey", public, "rawBytes")
    end = _text(document, at, entry, "expires") \
        or _text(document, f"{at}/publicKey/validFor", valid, "end")
    usage = _text(document, at, entry, "keyUsage")
    expires = _instant(end)
    if keyid is None or key is None or (end is not None and expires is None):
        return Gap(f"which key {document.label} lists at {at}",
                   "its name, its key or the time at which it expires cannot be read")
    pinned = PINNED.get(keyid.value)
    return RegistryKey(keyid=keyid, key=key, expires=expires,
                       agrees=pinned.key == key.value if pinned else None,
                       usage=usage.value if usage else "", registry=registry)


def _text(document: Document, at: str, inside: Mapping[str, Raw], *names: str) -> Fact[str] | None:
    for name in names:
        value = decoded(inside[name]) if name in inside else None
        if isinstance(value, str) and value:
            return document.leaf(inside[name], at, name)
    return None


def _instant(fact: Fact[str] | None) -> Fact[Instant] | None:
    if fact is None:
        return None
    try:
        moment = Instant.parse(fact.value)
    except ValueError:
        return None
    return mapped(fact, lambda _: moment)


def candidates(keyid: str, published: Iterable[RegistryKey],
               usage: str) -> tuple[Pinned | None, Sequence[RegistryKey]]:
    """(the shipped key of that name, captured keys of that name that may be used so).

    Where this tool ships a key, captured ones of its name are not used: whoever can alter an
    answer can alter the list of keys beside it.
    """
    pinned = PINNED.get(keyid)
    if pinned is not None:
        return pinned, ()
    return None, tuple(key for key in published
                       if key.keyid.value == keyid and key.usage in ("", usage))


def spki_of(key: Pinned | RegistryKey) -> str:
    """The base64 of the key's SubjectPublicKeyInfo."""
    return key.key if isinstance(key, Pinned) else key.key.value


def expiry(key: Pinned | RegistryKey) -> Instant | None:
    """When the key expires; None while it is in use."""
    if isinstance(key, Pinned):
        return Instant.parse(key.expires) if key.expires else None
    return key.expires.value if key.expires else None
