"""Names of exhibits: labels, and file names that hostile package names cannot bend.

A file name is ``LABEL.registry.name[.version].what`` and a suffix, for people who list the
directory; what it means stands in custody. Only ``[A-Za-z0-9._@+-]`` is ever used, so a name needs
no quoting in a shell and no escaping in ``sha256sum`` files.
"""

import re

from regforensics.errors import WrongUsage
from regforensics.evidence.exhibit import Entry
from regforensics.model.package import PackageRef

LABEL = re.compile(r"EX-(\d{6,12})", re.ASCII)
FILE_NAME = re.compile(r"(EX-\d{6,12})(?:\.[A-Za-z0-9._@+-]{0,200})?", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9._@+-]", re.ASCII)
_SUBJECT_CAP, _WHAT_CAP, _SUFFIX_CAP = 120, 40, 16  # characters


def label(number: int) -> str:
    """The label of the exhibit with a number: 3 gives ``EX-000003``."""
    return f"EX-{number:06d}"


def file_name(label: str, entry: Entry) -> str:
    """The name under ``exhibits/`` for the bytes that ``entry`` brought."""
    parts = [label]
    if entry.subject:
        parts.append(_safe(_subject(entry.subject), _SUBJECT_CAP))
    parts.append(_safe(entry.what or entry.kind, _WHAT_CAP))
    return ".".join(part for part in parts if part) + _suffix(entry.suffix)


def _subject(purl: str) -> str:
    try:
        package = PackageRef.parse(purl)
    except WrongUsage:
        return purl
    name = f"{package.namespace}__{package.name}" if package.namespace else package.name
    return f"{package.registry}.{name}" + (f".{package.version}" if package.version else "")


def _safe(text: str, cap: int) -> str:
    return _UNSAFE.sub("_", text[:cap]).strip(".")


def _suffix(suffix: str) -> str:
    bare = _safe(suffix, _SUFFIX_CAP)
    return f".{bare}" if bare else ""
