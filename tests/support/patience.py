"""No pauses between attempts, for tests in which a registry does not answer."""

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture
def impatient() -> Iterator[None]:
    """Two attempts, one right after the other."""
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)
