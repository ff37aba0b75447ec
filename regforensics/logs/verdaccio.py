"""Verdaccio: two JSON records a request; the one with the status is the event.

``sub: "out"`` is the server's own fetch from an uplink. The user agent stands in the first record
("requested") and is joined to the second by process, address and order. Times are ISO text
(bunyan, v3 and v4) or milliseconds since 1970 (pino, v5 and v6). Source: verdaccio
packages/middleware/src/middlewares/log.ts.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped, Unparsed
from regforensics.logs.fields import address, chain, text
from regforensics.model.instant import Instant

_WAITING = 4096  # requests whose answer is awaited


class Verdaccio:
    """One answered request a line, with what its first record said."""

    name = "verdaccio"
    title = "Verdaccio 3 to 6 JSON log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Keeps the user agents of requests that were not answered yet."""
        waiting: deque[tuple[tuple[Any, ...], str]] = deque(maxlen=_WAITING)

        def read(line: str) -> Parsed | None:
            row = _row(line)
            if row is None:
                return None
            if "status" not in row:
                request = row.get("req")
                if isinstance(request, dict):
                    headers = request.get("headers")
                    agent = headers.get("user-agent") if isinstance(headers, dict) else None
                    waiting.append((_key(row, request), str(agent or "")))
                return Skipped("the first record of a request, without its answer")
            return _event(row, waiting)

        return read


def _row(line: str) -> dict[str, Any] | None:
    if not line.startswith("{") or not ('"sub"' in line or '"remoteIP"' in line or '"req"' in line):
        return None
    try:
        row = msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    told = isinstance(row, dict) and "time" in row and "level" in row and (
        isinstance(row.get("request"), dict) or isinstance(row.get("req"), dict))
    return row if told else None


def _key(row: Mapping[str, Any], request: Mapping[str, Any]) -> tuple[Any, ...]:
    return str(row.get("pid")), str(request.get("method")), str(request.get("url"))


def _event(row: Mapping[str, Any], waiting: deque[tuple[tuple[Any, ...], str]]) -> Parsed:
    request, size = row.get("request"), row.get("bytes")
    if not isinstance(request, dict):
        return Unparsed("a record with a status and without a request")
    status, out = row.get("status"), size.get("out") if isinstance(size, dict) else None
    server = row.get("sub") == "out"
    remote, _, peer = str(row.get("remoteIP") or "").partition(" via ")
    hops = chain(remote) if peer else ()
    agent = None
    for waited in waiting:
        if not server and waited[0] == _key(row, request):
            waiting.remove(waited)
            agent = waited[1]
            break
    client = address(None if server else peer if text(peer) else remote.rpartition(",")[2].strip())
    return access(
        "proxy", _at(row.get("time")), str(request.get("method") or "") or None,
        str(request.get("url") or ""), registry="npm",
        status=status if isinstance(status, int) else None,
        size=out if isinstance(out, int) and not isinstance(out, bool) else None, size_kind="body",
        side="server" if server else "client", source="upstream" if server else None,
        client=client, addr_kind="peer" if not peer or text(peer) else "forwarded", chain=hops,
        user=text(str(row.get("user") or "")), user_agent=text(agent),
        doubts=(None if _at(row.get("time")) else "the record has no readable time",))


def _at(value: object) -> Instant | None:
    try:
        if isinstance(value, str):
            return times.iso(value)
        return times.epoch(value) if isinstance(value, int | float) else None
    except ValueError:
        return None
