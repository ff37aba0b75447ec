"""What a version brings along when it is installed: scripts that run, packages it depends on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regforensics.analyze.releases.lineage import Step
from regforensics.analyze.seen import escaped
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import said
from regforensics.model.snapshot import Release

HOOKS = ("preinstall", "install", "postinstall")
MOST_SHOWN = 8
_SECTIONS = ("dependencies", "optionalDependencies")
_LONGEST_SHOWN = 200


def hooks(release: Release) -> dict[str, str]:
    """The scripts of a release that run when it is installed."""
    scripts = release.scripts.value if release.scripts else None
    if not isinstance(scripts, Mapping):
        return {}
    return {name: str(scripts[name]) for name in HOOKS if scripts.get(name)}


def shown(scripts: Mapping[str, str]) -> str:
    """Scripts as a sentence lists them, each command in quotes."""
    return "; ".join(f"{name}: {said(command)}" for name, command in scripts.items())


@dataclass(frozen=True, slots=True)
class Brought:
    """Dependencies of a version: their names, in order, and the lines that show them."""

    names: tuple[str, ...]
    fact: Fact[str]


def dependencies(release: Release) -> dict[str, tuple[str, Any]]:
    """Name -> (section, what is asked for) of what an installation brings along."""
    found: dict[str, tuple[str, Any]] = {}
    for section in _SECTIONS:
        held = release.dependencies.get(section)
        value = held.value if held else None
        for name, spec in value.items() if isinstance(value, Mapping) else ():
            found.setdefault(name, (section, spec))
    return found


def new_dependencies(step: Step, before: Step) -> Brought | None:
    """The dependencies of a version that no section of the other names."""
    known: set[str] = set()
    for held in before.release.dependencies.values():
        value = held.value
        known |= set(value) if isinstance(value, Mapping) else set(map(str, value)) \
            if isinstance(value, list) else set()
    return brought(step.release, {name: found for name, found
                                   in dependencies(step.release).items() if name not in known})


def brought(release: Release, wanted: Mapping[str, tuple[str, Any]]) -> Brought | None:
    """Each dependency with its entry; of many the first, and the whole section for the rest."""
    if not wanted or release.remainder is None:
        return None
    first = list(wanted.items())[:MOST_SHOWN]
    entries = [fact for name, (section, _) in first
               if (fact := release.remainder.fact(f"/{section}/{escaped(name)}"))]
    sections = {section for section, _ in wanted.values()} if len(wanted) > len(first) else ()
    entries += [release.dependencies[section] for section in sections]
    words = [said(name) + (f" {said(spec)}" if isinstance(spec, str)
                           and 0 < len(spec) <= _LONGEST_SHOWN else "")
             for name, (_, spec) in first]
    more = f" and {len(wanted) - len(first)} more" if sections else ""
    return Brought(tuple(wanted), derive(", ".join(words) + more, *entries)) if entries else None


def lacking(before: Step, brought: Brought) -> tuple[Absence, ...]:
    """That a version does not depend on what another one brought; of much on the first."""
    rest = before.release.remainder
    return () if rest is None else tuple(rest.absence(f"/dependencies/{escaped(name)}")
                                         for name in brought.names[:MOST_SHOWN])
