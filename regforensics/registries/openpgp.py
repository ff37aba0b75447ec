"""Which key an OpenPGP signature names (RFC 4880, RFC 9580). Nothing is verified here.

Only the first signature packet is read. Its key is a claim of whoever made the file.
"""

import base64
import binascii
import re
from collections.abc import Iterator

#: A header's name ends at its first colon and nothing is tried twice: whoever made the file chose
#: its lines, and what could be split in two ways would be, line after line.
_ARMOUR = re.compile(rb"(?m)^-----BEGIN PGP SIGNATURE-----[ \t]*+\r?\n"
                     rb"(?:[^\r\n:]++:[^\r\n]*+\r?\n)*+[ \t]*+\r?\n"
                     rb"([A-Za-z0-9+/=\r\n]{1,40000}?)\r?\n(?:=[A-Za-z0-9+/]{4}[ \t]*\r?\n)?"
                     rb"-----END PGP SIGNATURE-----")
_SIGNATURE, _ISSUER, _FINGERPRINT = 2, 16, 33
_WIDTHS = {4: 2, 5: 2, 6: 4}  # by version: bytes of the length of the subpackets


def block(data: bytes) -> tuple[int, int] | None:
    """[start, end) of the armoured signature in a file, or None where there is none."""
    found = _ARMOUR.search(data[:1 << 16])
    return found.span() if found else None


def key_of(data: bytes) -> str | None:
    """The fingerprint (else the key id) in capitals that the signature names, or None."""
    found = _ARMOUR.search(data[:1 << 16])
    if found is None:
        return None
    try:
        packet = _body(base64.b64decode(b"".join(found[1].split()), validate=True))
    except (binascii.Error, ValueError, IndexError):
        return None
    return _named(packet) if packet else None


def _body(data: bytes) -> bytes | None:
    """The body of the signature packet that the data begins with."""
    tag = data[0]
    if not tag & 0x80:
        return None
    if tag & 0x40:
        kind, length, start = tag & 0x3F, *_length(data, 1)
    else:
        kind, size = tag >> 2 & 0x0F, {0: 1, 1: 2, 2: 4}.get(tag & 3, 0)
        length, start = int.from_bytes(data[1:1 + size]), 1 + size
        if not size:
            return None
    return data[start:start + length] if kind == _SIGNATURE and start + length <= len(data) \
        else None


def _length(data: bytes, at: int) -> tuple[int, int]:
    """(length, offset behind it) of a new packet or a subpacket. Raises ValueError, IndexError."""
    first = data[at]
    if first < 192:
        return first, at + 1
    if first == 255:
        return int.from_bytes(data[at + 1:at + 5]), at + 5
    if first >= 224:
        raise ValueError("a length in parts")
    return (first - 192 << 8) + data[at + 1] + 192, at + 2


def _named(packet: bytes) -> str | None:
    version = packet[0] if packet else 0
    if version == 3:  # a fixed layout
        return packet[7:15].hex().upper() if len(packet) >= 15 else None
    if version not in _WIDTHS:
        return None
    width, start = _WIDTHS[version], 4
    for _ in ("hashed", "unhashed"):
        size = int.from_bytes(packet[start:start + width])
        area = packet[start + width:start + width + size]
        found = dict(_subpackets(area)) if len(area) == size else {}
        if len(found.get(_FINGERPRINT, b"")) > 8:
            return found[_FINGERPRINT][1:].hex().upper()
        if len(found.get(_ISSUER, b"")) == 8:
            return found[_ISSUER].hex().upper()
        start += width + size
    return None


def _subpackets(area: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(area):
        try:
            length, at = _length(area, at)
        except (ValueError, IndexError):
            return
        if not length or at + length > len(area):
            return
        yield area[at] & 0x7F, area[at + 1:at + length]
        at += length
