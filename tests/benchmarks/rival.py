"""Reading every body and hashing it, and nothing else: by aiohttp, and by the tool's own requests.
"""

import asyncio
import hashlib
import ssl
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from regforensics.acquire.config import ClientConfig
from regforensics.acquire.draft import Question
from regforensics.acquire.tls import Trust
from regforensics.acquire.transport import Transport
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.registries.base import Query
from tests.support.lookups import Lookups


class _Body:
    """Bytes that are hashed and forgotten."""

    def __init__(self) -> None:
        self.size, self._digest = 0, hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Take more."""
        self.size += len(data)
        self._digest.update(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """There is nothing to give back."""


class _Nowhere(Lookups):
    """A store that keeps nothing."""

    def incoming(self) -> _Body:
        """A body to hash."""
        return _Body()

    def record(self, entry: Entry, body: _Body | bytes | None) -> Acquisition:
        """An acquisition that stands nowhere."""
        if entry.status != 200:
            raise SystemExit(f"{entry.url}: {entry.error}")
        return Acquisition(seq=1, entry=entry, exhibit=None, sha256=None, size=None, new=False,
                           tool="", operator="", recorded_at="", prev="")

    def record_all(self, records: Sequence[tuple[Entry, _Body | bytes | None]],
                   ) -> Sequence[Acquisition]:
        """``record`` for each."""
        return [self.record(*record) for record in records]

    def acquisitions(self) -> Sequence[Acquisition]:
        """None."""
        return ()


async def requested(urls: Sequence[str], many: int, certificate: Path | None) -> float:
    """The seconds that it takes, with ``many`` requests of the tool at once."""
    trust = {"npm": Trust(files=(str(certificate),))} if certificate else {}
    config, start, rest = ClientConfig(trusts=trust), time.perf_counter(), iter(urls)
    async with Transport(config, _Nowhere(), concurrency=many) as transport:

        async def work() -> None:
            for url in rest:
                query = Query(url, "application/json", "packument", "packument", None)
                await transport.ask(Question(query, "npm", url))

        await asyncio.gather(*(work() for _ in range(2 * many)))
    return time.perf_counter() - start


async def fetched(urls: Sequence[str], many: int, certificate: Path | None) -> float:
    """The seconds that it takes, with ``many`` requests at once."""
    trust = ssl.create_default_context(cafile=str(certificate)) if certificate else True
    connector = aiohttp.TCPConnector(limit=many, ssl=trust)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        start, rest = time.perf_counter(), iter(urls)
        await asyncio.gather(*(_work(session, rest) for _ in range(many)))
        return time.perf_counter() - start


async def _work(session: aiohttp.ClientSession, urls: Iterator[str]) -> None:
    for url in urls:
        digest = hashlib.sha256()
        async with session.get(url, headers={"Accept-Encoding": "identity"}) as response:
            if response.status != 200:
                raise SystemExit(f"{url}: {response.status}")
            async for chunk in response.content.iter_any():
                digest.update(chunk)
