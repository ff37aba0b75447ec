"""DER as authorities write it: what a strict reader refuses, put as it wants it, in a copy."""

from collections.abc import Iterator, Sequence

_SEQUENCE, _CONTEXT_0 = 0x30, 0xA0
#: From a time-stamp reply (RFC 3161, 2.4.2) to the certificates of its SignedData (RFC 5652, 5.1),
#: step by step: a tag, and whether the last element that has it is meant, or the first. The reply
#: is a sequence of a status, also a sequence, and the token.
_WAY: Sequence[tuple[int, int]] = ((_SEQUENCE, 0), (_SEQUENCE, -1), (_CONTEXT_0, 0), (_SEQUENCE, 0),
                                   (_CONTEXT_0, 0))


def with_sorted_certificates(reply: bytes) -> bytes:
    """A time-stamp reply with its certificates in the order that DER gives a SET OF.

    Some authorities, openssl's among them, write them in the order of their configuration. No
    signature covers that order, or them. Bytes that are no such reply are given back as they are.
    """
    start, end = 0, len(reply)
    try:
        for tag, number in _WAY:
            fitting = [(inner, after) for at, inner, after in _elements(reply, start, end)
                       if reply[at] == tag]
            start, end = fitting[number]
        inside = sorted(reply[at:after] for at, _, after in _elements(reply, start, end))
    except (IndexError, ValueError):
        return reply
    return reply[:start] + b"".join(inside) + reply[end:]


def _elements(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(begin, begin of the contents, end) of each element. Raises ValueError or IndexError."""
    while start < end:
        length, inner = data[start + 1], start + 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[inner:inner + count])
            inner += count
        if not inner + length <= end:
            raise ValueError("an element reaches past its end")
        yield start, inner, inner + length
        start = inner + length
