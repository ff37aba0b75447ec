"""Lanes: a connection pool that hands out the connection used last, in constant time.

httpcore's own pool looks at every connection and every waiting request whenever a request begins
or ends, so that 64 at once are slower than 8. Here the caller bounds how many requests are under
way, and a request takes the first free connection from the end of a list.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import httpcore


@dataclass(slots=True, eq=False)
class _Lane:
    """A connection and how many requests are on it; ``wide`` where it may take several at once."""

    connection: httpcore.AsyncConnectionInterface
    wide: bool
    users: int = 0

    def takes(self, origin: httpcore.Origin) -> bool:
        """True where a request to ``origin`` may go on it now."""
        return ((not self.users or self.wide) and self.connection.can_handle_request(origin)
                and self.connection.is_available())


class Lanes(httpcore.AsyncConnectionPool):
    """Connections that ``maker`` knows how to make; ``most`` are kept, more only while in use."""

    def __init__(self, maker: httpcore.AsyncConnectionPool, most: int) -> None:
        super().__init__(max_connections=most)
        self._maker, self._most = maker, most
        self._lanes: list[_Lane] = []  # the one used last stands last

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """The answer's head. Its connection is free again when its stream is closed."""
        while True:
            with ExitStack() as lease, suppress(httpcore.ConnectionNotAvailable):
                lane = await self._lane(request.url.origin)
                lane.users += 1
                lease.callback(self._back, lane)
                response = await lane.connection.handle_async_request(request)
                lane.wide = response.extensions.get("http_version") == b"HTTP/2"
                return httpcore.Response(
                    response.status, headers=response.headers, extensions=response.extensions,
                    content=_Leased(response.stream, lease.pop_all()))

    async def aclose(self) -> None:
        """Close every connection."""
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            await lane.connection.aclose()

    async def _lane(self, origin: httpcore.Origin) -> _Lane:
        while lane := next((lane for lane in reversed(self._lanes) if lane.takes(origin)), None):
            if lane.users or not lane.connection.has_expired():
                return lane
            await self._close(lane)
        while len(self._lanes) >= self._most and (
                idle := next((lane for lane in self._lanes if not lane.users), None)):
            await self._close(idle)
        # Before TLS is up nobody knows whether the server speaks HTTP/2, where one will do for all.
        lane = _Lane(self._maker.create_connection(origin), origin.scheme == b"https")
        self._lanes.append(lane)
        return lane

    async def _close(self, lane: _Lane) -> None:
        self._lanes.remove(lane)
        await lane.connection.aclose()

    def _back(self, lane: _Lane) -> None:
        lane.users -= 1
        if lane in self._lanes:
            self._lanes.remove(lane)
            if not lane.connection.is_closed():
                self._lanes.append(lane)


class _Leased:
    """A response's stream; closing it gives the connection back."""

    def __init__(self, stream: Any, lease: ExitStack) -> None:
        self._stream, self._lease = stream, lease

    def __aiter__(self) -> AsyncIterator[bytes]:
        found: AsyncIterator[bytes] = self._stream.__aiter__()
        return found

    async def aclose(self) -> None:
        """End the response, however much of it was read."""
        with self._lease:
            await self._stream.aclose()
