"""devpi-server's own log: local times without a zone, and no address, user, agent or status.

Its web server in front of it serves the files itself: downloads are in that one's log. ``[req0]``
starts again with each process. Source: devpi devpi_server/log.py and views.py.
"""

import re

from regforensics.logs import times
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped, Unparsed

_LINE = re.compile(r"(?P<time>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3}) (?P<level>[A-Z]{4,8}) +"
                   r"(?P<where>\[[^\]]{1,40}\]|NOCTX) +(?P<said>.*)", re.DOTALL)
_REQUEST = re.compile(r"(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE) (?P<target>/.*)", re.DOTALL)
_BARE = "devpi's log states no address, user, agent or status"


class Devpi:
    """One request a line; the server's other messages are no events."""

    name = "devpi"
    title = "devpi-server log"
    met = True
    zoneless = True

    def reader(self, context: Context) -> ReadLine:
        """Lines stand alone; times are read in the zone that the user stated."""
        return lambda line: _read(line, context)


def _read(line: str, context: Context) -> Parsed | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    request = _REQUEST.fullmatch(found["said"])
    if request is None:
        return Skipped("a message of the server")
    try:
        at = times.iso(found["time"], context.zone)
    except times.NoZone as error:
        return Unparsed(f"{error}: say which zone with --assume-zone")
    except ValueError as error:
        return Unparsed(str(error))
    return access("proxy", at, request["method"], request["target"], moment="start", started=at,
                  registry="pypi", doubts=(_BARE,))
