"""Read exhibits a little ahead: the next is read and hashed while the present one is looked at."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

_DEPTH = 3  # exhibits in memory beside the present one, so that memory stays flat
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
