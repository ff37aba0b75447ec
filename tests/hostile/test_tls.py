"""TLS and HTTP/2 on loopback, with a certificate for tests only (``localhost.pem``)."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from regforensics.acquire.config import ClientConfig
from regforensics.acquire.draft import Question
from regforensics.acquire.tls import Trust
from regforensics.acquire.transport import Transport
from regforensics.evidence.exhibit import Acquisition
from tests.hostile.fakes import QUICK, MemoryStore, query
from tests.hostile.server import DOCUMENT

PEM = Path(__file__).parent / "localhost.pem"
TRUSTED = Trust(files=(str(PEM),))


def answer(connection: h2.connection.H2Connection, path: str, stream: int) -> bytes:
    """The bytes that follow a request; ``junk`` are no HTTP/2 at all."""
    if path == "/junk":
        return b"\xff" * 100
    connection.send_headers(stream, [(":status", "200"), ("etag", '"a"')])
    connection.send_data(stream, DOCUMENT, end_stream=path == "/ok")
    if path == "/reset":
        connection.reset_stream(stream)
    return b""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    with suppress(ConnectionError, ssl.SSLError):
        while True:
            writer.write(connection.data_to_send())
            await writer.drain()
            data = await reader.read(65536)
            if not data:
                break
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    path = dict(event.headers or [])[b":path"].decode()
                    writer.write(answer(connection, path, event.stream_id or 0))
    writer.close()


@asynccontextmanager
async def listening(*protocols: str) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    context.set_alpn_protocols(list(protocols))
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def ask(path: str, trust: Trust) -> tuple[Acquisition, MemoryStore]:
    store = MemoryStore()

    async def main() -> Acquisition:
        async with listening("h2") as base, Transport(
                ClientConfig(trusts={"": trust}), store, limits=QUICK) as transport:
            return await transport.ask(Question(query(base + path), "npm", base))

    return asyncio.run(main()), store


def test_http_2_where_the_server_has_it() -> None:
    line, store = ask("ok", TRUSTED)
    assert (line.entry.http_version, line.entry.status, line.entry.error) == ("HTTP/2", 200, None)
    assert store.body(line) == DOCUMENT
    certificate = ssl.PEM_cert_to_DER_cert(PEM.read_text().partition("-----BEGIN CERT")[1]
                                           + PEM.read_text().partition("-----BEGIN CERT")[2])
    assert (line.entry.note or "").startswith(
        f"TLSv1.3, certificate sha256 {hashlib.sha256(certificate).hexdigest()} issued by CN=")


def test_a_certificate_that_nobody_vouches_for() -> None:
    line, store = ask("ok", Trust())
    assert line.entry.error == "the server's certificate is not accepted: self-signed certificate"
    assert len(store.lines) == 1


def test_an_unchecked_certificate_is_said() -> None:
    line, _ = ask("ok", Trust(verify=False))
    assert line.entry.error is None
    assert (line.entry.note or "").endswith("; the certificate was not checked")


@pytest.mark.parametrize(("path", "status"), [("reset", 200), ("junk", None)])
def test_a_broken_http_2_answer_is_asked_again(path: str, status: int | None) -> None:
    line, store = ask(path, TRUSTED)
    assert (line.entry.error or "").endswith("(attempt 3 of 3)")
    assert (line.entry.status, len(store.lines)) == (status, 3)
