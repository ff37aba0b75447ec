"""Record: the codec of one custody line, and its mapping to and from what the program uses."""

import msgspec

from regforensics.evidence.exhibit import Acquisition, Entry, Form, Headers, Hop, Origin, Source

SUFFIX = ".json"  # of an exhibit, where the line says nothing else


class Request(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What was asked, with secrets redacted."""

    method: str | None
    url: str | None
    headers: Headers
    body: str | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One custody line. The fields without a default stand in every line, in this order."""

    seq: int
    how: str
    kind: str
    what: str = ""
    subject: str | None
    request: Request | None
    status: int | None
    reason: str | None = None
    http_version: str | None = None
    headers: Headers
    hops: tuple[Hop, ...] = ()
    final_url: str | None = None
    peer: str | None = None
    requested_at: str | None
    observed_at: str | None
    recorded_at: str
    exhibit: str | None
    file: str | None = None
    sha256: str | None
    size: int | None
    unchanged: bool = False
    source: Source | None = None
    origin: Origin | None = None
    content_encoding: str | None = None
    wire_sha256: str | None = None
    wire_size: int | None = None
    complete: bool = True
    registry: str | None = None
    run: str | None = None
    path: str | None = None
    in_place: str | None = None
    suffix: str | None = None
    note: str | None = None
    options: Headers = ()
    forms: tuple[Form, ...] = ()
    error: str | None = None
    tool: str
    operator: str
    prev: str


class Row(msgspec.Struct, frozen=True, gc=False):
    """The part of a custody line that opening a directory needs."""

    seq: int
    exhibit: str | None
    sha256: str | None
    size: int | None
    prev: str
    file: str | None = None
    source: Source | None = None
    kind: str = ""
    subject: str | None = None
    status: int | None = None
    in_place: str | None = None
    forms: tuple[Form, ...] = ()
    origin: Origin | None = None


class Asked(msgspec.Struct, frozen=True, gc=False):
    """The part of a request by which its answer is found again."""

    url: str | None
    headers: Headers = ()
    body: str | None = None


class Seen(msgspec.Struct, frozen=True, gc=False):
    """The part of a custody line that a chain looks it up by."""

    seq: int
    exhibit: str | None
    sha256: str | None
    size: int | None
    prev: str
    how: str = ""
    kind: str = ""
    subject: str | None = None
    file: str | None = None
    request: Asked | None = None
    status: int | None = None
    final_url: str | None = None
    error: str | None = None
    complete: bool = True
    in_place: str | None = None
    forms: tuple[Form, ...] = ()


_ENCODER = msgspec.json.Encoder()
RECORDS = msgspec.json.Decoder(Record)
ROWS = msgspec.json.Decoder(Row)
SEEN = msgspec.json.Decoder(Seen)
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def encode(record: Record) -> bytes:
    """The line with its LF."""
    return _ENCODER.encode(record) + b"\n"


def record_of(entry: Entry, *, seq: int, recorded_at: str, exhibit: str | None, file: str | None,
              sha256: str | None, size: int | None, tool: str, operator: str,
              prev: str, in_place: str | None = None) -> Record:
    """The custody line for an entry; ``entry`` holds no secret any more."""
    request = None
    if entry.method is not None or entry.url is not None or entry.request_headers:
        request = Request(entry.method, entry.url, entry.request_headers, entry.request_body)
    return Record(
        seq=seq, how=entry.how, kind=entry.kind, what=entry.what, subject=entry.subject,
        request=request, status=entry.status, reason=entry.reason,
        http_version=entry.http_version, headers=entry.headers, hops=entry.hops,
        final_url=entry.final_url, peer=entry.peer, requested_at=entry.requested_at,
        observed_at=entry.observed_at, recorded_at=recorded_at, exhibit=exhibit, file=file,
        sha256=sha256, size=size, unchanged=entry.unchanged_exhibit is not None,
        source=entry.source, origin=entry.origin,
        content_encoding=entry.content_encoding, wire_sha256=entry.wire_sha256,
        wire_size=entry.wire_size, complete=entry.complete, registry=entry.registry,
        run=entry.run, path=entry.path, in_place=in_place,
        suffix=entry.suffix if entry.suffix != SUFFIX else None,
        note=entry.note, options=entry.options, forms=entry.forms,
        error=entry.error, tool=tool, operator=operator, prev=prev)


def acquisition_of(record: Record) -> Acquisition:
    """The custody line as the rest of the program sees it."""
    request = record.request or Request(None, None, ())
    entry = Entry(
        how=record.how, kind=record.kind, subject=record.subject, what=record.what,
        observed_at=record.observed_at, requested_at=record.requested_at,
        method=request.method, url=request.url, request_headers=request.headers,
        request_body=request.body,
        status=record.status, reason=record.reason, http_version=record.http_version,
        headers=record.headers, final_url=record.final_url, peer=record.peer, hops=record.hops,
        registry=record.registry, content_encoding=record.content_encoding,
        wire_sha256=record.wire_sha256, wire_size=record.wire_size,
        unchanged_exhibit=record.exhibit if record.unchanged else None, source=record.source,
        origin=record.origin,
        complete=record.complete, run=record.run, path=record.path, note=record.note,
        error=record.error, options=record.options, forms=record.forms,
        suffix=SUFFIX if record.suffix is None else record.suffix)
    return Acquisition(seq=record.seq, entry=entry, exhibit=record.exhibit, sha256=record.sha256,
                       size=record.size, new=record.file is not None, tool=record.tool,
                       operator=record.operator, recorded_at=record.recorded_at, prev=record.prev)


def row_of(line: bytes) -> Row | str:
    """The row that a line is, or why it is none."""
    try:
        SEEN.decode(line)
        return ROWS.decode(line)
    except UNREADABLE as error:
        return str(error)
