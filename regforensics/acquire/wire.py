"""The connections themselves: httpcore's network interface over asyncio's own transports.

httpcore reaches asyncio through another library, which costs as much as the rest of a small
request. Here bytes that have arrived are handed out at once, and nothing waits that need not.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Iterable
from typing import Any

import httpcore

_MOST_HELD = 1 << 19  # bytes read ahead; then the peer has to wait
_NAMES = {"client_addr": "sockname", "server_addr": "peername", "socket": "socket",
          "ssl_object": "ssl_object"}


class _Wire(asyncio.Protocol):
    """Bytes that came, and whether more can come or go."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.error: Exception | None = None
        self.ended = self._paused = self._full = False
        self._held: deque[bytes] = deque()
        self._size = self._used = 0  # bytes held; bytes of the first chunk that were handed out
        self._waiting: asyncio.Future[None] | None = None

    @property
    def readable(self) -> bool:
        """True where a read would return at once."""
        return bool(self._held) or self.ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio has a connection."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._held.append(data)
        self._size += len(data)
        if self._size > _MOST_HELD and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """The peer sends no more; asyncio closes the connection."""
        self.ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self.ended, self.error = True, error
        self._wake()

    def pause_writing(self) -> None:
        """The peer does not take what is sent."""
        self._full = True

    def resume_writing(self) -> None:
        """The peer has taken it."""
        self._full = False
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def _event(self, timeout: float | None) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(timeout):
            await self._waiting

    async def read(self, most: int, timeout: float | None) -> bytes:
        """Bytes in the order in which they came, b"" at the end. Raises TimeoutError."""
        while not self.readable:
            await self._event(timeout)
        if not self._held:
            return b""
        chunk = self._held[0][self._used:self._used + most]
        self._used += len(chunk)
        self._size -= len(chunk)
        if self._used == len(self._held[0]):
            self._held.popleft()
            self._used = 0
        if self._paused and self._size <= _MOST_HELD and not self.ended:
            self._paused = False
            self.transport.resume_reading()
        return chunk

    async def drained(self, timeout: float | None) -> None:
        """Wait until more can be sent. Raises TimeoutError."""
        while self._full and not self.ended:
            await self._event(timeout)


class _Stream(httpcore.AsyncNetworkStream):
    """A wire as httpcore wants it; errors are httpcore's."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What came before the connection broke is handed out before the error."""
        try:
            data = await self._wire.read(max_bytes, timeout)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        if not data and self._wire.error is not None:
            raise httpcore.ReadError from self._wire.error
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send, and wait where the peer does not take it."""
        if self._wire.ended:
            raise httpcore.WriteError("the connection is closed") from self._wire.error
        self._wire.transport.write(buffer)
        try:
            await self._wire.drained(timeout)
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error

    async def aclose(self) -> None:
        """Close at once, as HTTP allows; a peer that is silent cannot hold us."""
        self._wire.transport.abort()
        await asyncio.sleep(0)  # the socket is closed in the loop's next round

    async def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                        timeout: float | None = None) -> httpcore.AsyncNetworkStream:
        """The same connection with TLS on it."""
        wire, loop = self._wire, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                wire.transport = await loop.start_tls(wire.transport, wire, ssl_context,
                                                      server_hostname=server_hostname)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except (OSError, ValueError) as error:
            raise httpcore.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore documents for a stream."""
        if info == "is_readable":
            return self._wire.readable
        return self._wire.transport.get_extra_info(_NAMES[info]) if info in _NAMES else None


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Connects through the running loop."""

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to an address. Raises httpcore.ConnectError and ConnectTimeout."""
        loop = asyncio.get_running_loop()
        local = (local_address, 0) if local_address else None
        try:
            async with asyncio.timeout(timeout):
                _, wire = await loop.create_connection(_Wire, host, port, local_addr=local)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for option in socket_options or ():
            wire.transport.get_extra_info("socket").setsockopt(*option)
        return _Stream(wire)

    async def sleep(self, seconds: float) -> None:
        """Pause between connection attempts."""
        await asyncio.sleep(seconds)
