"""Several processes write at once, and processes are killed at any instant: nothing is lost."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.unit.evidence.cases import entry

REPOSITORY = Path(__file__).parents[2]
KILLS = 60


def writer(root: Path, name: str, count: int) -> subprocess.Popen[str]:
    """Start a busy writer."""
    command = [sys.executable, "-m", "tests.scenario.busy_writer", str(root), name, str(count)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def acknowledged(output: str) -> dict[int, str]:
    """Line number to digest of every complete line that a writer printed."""
    whole = output[:output.rfind("\n") + 1].splitlines()
    return {int(line.split()[0]): line.split()[1] for line in whole if line != "ready"}


@pytest.mark.parametrize("processes", [2, 4])
def test_writers_at_once_lose_nothing(tmp_path: Path, processes: int) -> None:
    root, count = tmp_path / "e", 40
    running = [writer(root, f"w{number}", count) for number in range(processes)]
    said = [acknowledged(process.communicate(timeout=60)[0]) for process in running]
    assert [process.returncode for process in running] == [0] * processes
    report = verify(root)
    assert (report.damage, report.notes) == ((), ())
    store = EvidenceStore.open(root)
    lines = {a.seq: a for a in store.acquisitions()}
    assert len(lines) == 1 + processes * count == len({a.seq for a in store.acquisitions()})
    for one in said:
        assert len(one) == count
        assert all(str(lines[seq].sha256) == digest for seq, digest in one.items())
    notes = {a.entry.note for a in store.acquisitions()[1:]}
    assert notes == {f"w{n} {i}" for n in range(processes) for i in range(count)}
    shared = [a for a in store.acquisitions() if a.size == len(b"shared")]
    assert len({a.exhibit for a in shared}) == 1
    assert sum(a.new for a in shared) == 1


def test_killed_writers_lose_nothing_acknowledged(tmp_path: Path) -> None:
    """Sixty kills at random instants, two writers at a time; each time the next command works."""
    root, chance, said = tmp_path / "e", random.Random(7), dict[int, str]()
    for round_ in range(KILLS // 2):
        pair = [writer(root, f"r{round_}{side}", 10_000) for side in "ab"]
        for process in pair:
            assert process.stdout is not None
            if round_:  # in the first round the kill may fall into the making of the directory
                assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.06) if round_ else 0.15)
        for process in pair:
            process.send_signal(signal.SIGKILL)
            said.update(acknowledged(process.communicate()[0]))
        if (root / "custody.jsonl").exists():
            assert verify(root).damage == ()
        store = EvidenceStore.create_or_open(root)
        store.record(entry(note="after the kill"), b"after %d" % round_)
        report = verify(root)
        assert (report.damage, report.notes) == ((), ())
    store = EvidenceStore.open(root)
    lines = store.acquisitions()
    assert len(said) > KILLS
    assert all(str(lines[seq - 1].sha256) == digest for seq, digest in said.items())
    assert (root / "derived" / "interrupted").is_dir()
