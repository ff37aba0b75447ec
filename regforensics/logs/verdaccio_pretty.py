"""Verdaccio's pretty console format: no time unless the configuration asks for one.

``http <-- 200, user: ada(10.1.1.1), req: 'GET /x', bytes: 0/24883``; ``-->`` is the server's own
fetch from an uplink. Source: verdaccio packages/middleware and packages/logger.
"""

import re
from typing import Any

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped
from regforensics.logs.fields import address, chain, number, text
from regforensics.model.instant import Instant

_COLOURS = re.compile(r"\x1b\[[\d;]{0,20}m")
_ASKED = re.compile(r"\s*(?:\[[^\]]{1,60}\] )?[a-z]{4,5} ?<-- \S{1,200} requested '.*'\s*")
_LINE = re.compile(r"\s*(?:\[(?P<time>[^\]]{1,60})\] )?(?:[a-z]{4,5} ?)?"
                   r"(?P<way><--|-->) (?P<status>\d{3}|ERR), "
                   r"(?:user: (?P<user>.{0,200}?)\((?P<ip>[^()]{0,200})\), )?"
                   r"req: '(?P<method>[A-Z]{3,10}) (?P<target>.*?)'"
                   r"(?:, error: .*?)?(?:, bytes: (?P<got>\d{0,18})/(?P<sent>\d{0,18}))?"
                   r"(?P<open> \(streaming\))?\s*")


class VerdaccioPretty:
    """One answered request a line."""

    name = "verdaccio-pretty"
    title = "Verdaccio console log"
    met = True
    zoneless = False

    def reader(self, context: Context) -> ReadLine:
        """Lines stand alone; a time is read in the zone that the user stated."""
        return lambda line: _read(line, context)


def _read(line: str, context: Context) -> Parsed | None:
    if "req: '" not in line and " requested '" not in line:
        return None
    plain = _COLOURS.sub("", line)
    if _ASKED.fullmatch(plain):
        return Skipped("a request without its answer")
    found = _LINE.fullmatch(plain)
    if found is None:
        return None
    if found["open"]:
        return Skipped("an answer that has only begun")
    server = found["way"] == "-->"
    remote, _, peer = (found["ip"] or "").partition(" via ")
    at, doubt = _time(found["time"], context)
    failed: dict[str, Any] = {"outcome": "failed"} if found["status"] == "ERR" else {}
    return access(
        "proxy", at, found["method"], found["target"], registry="npm",
        status=number(found["status"]), size=number(found["sent"]), size_kind="body",
        client=address(None if server else peer if text(peer) else remote),
        addr_kind="peer" if not peer or text(peer) else "forwarded",
        chain=chain(remote) if peer else (), side="server" if server else "client",
        source="upstream" if server else None, user=text(found["user"]),
        doubts=(doubt,), **failed)


def _time(shown: str | None, context: Context) -> tuple[Instant | None, str | None]:
    """The time in brackets before the line, or why there is none."""
    if shown is None:
        return None, "the line states no time"
    try:
        return times.iso(shown, context.zone), None
    except ValueError as error:
        return None, str(error)
