"""A registry that does everything wrong, on 127.0.0.1: each behaviour is a path.

Raw sockets, because no HTTP library would send most of this. It runs in a thread of its own, so
that tests can drive both the asynchronous and the synchronous way in.
"""

import asyncio
import gzip
import json
import socket
import struct
import threading
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from backports import zstd

DOCUMENT = json.dumps({"name": "demo", "versions": {"1.0.0": {}}}).encode()
Headers = list[tuple[str, str]]


@dataclass
class Exchange:
    """One request and the stream to answer on. ``times`` counts requests for the path, from 1."""

    path: str
    headers: dict[str, str]
    writer: asyncio.StreamWriter
    times: int
    port: int

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def answer(self, status: str, body: bytes = b"", headers: Headers | None = None,
                     length: str | None = None) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {length or len(body)}",
                 *(f"{name}: {value}" for name, value in headers or [])]
        await self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n", body)

    async def redirect(self, location: str) -> None:
        await self.answer("302 Found", b"moved", [("Location", location)])

    async def chunks(self, parts: Iterator[bytes], headers: str = "") -> None:
        await self.send(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode())
        for part in parts:
            await self.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        await self.send(b"0\r\n\r\n")


Behaviour = Callable[[Exchange], Awaitable[None]]
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS[function.__name__.replace("_", "-")] = function
    return function


def break_off(x: Exchange) -> None:
    """Close with a TCP reset, as a crashing server or a firewall does."""
    x.writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    x.writer.transport.abort()


@behaviour
async def ok(x: Exchange) -> None:
    if x.headers.get("if-none-match") == '"v1"':
        await x.answer("304 Not Modified", headers=[("ETag", '"v1"')], length="0")
        return
    await x.answer("200 OK", DOCUMENT, [("ETag", '"v1"'), ("Content-Type", "application/json"),
                                        ("X-Cache", "MISS"), ("X-Cache", "HIT")])


@behaviour
async def confused(x: Exchange) -> None:
    if "if-none-match" in x.headers:
        await x.answer("304 Not Modified", headers=[("ETag", '"v2"')], length="0")
        return
    await ok(x)


@behaviour
async def weak(x: Exchange) -> None:
    if "if-none-match" in x.headers:
        await x.answer("304 Not Modified", headers=[("ETag", 'W/"v1"')], length="0")
        return
    await ok(x)


@behaviour
async def dated(x: Exchange) -> None:
    stamp = "Sat, 21 Nov 2026 06:00:00 GMT"
    if x.headers.get("if-modified-since") == stamp:
        await x.answer("304 Not Modified", length="0")
        return
    await x.answer("200 OK", DOCUMENT, [("Last-Modified", stamp)])


@behaviour
async def slow_drip(x: Exchange) -> None:
    await x.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    while True:
        await x.send(b" ")
        await asyncio.sleep(0.05)


@behaviour
async def silent(x: Exchange) -> None:
    await asyncio.sleep(30)


@behaviour
async def stalls(x: Exchange) -> None:
    await x.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{half")
    await asyncio.sleep(30)


@behaviour
async def endless(x: Exchange) -> None:
    def forever() -> Iterator[bytes]:
        while True:
            yield b" " * 65536

    await x.chunks(forever())


@behaviour
async def short_length(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT + b" trailing rubbish", length=str(len(DOCUMENT)))
    x.writer.close()


@behaviour
async def long_length(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT, length="5000")
    x.writer.close()


@behaviour
async def bad_length(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT, length="many")


@behaviour
async def reset(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT, length="5000")
    await asyncio.sleep(0.02)
    break_off(x)


@behaviour
async def hangup(x: Exchange) -> None:
    break_off(x)


@behaviour
async def heals(x: Exchange) -> None:
    await (long_length if x.times == 1 else ok)(x)


@behaviour
async def gzip_bomb(x: Exchange) -> None:
    def bomb() -> Iterator[bytes]:
        packer = zlib.compressobj(9, wbits=31)
        for _ in range(64):
            yield packer.compress(bytes(1 << 20)) or b""
        yield packer.flush()

    await x.chunks((part for part in bomb() if part), "Content-Encoding: gzip\r\n")


@behaviour
async def zstd_bomb(x: Exchange) -> None:
    packer = zstd.ZstdCompressor()
    parts = [packer.compress(bytes(1 << 20)) for _ in range(64)]
    await x.chunks((part for part in [*parts, packer.flush()] if part),
                   "Content-Encoding: zstd\r\n")


@behaviour
async def another(x: Exchange) -> None:
    await x.answer("200 OK", json.dumps({"name": "left-pad", "versions": {"1.0.0": {
        "name": "left-pad", "version": "1.0.0"}}}).encode())


@behaviour
async def changing(x: Exchange) -> None:
    await x.answer("200 OK", json.dumps({"name": "changing", "versions": {
        f"{x.times}.0.0": {"name": "changing", "version": f"{x.times}.0.0"}}}).encode())


@behaviour
async def gzipped(x: Exchange) -> None:
    await x.answer("200 OK", gzip.compress(DOCUMENT), [("Content-Encoding", "gzip")])


@behaviour
async def gzip_cut(x: Exchange) -> None:
    await x.answer("200 OK", gzip.compress(DOCUMENT)[:-6], [("Content-Encoding", "gzip")])


@behaviour
async def gzip_lie(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT, [("Content-Encoding", "gzip")])


@behaviour
async def strange_encoding(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT, [("Content-Encoding", "rot13")])


@behaviour
async def loop_a(x: Exchange) -> None:
    await x.redirect("loop-b")


@behaviour
async def loop_b(x: Exchange) -> None:
    await x.redirect("/loop-a")


@behaviour
async def further(x: Exchange) -> None:
    _, _, step = x.path.partition("?")
    await x.redirect(f"further?{int(step or 0) + 1}")


@behaviour
async def moved(x: Exchange) -> None:
    await x.redirect("/ok")


@behaviour
async def moved_with_password(x: Exchange) -> None:
    await x.redirect(f"http://ann:hunter2@127.0.0.1:{x.port}/echo")


@behaviour
async def moved_away(x: Exchange) -> None:
    await x.redirect(f"http://localhost:{x.port}/echo")


@behaviour
async def echo(x: Exchange) -> None:
    await x.answer("200 OK", json.dumps(x.headers).encode())


@behaviour
async def cookies(x: Exchange) -> None:
    await x.answer("200 OK", json.dumps(x.headers).encode(), [("Set-Cookie", "id=7; Path=/")])


@behaviour
async def to_metadata(x: Exchange) -> None:
    await x.redirect("http://169.254.169.254/latest/meta-data/")


@behaviour
async def to_file(x: Exchange) -> None:
    await x.redirect("file:///etc/passwd")


@behaviour
async def to_inner(x: Exchange) -> None:
    await x.redirect(f"http://127.0.0.2:{x.port}/ok")


@behaviour
async def to_decimal(x: Exchange) -> None:
    await x.redirect(f"http://2130706434:{x.port}/ok")


@behaviour
async def to_mapped(x: Exchange) -> None:
    await x.redirect(f"http://[::ffff:127.0.0.2]:{x.port}/ok")


@behaviour
async def to_private(x: Exchange) -> None:
    await x.redirect("http://10.1.2.3/")


@behaviour
async def to_punycode(x: Exchange) -> None:
    await x.redirect("http://xn--/")


@behaviour
async def to_name(x: Exchange) -> None:
    await x.redirect(f"http://inner.example:{x.port}/ok")


@behaviour
async def to_nonsense(x: Exchange) -> None:
    await x.redirect("http://[::1/")


@behaviour
async def to_port(x: Exchange) -> None:
    await x.redirect("http://127.0.0.1:99999/")


@behaviour
async def nowhere(x: Exchange) -> None:
    await x.answer("302 Found", b"{}")


@behaviour
async def busy_once(x: Exchange) -> None:
    if x.times == 1:
        await x.answer("429 Too Many Requests", b"wait", [("Retry-After", "3600")])
        return
    await ok(x)


@behaviour
async def busy(x: Exchange) -> None:
    await x.answer("429 Too Many Requests", f"wait {x.times}".encode())


@behaviour
async def error_once(x: Exchange) -> None:
    await (x.answer("500 Oops", b"broken") if x.times == 1 else ok(x))


@behaviour
async def error(x: Exchange) -> None:
    await x.answer("503 Down", f"down {x.times}".encode())


@behaviour
async def flood(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT, [(f"X-{i}", "y" * 20) for i in range(20000)])


@behaviour
async def wide(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT, [("X-Wide", "y" * (1 << 20))])


@behaviour
async def many_headers(x: Exchange) -> None:
    await x.answer("200 OK", DOCUMENT, [(f"X-{i}", "y") for i in range(3000)])


@behaviour
async def huge(x: Exchange) -> None:
    await x.send(f"HTTP/1.1 200 OK\r\nContent-Length: {300 << 20}\r\n\r\n".encode())
    for _ in range(300):
        await x.send(bytes(1 << 20))


@behaviour
async def huge_unannounced(x: Exchange) -> None:
    await x.chunks(bytes(1 << 20) for _ in range(300))


@behaviour
async def html(x: Exchange) -> None:
    await x.answer("200 OK", b"<!DOCTYPE html><p>log in</p>", [("Content-Type", "text/html")])


@behaviour
async def empty(x: Exchange) -> None:
    await x.answer("200 OK")


@behaviour
async def garbage(x: Exchange) -> None:
    await x.send(b"\x00\xff\x1b[31mWHAT\r\n\r\n")
    x.writer.close()


@behaviour
async def unasked(x: Exchange) -> None:
    await x.answer("304 Not Modified", length="0")


@behaviour
async def nothing(x: Exchange) -> None:
    await x.send(b"HTTP/1.1 204 No Content\r\n\r\n")


@behaviour
async def missing(x: Exchange) -> None:
    await x.answer("404 Not Found", b'{"error":"Not found"}')


@behaviour
async def gone(x: Exchange) -> None:
    await x.answer("410 Gone", b"{}")


@behaviour
async def legal(x: Exchange) -> None:
    await x.answer("451 Unavailable For Legal Reasons", b'{"error":"law"}')


@behaviour
async def denied(x: Exchange) -> None:
    await x.answer("403 Forbidden", b'{"error":"no"}')


@dataclass
class HostileServer:
    """Where it listens, and how often each path was asked."""

    port: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    credentials: set[str] = field(default_factory=set)
    open_now: int = 0
    most_open: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not writer.is_closing():
                    first = await reader.readexactly(1)
                    if first == b"\x16":  # a TLS handshake; answer as plain servers do
                        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                        break
                    head = first + await reader.readuntil(b"\r\n\r\n")
                    await self._exchange(head, writer)
        finally:
            self.open_now -= 1
            writer.close()

    async def _exchange(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        first, *rest = head.decode("latin-1").split("\r\n")
        path = first.split(" ")[1]
        if path.startswith("http://"):
            path = "/" + path.split("/", 3)[3]
        name = path.strip("/").rpartition("/")[2].partition("?")[0]
        self.hits[name] += 1
        pairs = (line.partition(": ") for line in rest if line)
        headers = {key.lower(): value for key, _, value in pairs}
        self.credentials |= {headers["authorization"]} if "authorization" in headers else set()
        exchange = Exchange(path, headers, writer, self.hits[name], self.port)
        await BEHAVIOURS.get(name, ok)(exchange)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self.handle, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        yield
        server.close()


@contextmanager
def serving() -> Iterator[HostileServer]:
    """A hostile server in a thread; leaving the context ends it and every open connection."""
    hostile, ready = HostileServer(), threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        async with hostile.listening():
            ready.set()
            await stop.wait()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield hostile
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
        loop.close()
