"""Bytes from a peer: in order, bounded, and handed out before the error that follows them."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

import httpcore
import pytest

from regforensics.acquire.wire import AsyncioBackend

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Scene = Callable[[httpcore.AsyncNetworkStream], Awaitable[None]]
MIB = 1 << 20


def played(peer: Peer, scene: Scene) -> None:
    """Connect to a peer on this machine, and play."""
    async def main() -> None:
        done = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await peer(reader, writer)
            await done.wait()
            writer.transport.abort()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            stream = await AsyncioBackend().connect_tcp("127.0.0.1", port, 1.0)
            try:
                await scene(stream)
            finally:
                done.set()
                await stream.aclose()

    asyncio.run(asyncio.wait_for(main(), 10))


async def everything(stream: httpcore.AsyncNetworkStream) -> bytes:
    whole = bytearray()
    while data := await stream.read(65536, 1.0):
        assert len(data) <= 65536
        whole += data
    return bytes(whole)


def test_a_reader_that_lags_makes_the_peer_wait() -> None:
    sent = bytes(range(256)) * (16 * MIB // 256)
    written = asyncio.Event()

    async def peer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)
        writer.write(sent)
        await writer.drain()
        written.set()
        writer.write_eof()

    async def scene(stream: httpcore.AsyncNetworkStream) -> None:
        await asyncio.sleep(0.3)
        assert not written.is_set()
        assert await everything(stream) == sent
        assert await stream.read(1, 1.0) == b""

    played(peer, scene)


def test_what_came_before_a_reset_is_handed_out_first() -> None:
    async def peer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"a beginning")
        await writer.drain()
        await asyncio.sleep(0.1)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    async def scene(stream: httpcore.AsyncNetworkStream) -> None:
        await asyncio.sleep(0.3)
        assert stream.get_extra_info("is_readable")
        assert await stream.read(1, 1.0) == b"a"
        assert await stream.read(100, 1.0) == b" beginning"
        with pytest.raises(httpcore.ReadError):
            await stream.read(100, 1.0)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"late", 1.0)

    played(peer, scene)


def test_a_silent_peer_is_given_up() -> None:
    async def peer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readexactly(4)

    async def scene(stream: httpcore.AsyncNetworkStream) -> None:
        assert not stream.get_extra_info("is_readable")
        await stream.write(b"ping", 1.0)
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(1, 0.1)
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(bytes(64 * MIB), 0.1)

    played(peer, scene)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(httpcore.ConnectError):
        asyncio.run(AsyncioBackend().connect_tcp("127.0.0.1", port, 1.0))


@pytest.mark.parametrize("name", ["127.0.0.1", ".example"])
def test_a_peer_that_speaks_no_tls(name: str) -> None:
    import ssl

    async def peer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-something\r\n" * 20)

    async def scene(stream: httpcore.AsyncNetworkStream) -> None:
        with pytest.raises((httpcore.ConnectError, httpcore.ConnectTimeout)):
            await stream.start_tls(ssl.create_default_context(), name, 0.5)

    played(peer, scene)
