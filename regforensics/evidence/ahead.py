"""Read a little ahead: the next is read while the present one is looked at."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

_DEPTH = 3  # exhibits in memory beside the present one, so that memory stays flat
_WAITING = 2  # items that wait to be looked at
T = TypeVar("T")
ReadInto = Callable[[str, bytearray], memoryview]


def read_ahead(read: ReadInto, labels: Iterable[str]) -> Iterator[tuple[str, memoryview]]:
    """(label, bytes) in the order given. Raises what ``read`` raises, at its turn.

    The bytes are gone when the next are asked for: the same memory is used again, because fresh
    memory costs more than the reading. Reading and hashing leave the interpreter free, so that
    threads beside it are worth a core.
    """
    waiting: deque[tuple[str, Future[memoryview]]] = deque()
    rooms = [bytearray() for _ in range(_DEPTH + 2)]

    def fetch(label: str, number: int) -> memoryview:
        found = read(label, rooms[number % len(rooms)])
        if isinstance(found.obj, bytearray):
            rooms[number % len(rooms)] = found.obj
        return found

    with ThreadPoolExecutor(2) as pool:
        try:
            for number, label in enumerate(labels):
                waiting.append((label, pool.submit(fetch, label, number)))
                if len(waiting) > _DEPTH:
                    yield _taken(waiting)
            while waiting:
                yield _taken(waiting)
        finally:
            for _, left in waiting:
                left.cancel()


def _taken(waiting: deque[tuple[str, Future[memoryview]]]) -> tuple[str, memoryview]:
    label, found = waiting.popleft()
    return label, found.result()


class _Item(NamedTuple, Generic[T]):
    value: T


def ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """The items in their order, made by a thread beside that is a few of them ahead.

    Raises what making them raises, at its turn. Close it to stop early.
    """
    made: queue.Queue[_Item[T] | BaseException | None] = queue.Queue(_WAITING)
    left = threading.Event()

    def put(item: _Item[T] | BaseException | None) -> None:
        while not left.is_set():
            try:
                made.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def make() -> None:
        try:
            for value in items:
                put(_Item(value))
                if left.is_set():
                    break
        except BaseException as error:  # handed over to whoever waits for it
            put(error)
        else:
            put(None)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item.value
    finally:
        left.set()
        thread.join()
