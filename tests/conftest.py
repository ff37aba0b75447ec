"""What holds for the whole suite: no test leaves this machine; goldens are written on demand."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

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


@pytest.fixture(autouse=True)
def stay_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection but those to loopback addresses."""

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_here(str(address[0])):
            raise LeftTheMachine(f"a test connects to {address}")
        _REAL(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield
