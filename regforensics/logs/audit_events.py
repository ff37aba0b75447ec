"""The registry audit-event stream as JSON lines, plain or in Avro's JSON encoding.

Thirteen fields: timestamp, event_type, registry, package, version, filename, action, source,
user_agent, remote_addr, status_code, size, extra. Each object is validated with the JSON Schema
shipped for it. ``*.download`` was served from the cache, ``*.download.upstream`` was fetched,
cached and then served: both are one client's pull.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import msgspec

from regforensics.errors import UnreadableInput
from regforensics.evidence.schemas import validate
from regforensics.logs import times
from regforensics.logs.base import Context, Parsed, ReadLine, Unparsed
from regforensics.logs.fields import address, outcome, text
from regforensics.model.event import AccessEvent, Action
from regforensics.model.instant import Instant

_AVRO = frozenset({"string", "long", "int", "map"})
_ACTIONS: dict[str, Action] = {"download": "download", "upload": "upload", "metadata": "metadata",
                               "search": "search", "login": "login"}
_WRITES = frozenset({"upload", "unpublish", "dist-tag", "access"})


class AuditEvents:
    """One event a line."""

    name = "audit-events"
    title = "registry audit events (JSON lines)"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _read


def _read(line: str) -> Parsed | None:
    if not (line.startswith("{") and '"event_type"' in line and '"registry"' in line):
        return None
    try:
        row = msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return Unparsed(f"no JSON: {error}")
    if not isinstance(row, dict):
        return None
    event = {key: _plain(value) for key, value in row.items()}
    try:
        validate("audit-event", event)
    except UnreadableInput as error:
        return Unparsed(error.message)
    return event_of(event)


def event_of(row: Mapping[str, Any]) -> AccessEvent:
    """The event of a row that fits the schema."""
    at, client = _at(row["timestamp"]), address(row.get("remote_addr"))
    kind, status, size = str(row["event_type"]), row.get("status_code"), row.get("size")
    action: Action = "dist-tag" if kind.endswith("dist-tags.update") else _ACTIONS.get(
        str(row["action"]), "other")
    return AccessEvent(
        layer="proxy", at=at, moment="event", event_type=kind, registry=text(row["registry"]),
        package=text(row.get("package")), version=text(row.get("version")),
        filename=text(row.get("filename")), action=action,
        source="upstream" if row.get("source") == "upstream" or kind.endswith(".upstream")
        else "cache" if row.get("source") == "cache" or action == "download" else None,
        status_code=status, size=size, remote_addr=client.value, addr_kind="stated",
        outcome=outcome(status, size, method="PUT" if action in _WRITES else "GET"),
        user_agent=text(row.get("user_agent")), extra=row.get("extra") or {},
        doubts=tuple(filter(None, (
            None if at else f"{str(row['timestamp'])[:40]!r} is no time", client.doubt,
            "the time states no zone and was read as UTC" if at and at.zone == "assumed"
            else None))))


def _plain(value: Any) -> Any:
    """A nullable as Avro's JSON encoding wraps it, unwrapped."""
    if isinstance(value, dict) and len(value) == 1:
        (kind, inner), = value.items()
        return inner if kind in _AVRO else value
    return value


def _at(value: str | float) -> Instant | None:
    try:
        return times.iso(value, UTC) if isinstance(value, str) else times.epoch(value)
    except ValueError:
        return None
