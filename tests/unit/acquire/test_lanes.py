"""Which connection a request gets, and what becomes of it afterwards."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import httpcore
import pytest

from regforensics.acquire.lanes import Lanes


class Body:
    """A response body that tells its connection when it is closed."""

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"body"

    async def aclose(self) -> None:
        self.connection.busy -= 1
        self.connection.closed = self.connection.closed or self.connection.hangs_up


class Connection(httpcore.AsyncConnectionInterface):
    """One connection of a world without sockets."""

    def __init__(self, origin: httpcore.Origin, number: int, version: bytes) -> None:
        self.origin, self.number, self.version = origin, number, version
        self.busy = 0
        self.known = self.closed = self.expired = self.hangs_up = self.fails = False

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        await asyncio.sleep(0)
        if self.fails:
            self.closed = True
            raise httpcore.ConnectError("refused")
        self.known = True
        if self.busy and self.version != b"HTTP/2":
            raise httpcore.ConnectionNotAvailable
        self.busy += 1
        return httpcore.Response(200, content=Body(self), extensions={
            "http_version": self.version, "number": self.number})

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return origin == self.origin

    def is_available(self) -> bool:
        return not self.closed and (not self.busy or self.version == b"HTTP/2" or not self.known)

    def has_expired(self) -> bool:
        return self.expired

    def is_idle(self) -> bool:
        return not self.busy

    def is_closed(self) -> bool:
        return self.closed

    async def aclose(self) -> None:
        self.closed = True


class Maker(httpcore.AsyncConnectionPool):
    """Makes connections, and remembers them."""

    def __init__(self, version: bytes = b"HTTP/1.1") -> None:
        super().__init__()
        self.made: list[Connection] = []
        self.version = version

    def create_connection(self, origin: httpcore.Origin) -> Connection:
        self.made.append(Connection(origin, len(self.made), self.version))
        return self.made[-1]

    @property
    def alive(self) -> int:
        return sum(not c.closed for c in self.made)


async def get(lanes: Lanes, host: str = "a.example", scheme: str = "https") -> httpcore.Response:
    return await lanes.handle_async_request(httpcore.Request("GET", f"{scheme}://{host}/"))


def number(response: httpcore.Response) -> int:
    return int(response.extensions["number"])


def played(scene: Callable[[Lanes, Maker], Awaitable[None]], *, most: int = 3,
           version: bytes = b"HTTP/1.1") -> Maker:
    maker = Maker(version)

    async def main() -> None:
        lanes = Lanes(maker, most)
        await scene(lanes, maker)
        await lanes.aclose()

    asyncio.run(asyncio.wait_for(main(), 5))
    assert maker.alive == 0
    return maker


def test_the_connection_used_last_is_used_next() -> None:
    async def scene(lanes: Lanes, maker: Maker) -> None:
        open_now = [await get(lanes) for _ in range(3)]
        assert list(map(number, open_now)) == [0, 1, 2]
        for response in (open_now[2], open_now[0], open_now[1]):
            await response.aclose()
        assert number(await get(lanes)) == 1
        assert number(await get(lanes)) == 0

    assert len(played(scene).made) == 3


def test_one_http2_connection_takes_all() -> None:
    async def scene(lanes: Lanes, maker: Maker) -> None:
        at_once = await asyncio.gather(*(get(lanes) for _ in range(20)))
        assert set(map(number, at_once)) == {0}
        for response in at_once:
            await response.aclose()
        assert number(await get(lanes)) == 0

    assert len(played(scene, version=b"HTTP/2").made) == 1


def test_http1_requests_at_once_get_one_connection_each() -> None:
    async def scene(lanes: Lanes, maker: Maker) -> None:
        at_once = await asyncio.gather(*(get(lanes) for _ in range(20)))
        assert sorted(map(number, at_once)) == list(range(20))

    played(scene, most=20)


@pytest.mark.parametrize("how", ["expired", "hangs_up"])
def test_a_dead_connection_is_not_used_again(how: str) -> None:
    async def scene(lanes: Lanes, maker: Maker) -> None:
        response = await get(lanes)
        setattr(maker.made[0], how, True)
        await response.aclose()
        assert number(await get(lanes)) == 1
        assert maker.made[0].closed

    played(scene)


def test_idle_connections_to_other_hosts_make_room() -> None:
    async def scene(lanes: Lanes, maker: Maker) -> None:
        for host in range(50):
            await (await get(lanes, f"h{host}.example")).aclose()
            assert maker.alive <= 3
        assert number(await get(lanes, "h48.example")) == 48

    played(scene)


def test_a_failed_request_leaves_nothing_behind() -> None:
    async def scene(lanes: Lanes, maker: Maker) -> None:
        await (await get(lanes)).aclose()
        maker.made[0].fails = True
        with pytest.raises(httpcore.ConnectError):
            await get(lanes)
        assert number(await get(lanes)) == 1

    played(scene)


def test_a_cancelled_request_gives_its_connection_back() -> None:
    async def scene(lanes: Lanes, maker: Maker) -> None:
        task = asyncio.create_task(get(lanes))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert number(await get(lanes)) == 0

    played(scene)
