"""Read exhibits a little ahead: the next is read and hashed while the present one is looked at."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

_DEPTH = 2  # exhibits in memory beside the present one, so that memory stays flat


def read_ahead(read: Callable[[str], bytes], labels: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """(label, bytes) in the order given. Raises what ``read`` raises, at its turn.

    Reading and hashing leave the interpreter free, so that one thread beside it is worth a core.
    """
    waiting: deque[tuple[str, Future[bytes]]] = deque()
    with ThreadPoolExecutor(1) as pool:
        try:
            for label in labels:
                waiting.append((label, pool.submit(read, label)))
                if len(waiting) > _DEPTH:
                    yield _taken(waiting)
            while waiting:
                yield _taken(waiting)
        finally:
            for _, left in waiting:
                left.cancel()


def _taken(waiting: deque[tuple[str, Future[bytes]]]) -> tuple[str, bytes]:
    label, found = waiting.popleft()
    return label, found.result()
