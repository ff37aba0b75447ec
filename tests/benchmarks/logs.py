"""Logs against other tools in the same run: ingest, the cold question, the table, memory.

    PYTHONPATH=.:examples python tests/benchmarks/logs.py [--megabytes 200] [--kind alb]
                                                          [--folder DIR]

The logs are made from a seed: 5000 packages, 3300 addresses. Every figure is of a process of its
own (the wall clock, and beside it the processor time), so give the machine nothing else to do and
look at the ratios. Needs mawk, rg, zcat and zstd.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

_ARTIFACTORY = ("stamp", "trace", "client", "user", "method", "path", "status", "first",
                "second", "took", "agent")
_ALB = 30
_PACKAGE, _VERSIONED = "npm:pkg-40", "npm:pkg-4000"
_RIVAL = """
import sys, duckdb
kind, log, to = sys.argv[1:]
how = ("delim='|', quote='', escape=''" if kind == "artifactory" else
       "delim=' ', quote='\\"', escape='\\"'")
names = {names}
duckdb.execute("set threads = 2")
duckdb.execute(f"copy (from read_csv($log, {{how}}, header=false, auto_detect=false,"
               f" new_line='\\\\n', columns=$names)) to '{{to}}'"
               " (format parquet, compression zstd)",
               {{"log": log, "names": dict.fromkeys(names, "VARCHAR")}})
"""
_TABLE = """
import sys, time
from itertools import islice
from pathlib import Path
from regforensics.events.held import HeldEvents
from regforensics.evidence.store import EvidenceStore
from regforensics.model.package import PackageRef
events = HeldEvents(EvidenceStore.open(Path(sys.argv[1])))
events.coverage()
at = time.perf_counter()
list(events.of(PackageRef.parse(sys.argv[3])))
rare = time.perf_counter()
found = list(events.of(PackageRef.parse(sys.argv[2])))
popular = time.perf_counter()
[fact.citations for fact in islice(found, 50)]
print(f"{rare - at:.2f} {popular - rare:.2f} {time.perf_counter() - popular:.3f} {len(found)}")
"""


class Took(NamedTuple):
    """Seconds of the clock and of the processors, and the most memory in MB."""

    wall: float
    cpu: float
    peak: int
    out: str


def took(name: str, *command: object) -> Took:
    """Run a command and say what it took."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([str(word) for word in command], stdout=out,
                                   stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 6, 10):
            sys.exit(f"{name}: {command} ended with {process.returncode}")
        out.seek(0)
        made = Took(wall, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024,
                    out.read(100_000).decode("utf-8", "replace"))
    sys.stdout.write(f"{name:46} {made.wall:7.2f} s {made.cpu:7.2f} s cpu {made.peak:5} MB\n")
    return made


def requests(draw: random.Random) -> Iterator[tuple[datetime, str, str, int, bool, str]]:
    """(time, client, target, size, whether fresh, user agent) without end."""
    packages = [(f"pkg-{n}", [f"{draw.randint(0, 9)}.{draw.randint(0, 20)}.{k}"
                              for k in range(draw.randint(1, 12))], draw.randint(900, 400_000))
                for n in range(5000)]
    weights = [1 / (n + 1) for n in range(5000)]
    clients = [f"10.{draw.randint(0, 255)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"
               for _ in range(3300)]
    at = datetime(2025, 9, 1, tzinfo=UTC)
    while True:
        for name, versions, length in draw.choices(packages, weights, k=10_000):
            at += timedelta(milliseconds=draw.randint(1, 300))
            version = draw.choice(versions)
            target = f"{name}/-/{name}-{version}.tgz" if draw.random() < 0.5 else name
            yield (at, draw.choice(clients), target, length, draw.random() < 0.8,
                   f"npm/10.{draw.randint(0, 30)}.2 node/v20.17.0 linux x64")


def artifactory(draw: random.Random) -> Iterator[str]:
    """Lines of an Artifactory request log."""
    for at, client, target, size, fresh, agent in requests(draw):
        yield (f"{at.isoformat(timespec='milliseconds')[:23]}Z|{draw.getrandbits(64):016x}|{client}"
               f"|user{draw.randint(0, 400)}|GET|/api/npm/npm-remote/{target}"
               f"|{200 if fresh else 304}|-1|{size if fresh else 0}|{draw.randint(1, 900)}"
               f"|{agent}\n")


def alb(draw: random.Random) -> Iterator[str]:
    """Lines of a load balancer's log."""
    for at, client, target, size, fresh, agent in requests(draw):
        stamp = at.isoformat(timespec="microseconds")[:26] + "Z"
        status = 200 if fresh else 304
        yield (f"https {stamp} app/npm/50dc6c495c0c9188 {client}:{draw.randint(1024, 65535)}"
               f" 10.0.0.1:8081 0.000 0.{draw.randint(1, 999):03} 0.000 {status} {status}"
               f" {draw.randint(30, 400)} {size if fresh else 120}"
               f' "GET https://npm.corp.example:443/repository/npm-group/{target} HTTP/1.1"'
               f' "{agent}"'
               " ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:1:"
               f'targetgroup/x/7 "Root=1-{draw.getrandbits(32):08x}-{draw.getrandbits(96):024x}"'
               f' "npm.corp.example" "-" 0 {stamp} "forward" "-" "-" "10.0.0.1:8081" "{status}"'
               f' "-" "-" TID_{draw.getrandbits(64):016x}\n')


def generate(path: Path, size: int, lines: Callable[[random.Random], Iterator[str]]) -> None:
    """A log of about ``size`` bytes."""
    done = 0
    with path.open("w") as file:
        for line in lines(random.Random(7)):
            done += file.write(line)
            if done >= size:
                return


def ratio(name: str, ours: Took, theirs: Took) -> None:
    sys.stdout.write(f"  => {name}: {ours.wall / theirs.wall:.2f} of the clock,"
                     f" {ours.cpu / theirs.cpu:.2f} of the processor time\n")


def ingest(kind: str, log: Path, folder: Path) -> None:
    """Into the table, and the table's questions where the log is plain."""
    names = _ARTIFACTORY if kind == "artifactory" else [f"c{n}" for n in range(_ALB)]
    to = folder / "rival.parquet"
    theirs = took(f"DuckDB read_csv to Parquet, {log.name}", sys.executable, "-c",
                  _RIVAL.format(names=list(names)), kind, log, to)
    evidence = folder / f"evidence-{log.name}"
    tool = (sys.executable, "-m", "regforensics")
    ours = took(f"ingest, {log.name}", *tool, "ingest", log, "-e", evidence, "-q")
    ratio("ingest", ours, theirs)
    told = took("table: one rare, one popular package, 50 citations", sys.executable, "-c", _TABLE,
                evidence, _PACKAGE, _VERSIONED)
    sys.stdout.write(f"  => seconds: {told.out}")
    if log.suffix == ".log":
        report = folder / "report.json"
        took("report", *tool, "timeline", "report", "-o", report, "--incident",
             f"{_VERSIONED}@1.1.1", "-e", evidence, "-q")
        took("check", *tool, "timeline", "check", report, "-e", evidence, "-q")
        took("show", *tool, "show", "EX-000001:100000", "-e", evidence)
    shutil.rmtree(evidence)
    to.unlink(missing_ok=True)


def cold(kind: str, log: Path) -> None:
    """A question to the raw file."""
    ours = took(f"requests, {log.name}", sys.executable, "-m", "regforensics", "requests", _PACKAGE,
                log, "-q")
    if log.suffix == ".log":
        path, key = ("$6", "$3 $11 $6") if kind == "artifactory" else ("$14", "$4 $16 $14")
        program = (*(("-F|",) if kind == "artifactory" else ()),
                   f"{path} ~ /\\/pkg-40(\\/|$)/ {{n[{key}]++}} END {{for (k in n) print n[k]}}")
        ratio("requests against mawk", ours, took("mawk", "mawk", *program, log))
    else:
        unpack = "zcat" if log.suffix == ".gz" else "zstdcat"
        ratio(f"requests against {unpack} | rg", ours, took(
            f"{unpack} | rg -nb", "sh", "-c", f"{unpack} '{log}' | rg -nb '/pkg-40[/ |]'"))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=200)
    options.add_argument("--kind", choices=["artifactory", "alb"], default="artifactory")
    options.add_argument("--folder", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        log = Path(name) / "request.log"
        lines = artifactory if asked.kind == "artifactory" else alb
        generate(log, asked.megabytes * 1_000_000, lines)
        subprocess.run(["gzip", "-1k", str(log)], check=True)
        subprocess.run(["zstd", "-q", str(log)], check=True)
        for path in (log, Path(f"{log}.gz"), Path(f"{log}.zst")):
            cold(asked.kind, path)
        for path in (log, Path(f"{log}.gz"), Path(f"{log}.zst")):
            ingest(asked.kind, path, Path(name))
        sys.stdout.write(f"load {os.getloadavg()[0]:.1f}\n")


if __name__ == "__main__":
    main()
