"""AccountAnswer: what a registry says of the packages that one account can publish."""

from dataclasses import dataclass
from typing import NamedTuple

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation


class Reached(NamedTuple):
    """One package that the account can publish.

    ``role`` is where the account stands as its maintainer (npm: the login, PyPI: the role).
    ``version``, ``date`` and ``publisher`` are the latest version that the answer shows, where it
    shows one.
    """

    package: PackageRef
    name: Fact[str]
    role: Fact[str]
    version: Fact[str] | None = None
    date: Fact[Instant] | None = None
    publisher: Fact[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccountAnswer:
    """One page of a registry's answer about an account.

    ``held`` counts what stands on the page, from place ``start`` on; ``total`` is how many there
    are in all, where the registry says it (without it the page is the whole answer). ``run`` is
    the command that it was captured by.
    """

    account: PackageRef
    observation: Observation
    packages: tuple[Reached, ...]
    run: str
    start: int = 0
    held: int = 0
    total: Fact[int] | None = None
