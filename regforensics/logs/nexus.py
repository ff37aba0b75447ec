"""Sonatype Nexus Repository 3: request log, outbound request log, audit log.

The request log does no escaping and ends in client-written text, so its tail is read from the
right. After the status stand the request's length, the bytes sent and the milliseconds; the older
pattern has no request length. Sources: Nexus logback-access.xml, Sonatype help "Auditing".
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Unparsed
from regforensics.logs.combined import split_request
from regforensics.logs.fields import address, number, text
from regforensics.model.agents import agent as described
from regforensics.model.agents import speaks_npm
from regforensics.model.event import AccessEvent
from regforensics.model.instant import Instant

# The request ends at the first place where it can (?>...): another end is looked for nowhere, since
# what stands behind it would fit no better, and looking takes the square of the line's length.
_REQUEST = re.compile(
    r'(?P<host>\S{1,100}) \S{1,100} (?P<user>.{1,200}?) \[(?P<time>[^\]]{20,32})\]'
    r' "(?>(?P<request>.*?)" (?P<status>\d{3}) (?P<numbers>(?:-|\d+) (?:-|\d+)(?: \d+)?) ")'
    r'(?P<agent>.*)"(?: \[(?P<thread>[^\]]{1,100})\])?', re.DOTALL)
_OUTBOUND = re.compile(
    r'\[(?P<time>[^\]]{20,32})\] (?P<user>\S{1,200}) "(?>(?P<request>.*?)" (?P<status>\d{3})'
    r' (?P<size>-|\d+) (?P<took>\d+) ")(?P<agent>.*)"(?: \[[^\]]{1,100}\])?', re.DOTALL)
_DOMAINS = ("repository.asset", "repository.component")
_REMOVALS = ("deleted", "purged")


class NexusRequest:
    """One request a line; the address honours X-Forwarded-For's first entry."""

    name = "nexus-request"
    title = "Nexus 3 request.log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _request


class NexusOutbound:
    """The server's own fetches from its upstreams."""

    name = "nexus-outbound"
    title = "Nexus 3 outbound-request.log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _outbound


class NexusAudit:
    """Changes of assets and components, one JSON object a line."""

    name = "nexus-audit"
    title = "Nexus 3 audit.log"
    met = False
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _audit


def _request(line: str) -> Parsed | None:
    found = _REQUEST.fullmatch(line)
    if found is None or (found["thread"] is None and found["numbers"].count(" ") < 2):
        return None
    numbers = found["numbers"].split(" ")
    size, took = number(numbers[-2]), number(numbers[-1])
    return _made(found, size, took, user=text(found["user"]), client=found["host"])


def _outbound(line: str) -> Parsed | None:
    found = _OUTBOUND.fullmatch(line)
    return None if found is None else _made(found, number(found["size"]), number(found["took"]),
                                            user=None, client=None)


def _made(found: re.Match[str], size: int | None, took: int | None, *, user: str | None,
          client: str | None) -> Parsed:
    try:
        at = times.common(found["time"])
    except ValueError as error:
        return Unparsed(str(error))
    method, target = split_request(found["request"])
    if method is None or target is None:
        return Unparsed(f"the request {found['request'][:60]!r} is no HTTP request line")
    agent = text(found["agent"])
    who = described(agent)
    own = client is None or who.kind == "mirror or proxy"
    forged = '" ' in found["agent"] or '" ' in found["request"]
    open_end = forged and " HTTP/" not in found["request"]  # the address may hold the status
    believed: dict[str, Any] = {"outcome": "unknown"} if open_end else {
        "status": number(found["status"]), "size": size, "user_agent": agent}
    return access(
        "proxy", at, method, target, **believed, size_kind="body",
        took=None if took is None else took / 1000, client=address(client), addr_kind="forwarded",
        side="server" if own else "client", source="upstream" if client is None else None,
        user=user, registry="npm" if speaks_npm(who) else None,
        doubts=("ambiguous quoting: the writer does not escape" if forged else None,))


def _audit(line: str) -> Parsed | None:
    if not (line.startswith("{") and '"initiator"' in line and '"domain"' in line):
        return None
    try:
        row = msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
        at = times.iso(str(row["timestamp"]))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError, KeyError,
            TypeError) as error:
        return Unparsed(f"an audit row that cannot be read: {type(error).__name__}")
    attributes = row.get("attributes")
    return _change(row, at, attributes if isinstance(attributes, dict) else {})


def _change(row: Mapping[str, Any], at: Instant, attributes: Mapping[str, Any]) -> AccessEvent:
    domain, kind = str(row.get("domain")), str(row.get("type"))
    user, _, client = str(row.get("initiator") or "").rpartition("/")
    where = address(client if user else None)
    stated = {key: str(attributes[key]) for key in ("name", "version") if attributes.get(key)}
    named: dict[str, Any] = {}
    if stated:
        named = {"package": stated.get("name"), "version": stated.get("version")}
    if attributes.get("format") in ("npm", "pypi"):
        named["registry"] = attributes["format"]
    return access(
        "audit", at, None, "/repository/x/" + str(attributes.get("path") or "").lstrip("/"),
        moment="event", event_type=f"{domain}.{kind}", client=where, addr_kind="stated",
        repo=text(str(attributes.get("repository.name") or "")), outcome="unknown",
        user=text(user if where.value else str(row.get("initiator") or "")), **named,
        **_meant(domain, kind, str(attributes.get("repository.type") or ""),
                 task=str(row.get("initiator", "")).startswith("*")))


def _meant(domain: str, kind: str, holds: str, *, task: bool) -> dict[str, Any]:
    """What a change says, by the type of the repository that it was made in ("" where unstated).

    A proxy's first fetch of a file creates it there: only a hosted repository is uploaded to.
    Tasks and proxies also let go of what they cached, which takes no version from anybody.
    """
    by: dict[str, Any] = {"side": "server" if task else "client"}
    if domain not in _DOMAINS:
        return by | {"action": "login" if domain == "security.user" else "access"}
    if kind == "created" and holds == "hosted":
        return by | {"action": "upload"}
    if kind == "created" and holds:
        return {"action": "download", "side": "server", "source": "upstream"}
    if kind == "created":
        return {"action": "upload", "side": "server", "doubts": (
            "the row does not state the repository's type: in a proxy created means first cached,"
            " in a hosted repository uploaded",)}
    if kind not in _REMOVALS:
        return by | {"action": "other"}
    if holds == "proxy" or (task and (kind == "purged" or holds != "hosted")):
        return {"action": "other", "side": "server"}
    return by | {"action": "unpublish", "doubts": (
        None if holds else "the row does not state the repository's type: in a proxy a removal"
        " clears the cache alone",)}
