"""Work in processes of their own, so that one interpreter's lock does not hold up the others."""

import os
import signal
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, NoReturn

_LENGTH = 4  # bytes before a message, which say how long it is
_KEPT = 16 << 20  # bytes: who freed as much is not made to fetch pages anew (glibc) for less
Pipe = tuple[int, int]


def able() -> bool:
    """Whether there are processes to be had that begin as copies of this one, and a second core."""
    return hasattr(os, "fork") and hasattr(os, "sched_getaffinity") \
        and len(os.sched_getaffinity(0)) > 1


@contextmanager
def forked(works: Sequence[Iterable[bytes]]) -> Generator[list[Iterator[bytes]], None, None]:
    """What each of the works makes, made by a copy of this process; ended with the block.

    A work shares open files with this process and nothing else; it must not use what threads of
    this process use. What it makes is at most 4 GB each. Raises OSError where there are no
    processes to be had; reading raises ChildProcessError where one ended before its work did.
    """
    pipes: list[Pipe] = []
    children: list[int] = []
    with ExitStack() as stack:
        stack.callback(_ended, children)
        for _ in works:
            pipes.append(os.pipe())
        files = [stack.enter_context(os.fdopen(reads, "rb")) for reads, _ in pipes]
        with ExitStack() as ours:
            for _, writes in pipes:
                ours.callback(os.close, writes)
            for number, work in enumerate(works):
                child = os.fork()
                if not child:
                    _work(work, pipes, number)
                children.append(child)
        yield [_messages(file) for file in files]


def _ended(children: list[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)  # it is waited for below, so the number is still its own
        os.waitpid(child, 0)


def _work(work: Iterable[bytes], pipes: list[Pipe], number: int) -> NoReturn:
    """The whole life of a copy. Whoever started it is told when it ends well by an empty message.
    """
    code = 1
    kept = bytes(_KEPT)
    del kept
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started it ends it
        for place, (reads, writes) in enumerate(pipes):
            os.close(reads)
            if place != number:
                os.close(writes)
        with os.fdopen(pipes[number][1], "wb") as out:
            for message in work:
                out.write(len(message).to_bytes(_LENGTH, "big") + message)
                out.flush()
            out.write(bytes(_LENGTH))
        code = 0
    finally:
        os._exit(code)


def _messages(file: BinaryIO) -> Iterator[bytes]:
    while True:
        head = file.read(_LENGTH)
        size = int.from_bytes(head, "big")
        message = file.read(size)
        if len(head) < _LENGTH or len(message) < size:
            raise ChildProcessError("the process that reads it ended early")
        if not size:
            return
        yield message
