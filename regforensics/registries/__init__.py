"""What to ask each registry, and what its answer means: one adapter a registry, no I/O.

Why one visible tuple: adding a registry is one file and one line here; commands, help and the
contract tests take it from the tuple.
"""

from regforensics.registries.base import Registry
from regforensics.registries.maven import Maven
from regforensics.registries.npm import Npm
from regforensics.registries.pypi import Pypi

REGISTRIES: tuple[Registry, ...] = (Npm(), Pypi(), Maven())


def registry_of(kind: str) -> Registry | None:
    """The registry that a kind of document belongs to."""
    return next((r for r in REGISTRIES if kind in r.kinds), None)


def registry_named(name: str) -> Registry | None:
    """The registry of that name."""
    return next((r for r in REGISTRIES if r.name == name), None)
