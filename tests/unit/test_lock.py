"""The lock file pins, with hashes and without download addresses, all that the project needs."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRY = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pinned() -> dict[str, Version]:
    return {_key(name): Version(version) for name, version in ENTRY.findall(LOCK)}


def _required() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    return [Requirement(line) for line in (
        *project["build-system"]["requires"], *project["project"]["dependencies"],
        *(line for lines in extras.values() for line in lines))]


def test_every_requirement_is_pinned_within_its_range() -> None:
    pinned = _pinned()
    wrong = [str(need) for need in _required()
             if _key(need.name) not in pinned
             or not need.specifier.contains(pinned[_key(need.name)], prereleases=True)]
    assert wrong == []


def test_every_pin_has_a_hash() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) == len(ENTRY.findall(LOCK)) > 12
    bare = [block for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)]
    assert bare == []


def test_the_lock_holds_no_address() -> None:
    assert not re.search(r"://|\bgit\+|--(extra-)?index-url|--find-links|-f |@ ", LOCK)
