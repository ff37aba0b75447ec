"""The table of events: Parquet below ``derived/``, asked with DuckDB. The one home of both.

The columns of requests bear the names of the registry audit-event schema; beside them stand the
line's number and bytes in the exhibit. ``event`` is the whole event as JSON, ``quote`` the line
where the exhibit is compressed. A table is a cache (``kept``); what it says is cited from the
exhibit's bytes.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from regforensics.errors import EvidenceUnwritable
from regforensics.events.scan import Row, Tally
from regforensics.events.schema import CODED, READ, SCHEMA
from regforensics.model.event import AccessEvent, AccountEvent, Event

VERSION = "11"  # of the readers: a change of what lines mean makes tables anew
_PACKED = {"line": "DELTA_BINARY_PACKED", "start": "DELTA_BINARY_PACKED",
           "end": "DELTA_BINARY_PACKED", "timestamp": "DELTA_BINARY_PACKED"}
_REQUESTS = """
select filename_of_table, member, line, start, "end", format, account, event, quote from events
where not account and registry = $registry and package = $package
  and ($version::varchar is null or version = $version)
  and ($actions::varchar[] is null or list_contains($actions::varchar[], action))
order by timestamp nulls last, filename_of_table, line, start"""
_ACCOUNTS = """
select filename_of_table, member, line, start, "end", format, account, event, quote from events
where account
  and ($since::timestamp is null or timestamp >= $since::timestamp)
  and ($until::timestamp is null or timestamp <= $until::timestamp)
order by timestamp nulls last, filename_of_table, line, start"""
_NAMING = """
select filename_of_table, member, line, start, "end", format, account, event, quote from events
where account and list_contains($names::varchar[], package)
order by timestamp nulls last, filename_of_table, line, start"""
_UNPLACED = """
select filename_of_table, member, line, start, "end", format, account, event, quote from events
where not account and package is null and list_contains($actions::varchar[], action)
  and timestamp between $since::timestamp and $until::timestamp
order by timestamp, filename_of_table, line, start"""
_FIRST_SEEN = """
select filename_of_table, member, line, start, "end", format, account, event, quote from events
where not account and timestamp is not null
  and list_contains($addresses::varchar[], remote_addr)
qualify row_number() over (
    partition by remote_addr order by timestamp, filename_of_table, line) = 1
order by timestamp, filename_of_table, line"""
_ADDRESSES = """
select distinct remote_addr from events
where not account and remote_addr is not null and timestamp < $before::timestamp"""
_BROKEN = (duckdb.Error, pa.ArrowException, OSError)
_MOST = 1 << 31


Batch = list[Row] | Any  # rows one by one, or a table of SCHEMA


class Found(msgspec.Struct, frozen=True):
    """One row of an answer: the table's file, the place of the line, and the event."""

    file: str
    member: str | None
    line: int
    start: int
    end: int
    format: str
    account: bool
    event: bytes | None
    quote: bytes | None

    def value(self) -> Event | None:
        """The event; None where the line itself is to be read."""
        if self.event is None:
            return None
        if self.account:
            return msgspec.json.decode(self.event, type=AccountEvent)
        return msgspec.json.decode(self.event, type=AccessEvent)


def _plain(value: Any) -> Any:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise TypeError


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


def write(where: Any, blocks: Iterable[Batch]) -> None:
    """Make the table of a log's events: at a path, or in a file that is open for writing.

    Raises EvidenceUnwritable.
    """
    try:
        with pq.ParquetWriter(where, SCHEMA, compression="zstd", use_dictionary=CODED,
                              column_encoding=_PACKED, store_schema=False) as writer:
            for batch in _batches(blocks):
                writer.write_table(batch)
    except _BROKEN as error:
        raise EvidenceUnwritable(f"the table of a log cannot be written: {error}") from error


def _batches(blocks: Iterable[Batch]) -> Iterator[pa.Table]:
    for rows in blocks:
        if not isinstance(rows, list):
            yield rows
            continue
        columns: dict[str, list[Any]] = {
            name: [_text(getattr(row.event, name, None)) for row in rows] for name in READ}
        columns["timestamp"] = [row.event.at.utc.replace(tzinfo=None) if row.event.at else None
                                for row in rows]
        columns["account"] = [isinstance(row.event, AccountEvent) for row in rows]
        columns["format"] = [row.format for row in rows]
        columns["member"] = [_text(row.member) for row in rows]
        columns["line"] = [row.number for row in rows]
        columns["start"] = [row.start for row in rows]
        columns["end"] = [row.end for row in rows]
        columns["event"] = [encoded(row.event) for row in rows]
        columns["quote"] = [row.quote for row in rows]
        if rows:
            yield pa.table(columns, schema=SCHEMA)


def _text(value: Any) -> Any:
    """Without lone surrogates, which no column of text holds; the event keeps them escaped."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return None if isinstance(value, int) and abs(value) >= _MOST ** 2 else value


def encoded(event: Event) -> bytes:
    """The event as its column holds it."""
    try:
        return _ENCODER.encode(event)
    except (UnicodeEncodeError, ValueError, TypeError):
        return _ENCODER.encode(_cleaned(msgspec.to_builtins(event, enc_hook=_plain)))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(k) if isinstance(k, str) else str(k): _cleaned(v) for k, v in value.items()}
    return [_cleaned(v) for v in value] if isinstance(value, (list, tuple)) else value


def summary(tally: Tally) -> dict[str, Any]:
    """What a tally says, for the file beside the table."""
    span = tally.span
    return {"version": VERSION, "lines": tally.lines, "events": tally.events,
            "unparsed": tally.unparsed, "forwarded": tally.forwarded,
            "formats": dict(tally.formats.most_common()),
            "layers": sorted(tally.layers), "kinds": sorted(tally.kinds), "stopped": tally.stopped,
            "problems": [[p.place, p.reason] for p in tally.problems],
            "first": span[0].isoformat() if span else None,
            "last": span[1].isoformat() if span else None,
            "silences": [[s.after.isoformat(), s.before.isoformat()] for s in tally.silences()]}


class Tables:
    """Several tables, asked as one."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._connection: Any = duckdb.connect(":memory:", config={"threads": 2})
        names = [str(f) for f in files]
        self._any = bool(names)
        if names:
            self._connection.from_query("from read_parquet($files, filename ="
                                        " 'filename_of_table', union_by_name = true)",
                                        params={"files": names}).create_view("events")

    def requests(self, registry: str, package: str, version: str | None,
                 actions: Iterable[str] | None) -> Iterator[Found]:
        """Requests for a package, by time."""
        return self._rows(_REQUESTS, {
            "registry": registry, "package": package, "version": version,
            "actions": None if actions is None else list(actions)})

    def accounts(self, since: datetime | None, until: datetime | None) -> Iterator[Found]:
        """Account events, by time; the bounds are UTC without a zone."""
        return self._rows(_ACCOUNTS, {"since": since, "until": until})

    def naming(self, names: Iterable[str]) -> Iterator[Found]:
        """Account events that name a package by one of some names, by time."""
        return self._rows(_NAMING, {"names": list(names)})

    def unplaced(self, since: datetime | None, until: datetime | None, actions: Iterable[str]
                 ) -> Iterator[Found]:
        """Requests that change something and name no package, by time; bounds as above."""
        return self._rows(_UNPLACED, {"since": since, "until": until, "actions": list(actions)})

    def first_seen(self, addresses: Iterable[str]) -> Iterator[Found]:
        """The earliest request of each address."""
        return self._rows(_FIRST_SEEN, {"addresses": list(addresses)})

    def addresses(self, before: datetime) -> set[str]:
        """The addresses of requests before a moment, which is UTC without a zone."""
        if not self._any:
            return set()
        found = self._connection.cursor().execute(_ADDRESSES, {"before": before})
        return {address for address, in found.fetchall()}

    def _rows(self, query: str, values: Mapping[str, Any]) -> Iterator[Found]:
        if not self._any:
            return
        cursor = self._connection.cursor().execute(query, values)
        while rows := cursor.fetchmany(10_000):
            for row in rows:
                yield Found(*row)
