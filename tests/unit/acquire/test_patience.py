"""Retry-After in both forms, and turns that keep to the rate."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from regforensics.acquire.pacing import Pacer
from regforensics.acquire.retry import passing, retry_after

NOW = datetime(2026, 11, 21, 6, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(("value", "seconds"), [
    ("3", 3.0), (" 0 ", 0.0), ("7200", 60.0), ("9" * 400, 60.0),
    ("Sat, 21 Nov 2026 06:00:10 GMT", 10.0), ("Sat, 21 Nov 2026 05:00:00 GMT", 0.0),
    ("Sat, 21 Nov 2026 09:00:00 GMT", 60.0), ("Sat, 21 Nov 2026 06:00:10 -0000", 10.0),
    ("soon", None), ("-5", None), ("1.5", None), ("", None), (None, None), ("\u0663", None),
])
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW, 60.0) == seconds


def test_what_may_pass() -> None:
    assert [s for s in (200, 304, 400, 404, 408, 410, 429, 451, 500, 503, 599) if passing(s)] == [
        408, 429, 500, 503, 599]


def waited(pacer: Pacer, host: str, turns: int) -> float:
    async def main() -> None:
        await asyncio.gather(*(pacer.turn(host) for _ in range(turns)))

    start = time.monotonic()
    asyncio.run(main())
    return time.monotonic() - start


def test_a_public_host_is_paced_after_the_burst() -> None:
    assert waited(Pacer(50.0, 4), "a.example", 4) < 0.05
    assert 0.1 <= waited(Pacer(50.0, 4), "a.example", 10) < 0.5


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.8", "::1"])
def test_inner_hosts_are_not_paced(host: str) -> None:
    assert waited(Pacer(1.0, 1), host, 5) < 0.2


def test_a_host_found_to_be_private_is_paced_no_longer() -> None:
    pacer = Pacer(1.0, 1)
    pacer.exempt("mirror.example")
    assert waited(pacer, "mirror.example", 5) < 0.2


def test_a_host_that_asks_for_a_pause_gets_it() -> None:
    async def main() -> float:
        pacer = Pacer(1000.0, 8)
        pacer.hold("127.0.0.1", 0.15)
        assert await pacer.turn("127.0.0.2") < 0.1
        return await pacer.turn("127.0.0.1")

    assert asyncio.run(main()) >= 0.1
