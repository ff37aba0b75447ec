"""What export does, and what ingest does with what it made."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from regforensics.cli.console import out, out_json
from regforensics.cli.opening import open_evidence, reader_of, whole_package
from regforensics.errors import WrongUsage
from regforensics.evidence.custodies import KIND
from regforensics.evidence.rooms import room
from regforensics.evidence.store import EvidenceStore
from regforensics.handover.bag import write_bag, write_zip
from regforensics.handover.choice import Choice
from regforensics.handover.taking import HandOver, checked, take
from regforensics.handover.unpack import evidence_in
from regforensics.handover.warc import write_warc

_SUFFIXES = {"bagit": (), "zip": (".zip",), "warc": (".warc.gz", ".warc")}
_WRITE = {"bagit": write_bag, "zip": write_zip, "warc": write_warc}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)


def run(root: Path, place: Path, targets: Sequence[str], form: str, *, as_json: bool) -> None:
    """Write the hand-over, and say what is in it."""
    store = open_evidence(root)
    packages = tuple(map(whole_package, targets))
    if packages:
        reader_of(store).named(packages)
    path = _path(place, form, store.case.name)
    if path.absolute().resolve().is_relative_to(root.absolute().resolve()):
        raise WrongUsage(f"{path} lies in the evidence directory", hint="write it elsewhere")
    count = _WRITE[form](Choice(store, packages), path)
    left_out = len(store.exhibits()) - count
    if as_json:
        out_json("export", {
            "format": form, "path": str(path), "targets": [p.target for p in packages],
            "exhibits": count, "left_out": left_out, "lines": len(store.acquisitions()),
            "custody_head": store.custody_head})
        return
    lacking = f", {left_out} left out" if left_out else ""
    out(f"{path}  {count} exhibits{lacking}, {len(store.acquisitions())} custody lines,"
        f" head {store.custody_head}")


def _path(place: Path, form: str, case: str) -> Path:
    """The bag's folder, or the file: in a folder it is named after the case."""
    suffixes = _SUFFIXES[form]
    if not suffixes or place.name.endswith(suffixes):
        return place
    return place / f"{_UNSAFE.sub('-', case).strip('.-')[:60] or 'case'}{suffixes[0]}"


@contextmanager
def handed(root: Path, path: Path) -> Iterator[HandOver]:
    """A hand-over that can be taken into the directory at ``root``, unpacked there where it is a
    file. Raises as ``checked`` and ``evidence_in`` do."""
    with nullcontext(path) if path.is_dir() else room(root) as place:
        where, unnamed = evidence_in(path, place)
        yield checked(where, path, unnamed)


def taken_over(store: EvidenceStore, hand: HandOver, note: str | None) -> dict[str, Any]:
    """The row of ingest for a hand-over. Raises as ``take`` does."""
    found, path = take(store, hand, note), hand.path
    gaps = [{"question": question, "reason": f"{count} {reason}"} for count, question, reason in (
        (found.left_out, "what else the other directory holds",
         "of its exhibits are not in this hand-over"),
        (found.not_taken, "what else this hand-over holds",
         "of its bodies were not taken: they are not of its targets, or its custody does not name"
         " them")) if count]
    return {"path": str(path), "exhibit": found.custody.exhibit, "sha256": found.custody.sha256,
            "format": KIND, "subject": None, "new": found.custody.new, "lines": found.lines,
            "events": 0, "unparsed": 0, "first": found.first, "last": found.last, "gaps": gaps,
            "handed_over": {"case": found.case, "custody_head": found.head, "lines": found.lines,
                            "exhibits": found.exhibits, "known": found.known,
                            "left_out": found.left_out}}


def tell(row: dict[str, Any]) -> None:
    """The row for people."""
    what = row["handed_over"]
    known = f", {what['known']} were taken before" if what["known"] else ""
    lacking = f", {what['left_out']} exhibits not handed over" if what["left_out"] else ""
    lacking += "".join(f"; {gap['reason']}" for gap in row["gaps"][bool(what["left_out"]):])
    out(f"{row['exhibit']}  custody of the case {what['case']}, head {what['custody_head']}"
        f"  {what['lines']} lines and {what['exhibits']} exhibits taken over{known}{lacking}"
        f"  {row['path']}")
