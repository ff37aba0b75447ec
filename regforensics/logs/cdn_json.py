"""CDN rows as JSON objects: Fastly's usual real-time log and Cloudflare's Logpush.

Fastly prints what the service's owner configured: the usual members are read, and a row without
them is nobody's. Cloudflare's times are RFC 3339, seconds or nanoseconds, by the job's choice, and
rows may be sampled. Sources: Fastly "Custom log formats", Cloudflare "HTTP requests" dataset.
"""

import re

from regforensics.logs import jsonrows
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine
from regforensics.logs.fields import address
from regforensics.logs.jsonrows import Row, extras, first, said, untimed, when, whole

_PREFIX = re.compile(r"[^{]{1,400}(?=\{)")  # a syslog head, damaged or not
_CLIENT = "eyeball"  # Cloudflare's word for a request that came from outside
_TIMES = ("date_time", "timestamp", "time", "time_end", "time_start")
_CLIENTS = ("ip", "client_ip", "clientip", "remote_addr")
_AGENTS = ("user_agent", "useragent", "request_user_agent")
_SIZES = ("bytes", "response_body_size", "resp_bytes", "body_bytes")
_CACHES = ("cache_status", "fastly_state", "cache")


class Fastly:
    """One request an object, with or without a syslog head."""

    name = "fastly"
    title = "Fastly real-time log (JSON)"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        inner = jsonrows.reader(_fastly, '"status"', '"url"')

        def read(line: str) -> Parsed | None:
            head = line[:1] == "<" or line.endswith("}")
            found = _PREFIX.match(line) if head and line[:1] != "{" else None
            return inner(line[found.end():] if found else line)

        return read


class Cloudflare:
    """One request an object."""

    name = "cloudflare"
    title = "Cloudflare Logpush (HTTP requests)"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(_cloudflare, '"ClientRequestURI"')


def _fastly(row: Row) -> Parsed | None:
    stamp, client, target = first(row, *_TIMES), first(row, *_CLIENTS), said(row, "url")
    if stamp is None or client is None or target is None:
        return None
    at, size = when(stamp), first(row, *_SIZES)
    method = first(row, "method", "request_method", "request")
    return access(
        "cdn", at, method, target, client=address(client), status=whole(row, "status"),
        size=int(size) if size and size.isascii() and size.isdigit() and len(size) < 19 else None,
        moment="start" if "time_start" in row and said(row, "time_start") == stamp else "end",
        source=_source(first(row, *_CACHES)),
        side="server" if row.get("fastly_is_edge") is False else "client",
        user_agent=first(row, *_AGENTS) or said(row, "http", "useragent"),
        trace=first(row, "request_id", "trace_id"), doubts=(untimed(stamp, at),),
        extra=extras(host=said(row, "host"), country=first(row, "geo_country", "country")))


def _cloudflare(row: Row) -> Parsed | None:
    target = said(row, "ClientRequestURI") or said(row, "ClientRequestPath")
    if target is None:
        return None
    stamp = row.get("EdgeEndTimestamp")
    begun = when(row.get("EdgeStartTimestamp"))
    at, ended = (when(stamp), True) if stamp is not None else (begun, False)
    return access(
        "cdn", at, said(row, "ClientRequestMethod"), target, moment="end" if ended else "start",
        started=begun, client=address(said(row, "ClientIP")),
        status=whole(row, "EdgeResponseStatus"), size=whole(row, "EdgeResponseBytes"),
        size_kind="with headers",
        side="client" if said(row, "ClientRequestSource") in (None, _CLIENT) else "server",
        source=_source(said(row, "CacheCacheStatus")),
        user_agent=said(row, "ClientRequestUserAgent"), key=said(row, "RayID"),
        trace=said(row, "RayID"),
        doubts=(untimed(stamp if ended else row.get("EdgeStartTimestamp"), at),),
        extra=extras(host=said(row, "ClientRequestHost"), country=said(row, "ClientCountry"),
                     asn=said(row, "ClientASN"), cache=said(row, "CacheCacheStatus"),
                     colo=said(row, "EdgeColoCode")))


def _source(word: str | None) -> str | None:
    """Whether the CDN had the file, by its own word for it."""
    shown = (word or "").lower()
    if shown.startswith(("hit", "stale", "revalidated", "updating")):
        return "cache"
    asked = shown.startswith(("miss", "pass", "expired", "bypass", "dynamic"))
    return "upstream" if asked else None
