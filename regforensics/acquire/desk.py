"""Desk: where finished attempts wait for the store, so that nobody waits for the disk alone.

Whatever has come in while the store was writing is handed to it together, in the order in which it
came, in a thread: an answer is acknowledged once it is durable, and meanwhile others are received.
"""

import asyncio
from typing import Any

from regforensics.acquire.sink import Body, Sink
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.layout import AT_ONCE

_Waiting = tuple[Entry, Body | None, "asyncio.Future[Acquisition]"]


class Desk:
    """Records attempts from one event loop; ``close`` waits for what was handed over."""

    def __init__(self, sink: Sink[Any]) -> None:
        self._sink = sink
        self._waiting: list[_Waiting] = []
        self._clerk: asyncio.Task[None] | None = None

    async def record(self, entry: Entry, body: Body | None) -> Acquisition:
        """The durable custody line. The body belongs to the store from now on.

        A caller that is cancelled meanwhile is recorded all the same. Raises EvidenceUnwritable.
        """
        done: asyncio.Future[Acquisition] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, body, done))
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._work())
        return await done

    async def close(self) -> None:
        """Wait until everything handed over is recorded, or could not be."""
        while self._clerk is not None and not self._clerk.done():
            await asyncio.wait([self._clerk])

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            records = [(entry, body) for entry, body, _ in batch]
            task = asyncio.create_task(asyncio.to_thread(self._sink.record_all, records))
            await asyncio.wait([task])
            error = task.exception()
            for index, (_, _, done) in enumerate(batch):
                if not done.done() and error is not None:
                    done.set_exception(error)
                elif not done.done():
                    done.set_result(task.result()[index])
