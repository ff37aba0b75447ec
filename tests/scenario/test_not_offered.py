"""A place that does not offer what was asked beside the state: said, and no failure."""

from pathlib import Path
from typing import Any

import pytest

from simulator import PyPI, serve
from simulator.web import Request, Response
from tests.support.command import Ended, run

NO_ANSWER = 3


class Plain:
    """An index that takes no POST, or fails at it."""

    def __init__(self, pypi: PyPI, status: int) -> None:
        self._pypi, self._status, self.base_url = pypi, status, pypi.base_url

    def respond(self, request: Request) -> Response:
        if request.method == "POST":
            return Response(self._status, (("Content-Length", "0"),), b"")
        return self._pypi.respond(request)


def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int) -> Ended:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    pypi = PyPI()
    pypi.upload("oil-paint", "1.0.0", by="ada")
    place: Any = Plain(pypi, status)
    with serve(None, None, place) as urls:
        return run("snapshot", "pypi:oil-paint", "--pypi-url", urls.mirrors[0], "--journal-since",
                   "1", "-e", tmp_path / "e", "--timeout", "2")


@pytest.mark.parametrize("status", [404, 405, 501])
def test_what_a_place_does_not_offer_is_absent(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    ended = snapshot(tmp_path, monkeypatch, status)
    assert ended.code == 0, ended.out + ended.err
    assert "absent" in ended.out
    assert "failed" not in ended.out
    assert f"this place does not offer pypi-journal (HTTP {status})" in ended.err


def test_a_refusal_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert snapshot(tmp_path, monkeypatch, 403).code == NO_ANSWER
