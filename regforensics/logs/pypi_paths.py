"""The paths of PyPI and of indexes like it, and the names of Python package files.

Sources: PyPA simple repository API and binary and source distribution formats, warehouse, and the
layouts of Artifactory, Nexus, devpi and GitLab.
"""

import re
from typing import NamedTuple

from regforensics.logs.asked import Asked, Segments
from regforensics.model.event import Action
from regforensics.model.package import normalised

_SDIST = re.compile(r"\.(?:tar\.(?:gz|bz2|xz|Z|lzma)|tgz|zip)$")
_WHEEL_PARTS = (5, 6)
_EGG = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-py\d.*)?\.egg")
_INSTALLER = re.compile(
    r"(?P<name>.+?)-(?P<version>\d[^-]*?)(?:-\d+)?\.(?:win|linux|macosx|noarch|src|x86)"
    r"[A-Za-z0-9_.-]*\.(?:exe|msi|rpm|dmg|deb)")
_FILE = re.compile(r"\.(?:whl|egg|exe|msi|rpm|dmg|deb|tgz|zip|tar\.(?:gz|bz2|xz|Z|lzma))"
                   r"(?:\.metadata|\.asc|\.provenance|\.md5|\.sha1|\.sha256|\.sha512)?$")
_LONGEST = 500  # characters of a file's name
_BESIDE = (".metadata", ".md5", ".sha1", ".sha256", ".sha512")
_HEX = re.compile(r"[0-9a-f]{2,}")
_LAST_NUMBER = re.compile(r"-(?=v?\d)")
_READS = frozenset({"GET", "HEAD"})


class FileName(NamedTuple):
    """What a file name says. ``package`` is normalised (PEP 503)."""

    package: str | None
    version: str | None
    doubt: str | None = None


def read(method: str, path: Segments, certain: bool) -> Asked | None:
    """What a path below an index's root asks for; None as in npm_paths.read."""
    parts = path.parts
    if method not in _READS:
        posts = method == "POST" and (parts[-1:] == ("legacy",) or (
            certain and parts in ((), ("upload",))))
        upload = Asked("upload", "pypi", doubt="the upload's name stands in its body, which no log"
                       " holds") if posts else None
        return upload or (Asked("search" if parts[-1:] == ("pypi",) else "other", "pypi")
                          if certain or parts[-1:] == ("pypi",) else None)
    if parts and _FILE.search(parts[-1]):
        return _file(method, parts)
    for word in ("simple", "+simple"):
        if word in parts:
            rest = parts[parts.index(word) + 1:]
            return Asked("metadata", "pypi", package=normalised(rest[0]) if rest else None)
    if "integrity" in parts and parts[-1] == "provenance":
        named = parts[parts.index("integrity") + 1:-1]
        return Asked("attestation", "pypi", package=normalised(named[0]) if named else None,
                     version=named[1] if len(named) > 1 else None,
                     filename=named[2] if len(named) > 2 else None)
    if "pypi" in parts and parts[-1] == "json":
        named = parts[parts.index("pypi") + 1:-1]
        return Asked("metadata", "pypi", package=normalised(named[0]) if named else None,
                     version=named[1] if len(named) > 1 else None)
    return Asked("other", "pypi") if certain else None


def _file(method: str, parts: tuple[str, ...]) -> Asked | None:
    file = parts[-1]
    action: Action = "download" if method == "GET" else "peek"
    if file.endswith(_BESIDE):
        action, file = "peek", file.rpartition(".")[0]
    elif file.endswith((".asc", ".provenance")):
        action, file = "attestation", file.rpartition(".")[0]
    folder = _folder(parts)
    found = file_name(file, folder)
    return Asked(action, "pypi", package=found.package, version=found.version, filename=file,
                 doubt=found.doubt)


def _folder(parts: tuple[str, ...]) -> str | None:
    """The project's name where the path has a folder named after it."""
    file = normalised(parts[-1])
    for part in reversed(parts[:-1]):
        name = normalised(part)
        if len(name) > 1 and not _HEX.fullmatch(name) and file.startswith(name + "-"):
            return name
    return None


def file_name(file: str, project: str | None = None) -> FileName:
    """The package and version that a file name carries; ``project`` (normalised) where known."""
    if len(file) > _LONGEST:
        return FileName(project, None, "the file's name is longer than those of packages are")
    if file.endswith(".whl"):
        fields = file.removesuffix(".whl").split("-")
        built = len(fields) == max(_WHEEL_PARTS) and fields[2][:1].isdigit()
        if len(fields) == min(_WHEEL_PARTS) or built:
            return FileName(normalised(fields[0]), fields[1])
        return FileName(project, None, "the wheel's name has not the parts that it must have")
    for pattern in (_EGG, _INSTALLER):
        found = pattern.fullmatch(file)
        if found:
            return FileName(normalised(found["name"]), found["version"])
    stem = _SDIST.sub("", file)
    if stem == file:
        return FileName(project, None, "unknown kind of file")
    return _sdist(stem, project)


def _sdist(stem: str, project: str | None) -> FileName:
    cuts = [at for at, character in enumerate(stem) if character == "-"]
    for at in cuts:
        if project is not None and normalised(stem[:at]) == project:
            return FileName(project, stem[at + 1:])
    if len(cuts) == 1:
        return FileName(normalised(stem[:cuts[0]]), stem[cuts[0] + 1:])
    numbers = [m.start() for m in _LAST_NUMBER.finditer(stem)]
    if not numbers:
        return FileName(project, None, "the file's name carries no version")
    at = numbers[-1]
    return FileName(normalised(stem[:at]), stem[at + 1:],
                    "the file's name has several hyphens: where its version starts is inferred")
