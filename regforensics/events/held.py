"""HeldEvents: the logs of an evidence directory, read into tables when they are first asked."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from regforensics.errors import IntegrityError, WrongUsage
from regforensics.events import kept
from regforensics.events.again import unlike
from regforensics.events.columns import Columns
from regforensics.events.placed import Places
from regforensics.events.scan import Tally, decoded, known_formats, scan
from regforensics.events.table import VERSION, Found, Tables, summary, write
from regforensics.events.zones import zone_named
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.files import shown
from regforensics.evidence.layout import DERIVED
from regforensics.evidence.lines import Line, LineFact, Place
from regforensics.evidence.store import EvidenceStore
from regforensics.logs import LINE_FORMATS
from regforensics.logs.base import Context
from regforensics.logs.recognition import Recogniser
from regforensics.model.citation import Citations, Fact
from regforensics.model.claim import Gap
from regforensics.model.event import AccessEvent, AccountEvent, Action, Event
from regforensics.model.events import CHANGES, Covered, Silence
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.placing import Placed

LOG, ZONE, FORMAT, TRUSTED = "log", "assume-zone", "format", "trusted-proxies"
_NOT_OURS = "this tool writes no such custody line: ask who handed the directory over"
E = TypeVar("E", AccessEvent, AccountEvent)


@dataclass(frozen=True, slots=True)
class EventFact(Generic[E]):
    """An event and its line, whose bytes are looked up when they are cited."""

    value: E
    line: Callable[[], Line] = field(repr=False, compare=False)

    @property
    def citations(self) -> Citations:
        """The whole line."""
        return (self.line().citation,)


@dataclass(frozen=True, slots=True)
class Log:
    """A log by its digest and name, how it is to be read, and where its table is.

    ``about`` is what the table is made of: the log's digest, the reader's version, the options.
    """

    name: str
    table: Path
    about: bytes
    zone: str | None
    format: str | None
    trusted: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """Those of ``scan``. Raises IntegrityError where custody states what cannot be."""
        try:
            zone = zone_named(self.zone) if self.zone else None
            trusted = tuple(map(ip_network, (self.trusted or "").split()))
        except (WrongUsage, ValueError) as error:
            said = ", ".join(f"{name} {value!r:.60}" for name, value in
                             ((ZONE, self.zone), (TRUSTED, self.trusted)) if value)
            raise IntegrityError(f"custody says that the log {shown(self.name)} is to be read with"
                                 f" {said}, which cannot be", hint=_NOT_OURS) from error
        return {"name": self.name, "form": self.format, "zone": zone, "trusted": trusted}


def log_of(root: Path, sha256: str, entry: Entry) -> Log:
    """The log that an entry is about, whose bytes have that digest."""
    options = dict(entry.options)
    zone, form, name = options.get(ZONE), options.get(FORMAT), Path(entry.path or "").name
    trusted = options.get(TRUSTED)
    about = "\0".join(("log-table", sha256, VERSION, repr((name, zone, form, trusted)))
                      ).encode("utf-8", "surrogateescape")
    return Log(name, root / DERIVED / kept.EVENTS / kept.name_of(about), about, zone, form, trusted)


def tabled(log: Log, opened: Callable[[], BinaryIO]) -> dict[str, Any]:
    """The summary of a log, whose table is made first where there is none that can be believed.

    Raises EvidenceUnwritable, and IntegrityError for options that cannot be.
    """
    options = log.options
    if log.format not in (None, *known_formats()):
        return _unread(f"custody says that its format is {log.format!r:.60}, which is none that is"
                       " read here")
    said = kept.load(log.table, log.about)
    return said if said is not None else kept.make(
        log.table, log.about, lambda sink: _filled(sink, log, options, opened))


def _filled(sink: Any, log: Log, options: Mapping[str, Any], opened: Callable[[], BinaryIO],
            ) -> dict[str, Any]:
    tally = Tally()
    with opened() as file:
        write(sink, scan(file, tally, wholesale=Columns(log.format), **options))
    return summary(tally)


def _unread(why: str) -> dict[str, Any]:
    """The summary of a log of which no line was read."""
    return summary(Tally(stopped=[f"no line of it was read: {why}"]))


class HeldEvents:
    """What the logs of an evidence directory say (``model.events.Events``)."""

    def __init__(self, store: EvidenceStore, damaged: list[IntegrityError] | None = None) -> None:
        """With ``damaged`` logs whose bytes are not custody's are left out, covered by a Gap, and
        told there; without, they raise IntegrityError when they are first asked."""
        self._store, self._damaged = store, damaged
        self._cited: dict[str, dict[Found, Event]] = {}
        self._untrue: IntegrityError | None = None

    def of(self, package: PackageRef, version: str | None = None,
           actions: Collection[Action] | None = None) -> Iterable[Fact[AccessEvent]]:
        """See Events."""
        found = self._tables.requests(package.registry, package.full_name,
                                      version or package.version, actions)
        for fact in self._facts(found, AccessEvent):
            if (fact.value.registry, fact.value.package) != (package.registry, package.full_name):
                self._untrue = _untrue(fact.value.file or "")
                raise self._untrue
            yield fact

    def accounts(self, since: datetime | None = None, until: datetime | None = None,
                 ) -> Iterable[Fact[AccountEvent]]:
        """See Events."""
        return self._facts(self._tables.accounts(_bare(since), _bare(until)), AccountEvent)

    def of_accounts(self, package: PackageRef) -> Iterable[Fact[AccountEvent]]:
        """See Events."""
        return self._facts(self._tables.naming((package.full_name, package.name)),
                           AccountEvent)

    def unplaced(self, since: datetime, until: datetime) -> Iterable[Fact[AccessEvent]]:
        """See Events."""
        return self._facts(self._tables.unplaced(_bare(since), _bare(until), CHANGES), AccessEvent)

    def first_seen(self, addresses: Collection[str]) -> Mapping[str, Fact[AccessEvent]]:
        """See Events."""
        return {fact.value.remote_addr or "": fact
                for fact in self._facts(self._tables.first_seen(addresses), AccessEvent)}

    def addresses(self, before: datetime) -> Collection[str]:
        """See Events."""
        return self._tables.addresses(before.astimezone(UTC).replace(tzinfo=None))

    def placed(self, address: str) -> Fact[Placed] | None:
        """See Events."""
        return self._places.of(address)

    def place_faults(self) -> tuple[str, ...]:
        """See Events."""
        return self._places.faults

    def confirm(self) -> None:
        """See Events."""
        if self._untrue is not None:
            raise self._untrue
        cited, self._cited = self._cited, {}
        for table, rows in cited.items():
            acquisition, _ = self._logs[table]
            log = log_of(self._store.root, acquisition.sha256 or "", acquisition.entry)
            label = acquisition.exhibit or ""
            lost = unlike(partial(self._store.opened, label), log.options, rows.items())
            if lost is not None:
                raise _untrue(f"{label} {Place(lost.line, lost.span[0])}")

    @cached_property
    def _places(self) -> Places:
        return Places(self._store)

    def coverage(self) -> tuple[Covered, ...]:
        """See Events."""
        return tuple(self._covered(*one) for one in self._logs.values())

    @cached_property
    def _logs(self) -> dict[str, tuple[Acquisition, dict[str, Any]]]:
        """By the table's path; of an exhibit that was handed over twice, the latest reading."""
        latest: dict[str, Acquisition] = {}
        for a in self._store.of_kind(LOG):
            if a.exhibit is not None and (a.entry.error is None or a.exhibit not in latest):
                latest[a.exhibit] = a
        found = {}
        for label, acquisition in latest.items():
            log = log_of(self._store.root, acquisition.sha256 or "", acquisition.entry)
            found[str(log.table)] = (acquisition, self._summed(label, acquisition, log))
        return found

    def _summed(self, label: str, acquisition: Acquisition, log: Log) -> dict[str, Any]:
        try:
            self._store.ensure_sound(label)
        except IntegrityError as error:
            if self._damaged is None:
                raise
            self._damaged.append(error)
            return summary(Tally(stopped=[f"not read: {error.message}"]))
        if acquisition.entry.error:
            return _unread(f"custody says: {acquisition.entry.error:.200}")
        return tabled(log, partial(self._store.opened, label))

    @cached_property
    def _tables(self) -> Tables:
        return Tables(Path(name) for name, (_, said) in self._logs.items() if said["events"])

    def _facts(self, found: Iterable[Found], kind: type[E]) -> Iterator[EventFact[E]]:
        with ExitStack() as stack:
            files: dict[str, BinaryIO] = {}
            reader = cache(_reader)
            for one in found:
                value = one.value()
                if value is None:
                    file = files.get(one.file)
                    if file is None and one.quote is None:
                        file = files[one.file] = stack.enter_context(self._open(one))
                    value = reader(one.format)(_bytes(one, file))
                if isinstance(value, kind):
                    yield EventFact(self._placed(value, one), partial(self._line, one, value))

    def _placed(self, value: E, found: Found) -> E:
        """The event with the kind of its log and the file that it stands in."""
        if isinstance(value, AccountEvent):
            return value
        label = self._logs[found.file][0].exhibit or ""
        return replace(value, log=found.format, file=f"{label}/{found.member}"
                       if found.member else label)

    def _open(self, found: Found) -> BinaryIO:
        return self._store.opened(self._logs[found.file][0].exhibit or "")

    def _line(self, found: Found, event: Event) -> Line:
        self._cited.setdefault(found.file, {})[found] = event
        acquisition = self._logs[found.file][0]
        label = acquisition.exhibit or ""
        with self._open(found) as file:
            data = _bytes(found, file)
        return Line(label, acquisition.sha256 or "", found.line, found.start, data, found.member)

    def _covered(self, acquisition: Acquisition, said: Mapping[str, Any]) -> Covered:
        path = acquisition.entry.path or acquisition.exhibit or ""
        line = self._store.custody_line(acquisition.seq)
        edges = [LineFact(Instant.at(datetime.fromisoformat(said[name])), line)
                 if said[name] else None for name in ("first", "last")]
        return Covered(
            exhibit=acquisition.exhibit or "", source=LineFact(path, line),
            formats=said["formats"], lines=said["lines"], events=said["events"],
            unparsed=said["unparsed"], first=edges[0], last=edges[1],
            silences=tuple(Silence(datetime.fromisoformat(a), datetime.fromisoformat(b))
                           for a, b in said["silences"]),
            gaps=tuple(Gap(f"what {path} holds", reason) for reason in said["stopped"]),
            assumed=dict(acquisition.entry.options).get(ZONE), layers=tuple(said["layers"]),
            kinds=tuple((layer, form) for layer, form in said["kinds"]),
            forwarded=said["forwarded"],
            trusted=tuple(dict(acquisition.entry.options).get(TRUSTED, "").split()))


def _untrue(place: str) -> IntegrityError:
    return IntegrityError(f"{place}: the table of this log says what its line does not say",
                          hint="remove derived/events: the tables are made again from the logs")


def _bytes(found: Found, file: BinaryIO | None) -> bytes:
    """The line: from the table where the exhibit is packed, else from the exhibit."""
    if found.quote is not None or file is None:
        return found.quote or b""
    file.seek(found.start)
    return file.read(found.end - found.start)


def _reader(form: str) -> Callable[[bytes], Event | None]:
    """Reads lines of a format that stand alone."""
    recogniser = Recogniser([f for f in LINE_FORMATS if f.name == form], Context())

    def read(line: bytes) -> Event | None:
        parsed = recogniser.read(decoded(line)).parsed
        return parsed if isinstance(parsed, AccessEvent) else None

    return read


def _bare(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
