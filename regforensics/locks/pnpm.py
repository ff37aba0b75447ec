"""pnpm-lock.yaml, versions 5, 6 and 9.

Keys of ``packages``: ``/name/1.0.0_peers`` (5), ``/name@1.0.0(peers)`` (6), ``name@1.0.0`` (9),
each with a registry's host in front where it is another one. Source: pnpm's lockfile
specification.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from regforensics.evidence.lines import LineFact
from regforensics.locks.base import Entry, Kind, Source, elsewhere_of, entry, integrity
from regforensics.model.locked import LockedFile, Passed

if TYPE_CHECKING:
    from regforensics.locks.yamltree import Branch

_NEW = re.compile(r"/?((?:@[^/@]+/)?[^/@]+)@([^(]+)(?:\(.*)?")
_OLD = re.compile(r"(?:([a-z0-9.-]+\.[a-z]+(?::\d+)?))?/((?:@[^/]+/)?[^/@]+)/([^/_(]+)(?:[_(/].*)?")
_FLAGS = ("dev", "optional")


def read(source: Source) -> Iterator[Entry]:
    """The entries of ``packages``."""
    from regforensics.locks.yamltree import tree  # its library loads slowly

    root = tree(source)
    if "lockfileVersion" not in root.inside and "packages" not in root.inside:
        raise source.refused("neither lockfileVersion nor packages stands in it")
    packages = root.at("packages")
    told = set[str]()
    for key, branch in (packages.inside if packages else {}).items():
        told.add(key.partition("(")[0])
        yield _entry(source, key, branch)
    snapshots = root.at("snapshots")
    for key, branch in (snapshots.inside if snapshots else {}).items():
        if key.partition("(")[0] not in told:  # only a file that was changed by hand
            told.add(key.partition("(")[0])
            yield _entry(source, key, branch)


def _entry(source: Source, key: str, branch: "Branch") -> Entry:
    line = source.rows(branch.first, branch.last, key)
    new, old = _NEW.fullmatch(key), _OLD.fullmatch(key)
    if new:
        name, version = new[1], new[2]
    elif old:
        name, version = old[2], old[3]
    else:
        name, version = branch.word("name") or "", branch.word("version") or ""
    if not name:
        why = elsewhere_of(key) or "its key names no package and no version"
        return Passed(key, why, line)
    name = branch.word("name") or name
    version = branch.word("version") or version
    tarball = branch.at("resolution", "tarball")
    away = (elsewhere_of(key.removeprefix("/")) if not (new or old) else "") \
        or elsewhere_of(new[2] if new else "", name) \
        or elsewhere_of(tarball.text or "" if tarball else "", name) \
        or ("it comes from git" if branch.word("resolution", "type") == "git"
            or branch.word("resolution", "commit") else "")
    return entry("npm", name, version, LineFact(version, line.line), elsewhere=away,
                 flags=[flag for flag in _FLAGS if branch.word(flag) == "true"],
                 files=_files(source, branch))


def _files(source: Source, branch: "Branch") -> Iterator[LockedFile]:
    stated, tarball = branch.at("resolution", "integrity"), branch.at("resolution", "tarball")
    digests = integrity(source.rows(stated.first, stated.last, stated.text)
                        if stated and stated.text else None)
    url = source.rows(tarball.first, tarball.last, tarball.text) \
        if tarball and tarball.text else None
    if digests or url:
        yield LockedFile(None, digests, url)


def _shaped(head: bytes) -> bool:
    return re.search(rb"^'?lockfileVersion'?:", head, re.MULTILINE) is not None


KIND = Kind("pnpm-lock", "pnpm-lock.yaml, versions 5 to 9", re.compile(r"pnpm-lock[^/]*\.ya?ml"),
            read,
            _shaped, ".yaml",
            ("pnpm-lock*.yaml", "pnpm-lock*.yml"))
