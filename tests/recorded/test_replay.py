"""The cassettes replay, byte for byte, what the simulated registries answer; with no socket."""

import asyncio
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from fixtures.record import CASSETTES, PYPI, QUESTIONS, exchanges, player, record
from regforensics import endpoints
from tests.support.command import run


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a replay opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)


async def ask(url: str, headers: dict[str, str],
              sent: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and raw body, streamed as a capture does."""
    async with (httpx.AsyncClient(trust_env=False) as client,
                client.stream("POST" if sent else "GET", url, headers=headers,
                            content=sent or None) as answer):
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
        return answer.status_code, dict(answer.headers), body


@pytest.mark.parametrize("name", sorted(QUESTIONS))
@pytest.mark.usefixtures("no_sockets")
def test_replay_gives_the_bytes_that_the_registry_gave(name: str) -> None:
    with player("none", {}).use_cassette(str(CASSETTES / f"{name}.yaml")) as cassette:
        for url, headers, sent, expected in exchanges(QUESTIONS[name]):
            status, got, body = asyncio.run(ask(url, dict(headers), sent))
            assert (status, body) == (expected.status, expected.body)
            assert got == {k.lower(): v for k, v in expected.headers}
    assert cassette.all_played


@pytest.mark.usefixtures("no_sockets")
def test_what_was_not_recorded_is_refused() -> None:
    url, headers, _, _ = next(iter(exchanges(QUESTIONS["pypi-project"])))
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


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize(("cassette", "state"), [
    ("pypi-project", "present"), ("pypi-quarantined", "quarantined"), ("pypi-absent", "absent")])
def test_a_capture_keeps_the_recorded_bytes(
        cassette: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "*")
    asked = list(exchanges(QUESTIONS[cassette]))
    project = urlsplit(asked[0][0]).path.split("/")[2]
    with player("none", {}).use_cassette(str(CASSETTES / f"{cassette}.yaml")) as tape:
        ended = run("snapshot", f"pypi:{project}", "--pypi-url", PYPI, "-e", tmp_path / "evidence",
                    "--json")
    assert ended.code == 0, ended.err
    assert tape.all_played
    captures = ended.document["captures"]
    for capture, (_, _, _, expected) in zip(captures, asked, strict=True):
        assert capture["status"] == expected.status
        stored = next((tmp_path / "evidence" / "exhibits").glob(f"{capture['exhibit']}.*"))
        assert stored.read_bytes() == expected.body
    states = {c.get("state", c["outcome"]) for c in captures}
    assert state in states
