"""Download counts that somebody hands over: saved answers, and exports of the PyPI data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regforensics.acquire.foreign import read_file
from regforensics.acquire.ingest import Recognised
from regforensics.errors import UnreadableInput
from regforensics.model.claim import Gap
from regforensics.model.downloads import DownloadCounts, LastWeek
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from regforensics.registries import downloads

MOST_PACKAGES = 1000  # custody lines that one file may lead to
_UNNAMED = frozenset({downloads.npm.TOTAL})


def recognised(path: Path, form: str | None, about: PackageRef | None) -> Recognised | None:
    """What a file is and which packages it counts; None where it counts none.

    Raises UnreadableInput where it does not count ``about``, or counts too many.
    """
    found = downloads.recognised(read_file(path))
    if found is None or form not in (None, found.kind):
        return None
    packages = tuple(dict.fromkeys(found.packages))
    if about is not None and packages and about not in packages:
        raise UnreadableInput(f"{path}: the file counts {_named(packages)}, not {about.target}",
                              hint="leave --subject out, or name one of those")
    if about is None and not packages and found.kind not in _UNNAMED:
        raise UnreadableInput(f"{path}: the file does not say which package it counts",
                              hint="say which with --subject pypi:NAME")
    if about is None and len(packages) > MOST_PACKAGES:
        raise UnreadableInput(f"{path}: the file counts {len(packages)} packages",
                              hint="name the one in question with --subject pypi:NAME")
    subjects = [str(about)] if about is not None else [str(p) for p in packages]
    return Recognised(found.kind, subjects[0] if subjects else None, found.kind, found.suffix,
                      tuple(subjects[1:]))


def described(reader: Reader, subjects: Sequence[str], exhibit: str | None) -> dict[str, Any]:
    """How many counts a file holds, of which days, and what of it could not be read."""
    days, events, gaps = [], 0, dict[Gap, None]()
    for subject in subjects if subjects != ["None"] else ():
        package = PackageRef.parse(subject)
        for record in (r for kind in (DownloadCounts, LastWeek)
                       for r in reader.records(package, kind)):
            if isinstance(record, Gap):
                if not record.citations or record.citations[0].exhibit == exhibit:
                    gaps[record] = None
            elif record.observation.label == exhibit and isinstance(record, DownloadCounts):
                events += len(record.rows)
                days += [record.covers.first, record.covers.last]
            elif record.observation.label == exhibit:
                events += len(record.versions)
    return {"events": events, "first": f"{min(days)}T00:00:00.000Z" if days else None,
            "last": f"{max(days)}T00:00:00.000Z" if days else None,
            "gaps": [{"question": g.question, "reason": g.reason} for g in gaps]}


def _named(packages: Sequence[PackageRef]) -> str:
    names = [p.target for p in packages[:5]]
    return ", ".join(names) + (f" and {len(packages) - 5} more" if len(packages) > 5 else "")
