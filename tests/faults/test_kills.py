"""Commands are killed at random instants: the next one works, and nothing acknowledged is lost."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from regforensics.evidence.verify import verify
from simulator import Npm, serve
from tests.faults.zygote import Zygote
from tests.support.command import run
from tests.support.figures import Figures

NAMES = tuple(f"paint-{number}" for number in range(8))
A_DIRECTORY = 20  # kills, before a new directory is begun
LINE = '10.0.0.{host} - - [07/Mar/2026:22:14:{second:02} +0000] "GET /paint-1 HTTP/1.1" 200 12\n'


class Bench(NamedTuple):
    """What the commands work on: a registry that changes, and files that are handed over."""

    folder: Path
    npm: Npm
    url: str
    chance: random.Random

    def snapshot(self, root: Path) -> Sequence[object]:
        """A run over all packages, two of which have news."""
        for name in self.chance.sample(NAMES, 2):
            count = len(self.npm.documents[name]["versions"])
            self.npm.publish(name, f"1.0.{count}", by="ada")
        return ("snapshot", *(f"npm:{name}" for name in NAMES), "--npm-registry", self.url, "-e",
                root, "-q")

    def ingest(self, root: Path) -> Sequence[object]:
        """Two logs that nobody saw before."""
        files = [self.folder / f"{self.chance.getrandbits(40)}.log" for _ in "ab"]
        for file in files:
            file.write_text("".join(LINE.format(host=self.chance.randrange(250), second=n % 60)
                                    for n in range(self.chance.randrange(1, 4000))))
        return ("ingest", *files, "-e", root, "-q")

    def seal(self, root: Path) -> Sequence[object]:
        """A checkpoint of what is there, or of what a first log brings."""
        if not (root / "custody.jsonl").exists():
            assert run(*self.ingest(root)).code == 0
        return ("seal", "-o", self.folder / f"{self.chance.getrandbits(40)}.json", "-e", root, "-q")

    def take_over(self, root: Path) -> Sequence[object]:
        """A bag of somebody else's, with logs that nobody saw before."""
        theirs = self.folder / f"{self.chance.getrandbits(40)}"
        assert run(*self.ingest(theirs)).code == 0
        bag = theirs.with_name(f"{theirs.name}-bag")
        assert run("export", bag, "-e", theirs, "-q").code == 0
        return ("ingest", bag, "-e", root, "-q")

    def pack(self, root: Path) -> Sequence[object]:
        """Packing of what was captured so far, twelve times a package at most."""
        for _ in range(3):
            assert run(*self.snapshot(root)).code == 0
        return ("pack", "-e", root, "-q")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    npm = Npm()
    for name in NAMES:
        for patch in range(12):  # so many that packing pays
            npm.publish(name, f"1.0.{patch}", by="ada")
    with serve(npm) as urls:
        yield Bench(tmp_path, npm, urls.npm, random.Random(11))


def acknowledged(root: Path) -> bytes:
    """The custody lines that the head beside them vouches for: their capture was reported."""
    head = root / "custody-head.json"
    if not head.exists():
        return b""
    return (root / "custody.jsonl").read_bytes()[:json.loads(head.read_bytes())["size"]]


def sound(root: Path) -> bool:
    """Whether ``verify`` names no damage; a directory that was never born has none."""
    return not (root / "custody.jsonl").exists() or not verify(root).damage


COMMANDS: dict[str, Callable[[Bench, Path], Sequence[object]]] = {
    "snapshot": Bench.snapshot, "ingest": Bench.ingest, "pack": Bench.pack,
    "seal": Bench.seal, "ingest of a hand-over": Bench.take_over}


@pytest.mark.parametrize("command", COMMANDS)
def test_kills(bench: Bench, figures: Figures, command: str) -> None:
    words, kills, killed, kept = COMMANDS[command], figures.times(125, 10), 0, 0
    with Zygote() as zygote:
        usual = max(zygote.run(*words(bench, bench.folder / f"warm-{n}")).seconds for n in "abc")
        tried = 0
        while killed < kills:
            root = bench.folder / f"{tried // A_DIRECTORY}"
            tried += 1
            ended = zygote.run(*words(bench, root), seconds=bench.chance.uniform(0, usual))
            assert ended.killed or ended.code == 0
            killed += ended.killed
            before = acknowledged(root)
            assert sound(root), f"kill {tried}"
            again = run(*words(bench, root))
            assert again.code == 0, again.err
            assert (verify(root).damage, verify(root).notes) == ((), ())
            assert (root / "custody.jsonl").read_bytes().startswith(before)
            kept += before.count(b"\n")
    assert command != "pack" or list(bench.folder.glob("*/exhibits/*.zst"))
    figures.say(f"{killed} kills (SIGKILL) at random instants of `{command}`",
                f"next command works, `verify` clean, {kept} acknowledged custody lines kept: all")
