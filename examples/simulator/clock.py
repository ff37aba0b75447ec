"""Clock: the one place where the simulated registries learn the time."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


class Clock:
    """The time in UTC: the machine's own, or frozen at ``start`` and moved by hand.

    The machine's clock cannot be moved: ``tick`` then does nothing, because time passes by
    itself and a registry ahead of its observers would date events after their observation.
    """

    def __init__(self, start: datetime | str | None = None) -> None:
        moment = datetime.fromisoformat(start) if isinstance(start, str) else start
        if moment is not None and moment.tzinfo is None:
            raise ValueError("a frozen clock needs a time with a zone")
        self._frozen = moment.astimezone(UTC) if moment else None

    @property
    def frozen(self) -> bool:
        """True where the clock moves by ``tick`` alone."""
        return self._frozen is not None

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        return self._frozen or datetime.now(UTC)

    def tick(self, seconds: float) -> None:
        """Move a frozen clock forward by ``seconds``."""
        if self._frozen:
            self._frozen += timedelta(seconds=seconds)

    def ago(self, *, days: float = 0, seconds: float = 0) -> datetime:
        """The time that many days and seconds before now."""
        return self.now() - timedelta(days=days, seconds=seconds)


def npm_time(moment: datetime) -> str:
    """``moment`` as npm prints it: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pypi_time(moment: datetime) -> str:
    """``moment`` as PyPI prints it: UTC, microseconds that are left out when zero, ``Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def http_time(moment: datetime) -> str:
    """``moment`` as an HTTP date (RFC 9110, whole seconds, GMT)."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)
