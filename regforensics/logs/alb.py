"""AWS load balancers: application load balancers of every generation, and classic ones.

Blank-separated, some fields quoted; new fields are only ever appended. The balancer logs what it
sent at the end of the response, and never X-Forwarded-For: behind a CDN the client is the CDN.
Sources: AWS Elastic Load Balancing user guides, "Access logs".
"""

import re

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped, Unparsed
from regforensics.logs.combined import split_request
from regforensics.logs.fields import address_and_port, number, text
from regforensics.model.instant import Instant

_TOKEN = re.compile(r'"((?:\\.|[^"\\])*)"|(\S+)')
_LEAD = re.compile(r"(?:https?|h2|grpcs|wss?) \d{4}-\d{2}-\d{2}T\S+Z \S+ ")
_CLASSIC = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z \S+ \S+:\d{1,5} (?:\S+:\d{1,5}|-) "
                      r"-?[\d.]+ -?[\d.]+ -?[\d.]+ (?:\d{3}|-) (?:\d{3}|-) \d+ \d+ \"")
_NETWORK = re.compile(r"tls \d\.\d \d{4}-\d{2}-\d{2}T")
_CONNECTION = re.compile(r"\d{4}-\d{2}-\d{2}T\S+Z [\da-fA-F.:]+ \d{1,5} \d{1,5} (?:TLS|-)\S* ")
_LEAST, _CREATED = 14, 21  # tokens of the oldest generation; place of request_creation_time
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


class ApplicationLoadBalancer:
    """One request a line."""

    name = "alb"
    title = "AWS application load balancer access log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _application


class ClassicLoadBalancer:
    """One request a line; the short form has no user agent."""

    name = "classic-elb"
    title = "AWS classic load balancer access log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _classic


def tokens(line: str) -> list[str]:
    """The line's fields, quotes and their escapes taken off."""
    return [m[2] if m[2] is not None else m[1].replace('\\"', '"').replace("\\\\", "\\")
            for m in _TOKEN.finditer(line)]


def _application(line: str) -> Parsed | None:
    if _NETWORK.match(line):
        return Skipped("a row of a network load balancer, which sees no requests")
    if _CONNECTION.match(line):
        return Skipped("a row of a connection log, which sees no requests")
    if not _LEAD.match(line):
        return None
    found = tokens(line)
    if len(found) < _LEAST:
        return Unparsed(f"{len(found)} fields where a load balancer's row has at least {_LEAST}")
    return _event(found[1], found[3], found[5:8], found[8], found[11], found[12], found[13],
                  trace=found[17] if len(found) > 17 else None,
                  created=found[_CREATED] if len(found) > _CREATED else None)


def _classic(line: str) -> Parsed | None:
    if not _CLASSIC.match(line):
        return None
    found = tokens(line)
    return _event(found[0], found[2], found[4:7], found[7], found[10], found[11],
                  found[12] if len(found) > 12 else "-")


def _event(stamp: str, client: str, took: list[str], status: str, sent: str, request: str,
           agent: str, *, trace: str | None = None, created: str | None = None) -> Parsed:
    try:
        at = times.iso(stamp)
    except ValueError as error:
        return Unparsed(str(error))
    method, target = split_request(request)
    if target is None or method is None:
        return Unparsed(f"the request {request[:60]!r} is no HTTP request line")
    known = all(_SECONDS.fullmatch(part) for part in took)
    return access(
        "balancer", at, method, target, status=number(status), size=number(sent),
        size_kind="with headers", client=address_and_port(client), started=_created(created),
        took=sum(map(float, took)) if known else None, user_agent=text(agent), trace=text(trace))


def _created(stamp: str | None) -> Instant | None:
    """When the balancer had the request, as the newer rows say."""
    try:
        return times.iso(stamp or "")
    except ValueError:
        return None
