"""aiohttp doing the least that could be done: read every body and hash it, keep nothing."""

import asyncio
import hashlib
import ssl
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import aiohttp


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
