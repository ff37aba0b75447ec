"""Records that wait for the disk go there together, in order, and whoever leaves loses nothing."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import pytest

from regforensics.acquire.desk import Desk
from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.exhibit import Acquisition, Entry
from tests.hostile.fakes import MemoryBody, MemoryStore


class SlowStore(MemoryStore):
    """Writes when it is let; remembers how many records it was handed each time."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.sizes: list[int] = []
        self.full = False
        self.thread = threading.current_thread()

    def record_all(self, records: Sequence[tuple[Entry, MemoryBody | bytes | None]],
                   ) -> Sequence[Acquisition]:
        self.let.wait(5)
        self.sizes.append(len(records))
        self.thread = threading.current_thread()
        if self.full:
            raise EvidenceUnwritable("no space left on the device")
        return super().record_all(records)


def entry(number: int) -> Entry:
    return Entry(how="http", kind="packument", note=str(number))


def notes(store: SlowStore) -> list[str | None]:
    return [line.entry.note for line in store.lines]


def played(scene: Callable[[Desk, SlowStore], Awaitable[None]]) -> SlowStore:
    store = SlowStore()

    async def main() -> None:
        desk = Desk(store)
        await scene(desk, store)
        await desk.close()

    asyncio.run(asyncio.wait_for(main(), 10))
    return store


def test_what_comes_while_the_store_writes_goes_together() -> None:
    async def scene(desk: Desk, store: SlowStore) -> None:
        tasks = [asyncio.create_task(desk.record(entry(n), None)) for n in range(150)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in tasks)
        store.let.set()
        done = await asyncio.gather(*tasks)
        assert [line.entry.note for line in done] == [str(n) for n in range(150)]

    store = played(scene)
    assert notes(store) == [str(n) for n in range(150)]
    assert store.sizes == [64, 64, 22]
    assert store.thread is not threading.main_thread()


def test_who_is_cancelled_meanwhile_is_recorded_all_the_same() -> None:
    async def scene(desk: Desk, store: SlowStore) -> None:
        tasks = [asyncio.create_task(desk.record(entry(n), None)) for n in range(3)]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        store.let.set()

    assert notes(played(scene)) == ["0", "1", "2"]


def test_everyone_hears_that_the_disk_is_full_and_the_next_one_is_tried() -> None:
    async def scene(desk: Desk, store: SlowStore) -> None:
        store.let.set()
        store.full = True
        said = await asyncio.gather(*(desk.record(entry(n), None) for n in range(5)),
                                    return_exceptions=True)
        assert all(isinstance(error, EvidenceUnwritable) for error in said)
        store.full = False
        assert (await desk.record(entry(5), None)).entry.note == "5"

    assert notes(played(scene)) == ["5"]


@pytest.mark.parametrize("count", [0, 3])
def test_closing_waits_for_the_disk(count: int) -> None:
    async def scene(desk: Desk, store: SlowStore) -> None:
        for number in range(count):
            task = asyncio.create_task(desk.record(entry(number), None))
            await asyncio.sleep(0)
            task.cancel()
        asyncio.get_running_loop().call_later(0.05, store.let.set)

    assert len(notes(played(scene))) == count
