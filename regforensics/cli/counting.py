"""What downloads does: ask the counting services in rounds, then show what the evidence holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from regforensics.acquire.capture import Answer, TargetResult, run_capture
from regforensics.acquire.config import ClientConfig, load_config
from regforensics.acquire.limits import Limits
from regforensics.analyze.served.counts import PERIODS, By, daily, doubtful, lacking
from regforensics.cli import counted
from regforensics.cli.console import Talk
from regforensics.cli.options import INCOMPLETE
from regforensics.cli.runs import Running
from regforensics.errors import AcquisitionError, UnreadableInput, WrongUsage
from regforensics.evidence.redact import Redactor
from regforensics.evidence.store import EvidenceStore
from regforensics.model.downloads import Days, DownloadCounts, RegistryDay
from regforensics.model.instant import now
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from regforensics.registries.base import Part, Query, Wanted
from regforensics.registries.downloads import clickpy, npm, pypistats

_COUNTED = ("npm", "pypi")
_MOST_DOUBTS = 14  # days that the whole registry is asked about in one run
_EARLIEST = date(1995, 1, 1)
_SERVICES = {"npm": ("npm-downloads",), "pypi": ("pypistats", "clickpy")}
_RATE = 2.0  # requests a second: the services throttle early


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    packages: tuple[PackageRef, ...]
    versions: Mapping[PackageRef, tuple[str, ...]]
    days: Days
    by: By

    @classmethod
    def of(cls, targets: Sequence[str], first: str | None, last: str | None, by: str) -> "Wish":
        """Read the words. Raises WrongUsage where they cannot be meant."""
        refs = [PackageRef.parse(target) for target in targets]
        for ref in refs:
            if ref.registry not in _COUNTED:
                raise WrongUsage(f"{ref.target}: nobody counts downloads of {ref.registry} that"
                                 " this version can ask", hint=f"registries: {', '.join(_COUNTED)}")
        period = next((p for p in PERIODS if p == by), None)
        if period is None:
            raise WrongUsage(f"--by {by!r} is none of {', '.join(PERIODS)}")
        today = now().date()
        for option, text in (("--from", first), ("--to", last)):
            if text and _day(text, option) > today:
                raise WrongUsage(f"{option} {text} has not come yet: today is {today} (UTC)",
                                 hint="leave --to out for everything up to yesterday")
        end = _day(last, "--to") if last else today - timedelta(1)
        start = _day(first, "--from") if first else end - timedelta(27)
        if start > end:
            raise WrongUsage(f"--from {start} comes after --to {end}")
        if start < _EARLIEST:
            raise WrongUsage(f"{start} to {end}: no registry has counts of such days")
        named: dict[PackageRef, tuple[str, ...]] = {ref.at(None): () for ref in refs}
        for ref in refs:
            if ref.version is not None and ref.version not in named[ref.at(None)]:
                named[ref.at(None)] += (ref.version,)
        return cls(tuple(named), named, Days(start, end), period)

    def of_registry(self, name: str) -> tuple[PackageRef, ...]:
        """The packages of one registry."""
        return tuple(p for p in self.packages if p.registry == name)


def run(wish: Wish, root: Path, *, urls: Mapping[str, str | None], offline: bool, as_json: bool,
        timeout: float) -> int:
    """Ask, print, and return the exit code."""
    if offline:
        store, code = EvidenceStore.open(root), 0
    else:
        config = load_config().for_counting(urls)
        store = EvidenceStore.create_or_open(root, redactor=Redactor(config.secrets))
        asked = [s for name in _COUNTED if wish.of_registry(name) for s in _SERVICES[name]]
        notes = [n for n in config.notes if n.partition(" is asked at ")[0] in asked]
        for line in (*store.repairs, *notes):
            Talk.say(f"note: {line}")
        rounds = _Rounds(wish, store, config, timeout)
        with Running(store, "downloads", [str(package) for package in wish.packages]) as running:
            rounds.ask()
            code = running.code = rounds.code
    reader = Reader(store)
    found = [counted.Found.of(reader, package, wish.versions[package], wish.days, wish.by)
             for package in wish.packages]
    (counted.as_document if as_json else counted.as_text)(found)
    return code or (0 if any(one.counted for one in found) else INCOMPLETE)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one registry's packages are asked about in one round, as capture wants it."""

    name: str
    asked: Mapping[PackageRef, tuple[Query, ...]]
    default_url: str = ""

    def queries(self, package: PackageRef, _base_url: str, /) -> tuple[Query, ...]:
        """The questions about one package, and those about no single one with the first."""
        return self.asked.get(package, ())

    def follow_ups(self, _package: PackageRef, _base_url: str, _answered: Sequence[Part],
                   _wanted: Wanted, /) -> tuple[Query, ...]:
        """Nothing: the rounds follow each other."""
        return ()


@dataclass
class _Rounds:
    """The rounds of one run: counts per version, ranges, what was cut from them, doubtful days."""

    wish: Wish
    store: EvidenceStore
    config: ClientConfig
    timeout: float
    code: int = 0
    refused: list[str] = field(default_factory=list)

    def ask(self) -> None:
        """Every round; a failure in one does not stop the next."""
        mine, days = self.wish.of_registry("npm"), self.wish.days
        base = self.config.bases["npm-downloads"].url
        self._round(npm.version_queries(mine, base))
        queries = list(npm.range_queries(mine, days, base)) if mine else []
        for package in self.wish.of_registry("pypi"):
            queries += pypistats.queries([package], self.config.bases["pypistats"].url)
            queries += clickpy.queries(package, self.wish.versions[package], days,
                                       self.config.bases["clickpy"].url)
        self._round(queries)
        again = [p for p in mine if self.refused or self._records(p)]
        self._round(query for package in again for part in self._cut(package)
                    for query in npm.range_queries([package], part, base, npm.MOST_DAYS_BULK))
        if self.refused and any(map(self._cut, again)):
            Talk.say(f"error: {self.refused[0]}")
            self._worse(AcquisitionError.exit_code)
        doubts = sorted({day for package in mine for day in self._doubts(package)})
        if len(doubts) > _MOST_DOUBTS:
            Talk.say(f"note: {len(doubts)} days without downloads; the whole registry was asked"
                     f" about the first {_MOST_DOUBTS}")
        self._round(npm.total_queries(doubts[:_MOST_DOUBTS], base))

    def _round(self, queries: Iterable[Query]) -> None:
        """Ask questions; those about no single package are asked along with the first."""
        asked: dict[PackageRef, tuple[Query, ...]] = {}
        for query in queries:
            target = query.subject or self.wish.packages[0]
            asked[target] = (*asked.get(target, ()), query)
        if not asked:
            return
        summary = run_capture(
            list(asked), registries=[_Asked(name, asked) for name in _COUNTED],
            config=self.config, store=self.store, on_result=self._take, concurrency=2,
            limits=Limits(deadline=self.timeout, rate=_RATE))
        self._answers(summary.shared)
        if summary.interrupted:
            raise AcquisitionError("interrupted: what was captured is kept")

    def _take(self, result: TargetResult) -> None:
        self._answers(result.answers)

    def _answers(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            entry = answer.acquisition.entry
            if answer.outcome == "absent" and answer.query.subject is not None:
                Talk.say(f"note: {answer.query.subject.target}: {entry.kind} is not known"
                         f" (HTTP {entry.status})")
            if answer.error is None:
                continue
            if answer.query.kind == npm.RANGE and entry.status == 400:
                self.refused.append(answer.error)
                continue
            Talk.say(f"error: {answer.error}")
            whole = answer.acquisition.exhibit is not None and entry.status == 200
            self._worse(UnreadableInput.exit_code if whole else AcquisitionError.exit_code)

    def _worse(self, code: int) -> None:
        order = (0, UnreadableInput.exit_code, AcquisitionError.exit_code)
        self.code = max(self.code, code, key=order.index)

    def _cut(self, package: PackageRef) -> tuple[Days, ...]:
        """The days that npm kept and no answer covers: a range was moved, or refused as too long.

        Days that are not over are nobody's to count.
        """
        last = min(self.wish.days.last, now().date() - timedelta(1))
        days = Days(max(self.wish.days.first, npm.EARLIEST), last)
        return lacking(daily(self._records(package), days))

    def _doubts(self, package: PackageRef) -> tuple[date, ...]:
        reader = Reader(self.store)
        totals = [r for r in reader.records(package, RegistryDay) if isinstance(r, RegistryDay)]
        return doubtful(daily(self._records(package), self.wish.days, None, totals))

    def _records(self, package: PackageRef) -> list[DownloadCounts]:
        found = Reader(self.store).records(package, DownloadCounts)
        return [r for r in found if isinstance(r, DownloadCounts)]


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUsage(f"{option} {text!r} is no day",
                         hint="days look like 2025-09-08") from error
