"""python tests/benchmarks/run.py [read|diff|start ...]   measured against stock tools, in one run.

Prints medians of interleaved rounds and their ratios; nothing here is asserted, because machines
differ and ratios are for people to read.
"""

import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.documents import encoded, later, packument

ROUNDS = 7
Case = tuple[str, Callable[[], object]]


def say(text: str) -> None:
    """One line of the result."""
    sys.stdout.write(text + "\n")


def medians(cases: Sequence[Case], rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of each case; the cases take turns, so that a drifting machine hits all."""
    taken: dict[str, list[float]] = {name: [] for name, _ in cases}
    for _ in range(rounds + 1):
        for name, run in cases:
            gc.collect()
            start = time.perf_counter()
            run()
            taken[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def process(*words: str) -> Callable[[], object]:
    """A whole process, its output thrown away."""
    return lambda: subprocess.run(words, check=False, stdout=subprocess.DEVNULL)


def read(folder: Path) -> None:
    """All facts of a 10 MB packument, with their spans, against json.loads and jq."""
    from regforensics.evidence.jsontree import Document
    from regforensics.model.citation import Fact
    from regforensics.model.package import PackageRef
    from regforensics.model.snapshot import Observation
    from regforensics.registries.base import Part
    from regforensics.registries.npm import Npm

    body = encoded(packument())
    path = folder / "big.json"
    path.write_bytes(body)

    def facts() -> list[Fact[Any]]:
        document = Document("EX-000001", "0" * 64, body)
        snapshot = Npm().snapshot(PackageRef("npm", "big"), [Part(
            "packument", document, Observation(label="EX-000001", sha256="0" * 64))])
        found: list[Fact[Any]] = list(snapshot.times.values())
        for release in snapshot.releases.values():
            found += [fact for fact in (release.deprecated, release.publisher, release.owners)
                      if fact is not None]
            for artifact in release.artifacts:
                found += artifact.digests.values()
        return found

    def cited() -> list[object]:
        return [fact.citations for fact in facts()]

    count = len(facts())
    result = medians([("facts", facts), ("facts and every quote", cited),
                      ("json.loads", lambda: json.loads(body)),
                      ("jq -S .", process("jq", "-S", ".", str(path)))])
    say(f"read: {count} cited facts of {len(body) / 1e6:.1f} MB, 3,000 versions")
    for name, taken in result.items():
        say(f"  {name:<24}{taken:8.1f} ms   {taken / result['json.loads']:5.2f} x json.loads"
            f"   {result['jq -S .'] / taken:5.1f} x faster than jq -S")
    subprocess.run([sys.executable, __file__, "--memory", str(path)], check=True)


def memory(path: Path) -> None:
    """Peak memory of reading every fact, above that of the interpreter with its imports."""
    from regforensics.registries.recognition import read_file

    before = _peak()
    body = path.read_bytes()
    snapshot = read_file("EX-000001", "0" * 64, body)
    kept = [*snapshot.times.values(), *snapshot.releases.values()]
    peak = _peak() - before
    say(f"  memory: {peak / 1024:.0f} MB for {len(kept)} times and releases held at once,"
        f" {peak * 1024 / len(body):.1f} x the document")


def _peak() -> int:
    """Peak memory of this process in KiB (of its own address space, not its parent's)."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def diff(folder: Path) -> None:
    """``regforensics diff OLD NEW`` as a whole process against jq -S of both and diff."""
    old = packument()
    (folder / "old.json").write_bytes(encoded(old))
    (folder / "new.json").write_bytes(encoded(later(old)))
    one, other = str(folder / "old.json"), str(folder / "new.json")
    shell = f"diff <(jq -S . {one}) <(jq -S . {other})"
    result = medians([
        ("regforensics diff", process(sys.executable, "-m", "regforensics", "diff", one, other)),
        ("regforensics diff --json",
         process(sys.executable, "-m", "regforensics", "diff", "--json", one, other)),
        ("diff <(jq -S .) <(jq -S .)", process("bash", "-c", shell))], rounds=5)
    slow = result["diff <(jq -S .) <(jq -S .)"]
    say("diff: two packuments of 10 MB, whole processes")
    for name, taken in result.items():
        say(f"  {name:<28}{taken:8.1f} ms   {slow / taken:5.1f} x faster than jq and diff")


def start(folder: Path) -> None:
    """Start-up above that of the bare interpreter."""
    document = {"name": "p", "versions": {"1.0.0": {"version": "1.0.0"}}, "time": {}}
    for name in ("a.json", "b.json"):
        (folder / name).write_bytes(encoded({**document, "description": name}))
    tool = (sys.executable, "-m", "regforensics")
    result = medians([
        ("python -c pass", process(sys.executable, "-c", "pass")),
        ("--help", process(*tool, "--help")),
        ("diff --help", process(*tool, "diff", "--help")),
        ("small diff", process(*tool, "diff", str(folder / "a.json"), str(folder / "b.json"))),
    ], rounds=15)
    bare = result["python -c pass"]
    say("start: whole processes, and above the bare interpreter")
    for name, taken in result.items():
        say(f"  {name:<16}{taken:8.1f} ms   +{taken - bare:6.1f} ms")


def compiled() -> None:
    """Write the bytecode, as an installation does; without it every start compiles anew."""
    import compileall

    compileall.compile_dir(Path(__file__).resolve().parents[2] / "regforensics", quiet=1)


BENCHMARKS = {"read": read, "diff": diff, "start": start}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        memory(Path(sys.argv[2]))
        sys.exit(0)
    compiled()
    with tempfile.TemporaryDirectory() as temporary:
        for wanted in sys.argv[1:] or BENCHMARKS:
            BENCHMARKS[wanted](Path(temporary))
