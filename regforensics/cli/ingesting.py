"""What ingest does: recognise a handed-over file, say as what, and store it."""

import os
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from regforensics.acquire.extract import Extractor
from regforensics.acquire.foreign import opened, read_file
from regforensics.acquire.ingest import Recognised, ingest
from regforensics.archives.reading import is_archive
from regforensics.cli import counts_handed as counts
from regforensics.cli import exporting, placing
from regforensics.cli import locks_handed as locks
from regforensics.cli import logs_handed as logs
from regforensics.cli.console import Talk, out, out_json
from regforensics.cli.holding import held, warn, words
from regforensics.cli.opening import period, whole_package
from regforensics.cli.runs import Running
from regforensics.cli.scoping import networks
from regforensics.cli.spreading import spread
from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage
from regforensics.events.scan import known_formats
from regforensics.events.zones import zone_named
from regforensics.evidence.elsewhere import InPlace
from regforensics.evidence.jsontree import Document
from regforensics.evidence.layout import is_new
from regforensics.evidence.places import document_of, form_of
from regforensics.evidence.store import EvidenceStore
from regforensics.handover.taking import HandOver
from regforensics.handover.unpack import is_handover
from regforensics.model.instant import iso, now
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot
from regforensics.reading import Reader
from regforensics.registries import REGISTRIES, downloads, registry_of
from regforensics.registries.artifacts import ARTIFACT, suffix_of
from regforensics.registries.companions import savable

RAW = "raw"
_INCOMPLETE = 6
_LARGEST_DOCUMENT = 256 << 20  # bytes; what is larger is first looked at line by line
_NEEDS_VERSION = "say which version it is of with --subject npm:NAME@VERSION"
Period = tuple[datetime, datetime]


def run(files: Sequence[Path], root: Path, *, as_json: bool, form: str | None,
        observed_at: str | None, subject: str | None, note: str | None,
        zone: str | None = None, in_place: bool = False,
        trusted: Sequence[str] = ()) -> int:
    """Take every file that can be taken, and return the exit code: of errors the first that
    counts, 6 where a log was not read in full."""
    kinds = [ARTIFACT, *(kind for registry in REGISTRIES for kind in registry.kinds),
             *(kind for companion in savable() for kind in companion.kinds), *downloads.KINDS,
             *locks.NAMES, *known_formats(), placing.MMDB]
    if form is not None and form not in (*kinds, RAW):
        raise WrongUsage(f"unknown format {form!r}", hint=f"formats: {', '.join((*kinds, RAW))}")
    observed = period(observed_at) if observed_at else None
    if observed and observed[0] > now():
        raise WrongUsage(f"--observed-at {observed_at} has not come yet")
    about = PackageRef.parse(subject) if subject else None
    if zone is not None:
        zone_named(zone)
    proxies = networks(trusted)
    handed = [path for path in files if form is None and is_handover(path)]
    if handed and (observed or about or zone or in_place):
        raise WrongUsage(f"{handed[0]} is a hand-over, whose custody says when and of what",
                         hint="leave --observed-at, --subject, --assume-zone and --in-place out")
    paths, lost = spread([path for path in files if path not in handed])
    with ExitStack() as rooms:
        first = None
        if handed and not paths and is_new(root):
            first = _first_sound(root, handed, lost, rooms)
            handed = handed[handed.index(first.path):]
        store = EvidenceStore.create_or_open(root)
        with Running(store, "ingest", [str(path) for path in (*handed, *paths)]) as running:
            brought, worse = _handed_over(store, handed, first, note, as_json=as_json)
            rows, code = _every(store, paths, lost, form, observed, about, note, zone, in_place,
                                proxies, as_json=as_json)
            rows, running.code = [*brought, *rows], worse or code
            running.counts = {"rows": len(rows), "new": sum(bool(row.get("new")) for row in rows)}
    if as_json:
        out_json("ingest", {"files": rows, "custody_head": store.custody_head})
    return running.code


def _first_sound(root: Path, handed: Sequence[Path], lost: Sequence[UnreadableInput],
                 rooms: ExitStack) -> HandOver:
    """The first hand-over for which a new directory is worth making; those before it are named.

    Raises the error of the last one where there is none.
    """
    for path in handed[:-1]:
        try:
            return rooms.enter_context(exporting.handed(root, path))
        except (UnreadableInput, IntegrityError) as error:
            Talk.error(error)
    try:
        return rooms.enter_context(exporting.handed(root, handed[-1]))
    except (UnreadableInput, IntegrityError):
        for one in lost:
            Talk.error(one)
        raise


def _handed_over(store: EvidenceStore, handed: Sequence[Path], first: HandOver | None,
                 note: str | None, *, as_json: bool) -> tuple[list[dict[str, Any]], int]:
    """Take other evidence directories over, the ``first`` of which may be unpacked already; the
    rows, and the exit code."""
    rows, code = list[dict[str, Any]](), 0
    for path in handed:
        try:
            with nullcontext(first) if first and path == first.path else \
                    exporting.handed(store.root, path) as hand:
                rows.append(exporting.taken_over(store, hand, note))
        except (UnreadableInput, IntegrityError) as error:
            Talk.error(error)
            code = error.exit_code
        else:
            if not as_json:
                exporting.tell(rows[-1])
    return rows, code


def _every(store: EvidenceStore, paths: Sequence[Path], lost: Sequence[UnreadableInput],
           form: str | None, observed: Period | None, about: PackageRef | None, note: str | None,
           zone: str | None, in_place: bool, proxies: tuple[str, ...], *, as_json: bool
           ) -> tuple[list[dict[str, Any]], int]:
    """Take file after file, and say so; the rows, and the exit code."""
    extractor = Extractor(store)
    for line in store.repairs:
        Talk.say(f"note: {line}")
    rows = list[dict[str, Any]]()
    for error in lost:
        Talk.error(error)
    code = lost[0].exit_code if lost else 0
    for path in paths:
        try:
            if form == placing.MMDB or (form is None and placing.is_table(path)):
                taken = [_take_table(store, path, note, in_place)]
            elif form in known_formats() or (form is None and _is_log(path, about)):
                taken = [_take_log(store, path, logs.Reading(store, zone, form, proxies), observed,
                                   about, note, in_place)]
            else:
                taken = _take(store, extractor, path, form, observed, about, note, in_place)
        except UnreadableInput as error:
            Talk.error(error)
            code = error.exit_code
        else:
            rows += taken
            for row in taken:
                warn(row)
                if row.pop("kept", False):
                    logs.tell_zone(row)
                if not as_json:
                    (logs.tell if "problems" in row else _print)(row)
                incomplete = row.pop("incomplete", False)
                code = code or (_INCOMPLETE if incomplete else 0)
    return rows, code


def _take_table(store: EvidenceStore, path: Path, note: str | None, in_place: bool
                ) -> dict[str, Any]:
    taken = ingest(path, store=store, note=note, in_place=in_place,
                   recognise=lambda path, _: placing.recognised(path))
    return placing.row(path, taken)


def _is_log(path: Path, about: PackageRef | None) -> bool:
    """Whether a file is a log. What begins as a document of a registry does is asked that first."""
    if (about is not None and about.version is not None) or locks.is_one(path):
        return False
    with os.fdopen(opened(path, str(path)), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        document = file.read(64).lstrip()[:1] in (b"{", b"[", b"<")
    if document and size <= _LARGEST_DOCUMENT:
        try:
            _recognised(path, None, about)
        except UnreadableInput:
            return logs.is_log(path)
        return False
    return logs.is_log(path)


def _take_log(store: EvidenceStore, path: Path, reading: logs.Reading, observed: Period | None,
              about: PackageRef | None, note: str | None, in_place: bool) -> dict[str, Any]:
    first, last = (iso(observed[0]), iso(observed[1])) if observed else (None, None)
    if about is not None:
        raise WrongUsage(f"{path} is a log, which is about no single package",
                         hint="leave --subject out")
    taken = ingest(path, store=store, observed_from=first, observed_at=last, note=note,
                   recognise=lambda path, _: logs.recognised(path), largest=logs.LARGEST,
                   complete=reading.complete, in_place=in_place)
    return {"path": str(path), "exhibit": taken.exhibit, "sha256": taken.sha256,
            "format": taken.entry.kind, "subject": None, "new": taken.new} | reading.row()


def _take(store: EvidenceStore, extractor: Extractor, path: Path, form: str | None,
          observed: Period | None, about: PackageRef | None, note: str | None, in_place: bool
          ) -> list[dict[str, Any]]:
    """A row; for counts of several packages a row each."""
    first, last = (iso(observed[0]), iso(observed[1])) if observed else (None, None)
    seen: list[Recognised] = []

    def recognise(path: Path, _: bytes) -> Recognised:
        seen.append(_recognised(path, form, about))
        return seen[-1]

    taken = ingest(path, store=store, observed_from=first, observed_at=last, note=note,
                   recognise=recognise, in_place=in_place)
    for other in seen[-1].also:
        entry = replace(taken.entry, subject=other)
        with InPlace.of(path) if in_place else nullcontext(store.read(taken.exhibit or "")) as body:
            store.record(entry, body)
    kind = taken.entry.kind
    subject = PackageRef.parse(taken.entry.subject) if taken.entry.subject else None
    row: dict[str, Any] = {
        "path": str(path), "exhibit": taken.exhibit, "sha256": taken.sha256, "format": kind,
        "subject": str(subject) if subject else None, "new": taken.new, "events": 0,
        "lines": None if kind == ARTIFACT else store.read(taken.exhibit or "").count(b"\n"),
        "unparsed": 0, "first": None, "last": None, "gaps": []}
    if subject and kind == ARTIFACT:
        states = Reader(store).history(subject).snapshots
        row |= held(store, extractor, taken, states[::-1])
    elif kind in locks.NAMES:
        row |= locks.counted(store, taken)
    elif kind in downloads.KINDS:
        return [{**row, "subject": name if name != "None" else None,
                 **counts.described(Reader(store), [name], taken.exhibit)}
                for name in (str(subject), *seen[-1].also)]
    elif subject and registry_of(kind) is not None:
        row |= _counted(Reader(store).snapshot(subject, [taken]))
        if last and row["last"] and row["last"] > last:
            Talk.say(f"note: {path}: --observed-at says {last}, but the document carries a later"
                     f" time, {row['last']}; reports will say so")
    return [row]


def _recognised(path: Path, form: str | None, about: PackageRef | None) -> Recognised:
    """What a file is and which package it is about. Raises UnreadableInput where that is open."""
    if form == ARTIFACT or (form is None and _is_package_file(path)):
        return _package_file(path, about)
    if about is not None and about.version is not None:
        whole_package(about.target)
    try:
        kind, named, suffix = (RAW, None, path.suffix) if form == RAW else _kind(path, form)
    except UnreadableInput:
        told = locks.recognised(path, form, about) or counts.recognised(path, form, about)
        if told is None:
            raise
        return told
    if about is None and named is None and kind not in (RAW, "npm-keys") and registry_of(kind):
        raise UnreadableInput(f"{path}: the document names no package",
                              hint="say which it is about with --subject npm:NAME")
    if about and named and about != named:
        raise UnreadableInput(f"{path}: the document is about {named.target}, not {about.target}",
                              hint="leave --subject out, or name that package")
    subject = about or named
    return Recognised(kind, str(subject) if subject else None, kind, suffix or ".bin")


def _is_package_file(path: Path) -> bool:
    with os.fdopen(opened(path, str(path)), "rb") as file:
        return is_archive(file)


def _package_file(path: Path, about: PackageRef | None) -> Recognised:
    """A package file says itself what it is, but whoever made it chose what it says."""
    if about is None or about.version is None:
        raise UnreadableInput(f"{path}: a package file, and nobody said of which version",
                              hint=_NEEDS_VERSION)
    return Recognised(ARTIFACT, str(about), ARTIFACT, suffix_of(path.name))


def _kind(path: Path, form: str | None) -> tuple[str, PackageRef | None, str]:
    """(kind, package named by the document, suffix). Raises UnreadableInput for anything unknown.
    """
    body = read_file(path)
    document = document_of(str(path), "", body)
    suffix = f".{form_of(body).lower()}"
    for registry in REGISTRIES:
        kind = form if form in registry.kinds else registry.recognises(document)
        if kind is not None and (form is None or kind == form):
            return kind, registry.package_of(document, kind), suffix
    for companion in savable():
        if not isinstance(document, Document):
            break
        kind = form if form in companion.kinds else companion.recognises(document)
        if kind is not None and (form is None or kind == form):
            return kind, companion.package_of(document, kind), suffix
    raise UnreadableInput(
        f"{path}: {form_of(body)}, but no registry document that is known",
        hint="--format raw stores any bytes as they are; nothing is read from them", offset=0)


def _counted(snapshot: Snapshot) -> dict[str, Any]:
    """How many versions a document dates (each once, however often it is spelled), and when."""
    moments = [f.value.utc for f in snapshot.times.values() if f.value is not None]
    if not moments:
        moments = [a.uploaded.value.utc for r in snapshot.releases.values() for a in r.artifacts
                   if a.uploaded]
    return {"events": len(snapshot.publishes),
            "first": iso(min(moments)) if moments else None,
            "last": iso(max(moments)) if moments else None,
            "gaps": [{"question": gap.question, "reason": gap.reason} for gap in snapshot.gaps]}


def _print(row: dict[str, Any]) -> None:
    span = f"  {row['first']} .. {row['last']}" if row["first"] else ""
    if "pins" in row:
        locks.tell(row)
        return
    if "check" in row:
        out(f"{row['exhibit']}  {row['subject']}  {words(row)}  {row['path']}")
        return
    known = "" if row["new"] else "  (bytes already stored)"
    out(f"{row['exhibit']}  {row['format']}  {row['subject'] or '-'}  {row['events']} events"
        f"{span}  {row['path']}{known}")

