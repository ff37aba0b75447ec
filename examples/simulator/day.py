"""Day: a snapshot every minute on a clock that is played, against registries with bad minutes.

The program and the registries share one clock, so that a day takes minutes. What the registries
did, and which runs came through, is kept beside the evidence: whoever plays a day can hold the
report against it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import stamina

from regforensics.model.instant import Clock as ProgramClock
from simulator.clock import Clock
from simulator.npm import Npm
from simulator.pypi import PyPI
from simulator.server import serve
from simulator.web import Request, Response

Weather = Literal["fine", "down", "limited", "slow", "off", "killed"]
START = "2026-03-02T00:00:00+00:00"
PATIENCE, SHORT = 20.0, 0.2  # seconds that an attempt may take; of a run that meets slowness
SLOW = 1.5  # seconds that a slow registry takes
TARGETS = ("npm:paint", "npm:brush", "pypi:easel")
COMMAND = ("snapshot", "-q", *TARGETS)


class Ended(Protocol):
    """How a command ended."""

    @property
    def code(self) -> int:
        """The exit code."""

    @property
    def err(self) -> str:
        """What it said."""


Command = Callable[..., Ended]


class Fickle:
    """A registry with weather: down (503), limited (429), or slower than anybody waits."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.weather = inner, "fine"

    @property
    def base_url(self) -> str:
        """Where the registry is served."""
        return str(self.inner.base_url)

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.inner.base_url = url

    def respond(self, request: Request) -> Response:
        """The registry's answer, as the weather lets it through."""
        if self.weather in ("slow", "killed"):
            time.sleep(SLOW if self.weather == "slow" else 30)
        if self.weather in ("down", "limited"):
            return Response(503 if self.weather == "down" else 429,
                            (("Content-Length", "0"), ("Retry-After", "0")))
        answer: Response = self.inner.respond(request)
        return answer


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done to a registry, at a minute of the day and a second of it."""

    minute: int
    name: str
    do: Callable[[Npm, PyPI], object]
    second: int = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in a day of ``minutes``: acts, and the weather by the minutes that it lasts."""

    minutes: int
    acts: tuple[Act, ...]
    weather: Mapping[int, Weather]


@dataclass(slots=True)
class Record:
    """What happened: when each act was, the minutes whose run came through, by weather the rest."""

    acts: dict[str, datetime] = field(default_factory=dict)
    good: list[int] = field(default_factory=list)
    bad: dict[int, Weather] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def around(self, act: str) -> tuple[datetime, datetime]:
        """The minutes of the last good run before an act and of the first one after it."""
        at, start = self.acts[act], datetime.fromisoformat(START)
        runs = [start + timedelta(minutes=minute) for minute in self.good]
        return max(r for r in runs if r < at), min(r for r in runs if r > at)


def spread(*spells: tuple[int, int, Weather]) -> dict[int, Weather]:
    """Weather by minute, from (first minute, how many, what)."""
    return {first + i: what for first, count, what in spells for i in range(count)}


def plan(minutes: int) -> Plan:
    """A day that is scaled to some minutes (at least 100): an incident with outages around it."""
    def at(part: float) -> int:
        return int(part * minutes)

    long = max(4, minutes // 24)  # an hour of a whole day
    return Plan(minutes, (
        Act(at(.10), "release", lambda npm, _: npm.publish("paint", "1.1.0", by="ada")),
        Act(at(.20), "owner", lambda npm, _: npm.add_owner("paint", "mallory")),
        Act(at(.35) + 1, "malware", lambda npm, _: npm.publish(
            "paint", "1.1.1", by="mallory", scripts={"postinstall": "node x.js"})),
        Act(at(.50) + long // 2, "takedown",
            lambda npm, _: npm.unpublish("paint", "1.1.1")),
        Act(at(.70), "yank", lambda _, pypi: pypi.yank("easel", "2.0", reason="broken")),
        Act(at(.85) + 1, "gone", lambda npm, _: npm.unpublish("brush", "1.0.1")),
    ), spread(
        (at(.05), 1, "killed"), (at(.35), 3, "limited"), (at(.50), long, "down"),
        (at(.60), 2, "slow"), (at(.70), 2, "killed"), (at(.85), long, "off")))


class Day:
    """One played day; ``run`` runs a command in this process."""

    def __init__(self, evidence: Path, run: Command, told: Plan) -> None:
        self.evidence, self._run, self.plan = evidence, run, told
        self.clock = Clock(START)
        self.npm, self.pypi, self.record = Npm(self.clock), PyPI(self.clock), Record()
        self.front = Fickle(self.npm), Fickle(self.pypi)

    def play(self) -> Record:
        """Every minute in turn. The program's clock is the played one until it is over."""
        self.npm.publish("paint", "1.0.0", by="ada", at=self.clock.ago(days=300))
        self.npm.publish("brush", "1.0.0", by="ada", at=self.clock.ago(days=200))
        self.npm.publish("brush", "1.0.1", by="ada", at=self.clock.ago(days=2))
        self.pypi.upload("easel", "2.0", at=self.clock.ago(days=90))
        with serve(None, None, *self.front) as urls, self.lasting():
            places = ("--npm-registry", urls.mirrors[0], "--pypi-url", urls.mirrors[1])
            for minute in range(self.plan.minutes):
                self._reach(minute)
                self._snapshot(minute, (*COMMAND, *places))
                for act in self.plan.acts:
                    if act.minute == minute:
                        self._reach(minute, act.second)
                        self.record.acts[act.name] = self.clock.now()
                        act.do(self.npm, self.pypi)
        return self.record

    def lasting(self) -> AbstractContextManager[None]:
        """As long as it is entered, the program's clock is the played one, which starts again where
        it stopped."""
        return _played(self._moment)

    def _moment(self) -> datetime:
        """The played time; it passes a little whenever the program asks."""
        self.clock.tick(0.001)
        return self.clock.now()

    def _reach(self, minute: int, second: int = 0) -> None:
        wanted = datetime.fromisoformat(START) + timedelta(minutes=minute, seconds=second)
        self.clock.tick((wanted - self.clock.now()).total_seconds())

    def _snapshot(self, minute: int, words: Sequence[str]) -> None:
        weather = self.plan.weather.get(minute, "fine")
        for front in self.front:
            front.weather = weather
        if weather == "killed":
            self._killed(words)
        elif weather != "off":
            patience = SHORT if weather == "slow" else PATIENCE
            done = self._run(*words, "--timeout", patience, "-e", self.evidence)
            if done.err:
                self.record.said.append(done.err)
            if done.code == 0:
                self.record.good.append(minute)
        if weather != "fine":
            self.record.bad[minute] = weather

    def _killed(self, words: Sequence[str]) -> None:
        """A run in a process of its own, killed while it waits for the registry."""
        code = ("import sys; from datetime import datetime; from regforensics.model import instant;"
                "at = datetime.fromisoformat(sys.argv.pop(1));"
                "instant.Clock.read = staticmethod(lambda: at);"
                "from regforensics.cli.app import main; main()")
        began = _length(self.evidence)
        process = subprocess.Popen(
            [sys.executable, "-c", code, self.clock.now().isoformat(), *words,
             "-e", str(self.evidence)], env=os.environ | {"NO_COLOR": "1"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while _length(self.evidence) == began and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()


def _length(evidence: Path) -> int:
    path = evidence / "custody.jsonl"
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _played(read: Callable[[], datetime]) -> Iterator[None]:
    """The program's clock replaced, and no pauses between attempts."""
    before = ProgramClock.read
    ProgramClock.read = staticmethod(read)
    stamina.set_testing(True, attempts=2)
    try:
        yield
    finally:
        stamina.set_testing(False)
        ProgramClock.read = before
