"""Fields as logs write them: nulls, numbers, addresses, statuses."""

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

from regforensics.model.event import Outcome

NULLS = frozenset({"", "-", '"-"', "(null)", "null", "None", "undefined", "UNKNOWN", "unknown"})
WRITING = frozenset({"PUT", "POST", "PATCH", "DELETE"})
_V6_AND_PORT = re.compile(r"(.*):(\d{1,5})")
_SHORT = 100  # characters of what is remembered
_DIGITS = re.compile(r"-?\d{1,18}")


class Address(NamedTuple):
    """A client address: normalised, None where the text is none; and why not."""

    value: str | None
    doubt: str | None = None


def text(value: str | None) -> str | None:
    """The field, or None for the ways in which logs write nothing."""
    return None if value is None or value in NULLS else value


def number(value: str | None) -> int | None:
    """A whole number; None for nothing, -1 and what is no number."""
    if value is None or not _DIGITS.fullmatch(value):
        return None
    found = int(value)
    return found if found >= 0 else None


def address(value: str | None) -> Address:
    """An address in any of the spellings that logs use, without its port.

    ``10.0.0.1:443``, ``[2001:db8::1]:443``, ``::ffff:10.0.0.1``, ``/127.0.0.1:50920``, a zone.
    What is no address (a host name, a service, masked digits) is None with a doubt.
    """
    shown = text(value)
    if shown is None:
        return Address(None)
    return _address(shown) if len(shown) < _SHORT else _address.__wrapped__(shown)


@lru_cache(1 << 14)  # few addresses make most of a log
def _address(shown: str) -> Address:
    bare = shown.strip().removeprefix("/")
    for candidate in (bare, bare.strip("[]"), _without_port(bare)):
        try:
            found = ipaddress.ip_address(candidate.partition("%")[0])
        except ValueError:
            continue
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return Address(str(mapped or found))
    return Address(None, f"{shown[:60]!r} is no network address")


def address_and_port(value: str | None) -> Address:
    """As ``address`` where a port always follows, also a bare one after IPv6 (ALB)."""
    shown = text(value)
    return address(_without_port(shown) if shown else None)


def chain(value: str | None) -> tuple[str, ...]:
    """The hops of an X-Forwarded-For list, as written, leftmost first."""
    shown = text(value)
    return tuple(hop.strip() for hop in shown.split(",")[:50]) if shown else ()


def outcome(status: int | None, size: int | None, *, method: str = "GET") -> Outcome:
    """What came of a request, from its status, the bytes sent and its method.

    A write is accepted, refused or failed; bytes that come back with it are no file.
    """
    if status is None:
        return "unknown"
    if method in WRITING:
        return "accepted" if 200 <= status < 300 else "failed" if status >= 500 else \
            "refused" if 400 <= status < 500 and status not in (460, 499) else "unknown"
    if status in (0, 460, 499):
        return "abandoned"
    if status == 304:
        return "already had it"
    if status == 206:
        return "partial"
    if status in (301, 302, 303, 307, 308):
        return "pointed elsewhere"
    if status in (404, 410, 451):
        return "absent"
    if 400 <= status < 500:
        return "refused"
    if status >= 500:
        return "failed"
    if 200 <= status < 300:
        empty = method == "HEAD" or (method == "GET" and size == 0)
        return "unknown" if empty else "transferred"
    return "unknown"


def _without_port(value: str) -> str:
    if value.startswith("["):
        return value[1:].partition("]")[0]
    found = _V6_AND_PORT.fullmatch(value)
    return found[1] if found else value
