"""RolesAnswer: who has a role in a project, by an index that was asked about that alone."""

from dataclasses import dataclass
from typing import NamedTuple

from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation


class Held(NamedTuple):
    """One account with a role."""

    user: Fact[str]
    role: Fact[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RolesAnswer:
    """The roles of one project. ``anchor`` is the list itself, also where it is empty."""

    package: PackageRef
    observation: Observation
    anchor: Fact[str]
    roles: tuple[Held, ...]
