"""Stated digests in one form, however a registry writes them."""

import base64
import binascii

_NAMES = {"shasum": "sha1"}


def hashes(name: str, text: str) -> dict[str, frozenset[str]]:
    """For each hash kind that a digest text states: its values, hexadecimal and lower case.

    ``name`` is the member that the text stands in (``shasum``, ``integrity``, ``sha256`` ...); a
    Subresource Integrity text may state several kinds, and several values of one (W3C SRI, section
    3.3). Values that cannot be read are left out.
    """
    if name != "integrity":
        return {_NAMES.get(name, name): frozenset({text.strip().lower()})}
    found: dict[str, set[str]] = {}
    for entry in text.split():
        kind, _, value = entry.partition("-")
        try:
            raw = base64.b64decode(value.partition("?")[0], validate=True)
        except (binascii.Error, ValueError):
            continue
        found.setdefault(kind.lower(), set()).add(raw.hex())
    return {kind: frozenset(values) for kind, values in found.items()}
