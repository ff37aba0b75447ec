"""CSV exports: of searches with their raw lines, and of audit logs by their columns.

``_raw`` (Splunk), ``@message`` (CloudWatch) and ``Message`` (Datadog) hold the line as it was
logged: it is read by its own format, and the citation is of the whole row. Times in other columns
are the collector's, in the zone of whoever exported: never the event's. Sources: Splunk
documentation "Export search results", GitHub docs, Microsoft Entra docs.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import msgspec

from regforensics.errors import UnreadableInput
from regforensics.logs import csvrows, entra, github_audit
from regforensics.logs.base import Context, LineFormat, Parsed, Piece, Skipped, Unparsed
from regforensics.logs.csvrows import CsvRow
from regforensics.logs.jsonrows import Row
from regforensics.logs.recognition import Recogniser
from regforensics.logs.splunk import IN_XML, NO_RAW
from regforensics.model.event import AccessEvent, AccountEvent

_RAW = ("_raw", "@message", "Message")
_AGGREGATES = re.compile(r"count|(?:count|dc|distinct_count|values|list|earliest|latest|min|max|sum"
                         r"|first|last|avg)\(.*\)")
_OF_LOGS = frozenset({"_time", "src_ip", "clientip", "client_ip", "c_ip", "user_agent", "useragent",
                      "http_user_agent", "requested_version", "host", "source", "sourcetype",
                      "uri_path", "uri", "_serial", "_sourcetype"})
_CAPS = frozenset({10_000, 50_000, 100_000})  # rows at which search exports are cut
_DAMAGED = "the row's inner quotes are not doubled: it was split where the header says"


class CsvExport:
    """One row an event, whatever lines the row covers."""

    name = "csv-export"
    title = "CSV export (Splunk, CloudWatch, Datadog, GitHub audit, Entra sign-ins)"
    met = True
    zoneless = False

    def __init__(self, formats: Iterable[LineFormat]) -> None:
        self._formats = tuple(formats)

    def recognises(self, head: bytes) -> bool:
        """By the names of the columns."""
        top = _top(head)
        return top is not None and self._reader(top.cells, Context()) is not None

    def read(self, body: bytes, context: Context) -> Iterator[Piece]:
        """Every row below the header, with its span."""
        top = _top(body)
        if top is None or (read := self._reader(top.cells, context)) is None:
            return
        yield Piece(top.start, top.end, Skipped("a header: the columns of the rows below"))
        count = 0
        for row in csvrows.rows(body, len(top.cells)):
            if row.start > top.start:
                count += 1
                yield self._piece(row, top, read)
        if count in _CAPS:
            yield Piece(top.start, top.end, Skipped(
                f"exactly {count} rows: the export may have been cut at its cap"))

    def _piece(self, row: CsvRow, top: CsvRow,
               read: Callable[[Row], tuple[Parsed, str | None]]) -> Piece:
        cells = csvrows.named(row, top.cells)
        if isinstance(cells, Unparsed):
            return Piece(row.start, row.end, cells)
        parsed, name = read(cells)
        if row.damaged and isinstance(parsed, AccessEvent | AccountEvent):
            parsed = replace(parsed, doubts=(*parsed.doubts, _DAMAGED))
        return Piece(row.start, row.end, parsed, name)

    def _reader(self, names: tuple[str, ...], context: Context
                ) -> Callable[[Row], tuple[Parsed, str | None]] | None:
        raw = next((name for name in _RAW if name in names), None)
        if raw is not None:
            lines = Recogniser(self._formats, context)
            return lambda row: _raw(lines, row.get(raw))
        if {"action", "actor"} <= set(names) and {"@timestamp", "created_at"} & set(names):
            return lambda row: (github_audit.event_of({"actor": None, **row}) or Unparsed(
                "a row without action or time"), "github-audit")
        if {"Date (UTC)", "IP address"} <= set(names):
            return lambda row: (entra.of_columns(row), "entra")
        return None


class SearchStatistics:
    """An export that holds no line of any log: recognised, so that it can be refused by name."""

    name = "search-statistics"
    title = "search export that ends in statistics (refused: it holds no raw lines)"
    met = True
    zoneless = False

    def recognises(self, head: bytes) -> bool:
        """Extracted fields or counts, and no raw line."""
        start = head.lstrip()[:1]
        if start == b"{":
            return b'"results"' in head and b'"init_offset"' in head and b'"_raw"' not in head
        if start == b"<":
            return b"<results" in head and b"<fieldOrder>" in head
        if start == b"[":
            held = _members(head)
            return len(held) > 1 and not held & set(_RAW) and bool(_OF_LOGS & held) \
                and any(_AGGREGATES.fullmatch(name) for name in held)
        top = _top(head)
        names = () if top is None else top.cells
        counts = any(_AGGREGATES.fullmatch(name) for name in names)
        return len(names) > 1 and not set(names) & set(_RAW) and (
            "_time" in names or (counts and bool(_OF_LOGS & set(names))))

    def read(self, body: bytes, context: Context) -> Iterator[Piece]:
        """Nothing: raises UnreadableInput."""
        xml = body.lstrip()[:1] == b"<" and b"k='_raw'" in body.replace(b'"', b"'")
        raise UnreadableInput(f"{context.name or 'the file'}: {IN_XML if xml else NO_RAW}",
                              offset=0, hint="ask for the export again, with the raw lines in it")


def _members(head: bytes) -> frozenset[str]:
    """The names in the first object of an array, as far as it is plain."""
    first = re.match(rb"\s*\[\s*\{[^{}]*\}", head)
    try:
        found = msgspec.json.decode(first[0].lstrip()[1:]) if first else {}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return frozenset()
    return frozenset(found) if isinstance(found, dict) else frozenset()


def _top(head: bytes) -> CsvRow | None:
    """The header row, where the file begins with something that could be one."""
    line = head.partition(b"\n")[0]
    if head[:1] in (b"{", b"[") or (b"," not in line and b"_raw" not in line):
        return None
    found = csvrows.header(head)
    return found if found and found.cells else None


def _raw(lines: Recogniser, cell: object) -> tuple[Parsed, str | None]:
    if not isinstance(cell, str):
        return Unparsed("the row holds no raw line"), None
    found = lines.read(cell.rstrip("\r\n"))
    return found.parsed, found.format
