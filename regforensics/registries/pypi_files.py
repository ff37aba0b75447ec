"""Files of a PyPI release, from the JSON API and from the Simple API (PEP 691, 700, 740).

Neither API names the uploader of a file.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from regforensics.evidence.jsonraw import Raw, decoded, members_of
from regforensics.evidence.jsontree import Document, Leaf
from regforensics.evidence.pointers import escape
from regforensics.model.citation import Absence, Fact
from regforensics.model.instant import Instant, known
from regforensics.model.snapshot import Artifact, Release

if TYPE_CHECKING:  # imported where a file name needs it
    from packaging.version import Version

_LONGEST_VERSION = 4000  # characters: beyond it Python refuses to read numbers
_DIGESTS = ("sha256", "md5", "blake2b_256", "sha512", "sha1", "sha384")
_ARCHIVE = re.compile(r"\.(tar\.(gz|bz2|xz|Z)|tgz|zip|whl|egg|exe|msi|rpm|deb|dmg)(\.asc)?$")


def read_file(document: Document, at: str, raw: Raw) -> Artifact | None:
    """One file object of either API; None where it names no file."""
    inside = members_of(raw)
    name = _text(document, at, inside, "filename")
    if name is None:
        return None
    hashes = "digests" if "digests" in inside else "hashes"
    stated = members_of(inside.get(hashes))
    digests = {kind: fact for kind in _DIGESTS
               if (fact := _text(document, f"{at}/{hashes}", stated, kind)) is not None}
    return Artifact(
        filename=name.value, name=name, digests=digests, url=_text(document, at, inside, "url"),
        size=_typed(document, at, inside, "size", int),
        uploaded=_uploaded(document, at, inside), yanked=_yanked(document, at, inside),
        provenance=_leaf(document, at, inside, "provenance"))


def read_release(version: str, files: Sequence[Artifact], anchor: Fact[object],
                 absent: Callable[[str], Absence]) -> Release:
    """A release out of its files: published with its first upload, yanked where any file is."""
    uploads = [f.uploaded for f in files if f.uploaded is not None]
    first = min(uploads, key=lambda fact: fact.value.utc, default=None)
    stated = [f.yanked for f in files if f.yanked is not None]
    yanked = next((fact for fact in stated if fact.value), stated[0] if stated else None)
    return Release(version=version, anchor=anchor, artifacts=tuple(files), yanked=yanked,
                   published=first, file_absence=absent)


def files_of(releases: Mapping[str, Release]) -> list[Artifact]:
    """Every file of every release."""
    return [file for release in releases.values() for file in release.artifacts]


class VersionNames:
    """Finds the version that a file name carries, spelled as the index lists it where it does.

    Made once for a project and its listed versions: an index may list thousands of both.
    """

    def __init__(self, project: str, listed: Iterable[str]) -> None:
        self._listed = dict.fromkeys(listed)
        self._lengths = sorted({len(v) for v in self._listed if v}, reverse=True)
        self._prefix = re.compile(
            re.sub(r"[-_.]+", "[-_.]+", re.escape(project).replace("\\-", "-")) + "-",
            re.IGNORECASE)

    def version_of(self, filename: str) -> str | None:
        """Wheels and sdists by the packaging specifications; older kinds (eggs, installers) by
        the longest listed version that follows the project's name."""
        stem = _ARCHIVE.sub("", filename)
        prefix = self._prefix.match(stem)
        rest = stem[prefix.end():] if prefix else stem
        plain = rest.partition("-")[0] if filename.endswith((".whl", ".egg")) else rest
        if plain in self._listed:
            return plain
        for length in self._lengths:
            if rest[:length] in self._listed and not rest[length:length + 1].isdigit():
                return rest[:length]
        return self._same_version(plain)

    def _same_version(self, text: str) -> str | None:
        wanted = _version(text)
        return None if wanted is None else self._by_meaning.get(wanted, text)

    @cached_property
    def _by_meaning(self) -> dict["Version", str]:
        """The first spelling of each listed version."""
        return {meant: spelled for spelled in reversed(self._listed)
                if (meant := _version(spelled)) is not None}


def _version(text: str) -> "Version | None":
    from packaging.version import Version

    try:
        return Version(text) if len(text) <= _LONGEST_VERSION else None
    except ValueError:  # no version, or more digits than Python converts
        return None


def _uploaded(document: Document, at: str, inside: dict[str, Raw]) -> Fact[Instant] | None:
    for key in ("upload_time_iso_8601", "upload-time", "upload_time"):
        text = decoded(inside[key]) if key in inside else None
        if not isinstance(text, str):
            continue
        try:
            moment: Instant | None = Instant.parse(text, assume_utc=key == "upload_time")
        except ValueError:
            moment = None
        return known(document.leaf(inside[key], at, key, moment))
    return None


def _yanked(document: Document, at: str, inside: dict[str, Raw]) -> Fact[object] | None:
    """A truthy value (the reason where one is given) means yanked (PEP 592)."""
    fact = _leaf(document, at, inside, "yanked")
    if fact is not None and fact.value is True:
        reason = _text(document, at, inside, "yanked_reason")
        return reason if reason is not None else fact
    return fact


def _leaf(document: Document, at: str, inside: dict[str, Raw], key: str) -> Leaf | None:
    return document.leaf(inside[key], at, key) if key in inside else None


def _text(document: Document, at: str, inside: dict[str, Raw], key: str) -> Fact[str] | None:
    fact = _leaf(document, at, inside, key)
    return fact if fact is not None and isinstance(fact.value, str) and fact.value else None


def _typed(document: Document, at: str, inside: dict[str, Raw], key: str,
           kind: type[int]) -> Fact[int] | None:
    fact = _leaf(document, at, inside, key)
    return fact if fact is not None and isinstance(fact.value, kind) else None


def file_pointer(version: str, index: int) -> str:
    """Where the JSON API holds the ``index``-th file of a release."""
    return f"/releases/{escape(version)}/{index}"
