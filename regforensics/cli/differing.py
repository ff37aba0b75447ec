"""What diff compares, and how it shows the result."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from regforensics.acquire import foreign
from regforensics.cli.console import Talk, out, out_json
from regforensics.errors import RegForensicsError, WrongUsage
from regforensics.model.change import Change
from regforensics.model.citation import Citation
from regforensics.model.claim import Gap
from regforensics.model.package import ACCOUNTS
from regforensics.model.snapshot import Snapshot
from regforensics.registries.recognition import read_file
from regforensics.report.jsondoc import absence_document, citation_document

_QUOTE_SHOWN = 160
_GROUP_SHOWN = 8


def from_files(old: Path, new: Path) -> tuple[Snapshot, Snapshot]:
    """Two document files of one package. Raises WrongUsage where they are of two."""
    one, other = (read_file(str(path), digest, body) for path, body, digest in _bodies(old, new))
    if one.package != other.package:
        raise WrongUsage(f"{old} is about {one.package.target}, {new} about {other.package.target}",
                         hint="diff compares two documents of one package")
    return one, other


def from_evidence(root: Path, target: str, since: str, until: str) -> tuple[Snapshot, Snapshot]:
    """Two captures of one target."""
    from regforensics.cli.opening import captures, histories, open_evidence, place_of, whole_package

    if whole_package(target).registry in ACCOUNTS:
        raise WrongUsage(f"{target}: accounts cannot be diffed", hint="the report and `regforensics"
                         " inventory` say what an account gained and lost between captures")
    history = histories(open_evidence(root), [target])[0]
    old, new = captures(history, since, until)
    if old is new:
        once = "it was captured once" if len(history.snapshots) == 1 else \
            f"{since!r} and {until!r} name the same capture, {old.observation.label}"
        Talk.say(f"note: {target} was not compared: {once}")
    places = Counter(place_of(s) for s in history.snapshots)
    others = {place: n for place, n in places.items() if place not in (place_of(old),
                                                                       place_of(new))}
    if others:
        Talk.say(f"note: {target} was captured at other places too: " + ", ".join(
            f"{_place(place)} (x{n})" for place, n in others.items())
            + "; --from and --to take the label of a capture of any place")
    return old, new


def as_document(old: Snapshot, new: Snapshot, changes: Sequence[Change], _: bool) -> None:
    """The JSON document of the contract."""
    if _of_two_places(old, new):
        Talk.say(f"warning: {_two_places(old, new)}")
    out_json("diff", {
        "subject": str(old.package), "from": _side(old), "to": _side(new),
        "changes": [_change(c) for c in changes], "gaps": [_gap(g) for g in _gaps(old, new)]})


def as_text(old: Snapshot, new: Snapshot, changes: Sequence[Change], everything: bool) -> None:
    """For people: each change with its lines; metadata and representation counted."""
    out(f"{old.package.target}")
    out(f"  from {_named(old)}")
    out(f"  to   {_named(new)}")
    if _of_two_places(old, new):
        out(f"  {_two_places(old, new)}")
    shown = _worth_showing(changes, everything)
    counts = Counter(change.kind for change in shown)
    if counts:
        out("  " + ", ".join(f"{n} {kind}" for kind, n in counts.items()))
    elif changes:
        out("  nothing but what is counted below")
    if changes and not found_in(changes):
        out("  no finding: only how the registry puts it changed (exit 0)")
    for kind in counts:
        group = [change for change in shown if change.kind == kind]
        for change in group if everything else group[:_GROUP_SHOWN]:
            _show(change)
        if len(group) > _GROUP_SHOWN and not everything:
            others = ", ".join(str(c.version or c.file) for c in group[_GROUP_SHOWN:])
            out(f"{kind:<20}and {len(group) - _GROUP_SHOWN} more: {_short(others)}")
    rest = Counter(_group(c) for c in changes
                   if not everything and (c.representation or c.kind == "metadata-changed"))
    for (kind, where, representation), count in sorted(rest.items()):
        note = " (representation)" if representation else ""
        out(f"{kind:<20}{where}  x{count}{note}")
    if rest:
        out("  --all lists each of these with its lines")
    if not changes:
        out("no change")
    for gap in _gaps(old, new):
        Talk.say(f"note: {gap.question}: {gap.reason}")


def found_in(changes: Sequence[Change]) -> bool:
    """True where more changed than the representation: counters of writes, added signatures."""
    return any(not change.representation for change in changes)


def _gaps(old: Snapshot, new: Snapshot) -> list[Gap]:
    """What the two documents leave open, such as keys that stand twice."""
    return list(dict.fromkeys((*old.gaps, *new.gaps)))


def _gap(gap: Gap) -> dict[str, Any]:
    return {"question": gap.question, "reason": gap.reason,
            "citations": [citation_document(c) for c in gap.citations]}


def _worth_showing(changes: Sequence[Change], everything: bool) -> list[Change]:
    """What stands in full: not representation, metadata, and the times of added versions.

    What came and went comes first: it is what an analyst looks for.
    """
    if everything:
        return list(changes)
    added = {c.version for c in changes if c.kind == "version-added"}
    kept = [c for c in changes if not (c.representation or c.kind == "metadata-changed"
                                       or (c.kind == "time-added" and c.version in added))]
    return sorted(kept, key=lambda c: not (c.kind == "time-added" and c.note))


def _bodies(*paths: Path) -> list[tuple[Path, bytes, str]]:
    """Each file, its bytes and digest; the files are read and hashed side by side."""
    found: dict[int, tuple[Path, bytes, str]] = {}
    failed: list[RegForensicsError] = []

    def take(index: int, path: Path) -> None:
        try:
            body = foreign.read_file(path)
            found[index] = path, body, hashlib.sha256(body).hexdigest()
        except RegForensicsError as error:
            failed.append(error)

    threads = [Thread(target=take, args=place) for place in enumerate(paths)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [found[index] for index in range(len(paths))]


def _side(snapshot: Snapshot) -> dict[str, Any]:
    observed = snapshot.observation
    return {"exhibit": observed.label, "sha256": observed.sha256,
            "registry": observed.registry or None,
            "observed_at": observed.at.text if observed.at else None, "state": snapshot.state}


def _named(snapshot: Snapshot) -> str:
    observed = snapshot.observation
    when = f"  observed {observed.at}" if observed.at else ""
    where = f"  {_place(observed.registry)}" if observed.line else ""
    return f"{observed.label}  sha256 {observed.sha256[:12]}{when}  {snapshot.state}{where}"


def _place(registry: str) -> str:
    return registry.rstrip("/") or "a handed-over file"


def _of_two_places(old: Snapshot, new: Snapshot) -> bool:
    return _place(old.observation.registry) != _place(new.observation.registry)


def _two_places(old: Snapshot, new: Snapshot) -> str:
    one, other = _place(old.observation.registry), _place(new.observation.registry)
    return f"two places, {one} and {other}: a difference may be the place's, not the package's"


def _change(change: Change) -> dict[str, Any]:
    document: dict[str, Any] = {"kind": change.kind, "before": change.before,
                                "after": change.after}
    for name in ("version", "file", "tag", "where", "note"):
        if getattr(change, name) is not None:
            document[name] = getattr(change, name)
    return {**document, "representation": change.representation,
            "citations": [citation_document(c) for c in change.citations],
            "absences": [absence_document(a) for a in change.absences]}


def _group(change: Change) -> tuple[str, str, bool]:
    where = change.where or ""
    if change.version and where.startswith("/versions/"):
        where = where.replace(f"/versions/{change.version}", "/versions/*", 1)
    return change.kind, re.sub(r"^/users/.*", "/users/*", where), change.representation


def _show(change: Change) -> None:
    values = [_short(v) for v in (change.before, change.after) if v is not None]
    head = f"{change.kind:<20}{change.version or '':<16} {change.tag or change.file or ''}".rstrip()
    note = f"  ({change.note})" if change.note else ""
    out(f"{head}  {' -> '.join(values)}{note}".rstrip())
    for citation in sorted(change.citations, key=lambda c: c not in change.was):
        out(f"    {'-' if citation in change.was else '+'} {quoted(citation)}")
    for absence in change.absences:
        out(f"    absent: {absence.pointer}  in {absence.exhibit}")


def quoted(citation: Citation) -> str:
    """The quote, cut for a terminal, and where it stands."""
    text = citation.quote[:_QUOTE_SHOWN].decode("utf-8", "backslashreplace")
    more = f"... ({len(citation.quote)} bytes)" if len(citation.quote) > _QUOTE_SHOWN else ""
    text = re.sub(r"\s*\n\s*", " ", text)
    return f"{text}{more}  [{citation.exhibit}:{citation.start}-{citation.end}]"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
