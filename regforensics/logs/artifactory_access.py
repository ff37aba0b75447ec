"""JFrog Artifactory beside the request log: access, outbound, traffic and router logs, and the
request log of version 6.

Sources: JFrog help "Access Log", "Outbound Request Log", "Traffic Log"; jfrog/log-analytics.
"""

import re
from typing import Any

import msgspec

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.artifactory import response_length
from regforensics.logs.base import Context, Parsed, ReadLine, Unparsed
from regforensics.logs.fields import address, address_and_port, number, text
from regforensics.model.event import Action
from regforensics.model.instant import Instant

_ACCESS = re.compile(
    r"(?P<time>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}[.,]\d{3}Z?) "
    r"(?:\[(?P<trace>[0-9a-zA-Z ]*)\] )?"
    r"\[(?P<done>ACCEPTED|DENIED) (?P<action>[A-Z_]+)\] "
    # the first "for" and no other: what stands behind a later one fits behind the first, too
    r"(?>(?P<where>.*?)(?:(?<! )|(?<=\] )) ++for )(?:client ?: ?)?"
    r"(?P<user>.+?) ?/ ?(?P<ip>[^ /]+?)\.?(?: \[[^\]]{0,1000}\])?\.?", re.DOTALL)
_OUT = re.compile(r"(?P<time>\d{4}-\d{2}-\d{2}T[\d:.]+Z)\|(?P<trace>[^|]*)\|(?P<repo>[^|]*)\|"
                  r"(?P<user>[^|]*)\|(?P<method>[A-Z]+)\|(?P<url>https?://[^|]*)\|(?P<status>\d{3})\|"
                  r"(?P<first>-?\d{1,18})\|(?P<second>-?\d{1,18})\|(?P<took>-?\d{1,18})")
_TRAFFIC = re.compile(r"(?P<time>\d{4}-\d{2}-\d{2}T[\d:.]+Z|\d{14})\|(?:(?P<trace>[^|]*)\|)?"
                      r"(?P<took>\d{1,18})\|(?P<kind>DOWNLOAD|UPLOAD)\|(?P<ip>[^|]*)\|(?P<where>.*)\|"
                      r"(?P<size>\d{1,18})")
_SIX = re.compile(r"(?P<time>\d{14})\|(?P<took>\d{1,18})\|REQUEST\|(?P<ip>[^|]*)\|(?P<user>[^|]*)\|"
                  r"(?P<method>[A-Z]+)\|(?P<path>.*)\|HTTP/[\d.]+\|(?P<status>\d{3})\|(?P<size>-?\d{1,18})")
_ACTIONS: dict[str, Action] = {"DOWNLOAD": "download", "DEPLOY": "upload", "CREATE": "upload",
                               "UPLOAD": "upload", "DELETE": "unpublish", "LOGIN": "login",
                               "AUTHENTICATE": "login", "SEARCH": "search"}
_CACHE = "-cache"  # the suffix of what a remote repository has fetched: nobody uploads there
_CACHED: dict[Action, Action] = {"upload": "download", "unpublish": "other"}


def _time(text_: str, context: Context) -> Instant | str:
    """The line's time, or why there is none."""
    try:
        return times.compact(text_, context.zone) if text_.isdigit() else times.iso(
            text_ if text_.endswith("Z") else text_ + "Z")
    except times.NoZone as error:
        return f"{error}: say which zone with --assume-zone"
    except ValueError as error:
        return str(error)


def _path(where: str) -> tuple[str, str]:
    """(repository, path) of ``repo:path``, the way in which these logs name a file."""
    repo, _, path = where.strip().partition(":")
    return repo, "/" + path.removeprefix("/")


class ArtifactoryAccess:
    """Decisions: who was let at which file. A DEPLOY into a ``-cache`` is a cache fill."""

    name = "artifactory-access"
    title = "Artifactory access.log and artifactory-access.log"
    met = True
    zoneless = False

    def reader(self, context: Context) -> ReadLine:
        """Lines stand alone."""
        def read(line: str) -> Parsed | None:
            found = _ACCESS.fullmatch(line)
            if found is None:
                return None
            at = _time(found["time"], context)
            if isinstance(at, str):
                return Unparsed(at)
            repo, path = _path(found["where"])
            action = _ACTIONS.get(found["action"], "other")
            cached = repo.endswith(_CACHE) and action in _CACHED
            fill = cached and action == "upload"
            denied = found["done"] == "DENIED"
            return access(
                "audit", at, None, path, moment="decision", event_type=found["action"],
                client=address(found["ip"]), addr_kind="forwarded", user=text(found["user"]),
                repo=text(repo), trace=text((found["trace"] or "").strip()),
                action=_CACHED[action] if cached else action,
                side="server" if cached or found["user"] == "_system_" else "client",
                source="upstream" if fill else None, outcome="refused" if denied else "unknown",
                doubts=("a permission that was given; the transfer stands in the request log"
                        if not denied else None,))

        return read


class ArtifactoryOutbound:
    """The server's own fetches from its remotes: a version's way into the company."""

    name = "artifactory-request-out"
    title = "Artifactory artifactory-request-out.log"
    met = True
    zoneless = False

    def reader(self, context: Context) -> ReadLine:
        """Lines stand alone."""
        def read(line: str) -> Parsed | None:
            found = _OUT.fullmatch(line)
            if found is None:
                return None
            at = _time(found["time"], context)
            if isinstance(at, str):
                return Unparsed(at)
            size, doubt = response_length(found["method"], int(found["first"]),
                                          int(found["second"]))
            return access(
                "proxy", at, found["method"], found["url"], status=number(found["status"]),
                size=size, took=int(found["took"]) / 1000, side="server", source="upstream",
                repo=text(found["repo"]), user=text(found["user"]), trace=text(found["trace"]),
                doubts=(doubt,))

        return read


class ArtifactoryTraffic:
    """Transfers with their size; version 6 prints no zone."""

    name = "artifactory-traffic"
    title = "Artifactory traffic log"
    met = True
    zoneless = True

    def reader(self, context: Context) -> ReadLine:
        """Lines stand alone."""
        def read(line: str) -> Parsed | None:
            found = _TRAFFIC.fullmatch(line)
            if found is None:
                return None
            at = _time(found["time"], context)
            if isinstance(at, str):
                return Unparsed(at)
            repo, path = _path(found["where"])
            down = found["kind"] == "DOWNLOAD"
            fill: dict[str, Any] = {"action": "download", "side": "server", "source": "upstream"} \
                if not down and repo.endswith(_CACHE) else {"action": "download" if down
                                                            else "upload"}
            return access(
                "proxy", at, "GET" if down else "PUT", path, size=number(found["size"]),
                took=int(found["took"]) / 1000, client=address(found["ip"]), repo=text(repo),
                addr_kind="forwarded", trace=text(found["trace"]), **fill,
                outcome="accepted" if fill["action"] == "upload" else "transferred")

        return read


class ArtifactorySixRequest:
    """Version 6: local time without a zone, no user agent."""

    name = "artifactory-6-request"
    title = "Artifactory 6 request.log"
    met = True
    zoneless = True

    def reader(self, context: Context) -> ReadLine:
        """Lines stand alone."""
        def read(line: str) -> Parsed | None:
            found = _SIX.fullmatch(line)
            if found is None:
                return None
            at = _time(found["time"], context)
            if isinstance(at, str):
                return Unparsed(at)
            return access(
                "proxy", at, found["method"], found["path"], status=number(found["status"]),
                size=number(found["size"]), took=int(found["took"]) / 1000,
                client=address(found["ip"]), user=text(found["user"]))

        return read


class ArtifactoryRouter:
    """The router in front of the services, one JSON object a line (Traefik's access log)."""

    name = "artifactory-router"
    title = "Artifactory router-request.log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _router


def _router(line: str) -> Parsed | None:
    if not line.startswith("{") or '"RequestPath"' not in line or '"DownstreamStatus"' not in line:
        return None
    try:
        row: Any = msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
        at = times.iso(str(row["time"]))
        began = times.iso(str(row["StartUTC"])) if row.get("StartUTC") else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError, KeyError,
            TypeError, AttributeError) as error:
        return Unparsed(f"a router row that cannot be read: {type(error).__name__}")
    size, status = row.get("DownstreamContentSize"), row.get("DownstreamStatus")
    return access(
        "proxy", at, str(row.get("RequestMethod") or "") or None, str(row["RequestPath"]),
        status=status if isinstance(status, int) else None,
        size=size if isinstance(size, int) else None, size_kind="body", started=began,
        client=address_and_port(str(row.get("ClientAddr") or "")),
        user_agent=text(str(row.get("request_User-Agent") or "")),
        trace=text(str(row.get("TraceId") or row.get("request_Uber-Trace-Id") or "")))
