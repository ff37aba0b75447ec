"""nginx and Apache access logs: the Common and Combined formats and their usual variants.

nginx writes a line when the response ends, Apache prints when the request was received. Sources:
nginx ngx_http_log_module, Apache mod_log_config.
"""

import re
from dataclasses import replace

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Unparsed
from regforensics.logs.fields import Address, address, chain, number, text
from regforensics.model.event import AccessEvent
from regforensics.model.instant import Instant

_LINE = re.compile(r'(?P<head>.{1,2000}?) \[(?P<time>[^\]]{10,40})\] '
                   r'"(?P<request>(?:[^"\\]|\\.)*+)" (?P<status>\d{3}|-) (?P<size>\d+|-)'
                   r'(?P<rest>.*)', re.DOTALL)
_LENIENT = re.compile(r'(?P<head>.{1,2000}?) \[(?P<time>[^\]]{10,40})\] "(?P<request>.*?)"'
                      r' (?P<status>\d{3}|-) (?P<size>\d+|-)(?P<rest>(?: ".*)?)', re.DOTALL)
_MORE_NUMBERS = re.compile(r" (?:-|\d+) ")  # another server's log: Nexus counts on after the status
# One that is not closed goes on to the end: to look for another within it takes forever.
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)(?:(")|\\?\Z)', re.DOTALL)
_ESCAPE = re.compile(r'\\(x[0-9A-Fa-f]{2}|["\\tnr])')
_PLAIN = {"t": "\t", "n": "\n", "r": "\r", '"': '"', "\\": "\\"}
_VERB = re.compile(r"[A-Z]{3,10}")


class Combined:
    """One request a line; see the module."""

    name = "combined"
    title = "nginx or Apache access log (common or combined)"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _read


def _read(line: str) -> Parsed | None:
    found, doubts = _LINE.fullmatch(line), []
    if found is None:
        found = _LENIENT.fullmatch(line)
        doubts.append("ambiguous quoting: the fields may not be where the format puts them")
    if found is None or not _is_head(found["head"]) or _MORE_NUMBERS.match(found["rest"]):
        return None
    try:
        at: Instant | None = times.common(found["time"])
    except ValueError:
        if "/" not in found["time"]:
            return None
        at = None
        doubts.append(f"{found['time'][:40]!r} is no time")
    request = unescaped(found["request"])
    method, target = split_request(request)
    if target is None:
        return Unparsed(f"the request {request[:60]!r} is no HTTP request line")
    event = _event(found, at, method, target, doubts)
    if " HTTP/" in request or "HTTP/" not in found["rest"]:
        return event
    return replace(event, status_code=None, outcome="unknown", size=None, user_agent=None,
                   chain=(), doubts=(*event.doubts, "ambiguous quoting: the address may hold the"
                                     " quotes that end it, and status, size and user agent words"
                                     " of the client"))


def _is_head(head: str) -> bool:
    """Addresses, ident and user: no shipper's prefix, whose last word ends in a colon or bar."""
    return not any(word.endswith((":", "|", ">")) or word.startswith("<")
                   for word in head.split(" "))


def _event(found: re.Match[str], at: Instant | None, method: str | None, target: str,
           doubts: list[str]) -> AccessEvent:
    words = found["head"].split(" ")
    user = words[-1] if len(words) > 2 else None
    hosts = [h.strip('",') for h in words[:-2 if len(words) > 2 else None] if h.strip('",')]
    quoted = [unescaped(q) for q, closed in _QUOTED.findall(found["rest"]) if closed]
    status, size = number(found["status"]), number(found["size"])
    forwarded = chain(quoted[2]) if len(quoted) > 2 else tuple(hosts[:-1])
    return access("server", at, method, target, status=status, size=size, size_kind="body",
                  client=_client(hosts), chain=forwarded, user=text(user), doubts=doubts,
                  user_agent=text(quoted[1]) if len(quoted) > 1 else None)


def _client(hosts: list[str]) -> Address:
    """The last address before the ident column; a virtual host may stand before it."""
    read = [address(h) for h in hosts]
    return next((a for a in reversed(read) if a.value), read[-1] if read else address(None))


def split_request(request: str) -> tuple[str | None, str | None]:
    """(method, target) of a request line; the target may hold blanks, the protocol be missing."""
    method, blank, rest = request.partition(" ")
    if not blank or not _VERB.fullmatch(method):
        return None, None
    target, blank, protocol = rest.rpartition(" ")
    return (method, target) if blank and protocol.startswith("HTTP/") else (method, rest)


def unescaped(value: str) -> str:
    r"""One level of the servers' own escapes (``\x22``, ``\"``) taken off."""
    return _ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "x" else _PLAIN[m[1]], value)
