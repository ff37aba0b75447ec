"""Who asked for a file, as far as the name tells that a client gave itself (nobody checks it)."""

from collections.abc import Iterable, Mapping
from typing import Literal

from regforensics.model.claim import said

ClientClass = Literal["package manager", "mirror", "other"]
CLIENT_CLASSES: tuple[ClientClass, ...] = ("package manager", "mirror", "other")
#: Tools with which people and build servers resolve dependencies.
_MANAGERS = frozenset({
    "pip", "uv", "poetry", "pdm", "pipenv", "hatch", "conda", "mamba", "micromamba", "pixi", "rye",
    "pex", "pip-tools", "setuptools", "distribute", "buildout", "bazel", "pants"})
#: Copies and proxies: who was served by them is not in the counts.
_MIRRORS = frozenset({
    "bandersnatch", "nexus", "artifactory", "devpi", "z3c.pypimirror", "pulp", "pypimirror",
    "pep381client", "cloudsmith", "proget"})
UNNAMED = "no name"


def class_of(client: str) -> ClientClass:
    """The class of a client; what is not known, or gives no name, is "other"."""
    name = client.strip().lower()
    if name in _MANAGERS:
        return "package manager"
    return "mirror" if name in _MIRRORS else "other"


def listed(counts: Mapping[str, int], clients: Iterable[str], most: int = 8) -> str:
    """``pip 83318, uv 33226``, the largest first; ``none`` where there are none."""
    mine = sorted(((counts[c], c) for c in clients), key=lambda pair: (-pair[0], pair[1]))
    shown = [f"{said(client) if client else UNNAMED} {count}" for count, client in mine[:most]]
    rest = sum(count for count, _ in mine[most:])
    more = [f"{len(mine) - most} others {rest}"] if len(mine) > most else []
    return ", ".join((*shown, *more)) or "none"
