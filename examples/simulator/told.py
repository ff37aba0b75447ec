"""What every story is made of: steps, the packages that they are about, and how long they take."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simulator.npm import Npm
from simulator.pypi import PyPI

HOUR = 3600.0
PACKAGE, PROJECT = "paint-lines", "paint-lines-py"


@dataclass(frozen=True, slots=True)
class Step:
    """What has just happened, and the targets that are worth a snapshot now."""

    name: str
    what: str
    targets: tuple[str, ...]


Story = Callable[[Npm, PyPI], Iterator[Step]]
