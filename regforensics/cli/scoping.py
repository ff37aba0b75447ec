"""What a report is about, out of what an analyst types or an earlier report states."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from regforensics.acquire.foreign import read_file
from regforensics.cli.opening import moment, period
from regforensics.errors import WrongUsage
from regforensics.model.history import Scope
from regforensics.model.instant import Instant, now
from regforensics.model.package import PackageRef

WINDOW = 24.0  # hours before and after a publish
_LONGEST = 24.0 * 366
_LARGEST_LIST = 4 << 20  # bytes of a file of networks


def scoped(incidents: Sequence[str], announced: str | None = None, since: str | None = None,
           until: str | None = None, *, window: float = WINDOW,
           known_networks: Sequence[str] = (), made: str | None = None) -> Scope:
    """The scope. ``window`` is in hours, ``made`` when the report is or was made, without which it
    is now. Raises WrongUsage for what cannot be meant."""
    first = _whole(since) if since else None
    last = _milliseconds(period(until)[1]) if until else None
    if first and last and first > last:
        raise WrongUsage(f"--since {since} comes after --until {until}")
    if not 0 < window <= _LONGEST:
        raise WrongUsage(f"--window {window} is no number of hours between 0 and {_LONGEST:.0f}")
    return Scope(tuple(PackageRef.parse(i) for i in incidents),
                 as_instant(_whole(announced) if announced else None), first, last,
                 timedelta(hours=window), networks(known_networks),
                 as_instant(_whole(made) if made else _milliseconds(now())))


def as_instant(when: datetime | None) -> Instant | None:
    """The moment as reports print it."""
    return None if when is None else Instant.at(when)


def networks(given: Sequence[str]) -> tuple[str, ...]:
    """Networks as analysts give them: CIDR, several with commas between, or files of them.

    A file holds one network a line; ``#`` begins a comment. Raises WrongUsage, UnreadableInput.
    """
    found: list[str] = []
    for text in given:
        path = Path(text)
        if not path.is_file():
            found += map(_network, text.split(","))
            continue
        lines = read_file(path, largest=_LARGEST_LIST).decode("utf-8-sig", "replace").split("\n")
        found += [_network(line, f"{path} line {n}: ") for n, whole in enumerate(lines, 1)
                  if (line := whole.partition("#")[0].strip())]
    return tuple(dict.fromkeys(found))


def _network(text: str, place: str = "") -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise WrongUsage(f"{place}{text.strip()!r} is no network",
                         hint="networks look like 10.0.0.0/8 or 2001:db8::/32; a file has one a"
                         " line") from error


def _whole(text: str) -> datetime:
    """A time to the millisecond, as the report prints it and as it is computed again from."""
    return _milliseconds(moment(text))


def _milliseconds(found: datetime) -> datetime:
    return found.replace(microsecond=found.microsecond // 1000 * 1000)
