"""Versions compared as their registry compares them: node-semver for npm, packaging for PyPI.

Version texts are hostile input: none longer than 128 characters is compared.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Key = tuple[Any, ...]
LOWEST: Key = (0,)  # what advisories write as "0": before every version
_LONGEST = 128
_MOST_DIGITS = re.compile(r"\d{19}")


@lru_cache(maxsize=1 << 16)
def key(registry: str, version: str) -> Key | None:
    """What sorts a version among others of its registry, or None where it cannot be told.

    Equal keys are one version in two spellings. No registry without a known order has keys.
    """
    read = _KEYS.get(registry)
    if read is None or len(version) > _LONGEST or _MOST_DIGITS.search(version):
        return None
    try:
        return read(version)
    except ValueError:
        return None


def comparable(registry: str) -> bool:
    """True where the order of the registry's versions is known here."""
    return registry in _KEYS


def _npm(version: str) -> Key:
    import nodesemver

    read = nodesemver.make_semver(version, loose=True)
    before = tuple((0, part, "") if isinstance(part, int) else (1, 0, str(part))
                   for part in read.prerelease)
    return (1, read.major, read.minor, read.patch, not before, before)


def _pypi(version: str) -> Key:
    from packaging.version import Version

    return (1, Version(version))


_KEYS: dict[str, Callable[[str], Key]] = {"npm": _npm, "pypi": _pypi}
