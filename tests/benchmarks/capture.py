"""python tests/benchmarks/capture.py [speed|concurrency|latency|memory ...] [--tls] [--rounds N]

Whole `regforensics snapshot` commands against a local nginx, beside what else would do the work:
`curl --parallel` with `sha256sum` after it, and aiohttp where latency rules. Prints medians of
interleaved rounds, their spread and their ratios; nothing is asserted. Needs nginx (with its echo
module for latency), curl, openssl for --tls, and aiohttp, which the product itself does not use.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from operator import sub
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.run import compiled, say
from tests.benchmarks.webserver import ECHO, Web, documents, serving

REPOSITORY = Path(__file__).resolve().parents[2]
TARGETS = 2_000
ROUNDS = 5
Timed = tuple[str, Callable[[], float]]
Fetch = Callable[[Sequence[str], int, Path | None], Coroutine[None, None, float]]
_START = "snapshot of one target"


class Bench:
    """A folder with documents, and the commands that fetch them; each returns its seconds."""

    def __init__(self, folder: Path, count: int, rounds: int, *, tls: bool) -> None:
        self.folder, self.rounds, self.tls = folder, rounds, tls
        self.root = folder / "documents"
        self.names = documents(self.root, count)

    @property
    def size(self) -> int:
        """Bytes of all documents."""
        return sum((self.root / name).stat().st_size for name in self.names)

    def snapshot(self, web: Web, concurrency: int, count: int | None = None) -> Callable[[], float]:
        """The command as a whole process, into a new evidence directory."""
        return lambda: self._snapshot(web, concurrency, count)[0]

    def peak(self, web: Web, concurrency: int, count: int) -> int:
        """Peak resident memory of the command, in KiB."""
        return self._snapshot(web, concurrency, count)[1]

    def _snapshot(self, web: Web, concurrency: int, count: int | None) -> tuple[float, int]:
        watchlist, evidence = self.folder / "watchlist", self.folder / "evidence"
        watchlist.write_text("".join(f"npm:{n}\n" for n in self.names[:count]), "utf-8")
        shutil.rmtree(evidence, ignore_errors=True)
        command = [sys.executable, "-m", "regforensics", "snapshot", "--quiet", "--from",
                   str(watchlist), "--npm-registry", web.url, "--concurrency", str(concurrency),
                   "--evidence", str(evidence)]
        try:
            taken = run(command, self.folder / "printed", web)
            stored = sum(1 for _ in (evidence / "exhibits").iterdir())
            if stored != len(self.names[:count]) + 1:  # and the answer about signing keys
                raise SystemExit(f"{stored} exhibits were stored")
            return taken
        finally:
            shutil.rmtree(evidence, ignore_errors=True)

    def curl(self, web: Web, concurrency: int) -> Callable[[], float]:
        """curl --parallel writing plain files, then sha256sum of them all."""
        plain, config = self.folder / "plain", self.folder / "curl.config"
        config.write_text("".join(f'url = "{web.url}/{name}"\noutput = "{plain}/{name}"\n'
                                  for name in self.names), "utf-8")
        trust = f"--cacert {web.certificate}" if web.certificate else ""
        shell = (f"curl -sS --fail {trust} --parallel --parallel-max {concurrency} -K {config} && "
                 f"cd {plain} && sha256sum * > {self.folder}/sums")

        def once() -> float:
            shutil.rmtree(plain, ignore_errors=True)
            plain.mkdir()
            return run(["bash", "-c", shell], self.folder / "printed", web)[0]

        return once


def run(command: Sequence[str], printed: Path, web: Web) -> tuple[float, int]:
    """Seconds and peak KiB of a process that must end well; its output goes to a file."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "NO_PROXY": "*"}
    if web.certificate:
        environment["NODE_EXTRA_CA_CERTS"] = environment["SSL_CERT_FILE"] = str(web.certificate)
    with printed.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        taken = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]}: exit {process.returncode}\n"
                         f"{printed.read_text('utf-8', 'replace')[-2000:]}")
    return taken, usage.ru_maxrss


def interleaved(cases: Sequence[Timed], rounds: int) -> dict[str, list[float]]:
    """Seconds of each case in each round; one round more is run first and thrown away."""
    taken: dict[str, list[float]] = {name: [] for name, _ in cases}
    for number in range(rounds + 1):
        for name, case in cases:
            seconds = case()
            if number:
                taken[name].append(seconds)
    return taken


def show(taken: Mapping[str, Sequence[float]], rival: str, count: int) -> None:
    """A line for each case: median, spread, requests a second, and the median of the ratios."""
    for name, times in taken.items():
        median = statistics.median(times)
        ratios = sorted(t / r for t, r in zip(times, taken[rival], strict=True))
        say(f"  {name:<34}{median:7.2f} s  ({min(times):.2f} to {max(times):.2f})"
            f"  {count / median:7.0f} /s   {statistics.median(ratios):5.2f} x {rival}"
            f" ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def speed(bench: Bench) -> None:
    """The whole command against curl and sha256sum."""
    count = len(bench.names)
    with serving(bench.folder / "nginx", bench.root, tls=bench.tls) as web:
        say(f"speed: {count} packuments, {bench.size / 1e6:.0f} MB, 16 at once"
            f"{', TLS' if bench.tls else ''}")
        show(interleaved([("snapshot", bench.snapshot(web, 16)),
                          ("curl and sha256sum", bench.curl(web, 16))], bench.rounds),
             "curl and sha256sum", count)


def concurrency(bench: Bench) -> None:
    """The whole command at 8, 16 and 64 requests at once."""
    with serving(bench.folder / "nginx", bench.root, tls=bench.tls) as web:
        say(f"concurrency: {len(bench.names)} packuments{', TLS' if bench.tls else ''}")
        show(interleaved([(f"{many} at once", bench.snapshot(web, many)) for many in (8, 16, 64)],
                         bench.rounds), "8 at once", len(bench.names))


def latency(bench: Bench) -> None:
    """The command, and its requests alone, at 50 ms to the first byte, against aiohttp."""
    from tests.benchmarks.rival import fetched, requested

    if not ECHO.exists():
        say("latency: skipped, nginx has no echo module")
        return
    count = len(bench.names)
    with serving(bench.folder / "nginx", bench.root, delay=0.05, tls=bench.tls) as web:
        urls = [f"{web.url}/{name}" for name in bench.names]

        def alone(fetch: Fetch, many: int) -> float:
            return asyncio.run(fetch(urls, many, web.certificate))

        for many in (8, 16, 64):
            say(f"latency: {count} packuments, 50 ms to the first byte, {many} at once")
            taken = interleaved([("the whole command", bench.snapshot(web, many)),
                                 (_START, bench.snapshot(web, many, 1)),
                                 ("requests alone", partial(alone, requested, many)),
                                 ("aiohttp", partial(alone, fetched, many))], bench.rounds)
            taken["the command above its start"] = list(map(
                sub, taken["the whole command"], taken.pop(_START)))
            show(taken, "aiohttp", count)


def memory(bench: Bench) -> None:
    """Peak resident memory with 500, 2,000 and 8,000 targets."""
    documents(bench.root, 8_000)
    bench.names = documents(bench.root, 8_000)
    with serving(bench.folder / "nginx", bench.root, tls=bench.tls) as web:
        say("memory: peak of the whole command, 16 at once")
        for count in (500, 2_000, 8_000):
            say(f"  {count:>6} targets {bench.peak(web, 16, count) / 1024:8.0f} MB")


BENCHMARKS = {"speed": speed, "concurrency": concurrency, "latency": latency, "memory": memory}


def main() -> None:
    """Run the wanted benchmarks in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wanted", nargs="*", choices=[*BENCHMARKS, []], metavar="BENCHMARK")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--targets", type=int, default=TARGETS)
    given = parser.parse_args()
    compiled()
    with tempfile.TemporaryDirectory() as temporary:
        for wanted in given.wanted or BENCHMARKS:
            say(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            BENCHMARKS[wanted](Bench(Path(temporary), given.targets, given.rounds, tls=given.tls))


if __name__ == "__main__":
    main()
