"""What holds for the whole suite: no test leaves this machine; goldens are written on demand."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.figures import FIGURES, Figures

_REAL = socket.socket.connect


class LeftTheMachine(AssertionError):
    """A test tried to talk to another machine."""


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    found = ipaddress.ip_address(host)
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true",
                     help="write fixtures/golden/ anew instead of comparing with it")
    parser.addoption("--faults", action="store_true",
                     help="run the tests of faults and attacks in full, and print their figures")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = Figures(full=config.getoption("--faults"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --faults, only the tests that have figures."""
    if config.getoption("--faults"):
        items[:] = [item for item in items if "figures" in getattr(item, "fixturenames", ())]


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """How much to try, and where to say what came of it."""
    return request.config.stash[FIGURES]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The figures of the tests that ran, as rows of a Markdown table."""
    rows = config.stash[FIGURES].rows
    if config.getoption("--faults") and rows:
        terminalreporter.section("faults and attacks")
        for row in ("| tried | what came of it |", "|---|---|", *rows):
            terminalreporter.line(row)


@pytest.fixture(autouse=True, scope="session")
def keep_to_a_state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No key of the account that runs the tests is made or used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def stay_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection but those to loopback addresses."""

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_here(str(address[0])):
            raise LeftTheMachine(f"a test connects to {address}")
        _REAL(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield
