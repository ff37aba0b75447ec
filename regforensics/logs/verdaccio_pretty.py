"""Verdaccio's pretty console format: no time unless something in front of it prints one.

``http <-- 200, user: ada(10.1.1.1), req: 'GET /x', bytes: 0/24883``; ``-->`` is the server's own
fetch from an uplink. Source: verdaccio packages/middleware and packages/logger.
"""

import re

from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped
from regforensics.logs.fields import address, chain, number, text

_COLOURS = re.compile(r"\x1b\[[\d;]{0,20}m")
_LINE = re.compile(r"\s*(?:(?:http|info|warn|error) ?)?(?P<way><--|-->) (?P<status>\d{3}), "
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

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _read


def _read(line: str) -> Parsed | None:
    if "req: '" not in line:
        return None
    found = _LINE.fullmatch(_COLOURS.sub("", line))
    if found is None:
        return None
    if found["open"]:
        return Skipped("an answer that has only begun")
    server = found["way"] == "-->"
    remote, _, peer = (found["ip"] or "").partition(" via ")
    return access(
        "proxy", None, found["method"], found["target"], registry="npm",
        status=number(found["status"]), size=number(found["sent"]), size_kind="body",
        client=address(None if server else peer if text(peer) else remote),
        addr_kind="peer" if not peer or text(peer) else "forwarded",
        chain=chain(remote) if peer else (), side="server" if server else "client",
        source="upstream" if server else None, user=text(found["user"]),
        doubts=("the line states no time",))
