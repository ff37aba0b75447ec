"""JFrog Artifactory 7: the request log, ``|`` between eleven fields, no quoting, no header.

The length columns change sides between versions: both are kept, and the response's is decided
row by row, or left open. Sources: JFrog help "Request Log", jfrog/log-analytics.
"""

import re
from typing import Any

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Unparsed
from regforensics.logs.fields import address, text

_COLUMNS = 11
_LEAD = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z(?:\|[^|]*){3}\|[A-Z-]{1,20}\|(?!https?://)")
_STATUS, _NUMBER = re.compile(r"\d{3}"), re.compile(r"-?\d{1,15}")
_SERVER_USERS = re.compile(r"(?:jffe|jfrt|jfxr|jfmc|jfac)@|_system_")
_SERVER_AGENTS = re.compile(r"^(?:Artifactory/|JFrog)")


class ArtifactoryRequest:
    """One request a line, written when the response had ended, in UTC."""

    name = "artifactory-request"
    title = "Artifactory 7 artifactory-request.log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _read


def _read(line: str) -> Parsed | None:
    if not _LEAD.match(line):
        return None
    fields = line.split("|", _COLUMNS - 1)
    if len(fields) != _COLUMNS:
        return Unparsed(f"{len(fields)} fields where the request log has {_COLUMNS}")
    stamp, trace, client, user, method, path, status, first, second, took, agent = fields
    numbers = [int(n) if _NUMBER.fullmatch(n) else None for n in (first, second, took)]
    if not _STATUS.fullmatch(status) or None in numbers:
        return Unparsed("status, lengths or duration are no numbers")
    try:
        at = times.iso(stamp)
    except ValueError as error:
        return Unparsed(str(error))
    size, doubt = response_length(method, int(first), int(second))
    server = bool(_SERVER_USERS.match(user) or _SERVER_AGENTS.match(agent))
    properties: dict[str, Any] = {"action": "other"} if path.endswith(":properties") else {}
    return access(
        "proxy", at, method, path.removesuffix(":properties"), status=int(status), size=size,
        took=int(took) / 1000, client=address(client), addr_kind="forwarded", doubts=(doubt,),
        side="server" if server else "client", user=text(user), user_agent=text(agent),
        trace=text(trace), extra={"lengths": (int(first), int(second))}, **properties)


def response_length(method: str, first: int, second: int) -> tuple[int | None, str | None]:
    """(the response's length in bytes, a doubt) out of two length columns of uncertain order.

    Documented is request, then response; rows with the two swapped exist.
    """
    if method in ("GET", "HEAD") and -1 in (first, second) and max(first, second) >= 0:
        return max(first, second), None
    if method in ("GET", "HEAD") and 0 in (first, second) and max(first, second) > 0:
        return max(first, second), None
    if max(first, second) <= 0:
        return (0 if second == 0 else None), None
    if method in ("PUT", "POST") and min(first, second) <= 0:
        return (0 if min(first, second) == 0 else None), None
    return second if second >= 0 else None, "which of the two lengths is the response's is unproven"
