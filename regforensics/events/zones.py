"""Time zones as analysts name them."""

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from regforensics.errors import WrongUsage

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)


def zone_named(text: str) -> tzinfo:
    """An IANA zone or an offset such as ``+02:00``. Raises WrongUsage."""
    found = _OFFSET.fullmatch(text)
    if found:
        span = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if span < timedelta(hours=24):
            return timezone(-span if found[1] == "-" else span)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WrongUsage(f"unknown time zone {text!r}",
                         hint="zones look like Europe/Berlin, UTC or +02:00") from error
