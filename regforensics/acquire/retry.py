"""When to ask again: stamina's backoff, the statuses that pass, and Retry-After (RFC 9110)."""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import stamina

from regforensics.acquire.limits import Limits
from regforensics.model.instant import iso

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

_EPOCH = re.compile(r"[0-9]{1,11}")


def passing(status: int) -> bool:
    """True for an answer that may be another one in a moment: 408, 429 and 5xx."""
    return status in (408, 429) or 500 <= status <= 599


def used_up(status: int, headers: Mapping[str, str]) -> str | None:
    """A line where the server says that we may ask no more for a long time, else None.

    GitHub's way to say so (GitHub REST docs, "Rate limits"); the reset is in seconds since 1970.
    """
    if status not in (403, 429) or headers.get("x-ratelimit-remaining") != "0":
        return None
    reset = headers.get("x-ratelimit-reset", "")
    until = iso(datetime.fromtimestamp(int(reset), UTC)) if _EPOCH.fullmatch(reset) else None
    return f"HTTP {status}: the rate limit is used up" + (f" until {until}" if until else "")


def retry_after(value: str | None, now: datetime, longest: float) -> float | None:
    """The seconds that a Retry-After header asks for, at most ``longest``.

    Takes delay-seconds and an HTTP-date (a date in the past is 0); None where it is neither.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), longest)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), longest)


def attempts(limits: Limits,
             again: Callable[[Exception], bool | float]) -> "AsyncIterable[stamina.Attempt]":
    """stamina's attempts; ``again`` says of an exception whether, or after how many seconds.

    stamina logs each retry; the talk is ours to make, so its logger gets a handler that is silent.
    """
    logger = logging.getLogger("stamina")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return stamina.retry_context(
        again, attempts=limits.attempts, timeout=limits.total, wait_initial=limits.wait_initial,
        wait_max=limits.wait_max, wait_jitter=limits.wait_jitter)
