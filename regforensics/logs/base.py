"""What every log format offers. Formats turn bytes into events and never do I/O.

A line format is given one line at a time and may keep state from line to line (CloudFront's
``#Fields``). A document format is given a whole file (an Okta export that is one JSON array).
Both say None for what is not theirs, so that a mixed file is read line by line by whoever knows
the line, with the format that knew the line before asked first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple, Protocol

from regforensics.model.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of a file besides its bytes: its name, the zone that the user stated."""

    name: str = ""
    zone: tzinfo | None = None


class Unparsed(NamedTuple):
    """A line that is of a format and cannot be read, and why."""

    reason: str


class Skipped(NamedTuple):
    """A line that carries no event by itself (a header, a comment), and what it is."""

    what: str


Parsed = Event | tuple[Event, ...] | Unparsed | Skipped
ReadLine = Callable[[str], Parsed | None]


class LineFormat(Protocol):
    """A format of one event a line.

    ``name`` is the word for ``--format`` and tables, ``title`` the product's own name for it,
    ``met`` says whether real lines were seen or only documentation. ``zoneless`` marks formats
    that print local times without a zone.
    """

    name: str
    title: str
    met: bool
    zoneless: bool

    def reader(self, context: Context) -> ReadLine:
        """A function of one line (decoded with surrogateescape, no line end) to what it is.

        None where the line is not of this format; never raises.
        """


class Piece(NamedTuple):
    """Events read from the bytes [start, end) of a document.

    ``format`` names the format of the record where the document is a container of records of any
    format; None where they are of the document's own.
    """

    start: int
    end: int
    parsed: Parsed
    format: str | None = None


class DocumentFormat(Protocol):
    """A format of one document a file; see LineFormat for the attributes."""

    name: str
    title: str
    met: bool
    zoneless: bool

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with ``head`` (64 KiB at most) is of this format."""

    def read(self, body: bytes, context: Context) -> Iterator[Piece]:
        """Everything in the document, in its order. Raises UnreadableInput with the offset."""


LogFormat = LineFormat | DocumentFormat
