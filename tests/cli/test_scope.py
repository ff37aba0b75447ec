"""What --window and --known-networks mean, and what they refuse."""

from datetime import timedelta

import pytest

from regforensics.cli.scoping import scoped
from regforensics.errors import WrongUsage


def test_a_window_and_networks() -> None:
    found = scoped([], window=1.5, known_networks=["10.1.2.3/8", "2001:db8::/32"])
    assert found.window == timedelta(minutes=90)
    assert found.known_networks == ("10.0.0.0/8", "2001:db8::/32")


@pytest.mark.parametrize("window", [0.0, -1.0, float("nan"), float("inf"), 1e6])
def test_windows_that_mean_nothing(window: float) -> None:
    with pytest.raises(WrongUsage, match="--window"):
        scoped([], window=window)


@pytest.mark.parametrize("network", ["", "corp", "10.0.0.0/99"])
def test_networks_that_are_none(network: str) -> None:
    with pytest.raises(WrongUsage, match="no network"):
        scoped([], known_networks=[network])
