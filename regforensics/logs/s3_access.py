"""Amazon S3 server access logs: package files that are fetched straight from a bucket.

Rows come hours late and not all of them; fields are appended over the years. The time is when the
request was received. Source: Amazon S3 user guide, "Amazon S3 server access log format".
"""

import re

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.alb import tokens
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped, Unparsed
from regforensics.logs.combined import split_request
from regforensics.logs.fields import address, number, text

_LINE = re.compile(r"(?P<owner>[0-9a-f]{64}|-) (?P<bucket>[a-z0-9.-]{3,255}) "
                   r"\[(?P<time>[^\]]{20,32})\] (?P<ip>\S{1,100}) (?P<who>\S{1,300}) "
                   r"(?P<id>\S{1,40}) (?P<what>[A-Z][A-Z0-9_]*\.[A-Z0-9_.-]+) (?P<key>\S{1,4000}) "
                   r"(?P<rest>.*)", re.DOTALL)
_LEAST = 9  # fields from the request to the user agent


class S3Access:
    """One request a line."""

    name = "s3-access"
    title = "Amazon S3 server access log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _read


def _read(line: str) -> Parsed | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    rest = tokens(found["rest"])
    if len(rest) < _LEAST:
        return Unparsed(f"{len(rest)} fields behind the key where there are at least {_LEAST}")
    request, status, error, size, _, took, _, _, agent = rest[:_LEAST]
    if ".OBJECT" not in found["what"]:
        return Skipped("a request for the bucket, not for a file")
    try:
        at = times.common(found["time"])
    except ValueError as problem:
        return Unparsed(str(problem))
    method, target = split_request(request)
    words = found["what"].split(".")
    served = found["who"] == "AmazonS3" or found["who"].startswith("svc:")
    return access(
        "server", at, method or (words[1] if len(words) > 1 else None),
        target or "/" + found["key"], moment="start", started=at, status=number(status),
        size=number(size), size_kind="body", client=address(found["ip"]),
        user=None if served else text(found["who"]), side="server" if served else "client",
        user_agent=text(agent), trace=text(found["id"]), key=text(found["id"]),
        event_type=found["what"],
        extra={key: value for key, value in (("bucket", found["bucket"]), ("took_ms", took),
                                              ("error", error)) if text(value)})
