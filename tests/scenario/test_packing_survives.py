"""Packing that is killed or fails at any instant, and readers beside it: nothing is lost."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.packing import pack, unpack
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.scenario.test_evidence_disk import Disk
from tests.support.packable import contents, grow, grown
from tests.unit.evidence.cases import entry

REPOSITORY = Path(__file__).parents[2]
KILLS = 40



def sound(root: Path, bodies: list[bytes]) -> None:
    """The directory is sound now, for readers too, and after the next writer with nothing left."""
    assert verify(root).damage == ()
    assert contents(root)[:len(bodies)] == bodies
    store = EvidenceStore.create_or_open(root)
    store.record(entry(note="after"), b"after")
    assert (verify(root).damage, verify(root).notes) == ((), ())
    assert contents(root)[:len(bodies)] == bodies
    assert not list((root / "exhibits").glob(".incoming-*"))


def steps_of(change: Any, disk: Disk, root: Path) -> int:
    """How many calls that change the disk a change of a copy makes."""
    store = EvidenceStore.create_or_open(root)
    disk.fail(0, 0, errno.EIO)
    assert len(change(store.writer).done) == 5
    return disk.heal()


@pytest.fixture(params=[pack, unpack], ids=["pack", "unpack"])
def change(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """What is interrupted; ``before`` is the directory as it was, ``bodies`` what it holds."""
    store, bodies = grown(tmp_path / "before", 5)
    if request.param is unpack:
        assert store.writer is not None
        pack(store.writer)
    request.param.bodies = bodies
    return request.param


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A disk that also fails where a file is to be removed."""
    monkeypatch.setattr("tests.scenario.test_evidence_disk.CALLS", (
        "write", "fsync", "rename", "ftruncate", "open", "mkdir", "fchmod", "unlink"))
    return Disk(monkeypatch)


@pytest.mark.parametrize(("times", "code"), [(1, errno.EIO), (1000, errno.ENOSPC)])
def test_failure_at_every_step(tmp_path: Path, disk: Disk, change: Any, code: int, times: int
                               ) -> None:
    shutil.copytree(tmp_path / "before", tmp_path / "probe")
    steps = steps_of(change, disk, tmp_path / "probe")
    assert steps >= 20
    for step in range(1, steps + 1):
        root = tmp_path / str(step)
        shutil.copytree(tmp_path / "before", root)
        store = EvidenceStore.create_or_open(root)
        disk.fail(step, times, code)
        with pytest.raises(EvidenceUnwritable) as failure:
            change(store.writer)
        disk.heal()
        assert os.strerror(code) in failure.value.message
        sound(root, change.bodies)
        assert store.writer is not None
        change(store.writer)  # who met the failure goes on as well
        sound(root, change.bodies)


def test_killed_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Disk,
                              change: Any) -> None:
    """As if the process ended between two calls: nothing that it would do after is done."""
    shutil.copytree(tmp_path / "before", tmp_path / "probe")
    steps = steps_of(change, disk, tmp_path / "probe")
    said = set[str]()
    for step in range(1, steps + 1):
        root = tmp_path / str(step)
        shutil.copytree(tmp_path / "before", root)
        child = os.fork()
        if not child:
            store = EvidenceStore.create_or_open(root)
            disk.count, disk.fail_at, disk.fail_until = 0, step, step
            monkeypatch.setattr(os, "strerror", lambda _: os._exit(7))
            change(store.writer)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert verify(root).damage == ()
        repairs = EvidenceStore.create_or_open(root).repairs
        said.update(repair.partition(" ")[0] for repair in repairs)
        sound(root, change.bodies)
    assert said >= {"moved", "removed", "finished", "cleared"} - ({"moved"} if change is unpack
                                                                   else set())


def packer(root: Path) -> subprocess.Popen[str]:
    """Start a process that packs and unpacks without end."""
    process = subprocess.Popen([sys.executable, "-m", "tests.scenario.busy_packer", str(root)],
                               cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_killed_packers_lose_nothing(tmp_path: Path) -> None:
    """Forty kills at random instants, two processes at a time."""
    root, chance = tmp_path / "e", random.Random(11)
    _, bodies = grown(root, 30)
    for _ in range(KILLS // 2):
        pair = [packer(root) for _ in "ab"]
        time.sleep(chance.uniform(0.0, 0.15))
        for process in pair:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        sound(root, bodies)


def test_readers_and_captures_beside_packers(tmp_path: Path, request: pytest.FixtureRequest
                                             ) -> None:
    root = tmp_path / "e"
    store, bodies = grown(root, 20)
    pair = [packer(root) for _ in "ab"]
    for process in pair:
        request.addfinalizer(process.kill)
    reader = EvidenceStore.open(root)
    until = time.monotonic() + 3
    number = 20
    while time.monotonic() < until:
        read = [reader.read(e.label) for e in reader.exhibits()]
        assert read == bodies[:len(read)]
        with reader.opened("EX-000020") as file:
            assert file.read() == bodies[19]
        bodies += grow(store, range(number, number + 1))
        number += 1
        assert verify(root).damage == ()
        reader = EvidenceStore.open(root) if number % 3 else reader
    for process in pair:
        process.terminate()
        said, _ = process.communicate()
        assert said.count("packed") > 2
    sound(root, bodies)
