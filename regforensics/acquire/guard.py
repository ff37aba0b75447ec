"""The network backend that connects only to addresses it has checked.

The name is resolved here, each address is checked, and the connection goes to the very address
that was checked: a name that resolves differently a moment later (DNS rebinding) gains nothing.
Errors derive from httpcore's own, so that its pool and httpx treat them as failed connects.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore

from regforensics.acquire.wire import AsyncioBackend
from regforensics.acquire.zones import Zone, zone_of

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Classify = Callable[[str], Zone]


class Unresolved(httpcore.ConnectError):
    """The host name has no address; ``passing`` where asking again may help."""

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


class RefusedAddress(httpcore.ConnectError):
    """Every address of the host lies where this request must not go."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of ``host`` in the system's order. Raises Unresolved."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        passing = error.errno == socket.EAI_AGAIN
        raise Unresolved(f"host name {host} does not resolve: {error.strerror}",
                         passing=passing) from error
    except (UnicodeError, ValueError, OverflowError) as error:
        raise Unresolved(f"host name {host} does not resolve: {error}", passing=False) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses in the ``allowed`` zones only."""

    def __init__(self, allowed: frozenset[Zone], resolver: Resolve = resolve,
                 classify: Classify = zone_of) -> None:
        self._allowed = allowed
        self._resolve = resolver
        self._classify = classify
        self._inner = AsyncioBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first checked address of ``host`` that answers; seconds in ``timeout``."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise Unresolved(f"host name {host} did not resolve in time", passing=True) from error
        share = None if timeout is None else timeout / max(len(addresses), 1)
        last: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in self._checked(host, addresses):
            try:
                return await self._inner.connect_tcp(address, port, share, local_address,
                                                     socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or Unresolved(f"host name {host} has no address", passing=False)

    async def sleep(self, seconds: float) -> None:
        """Pause between the pool's own connection attempts."""
        await asyncio.sleep(seconds)

    def _checked(self, host: str, addresses: Sequence[str]) -> list[str]:
        zones = {address: self._classify(address) for address in addresses}
        kept = [address for address in addresses if zones[address] in self._allowed]
        if addresses and not kept:
            where = ", ".join(f"{a} ({z.value})" for a, z in zones.items())
            special = all(zone is Zone.SPECIAL for zone in zones.values())
            raise RefusedAddress(f"{host} is at {where}, "
                                 + ("which is never asked" if special
                                    else "where a redirect must not lead"))
        return kept
