"""The cassettes replay, byte for byte, what the simulated registries answer; with no socket."""

import asyncio
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from fixtures.record import CASSETTES, QUESTIONS, exchanges, player, record
from regforensics import endpoints


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a replay opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)


async def ask(url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and raw body, streamed as a capture does."""
    async with (httpx.AsyncClient(trust_env=False) as client,
                client.stream("GET", url, headers=headers) as answer):
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
        return answer.status_code, dict(answer.headers), body


@pytest.mark.parametrize("name", sorted(QUESTIONS))
@pytest.mark.usefixtures("no_sockets")
def test_replay_gives_the_bytes_that_the_registry_gave(name: str) -> None:
    with player("none", {}).use_cassette(str(CASSETTES / f"{name}.yaml")) as cassette:
        for url, headers, expected in exchanges(QUESTIONS[name]):
            status, got, body = asyncio.run(ask(url, dict(headers)))
            assert (status, body) == (expected.status, expected.body)
            assert got == {k.lower(): v for k, v in expected.headers}
    assert cassette.all_played


@pytest.mark.usefixtures("no_sockets")
def test_what_was_not_recorded_is_refused() -> None:
    url, headers, _ = next(iter(exchanges(QUESTIONS["pypi-project"])))
    with (player("none", {}).use_cassette(str(CASSETTES / "pypi-project.yaml")),
          pytest.raises(CannotOverwriteExistingCassetteException)):
        asyncio.run(ask(url, {**headers, "Accept": "text/html"}))


def test_recording_again_gives_the_same_files(tmp_path: Path) -> None:
    asyncio.run(record(tmp_path))
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in CASSETTES.iterdir()}
    assert made == kept


def test_cassettes_name_no_machine_and_no_public_host() -> None:
    hosts = {urlsplit(url).netloc for url in (endpoints.NPM_REGISTRY, endpoints.PYPI_URL)}
    for path in CASSETTES.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "127.0.0.1" not in text
        assert not [host for host in hosts if f"/{host}" in text]


def test_the_table_of_fixtures_names_every_cassette() -> None:
    table = (CASSETTES.parent / "README.md").read_text(encoding="utf-8")
    kept = {f"cassettes/{path.name}" for path in CASSETTES.iterdir()}
    assert kept == {f"cassettes/{name}.yaml" for name in QUESTIONS}
    assert [name for name in kept if f"| `{name}` |" not in table] == []
