"""What snapshot and ingest say of a package file: what it is held against, and whether it fits."""

from collections.abc import Mapping, Sequence
from typing import Any

from regforensics.acquire.extract import Extractor
from regforensics.analyze.contents.artifacts import checked, file_of
from regforensics.cli.console import Talk
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.store import EvidenceStore
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot
from regforensics.reading import Reader
from regforensics.registries.listings import read_listing


def held(store: EvidenceStore, extractor: Extractor, archive: Acquisition,
         states: Sequence[Snapshot]) -> dict[str, Any]:
    """Take out of a package file what is in it, and hold it against what the states say of it.

    Empty for what is no package file. ``check`` is match, mismatch, or unchecked where no state
    states a digest that can be computed.
    """
    made = extractor.take(archive)
    if not made or archive.entry.subject is None:
        return {}
    package = PackageRef.parse(archive.entry.subject)
    seen = read_listing(package, Reader(store).part(made[0]))
    releases = [s.releases[package.version or ""] for s in states
                if (package.version or "") in s.releases]
    files = [file for release in releases if (file := file_of(release, seen)) is not None]
    verdicts = [checked(file, seen) for file in files]
    found = next((v for v in verdicts if v and all(v.values())), verdicts[0] if verdicts else {})
    return {"version": package.version, "file": seen.filename,
            "check": "unchecked" if not found else "match" if all(found.values()) else "mismatch",
            "digests": [{"name": name, "algorithm": kind, "match": fits}
                        for (name, kind), fits in found.items()],
            "form": seen.form.value, "listing": made[0].exhibit, "members": len(seen.members),
            "whole": seen.complete.value,
            "oddities": sorted({oddity.kind for oddity in seen.oddities})}


def words(row: Mapping[str, Any]) -> str:
    """The same for people, on one line."""
    wrong = [d["algorithm"] for d in row["digests"] if not d["match"]]
    right = [d["algorithm"] for d in row["digests"] if d["match"]]
    said = {"match": f"match ({', '.join(right)})",
            "mismatch": f"MISMATCH ({', '.join(wrong)})",
            "unchecked": "unchecked: no digest is stated"}[row["check"]]
    odd = f"; {', '.join(row['oddities'])}" if row["oddities"] else ""
    known = row["form"] != "unknown"
    inside = f"{row['members']} members" if known else "no archive that can be read"
    return f"{row['version']}  {row['file']}: {said}, {inside}{odd}"


def warn(row: Mapping[str, Any]) -> None:
    """Say aloud, beside a row, that a file does not have the bytes that are stated for it."""
    if row.get("check") == "mismatch":
        wrong = ", ".join(d["algorithm"] for d in row["digests"] if not d["match"])
        Talk.alarm(f"warning: MISMATCH: {row['file']} ({row['exhibit']}) does not have the {wrong}"
                   " that is stated for it")
