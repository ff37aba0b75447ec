"""Lockfiles and SBOMs: which versions they pin or list, each with its bytes. No I/O.

Why one visible tuple: a new kind is one file and one line here; ``exposure``, ``ingest``, ``drift``
and ``snapshot --from`` take it from the tuple, and so does the contract suite.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

from regforensics.errors import UnreadableInput
from regforensics.locks import (
    bun,
    cyclonedx,
    npm,
    pdm,
    pipfile,
    pnpm,
    poetry,
    pylock,
    requirements,
    spdx,
    uv,
    yarn,
)
from regforensics.locks.base import HINT_MERGE, MARK, Kind, Source, unmerged
from regforensics.model.locked import Locked, Passed
from regforensics.model.snapshot import Observation

LONGEST = 64 << 20  # bytes of a lockfile or SBOM
HEAD = 1 << 16
_POINTER = re.compile(rb"version [^\n]{1,200}/spec/v\d+\n(?:ext-[^\n]*\n)*oid sha\d+:")

KINDS: tuple[Kind, ...] = (
    cyclonedx.JSON, cyclonedx.XML, spdx.JSON, spdx.TAGS, bun.KIND, npm.KIND, pipfile.KIND,
    yarn.KIND, pnpm.KIND, poetry.KIND, pdm.KIND, pylock.KIND, uv.KIND, requirements.KIND)
HINT = "read are: " + "; ".join(kind.what for kind in KINDS)


def kind_named(name: str) -> Kind | None:
    """The kind of a name."""
    return next((kind for kind in KINDS if kind.name == name), None)


def kind_of(path: str, head: bytes) -> Kind | None:
    """The kind of a file by its bytes, and where they do not tell, by the end of its path."""
    shaped = next((kind for kind in KINDS if kind.shaped(head[:HEAD])), None)
    return shaped or named(path)


@lru_cache(maxsize=4096)
def named(path: str) -> Kind | None:
    """The kind that the end of a path tells: the name, or the name and the folder it is in."""
    parts = path.replace("\\", "/").lower().split("/")
    ends = parts[-1], "/".join(parts[-2:])
    return next((kind for kind in KINDS if any(map(kind.named.fullmatch, ends))), None)


def opaque(body: bytes) -> str | None:
    """Why bytes are no text that any kind is written in, though the name may be right."""
    if _POINTER.match(body):
        return "a pointer of Git LFS stands in its place: the file itself is elsewhere"
    if b"\x00" in body and not body.startswith(bun.BINARY):
        return "it holds a NUL byte, as UTF-16 does: write it as UTF-8"
    return None


def read(path: str, body: bytes, *, kind: Kind | None = None, label: str = "", sha256: str = "",
         observation: Observation | None = None) -> Iterator[Locked | Passed]:
    """Everything that a file pins or lists, and every entry of it that names no such thing.

    Citations are of ``label`` (the path where it is empty). Raises UnreadableInput for a file that
    is of no known kind, or not what its name tells.
    """
    if len(body) > LONGEST:
        raise UnreadableInput(f"{path}: {len(body)} bytes are more than a lockfile has")
    kind = kind or kind_of(path, body[:HEAD])
    if kind is None:
        raise UnreadableInput(f"{path}: no lockfile or SBOM of a known kind", hint=HINT)
    source = Source(label or path, sha256 or hashlib.sha256(body).hexdigest(), body, path)
    why = opaque(body)
    if why is not None:
        raise source.refused(why)
    conflicts = list(unmerged(source))
    yield from conflicts
    try:
        for one in kind.read(source):
            if isinstance(one, Locked):
                yield one.of(kind.name, path, sbom=kind.sbom, observation=observation)
            elif not (conflicts and MARK.match(one.name.encode("utf-8", "replace"))):
                yield one
    except UnreadableInput as error:
        if conflicts:
            raise source.refused(conflicts[0].reason, HINT_MERGE) from error
        raise
