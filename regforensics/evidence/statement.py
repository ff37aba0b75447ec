"""Statement: what of an evidence directory was handed over, and what was left out.

It stands in ``hand-over.json`` beside the custody of the whole directory, which cannot be cut: a
custody line is proven by those after it. Whatever exhibit it names as left out is not missing.
"""

from collections.abc import Container, Mapping

import msgspec

from regforensics.evidence.forms import Stored

HAND_OVER = "hand-over.json"


class Covered(msgspec.Struct, frozen=True):
    """The custody that is handed over: its lines, its bytes, and the digest of its last line."""

    lines: int
    bytes: int
    head: str


class Statement(msgspec.Struct, frozen=True, tag_field="schema", tag="regforensics/hand-over/1"):
    """``targets`` are those asked for, none for the whole; ``left_out`` are labels."""

    case: str
    custody: Covered
    targets: tuple[str, ...]
    left_out: tuple[str, ...]
    tool: str


def statement_bytes(statement: Statement) -> bytes:
    """The content of hand-over.json."""
    return msgspec.json.format(msgspec.json.encode(statement), indent=2) + b"\n"


def statement_of(data: bytes) -> Statement | None:
    """Read hand-over.json; None where it is none in the one form that it has."""
    try:
        statement = msgspec.json.decode(data, type=Statement)
        return statement if statement_bytes(statement) == data else None
    except (ValueError, RecursionError):
        return None


def left_out_of(data: bytes, lines: int, head: str, labels: Container[str]
                ) -> tuple[str | None, frozenset[str]]:
    """(what is wrong with a statement, the labels that it leaves out) beside a custody of so many
    lines that ends in ``head`` and names ``labels``."""
    said = statement_of(data)
    if said is None:
        return "is no statement of what was handed over", frozenset()
    if (said.custody.lines, said.custody.head) != (lines, head):
        return (f"is about {said.custody.lines} custody lines with the head {said.custody.head},"
                " not about these"), frozenset()
    odd = [label for label in said.left_out if label not in labels]
    if odd:
        return f"leaves out {odd[0]}, which custody does not name", frozenset()
    return None, frozenset(said.left_out)


def at_hand(exhibits: Mapping[str, Stored]) -> None:
    """What custody says of exhibits in a hand-over: it holds the contents of each, however and
    wherever they were stored; a path in it is one of another machine, and never looked at."""
    for stored in exhibits.values():
        stored.places.clear()
        stored.later.clear()
        stored.form = stored.was = None
