"""Documents of JSON records: arrays, exports around an array, objects one after the other.

One mechanism for every vendor: the container is taken apart into the byte spans of its records,
and each record is given to the line formats as if it stood on a line of its own. Okta, GitHub,
CloudTrail, Google, Azure, Splunk, Elastic and CloudWatch exports differ in the member that holds
the array. A record that is no JSON is Unparsed, and the records behind it are still read.
"""

from collections.abc import Iterable, Iterator

from regforensics.logs.base import Context, LineFormat, Piece, Skipped, Unparsed
from regforensics.logs.containers import BOM, spans
from regforensics.logs.recognition import Recogniser

_CAPS = frozenset({10_000, 50_000, 100_000})  # rows at which search exports are cut
_TRIED = 20  # records of a head that are looked at


class JsonRecords:
    """Every record of a document, by the format that knows it."""

    name = "json-records"
    title = "JSON array or export of records"
    met = True
    zoneless = False

    def __init__(self, formats: Iterable[LineFormat]) -> None:
        self._formats = tuple(formats)

    def recognises(self, head: bytes) -> bool:
        """Whether one of the first records is of a known format, and is no line by itself."""
        if head.removeprefix(BOM).lstrip()[:1] not in (b"{", b"["):
            return False
        lines = Recogniser(self._formats, Context())
        for number, (start, end, contained) in enumerate(spans(head)):
            inner = head[start:end]
            if end < 0 or number == _TRIED or not (contained or b"\n" in inner):
                return False
            found = lines.read(_text(inner))
            if found.format is not None and (contained or not isinstance(found.parsed, Unparsed)):
                return True
        return False

    def read(self, body: bytes, context: Context) -> Iterator[Piece]:
        """Every record with its span; where the document breaks off, that it does."""
        lines, count = Recogniser(self._formats, context), 0
        for start, end, _ in spans(body):
            if end < 0:
                yield Piece(start, len(body), Unparsed(f"no JSON from byte {start} on"))
                return
            count += 1
            found = lines.read(_text(body[start:end]))
            yield Piece(start, end, found.parsed, found.format)
        if count in _CAPS:
            yield Piece(0, 1, Skipped(f"exactly {count} records: the export may have been cut"))


def _text(record: bytes) -> str:
    return record.decode("utf-8", "surrogateescape")
