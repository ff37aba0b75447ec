"""Citation, Absence, Fact: a value together with the bytes it was read from.

Why a protocol: a registry document yields thousands of facts and a report quotes a few hundred
of them, so a fact read from a document keeps its byte view and makes its Citation when asked.
Only ``evidence/lines.py``, ``jsontree.py`` and ``xmltree.py`` may build a Citation (architecture
test).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Citation:
    """The bytes [start, end) of an exhibit, verbatim.

    ``sha256`` is the exhibit's digest (for ``custody.jsonl``, which grows, the digest of its
    bytes before ``end``). ``where`` is for people: a JSON pointer, a path of XML (see
    ``evidence/pointers.py``) or ``line N`` (1-based).
    """

    exhibit: str
    sha256: str
    start: int
    end: int
    where: str
    quote: bytes

    def __post_init__(self) -> None:
        if not self.quote or len(self.quote) != self.end - self.start or self.start < 0:
            raise ValueError(f"citation of {self.exhibit} {self.where}: quote and span disagree")


Citations = tuple[Citation, *tuple[Citation, ...]]


@dataclass(frozen=True, slots=True)
class Absence:
    """Looked for at ``pointer`` of an exhibit and not there. Stands only beside a Citation.

    In XML the pointer is a path. In JSON, where its last token is taken from an array, it is a
    name: no item of that array is that text, or has it as its ``filename``, ``name`` or ``user``.
    """

    exhibit: str
    sha256: str
    pointer: str


@runtime_checkable
class Fact(Protocol[T_co]):
    """A value and the citations it rests on (never none)."""

    @property
    def value(self) -> T_co:
        """What was read."""

    @property
    def citations(self) -> Citations:
        """Where it was read."""


@dataclass(frozen=True, slots=True)
class Derived(Generic[T]):
    """A value computed from other facts; it keeps the union of their citations."""

    value: T
    citations: Citations


def derive(value: U, first: Fact[Any], *more: Fact[Any]) -> Derived[U]:
    """``value``, resting on every citation of the facts given, in order, each once."""
    head, *tail = dict.fromkeys(c for fact in (first, *more) for c in fact.citations)
    return Derived(value, (head, *tail))


def mapped(fact: Fact[T], change: Callable[[T], U]) -> Derived[U]:
    """``change(fact.value)`` with the fact's own citations."""
    return Derived(change(fact.value), fact.citations)
