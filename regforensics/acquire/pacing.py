"""Pacer: a steady rate of requests to each host, with a burst at the start."""

import asyncio

from regforensics.acquire.zones import Zone, zone_of_host


class Pacer:
    """Gives each request to a host its turn (the generic cell rate algorithm).

    ``rate`` is in requests a second; the first ``burst`` requests go at once.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._interval = 1.0 / rate
        self._allowance = self._interval * max(burst - 1, 0)
        self._due: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._exempt: set[str] = set()

    def exempt(self, host: str) -> None:
        """``host`` turned out to be private or loopback: it is not paced from now on."""
        self._exempt.add(host)

    def hold(self, host: str, seconds: float) -> None:
        """``host`` asked for a pause: no request goes there before it is over."""
        until = asyncio.get_running_loop().time() + seconds
        self._held[host] = max(until, self._held.get(host, 0.0))

    async def turn(self, host: str) -> float:
        """Wait for the turn; the seconds that were waited."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        start = begun
        if host not in self._exempt and zone_of_host(host) in (None, Zone.PUBLIC):
            due = self._due.get(host, begun)
            start = max(begun, due - self._allowance)
            self._due[host] = max(due, start) + self._interval
        while (pause := max(start, self._held.get(host, 0.0)) - clock()) > 0:
            await asyncio.sleep(pause)
        return clock() - begun
