"""Ingest of a request log against DuckDB's own CSV reader, and questions against stock tools.

    PYTHONPATH=.:examples python tests/benchmarks/logs.py [--megabytes 200]

The log is made from a seed: 5000 packages, 3300 addresses. Each figure is of one run in a process
that did nothing before; give the machine nothing else to do, and look at the ratios.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from regforensics.cli.ingesting import run
from regforensics.events.held import HeldEvents
from regforensics.evidence.store import EvidenceStore
from regforensics.model.package import PackageRef

_COLUMNS = ("stamp", "trace", "client", "user", "method", "path", "status", "first", "second",
            "took", "agent")
_PACKAGE = PackageRef.parse("npm:pkg-40")


def generate(path: Path, size: int) -> None:
    """An Artifactory request log of about ``size`` bytes."""
    draw = random.Random(7)
    packages = [(f"pkg-{n}", [f"{draw.randint(0, 9)}.{draw.randint(0, 20)}.{k}"
                              for k in range(draw.randint(1, 12))], draw.randint(900, 400_000))
                for n in range(5000)]
    weights = [1 / (n + 1) for n in range(5000)]
    clients = [f"10.{draw.randint(0, 255)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"
               for _ in range(3300)]
    at, done = datetime(2025, 9, 1, tzinfo=UTC), 0
    with path.open("w") as file:
        while done < size:
            for name, versions, length in draw.choices(packages, weights, k=10_000):
                at += timedelta(milliseconds=draw.randint(1, 300))
                tarball = draw.random() < 0.5
                target = f"{name}/-/{name}-{draw.choice(versions)}.tgz" if tarball else name
                fresh = draw.random() < 0.8
                done += file.write(
                    f"{at.isoformat(timespec='milliseconds')[:23]}Z|{draw.getrandbits(64):016x}"
                    f"|{draw.choice(clients)}|user{draw.randint(0, 400)}|GET"
                    f"|/api/npm/npm-remote/{target}|{200 if fresh else 304}|-1"
                    f"|{length if fresh else 0}|{draw.randint(1, 900)}"
                    f"|npm/10.{draw.randint(0, 30)}.2 node/v20.17.0 linux x64\n")


def rival(log: Path, to: Path) -> None:
    """The same log to Parquet by DuckDB, with row numbers and without byte offsets."""
    duckdb.execute(
        "copy (select *, row_number() over () from read_csv($log, delim='|', quote='', escape='',"
        " header=false, auto_detect=false, new_line='\\n', columns=$columns))"
        " to '" + str(to) + "' (format parquet, compression zstd)",
        {"log": str(log), "columns": dict.fromkeys(_COLUMNS, "VARCHAR")})


def timed(name: str, work: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    found = work()
    sys.stdout.write(f"{name:44} {time.perf_counter() - began:8.2f} s\n")
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=200)
    size = options.parse_args().megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, evidence = folder / "request.log", folder / "evidence"
        generate(log, size)
        timed("DuckDB read_csv to Parquet", lambda: rival(log, folder / "rival.parquet"))
        timed("ingest (copy, digest, parse, table)", lambda: run(
            [log], evidence, as_json=False, form=None, observed_at=None, subject=None, note=None))
        events = HeldEvents(EvidenceStore.open(evidence))
        timed("open the tables (exhibit held to its digest)", events.coverage)
        timed("one version's requests, by the table",
              lambda: list(events.of(PackageRef.parse("npm:pkg-4000"))))
        found = timed("a popular package's requests", lambda: list(events.of(_PACKAGE)))
        timed("50 citations", lambda: [f.citations for f in islice(found, 50)])
        command = ["grep", "-nb", "/pkg-40/-/", str(log)]
        timed("grep -nb", lambda: subprocess.run(command, capture_output=True, check=True))
        awk = ["mawk", "-F|", "$6 ~ /\\/pkg-40\\/-\\// {n[$3 $11]++} END {for (k in n) print n[k]}",
               str(log)]
        timed("mawk", lambda: subprocess.run(awk, capture_output=True, check=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"{len(found)} requests; peak memory {peak} MB\n")


if __name__ == "__main__":
    main()
