"""Who asked for a package: counts by consumer, version and outcome, with the lines."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regforensics.acquire.foreign import opened
from regforensics.analyze.logs.moments import utc
from regforensics.cli.console import Talk, out, out_json
from regforensics.cli.spreading import spread
from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.events.cold import Asking
from regforensics.events.scan import known_formats
from regforensics.events.zones import zone_named
from regforensics.evidence.lines import Place
from regforensics.model.event import AccessEvent
from regforensics.model.instant import Instant, iso
from regforensics.model.package import PackageRef
from regforensics.report.jsondoc import citation_document

_LISTED = 100_000  # rows, and groups, that an answer lists; more are counted
_SHOWN = 100  # consumers on screen
_TOLD = 5  # unread lines of a file on screen
_KEY = ("address", "user_agent", "user", "version", "action", "layer", "outcome")


@dataclass(slots=True)
class Group:
    """Requests that agree in ``key`` (see _KEY), and where each stands."""

    key: tuple[str | None, ...]
    count: int = 0
    first: Instant | None = None
    last: Instant | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """All of it. ``failed`` is the exit code of a file that could not be read. Of ``count``
    requests ``listed`` have a row, and ``crowded`` are in no group, because there are too many."""

    package: PackageRef
    version: str | None
    cited: bool
    groups: dict[tuple[str | None, ...], Group] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    listed: int = 0
    crowded: int = 0
    failed: int = 0
    incomplete: bool = False

    def add(self, event: AccessEvent) -> Group | None:
        """Count a request; its group, where its row is to be listed."""
        key = (event.remote_addr, event.user_agent, event.user, event.version, event.action,
               event.layer, event.outcome)
        self.count += 1
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= _LISTED:
                self.crowded += 1
                return None
            group = self.groups[key] = Group(key)
        group.count += 1
        if event.at is not None:
            if group.first is None or event.at.utc < group.first.utc:
                group.first = event.at
            if group.last is None or event.at.utc > group.last.utc:
                group.last = event.at
        if self.listed >= _LISTED:
            return None
        self.listed += 1
        return group

    def ordered(self) -> list[Group]:
        """By version, the earliest first."""
        return sorted(self.groups.values(), key=lambda group: (
            group.key[3] or "", group.first.utc.timestamp() if group.first else 0,
            [part or "" for part in group.key]))


def of_files(target: str, files: Sequence[Path], form: str | None, zone: str | None, *,
             digests: bool) -> Answer:
    """What raw logs say. Nothing is stored. Raises WrongUsage."""
    if form is not None and form not in known_formats():
        raise WrongUsage(f"unknown format {form!r}", hint=f"formats: {', '.join(known_formats())}")
    answer = _answer(target, cited=False)
    where = zone_named(zone) if zone else None
    paths, lost = spread(files)
    for error in lost:
        Talk.error(error)
    answer.failed = lost[0].exit_code if lost else 0
    for path in paths:
        try:
            _file(answer, path, Asking(answer.package, answer.version, where, form), digests)
        except UnreadableInput as error:
            Talk.error(error)
            answer.failed = answer.failed or error.exit_code
    return answer


def _file(answer: Answer, path: Path, asking: Asking, digests: bool) -> None:
    place = len(answer.files)
    with os.fdopen(opened(path, str(path)), "rb", buffering=0) as file, \
            ThreadPoolExecutor(1) as beside:
        size = os.fstat(file.fileno()).st_size
        digest = beside.submit(_sha256, path) if digests else None
        count = 0
        for row, event in asking.rows(file, path.name):
            count += 1
            group = answer.add(event)
            if group is not None:
                group.rows.append({"file": place, "where": str(Place(row.number, row.member)),
                                   "start": row.start, "end": row.end})
        answer.files.append({
            "path": str(path), "sha256": digest.result() if digest else None, "size": size,
            "requests": count, "unparsed": asking.unparsed,
            "problems": [{"where": one.place, "reason": one.reason} for one in asking.problems],
            "stopped": list(asking.stopped)})
        answer.incomplete |= bool(asking.unparsed or asking.stopped)


def _sha256(path: Path) -> str:
    with os.fdopen(opened(path, str(path)), "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_evidence(target: str, root: Path) -> Answer:
    """What the logs in an evidence directory say, each row cited. Raises WrongUsage."""
    from regforensics.cli.logs_handed import events_of  # the quick answer does without these
    from regforensics.cli.opening import open_evidence

    answer = _answer(target, cited=True)
    store = open_evidence(root)
    events = events_of(store)
    for log in events.coverage():
        answer.files.append({"path": log.source.value, "exhibit": log.exhibit,
                             "unparsed": log.unparsed, "stopped": [g.reason for g in log.gaps]})
        answer.incomplete |= bool(log.unparsed or log.gaps)
    for fact in events.of(answer.package, answer.version):
        group = answer.add(fact.value)
        if group is not None:
            group.rows += [citation_document(cited) for cited in fact.citations]
    return answer


def _answer(target: str, *, cited: bool) -> Answer:
    asked = PackageRef.parse(target)
    if asked.is_account:
        raise WrongUsage(f"{target!r} is an account; requests are for packages")
    return Answer(asked.at(None), asked.version, cited)


def as_document(answer: Answer) -> None:
    """The JSON document of the schema."""
    out_json("requests", {
        "subject": str(answer.package), "version": answer.version, "cited": answer.cited,
        "requests": answer.count, "unlisted": answer.count - answer.listed,
        "ungrouped": answer.crowded,
        "files": answer.files,
        "groups": [{**dict(zip(_KEY, group.key, strict=True)), "count": group.count,
                    "first": _iso(group.first), "last": _iso(group.last), "rows": group.rows}
                   for group in answer.ordered()]})


def as_text(answer: Answer) -> None:
    """For people: a line for each consumer, and what was not read."""
    named = f"{answer.package.target}@{answer.version}" if answer.version else answer.package.target
    groups = answer.ordered()
    who = len({group.key[:3] for group in groups})
    out(f"{named}: {answer.count} requests by {who} consumers" if answer.count else
        f"{named}: no line of these logs shows a request that could be read")
    for group in groups[:_SHOWN]:
        address, agent, user, version, action, layer, outcome = group.key
        consumer = ", ".join(filter(None, (address or "no address", user, agent)))
        times = f"{utc(group.first)} to {utc(group.last)}" if group.first and group.last \
            else "no time"
        out(f"  {version or 'no version'}  {action}, {outcome}  {layer}  {consumer}"
            f"  x{group.count}  {times}  [{_where(answer, group)}]")
    if len(groups) > _SHOWN:
        out(f"  and {len(groups) - _SHOWN} more: --json lists every one")
    for file in answer.files:
        _unread(file, answer)
    if not answer.cited and answer.count:
        Talk.say("note: nothing was stored, so these lines are no citations; ingest takes the files"
                 " as evidence")


def _where(answer: Answer, group: Group) -> str:
    if not group.rows:
        return "--json lists it no more"
    row = group.rows[0]
    if answer.cited:
        return f"{row['exhibit']} {row['where']}"
    return f"{answer_file(answer, row)}: {row['where']}, bytes {row['start']}-{row['end']}"


def answer_file(answer: Answer, row: dict[str, Any]) -> str:
    """The name of the file that a row stands in."""
    return Path(answer.files[row["file"]]["path"]).name


def _unread(file: dict[str, Any], answer: Answer) -> None:
    for problem in file.get("problems", ())[:_TOLD]:
        Talk.say(f"note: {file['path']}: {problem['where']}: {problem['reason']}")
    if file["unparsed"]:
        about = "" if answer.cited else " that may be about it"
        Talk.say(f"note: {file['path']}: {file['unparsed']} lines{about} could not be read")
    for reason in file["stopped"]:
        Talk.say(f"note: {file['path']}: {reason}")


def _iso(moment: Instant | None) -> str | None:
    return iso(moment.utc) if moment else None
