"""WARC (ISO 28500): the captures as web archives keep them, with the custody that proves them.

A request and what came of it are two records. Bytes that were stored before are a revisit record,
and so is a 304. Whatever is no answer to a request is a resource record. Bodies stand as they are
stored, which is decoded: the headers that spoke of an encoding are kept as X-Archive-Orig-*.
"""

import base64
import hashlib
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from regforensics.errors import IntegrityError, WrongUsage
from regforensics.evidence.custody import VERIFY_HINT
from regforensics.evidence.exhibit import Acquisition, Exhibit, Headers
from regforensics.evidence.locking import TOOL
from regforensics.handover import MISSING_HINT
from regforensics.handover.bag import fresh
from regforensics.handover.choice import Choice, concerns

if TYPE_CHECKING:
    from warcio.warcwriter import WARCWriter

RECORD, EXHIBIT = "urn:regforensics:record:", "urn:regforensics:exhibit:"
LINE = "Regforensics-Custody-Line"
_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_TYPES = {".json": "application/json", ".jsonl": "application/x-ndjson", ".txt": "text/plain"}
_OF_THE_WIRE = ("content-encoding", "transfer-encoding", "content-length")
_CHUNK = 1 << 20
_PROTOCOLS = {"HTTP/2": "h2", "HTTP/1.1": "http/1.1", "HTTP/1.0": "http/1.0"}


def write_warc(choice: Choice, file: Path) -> int:
    """One file, a gzip member a record unless it is called .warc; the number of exhibits in it.

    Raises WrongUsage, IntegrityError and EvidenceUnwritable; then no file is left.
    """
    try:
        from warcio.warcwriter import WARCWriter
    except ModuleNotFoundError as error:
        raise WrongUsage("hand-overs need a library that is not installed",
                         hint=MISSING_HINT) from error
    with fresh(file) as part:
        with part.open("xb") as into:
            made = WARCWriter(into, gzip=file.suffix == ".gz", warc_version="WARC/1.1")
            count = _Archive(choice, made).write()
        part.rename(file)
    return count


class _Archive:
    """The records of one file. Names and times are those of custody, so that it is the same again
    for the same evidence."""

    def __init__(self, choice: Choice, made: "WARCWriter") -> None:
        self.choice, self.made = choice, made
        self.exhibits = {e.label: e for e in choice.exhibits}
        self.head = choice.store.custody_head
        self.date = choice.store.acquisitions()[-1].recorded_at
        self.told: dict[str, tuple[str, str]] = {}  # exhibit: address and time of its response
        self.written: set[str] = set()

    def write(self) -> int:
        """Every record; the number of exhibits."""
        about = {"software": TOOL, "format": "WARC File Format 1.1",
                 "isPartOf": " ".join(self.choice.store.case.name.split()),
                 "description": "captures of package registries, and their custody"}
        text = "".join(f"{name}: {value}\r\n" for name, value in about.items()).encode()
        self._record("warcinfo", "", "warcinfo", self.date, BytesIO(text), len(text),
                     "application/warc-fields")
        for name, data in self.choice.records(tuple(self.exhibits.values())):
            self._record("resource", RECORD + name, name, self.date, BytesIO(data), len(data),
                         _TYPES.get(Path(name).suffix, "application/octet-stream"))
        for acquisition in self.choice.store.acquisitions():
            if concerns(acquisition, self.choice.targets) or acquisition.exhibit in self.exhibits:
                self._acquisition(acquisition)
        return len(self.exhibits)

    def _acquisition(self, acquisition: Acquisition) -> None:
        entry, label = acquisition.entry, acquisition.exhibit
        held = self.exhibits.get(label) if label is not None else None
        if entry.way == "http" and entry.url and entry.status is not None:
            self._exchange(acquisition, held)
        elif held is not None and held.label not in self.written:
            self._resource(acquisition, held)

    def _resource(self, acquisition: Acquisition, held: Exhibit) -> None:
        with self._checked(held) as body:
            self._record("resource", EXHIBIT + held.label, str(acquisition.seq),
                         acquisition.entry.observed_at or acquisition.recorded_at, body, held.size,
                         _TYPES.get(Path(held.file).suffix, "application/octet-stream"),
                         {LINE: str(acquisition.seq)})
        self.written.add(held.label)

    def _exchange(self, acquisition: Acquisition, held: Exhibit | None) -> None:
        from warcio.statusandheaders import StatusAndHeaders

        entry = acquisition.entry
        address = _flat(entry.final_url or entry.url or "")
        date = entry.observed_at or acquisition.recorded_at
        extra = {LINE: str(acquisition.seq)}
        if entry.peer:
            extra["WARC-IP-Address"] = entry.peer.rpartition(":")[0].strip("[]")
        if entry.http_version in _PROTOCOLS:
            extra["WARC-Protocol"] = _PROTOCOLS[entry.http_version]
        size = held.size if held is not None and entry.status != 304 else 0
        head = StatusAndHeaders(_flat(f"{entry.status} {entry.reason or ''}").strip(),
                                _headers(entry.headers, size), protocol="HTTP/1.1")
        name = f"{acquisition.seq}"
        before = self.told.get(held.label) if held is not None else None
        if held is not None and (before is not None or entry.status == 304):
            extra |= {"WARC-Payload-Digest": _digest(held.sha256), "WARC-Profile": _NOT_MODIFIED
                      if entry.status == 304 else self.made.REVISIT_PROFILE_1_1}
            if before is not None:
                extra |= {"WARC-Refers-To-Target-URI": before[0], "WARC-Refers-To-Date": before[1]}
            self._record("revisit", address, name, date, BytesIO(), 0, "", extra, head)
        elif held is not None:
            with self._checked(held) as body:
                self._record("response", address, name, date, body, held.size, "",
                             extra | {"WARC-Payload-Digest": _digest(held.sha256)}, head)
            self.told[held.label] = address, date
            self.written.add(held.label)
        else:
            self._record("response", address, name, date, BytesIO(), 0, "", extra, head)
        self._request(acquisition, address, date)

    def _request(self, acquisition: Acquisition, address: str, date: str) -> None:
        from warcio.statusandheaders import StatusAndHeaders

        entry = acquisition.entry
        body = (entry.request_body or "").encode("utf-8", "backslashreplace")
        path = "/" + address.partition("://")[2].partition("/")[2]
        head = StatusAndHeaders(f"{_flat(entry.method or 'GET')} {path} HTTP/1.1",
                                [(_flat(n), _flat(v)) for n, v in entry.request_headers],
                                is_http_request=True)
        self._record("request", address, f"{acquisition.seq} asked", date, BytesIO(body), len(body),
                     "", {"WARC-Concurrent-To": self._id(f"{acquisition.seq}")}, head)

    def _record(self, form: str, address: str, name: str, date: str, body: BinaryIO, size: int,
                media: str, extra: dict[str, str] | None = None, head: Any = None) -> None:
        headers = {"WARC-Record-ID": self._id(name), "WARC-Date": date, **(extra or {})}
        record = self.made.create_warc_record(
            address, form, payload=body, length=size, warc_content_type=media,
            warc_headers_dict=headers, http_headers=head)
        self.made.write_record(record)

    def _id(self, name: str) -> str:
        return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.head} {name}')}>"

    def _checked(self, held: Exhibit) -> BinaryIO:
        """An exhibit's contents, held against custody before any of it is written."""
        file = self.choice.store.opened(held.label)
        found = hashlib.sha256()
        for chunk in _chunks(file):
            found.update(chunk)
        if found.hexdigest() != held.sha256:
            file.close()
            raise IntegrityError(f"{held.label} is not what custody says: nothing was handed over",
                                 hint=VERIFY_HINT)
        file.seek(0)
        return file


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _headers(headers: Headers, size: int) -> list[tuple[str, str]]:
    kept = [(f"X-Archive-Orig-{_flat(n)}" if n.lower() in _OF_THE_WIRE else _flat(n), _flat(v))
            for n, v in headers]
    return [*kept, ("Content-Length", str(size))]


def _flat(text: str) -> str:
    """One line: a header or an address may come from a hostile server."""
    return "".join(c if c.isprintable() else " " for c in text)


def _digest(sha256: str) -> str:
    return "sha256:" + base64.b32encode(bytes.fromhex(sha256)).decode()
