"""Taking logs: recognised by their lines, and read before their custody line is written."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from regforensics.acquire.foreign import opened
from regforensics.acquire.ingest import Recognised
from regforensics.cli.console import Talk, out
from regforensics.cli.opening import LOG
from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage
from regforensics.events.scan import looks_like_log
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.unpacked import packing
from regforensics.logs.splunk import IN_XML, NO_RAW
from regforensics.model.events import Events
from regforensics.model.instant import iso

ZONE, FORMAT, TRUSTED = "assume-zone", "format", "trusted-proxies"
LARGEST = 1 << 42  # bytes
_SHOWN = 5  # unparsed lines on screen
_NO_ENGINE = "pip install 'regforensics[logs]'"


def is_log(path: Path) -> bool:
    """Whether a file's lines are of a known log format."""
    with os.fdopen(opened(path, str(path)), "rb") as file:
        return looks_like_log(file, path.name)


def recognised(path: Path) -> Recognised:
    """A log as it is to be stored; its suffix says what unpacks it."""
    with os.fdopen(opened(path, str(path)), "rb") as file:
        form = packing(file)
    return Recognised(LOG, None, LOG, form if form.startswith((".zip", ".tar")) else f".log{form}")


@dataclass(slots=True)
class Reading:
    """Reads one log into its table when its bytes are copied; ``said`` is what was found."""

    store: EvidenceStore
    zone: str | None
    form: str | None
    trusted: tuple[str, ...] = ()
    said: Mapping[str, Any] = field(default_factory=dict)
    kept: bool = False  # the zone was stated when the same bytes came before

    def complete(self, entry: Entry, body: Any) -> Entry:
        """The entry with how the log was read, and how many lines of which format it holds."""
        tabled, log_of = _engine()
        if self.zone is None:
            self.zone = self._stated(body.sha256)
            self.kept = self.zone is not None
        options = ((ZONE, self.zone), (FORMAT, self.form),
                   (TRUSTED, " ".join(self.trusted) or None))
        entry = replace(entry, options=tuple((n, v) for n, v in options if v is not None))
        body.opened().close()
        with ThreadPoolExecutor(1) as beside:  # the disk writes while the lines are read
            durable = beside.submit(body.sync)
            self.said = tabled(log_of(self.store.root, body.sha256, entry), body.opened)
            durable.result()
        if _holds_no_line(self.said):
            why = IN_XML if any(IN_XML in one for one in self.said["stopped"]) else NO_RAW
            raise UnreadableInput(f"{entry.path}: {self.said['lines']} lines, refused as evidence:"
                                  f" {why}", hint="ask for the export again, with the raw lines")
        counts = ", ".join(f"{name}: {n}" for name, n in self.said["formats"].items())
        return replace(entry, note="; ".join(filter(None, (f"lines by format: {counts}",
                                                           entry.note))))

    def _stated(self, sha256: str) -> str | None:
        """The zone that was stated when the same bytes were handed over before."""
        if not self.store.holds(sha256):
            return None
        stated = [dict(a.entry.options).get(ZONE) for a in self.store.of_kind(LOG)
                  if a.sha256 == sha256 and a.entry.error is None]
        return next((zone for zone in reversed(stated) if zone), None)

    def row(self) -> dict[str, Any]:
        """What the log holds, as ``ingest`` tells it."""
        said = self.said
        gaps = [{"question": "what the log holds", "reason": reason} for reason in said["stopped"]]
        gaps += [{"question": "what happened meanwhile",
                  "reason": f"no line between {_iso(after)} and {_iso(before)}, longer than is"
                            " usual in this log"} for after, before in said["silences"]]
        return {"lines": said["lines"], "events": said["events"], "unparsed": said["unparsed"],
                "first": _iso(said["first"]), "last": _iso(said["last"]), "gaps": gaps,
                "formats": dict(said["formats"]), "forwarded": said["forwarded"],
                "incomplete": bool(said["unparsed"] or said["stopped"]), "zone": self.zone,
                "kept": self.kept,
                "problems": [{"where": w, "reason": r} for w, r in said["problems"]]}


def events_of(store: EvidenceStore, damaged: list[IntegrityError] | None = None) -> Events:
    """The events of the logs in the store. With ``damaged``, those that are not what custody says
    are left out and told there. Raises WrongUsage where the engine is not installed."""
    _engine()
    from regforensics.events.held import HeldEvents

    return HeldEvents(store, damaged)


def tell(row: Mapping[str, Any]) -> None:
    """One log on screen: what was read, and the first lines that were not."""
    span = f"  {row['first']} .. {row['last']}" if row["first"] else ""
    known = "" if row["new"] else "  (bytes already stored)"
    formats = ", ".join(f"{name} {count}" for name, count in row["formats"].items()) or "nothing"
    out(f"{row['exhibit']}  log ({formats})  {row['lines']} lines, {row['events']} events,"
        f" {row['unparsed']} unparsed{span}  {row['path']}{known}")
    for problem in row["problems"][:_SHOWN]:
        Talk.say(f"note: {row['path']}: {problem['where']}: {problem['reason']}")
    more = row["unparsed"] - min(_SHOWN, len(row["problems"]))
    if more:
        Talk.say(f"note: {row['path']}: {more} more lines were not read; --json lists"
                 f" {len(row['problems'])} of them")
    if row["forwarded"]:
        Talk.say(f"note: {row['path']}: {row['forwarded']} requests name addresses that they were"
                 " forwarded for, which anybody can write; the peer's is taken. --trusted-proxies"
                 " says whose word is believed")
    for gap in row["gaps"]:
        Talk.say(f"note: {row['path']}: {gap['reason']}")


def tell_zone(row: Mapping[str, Any]) -> None:
    """That the zone which was stated before stays in force."""
    Talk.say(f"note: {row['path']}: times without a zone are read in {row['zone']}, as was stated"
             " when the same bytes were handed over before; --assume-zone states another")


def _holds_no_line(said: Mapping[str, Any]) -> bool:
    """Whether it is a search export of which no row holds a raw line."""
    reasons = [*said["stopped"], *(reason for _, reason in said["problems"])]
    return not said["events"] and bool(reasons) and all(
        NO_RAW in reason or IN_XML in reason for reason in reasons)


def _engine() -> tuple[Any, Any]:
    try:
        from regforensics.events.held import log_of, tabled
    except ImportError as error:
        raise WrongUsage(f"logs are read with an engine that is not installed: {error.name}",
                         hint=_NO_ENGINE) from error
    return tabled, log_of


def _iso(text: str | None) -> str | None:
    return iso(datetime.fromisoformat(text)) if text else None
