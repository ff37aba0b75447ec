"""Amazon CloudFront standard logs: TAB rows under a ``#Fields`` header, and the v2 JSON form.

The latest header counts: files are concatenated, and headers change midway. Values are
percent-encoded by CloudFront on top of what the client sent. Times are whole seconds UTC, when
the response finished; files are late and unordered. Sources: Amazon CloudFront developer guide,
"Standard logs reference" and "Standard logging v2".
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped, Unparsed
from regforensics.logs.fields import address, chain, number, text
from regforensics.model.instant import Instant

# The fields of the format before 2017, for rows that stand before any header.
_OLDEST_LINE = ("date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status"
                " cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type"
                " x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for"
                " ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version")
_OLDEST = _OLDEST_LINE.split()
_ROW = re.compile(r"\d{4}-\d{2}-\d{2}\t\d{2}:\d{2}:\d{2}\t[A-Z0-9-]{3,20}\t")
_HEADER, _VERSION = "#Fields:", "#Version:"
_LEAST = 11  # the columns up to the user agent, in the oldest order
_NEEDED = ("date", "time", "timestamp", "timestamp(ms)", "c-ip", "cs-method", "cs-uri-stem",
           "sc-status", "cs(User-Agent)")
_SHAPES = {"date": re.compile(r"\d{4}-\d{2}-\d{2}"), "time": re.compile(r"\d{2}:\d{2}:\d{2}"),
           "timestamp": re.compile(r"\d{10,19}"), "timestamp(ms)": re.compile(r"\d{10,19}")}
_HITS = frozenset({"Hit", "RefreshHit", "OriginShieldHit"})
_TAKEN = re.compile(r"\d{1,7}(?:\.\d{1,6})?")


class CloudFront:
    """One request a line, read by the header above it."""

    name = "cloudfront"
    title = "Amazon CloudFront standard log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Keeps the latest ``#Fields`` line."""
        fields: list[str] | None = None

        def read(line: str) -> Parsed | None:
            nonlocal fields
            if line.startswith(_HEADER):
                fields = line.removeprefix(_HEADER).split()
                return Skipped("a header: the fields of the rows below")
            if line.startswith(_VERSION):
                known = line.removeprefix(_VERSION).strip() == "1.0"
                return Skipped("a header") if known else Unparsed(
                    "an unknown version of the format")
            return _row(line, fields)

        return read


def _row(line: str, header: list[str] | None) -> Parsed | None:
    """A row by the header above it; of rows above any header, those in the oldest order."""
    fields, values = header or _OLDEST, line.split("\t")
    if header is None and not _ROW.match(line):
        return None
    if len(values) < 2 or not _timed(dict(zip(fields, values, strict=False))):
        return None
    least = _LEAST if header is None else 1 + max(
        (fields.index(name) for name in _NEEDED if name in fields), default=0)
    if "cs-uri-stem" not in fields or not least <= len(values) <= len(fields):
        return Unparsed(f"{len(values)} columns where the header names {len(fields)}"
                        if "cs-uri-stem" in fields else "the header names no cs-uri-stem")
    return _event(dict(zip(fields, values, strict=False)))


def _timed(row: Mapping[str, str]) -> bool:
    """Whether the columns of time hold what is written like one."""
    found = [shape.fullmatch(row[name]) for name, shape in _SHAPES.items() if name in row]
    return bool(found) and all(found)


class CloudFrontJson:
    """Standard logging v2 as JSON: the same fields, chosen by the owner, all values strings."""

    name = "cloudfront-json"
    title = "Amazon CloudFront standard log v2 (JSON)"
    met = False
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _json


def _json(line: str) -> Parsed | None:
    if not line.startswith("{") or "cs-uri-stem" not in line.replace("_", "-"):
        return None
    try:
        row = msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Unparsed("the row is no JSON object")
    if not isinstance(row, dict):
        return None
    spelled = {_spelled(key): str(value) for key, value in row.items() if value is not None}
    return _event(spelled) if "cs-uri-stem" in spelled else None  # else it is deeper inside


def _spelled(key: str) -> str:
    """A field as the header spells it, whichever way the export does (``cs_User_Agent``)."""
    folded = re.sub(r"[^a-z0-9]", "", key.lower())
    return _FOLDED.get(folded, key)


_FOLDED = {re.sub(r"[^a-z0-9]", "", name.lower()): name
           for name in (*_OLDEST, "sc-content-len", "c-port", "timestamp", "timestamp(ms)")}


def _event(row: Mapping[str, Any]) -> Parsed:
    at = _at(row)
    method = text(row.get("cs-method")) or ""
    taken = row.get("time-taken") or ""
    body = number(row.get("sc-content-len"))
    result = text(row.get("x-edge-result-type"))
    return access(
        "cdn", at, method or None, _decoded(row.get("cs-uri-stem")) or "",
        status=number(row.get("sc-status")), client=address(row.get("c-ip")),
        size=number(row.get("sc-bytes")) if body is None else body,
        size_kind="with headers" if body is None else "body",
        took=float(taken) if _TAKEN.fullmatch(taken) else None,
        source=None if result is None else "cache" if result in _HITS else "upstream",
        chain=chain(_decoded(row.get("x-forwarded-for"))),
        user_agent=text(_decoded(row.get("cs(User-Agent)"))),
        trace=text(row.get("x-edge-request-id")), key=text(row.get("x-edge-request-id")),
        doubts=(None if at else "the row has no readable time",),
        extra={"result": result, "host": text(row.get("x-host-header"))})


def _at(row: Mapping[str, Any]) -> Instant | None:
    try:
        if text(row.get("date")) and text(row.get("time")):
            return times.iso(f"{row['date']}T{row['time']}Z")
        stamp = text(row.get("timestamp(ms)")) or text(row.get("timestamp"))
        return times.epoch(stamp) if stamp else None
    except ValueError:
        return None


def _decoded(value: str | None) -> str | None:
    """CloudFront's own percent-encoding off, at most twice; ``+`` is never a space."""
    for _ in range(2):
        if value is None or "%" not in value:
            return value
        value = unquote(value, errors="surrogateescape")
    return value
