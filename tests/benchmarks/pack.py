"""python tests/benchmarks/pack.py [CAPTURES]   what packing saves, and what reading costs after it.

By default 100 captures of a packument of 10 MB, each with a version more than the last. Prints the
packed size as a share of the plain one, how long packing takes, how long a reader that has just
opened the directory takes for the latest and the oldest capture, and verify, drift and unpack with
and without packing. Needs 2.5 GB of disk for 100. Nothing here is asserted.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from regforensics.evidence.packing import pack, unpack
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.benchmarks.drift import filled
from tests.benchmarks.run import process, say

ROUNDS = 5


def spent(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median wall clock of several rounds, in milliseconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return median(taken)


def stored(root: Path) -> int:
    """Bytes of all exhibits' files."""
    return sum(path.stat().st_size for path in (root / "exhibits").iterdir())


def reading(root: Path, label: str) -> tuple[float, float]:
    """The least that a capture takes who has only just opened the directory, in milliseconds by the
    clock and of processor time: other work on the machine only adds to it."""
    taken, worked = [], []
    for _ in range(3 * ROUNDS):
        read = partial(EvidenceStore.open(root).read, label)
        before = time.process_time()
        taken.append(spent(read, 1))
        worked.append(1000 * (time.process_time() - before))
    return min(taken), min(worked)


def measured(root: Path, last: str) -> dict[str, float]:
    """The figures of the directory as it is."""
    drift = process(sys.executable, "-m", "regforensics", "drift", "-e", str(root))
    (latest, latest_worked), (oldest, oldest_worked) = (
        reading(root, label) for label in (last, "EX-000001"))
    return {"latest capture": latest, "  of the processor": latest_worked,
            "oldest capture": oldest, "  of a processor": oldest_worked,
            "verify": spent(lambda: verify(root), 3), "drift": spent(drift, 3)}


def main(count: int) -> None:
    """Fill, measure, pack, measure, unpack."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "evidence"
        filled(root, count)
        last, plain = f"EX-{count:06}", stored(root)
        before = measured(root, last)
        writer = EvidenceStore.create_or_open(root).writer
        assert writer is not None
        packing = spent(lambda: pack(writer), 1)
        packed = stored(root)
        after = measured(root, last)
        unpacking = spent(lambda: unpack(writer), 1)
        assert stored(root) == plain
        assert verify(root).ok
    say(f"pack: {count} captures, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    say(f"  {plain / 1e6:.0f} MB plain, {packed / 1e6:.2f} MB packed:"
        f" {100 * packed / plain:.3f} % of it")
    for name, value in before.items():
        say(f"  {name:<18}{value:9.1f} ms plain {after[name]:9.1f} ms packed"
            f"   {after[name] / value:5.1f} x")
    say(f"  pack {packing / 1000:.1f} s ({packing / count:.0f} ms a capture),"
        f" unpack {unpacking / 1000:.1f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
