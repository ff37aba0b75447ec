"""python tests/benchmarks/drift.py [CAPTURES]   drift over many captures against jq reading them.

The whole command over (by default) 100 captures of a packument of 10 MB, each with a version more
than the last and one of them with other bytes under an old version, against one jq process that
prints every integrity text of the same files and compares none. Needs 1 GB of disk for 100.
Prints medians of interleaved rounds, with the load of the machine; nothing here is asserted.
"""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore
from regforensics.model.instant import iso
from tests.benchmarks.documents import encoded, manifest, packument
from tests.benchmarks.run import compiled, medians, process, say

ROUNDS = 3
PLACE = "https://npm.example/"


def states(count: int) -> Iterator[tuple[str, bytes]]:
    """(time, document) of each capture: a version more each, one replaced half-way."""
    document = packument()
    start = datetime(2026, 2, 1, tzinfo=UTC)
    for index in range(count):
        now, version = iso(start + timedelta(hours=index)), f"2.0.{index}"
        document["versions"][version] = manifest(version, index, random.Random(index))
        document["time"] |= {version: now, "modified": now}
        document["dist-tags"]["latest"] = version
        document["_rev"] = f"{3000 + index}-0a"
        if index == count // 2:
            document["versions"]["1.2.3"]["dist"]["integrity"] = f"sha512-{'A' * 86}=="
        yield now, encoded(document)


def filled(root: Path, count: int) -> int:
    """An evidence directory with that many captures; its size in bytes."""
    store, size = EvidenceStore.create_or_open(root), 0
    for index, (now, body) in enumerate(states(count)):
        size += len(body)
        store.record(Entry(
            how="http", kind="packument", what="packument", subject="pkg:npm/big", method="GET",
            url=f"{PLACE}big", status=200, registry=PLACE, observed_at=now, requested_at=now,
            run=f"run-{index}"), body)
    return size


def peak(*words: str) -> int:
    """Peak memory of a process in MiB."""
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(child.pid, 0)
    return used.ru_maxrss // 1024


def main(count: int) -> None:
    """Fill, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "evidence"
        size = filled(root, count)
        drift = (sys.executable, "-m", "regforensics", "drift", "-e", str(root))
        jq = f"jq -r '.versions[].dist.integrity' {root}/exhibits/*.json"
        taken = medians([("regforensics drift", process(*drift)),
                         ("jq", process("bash", "-c", jq))], rounds=ROUNDS)
        say(f"drift: {count} captures, {size / 1e6:.0f} MB, {os.cpu_count()} cores,"
            f" load {os.getloadavg()[0]:.1f}")
        for name, spent in taken.items():
            say(f"  {name:<20}{spent:9.0f} ms   {taken['jq'] / spent:5.1f} x faster than jq")
        say(f"  memory: {peak(*drift)} MiB at most")


if __name__ == "__main__":
    compiled()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
