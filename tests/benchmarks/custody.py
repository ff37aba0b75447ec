"""python tests/benchmarks/custody.py [long|unchanged ...] [--lines N] [--targets N]

``long``: an evidence directory with a million custody lines (10,000 packages, captured a hundred
times): the time to open it and to read the history of one package, with and without its index, and
the memory that takes. ``unchanged``: a second `snapshot` of 10,000 targets of which none changed,
from a local nginx. Prints figures; nothing is asserted.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from regforensics.evidence.custody import CUSTODY, HEAD, head_bytes
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.layout import DERIVED, EXHIBITS
from regforensics.evidence.locking import TOOL
from regforensics.evidence.record import encode, record_of
from regforensics.evidence.store import EvidenceStore
from tests.benchmarks.capture import REPOSITORY, run
from tests.benchmarks.documents import encoded, packument
from tests.benchmarks.run import compiled, say
from tests.benchmarks.webserver import serving

_ONE, _RUN = packument(1), "20260101T000000Z-00000000"
_NEVER = "/dev/null/nowhere"  # no key of this account can stand there, so there is no index
_READ = """
import sys, time
from pathlib import Path
from regforensics.evidence.store import EvidenceStore
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
start = time.perf_counter()
store = EvidenceStore.{call}(Path(sys.argv[1]))
opened = time.perf_counter() - start
seen = len(Reader(store).history(PackageRef.parse("npm:p00777")).snapshots) if {read} else 0
whole, used = time.perf_counter() - start, time.process_time()
(peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(opened, whole, used, seen, int(peak) / 1024)
"""


def filled(root: Path, lines: int, packages: int) -> None:
    """An evidence directory: every package captured once, then found unchanged again and again."""
    start = time.perf_counter()
    store = EvidenceStore.create_or_open(root, name="long", operator="cron")
    first = [(_entry(number, status=200), _body(number)) for number in range(packages)]
    for place in range(0, packages, 64):
        store.record_all(first[place:place + 64])
    digest, size = store.custody_head, (root / CUSTODY).stat().st_size
    again = [_halves(taken, digest) for taken in store.of_kind("packument")]
    with (root / CUSTODY).open("ab") as custody:
        for seq in range(packages + 2, lines + 1):
            before, after = again[seq % packages]
            line = b'{"seq":%d%s%08x%s%s"}\n' % (seq, before, seq // packages, after,
                                                 digest.encode())
            digest = hashlib.sha256(line).hexdigest()
            size += custody.write(line)
    (root / HEAD).write_bytes(head_bytes(lines, size, digest))
    say(f"made {lines:,} custody lines, {size / 1e6:,.0f} MB, in"
        f" {time.perf_counter() - start:.0f} s")


def _entry(number: int, *, status: int, exhibit: str | None = None) -> Entry:
    """An answer with the headers that registries send."""
    url, etag = f"https://registry.example/p{number:05}", f'"{number:032x}"'
    asked = (("User-Agent", TOOL), ("Accept", "application/json"), ("Accept-Encoding", "identity"))
    return Entry(
        how="http", kind="packument", what="packument", subject=f"pkg:npm/p{number:05}",
        run=_RUN, requested_at="2026-01-01T00:00:00.123Z",
        observed_at="2026-01-01T00:00:00.456Z", method="GET", url=url, status=status,
        reason="OK" if status == 200 else "Not Modified", http_version="HTTP/1.1",
        request_headers=(*asked, *((("If-None-Match", etag),) if exhibit else ())),
        headers=(("Date", "Thu, 01 Jan 2026 00:00:00 GMT"), ("ETag", etag),
                 ("Last-Modified", "Wed, 31 Dec 2025 00:00:00 GMT"),
                 ("Cache-Control", "public, max-age=300"), ("Vary", "Accept-Encoding, Accept"),
                 ("Server", "registry"), ("X-Request-Id", f"{number:016x}-FRA")),
        peer="192.0.2.1:443", registry="https://registry.example", unchanged_exhibit=exhibit,
        note="TLSv1.3 TLS_AES_256_GCM_SHA384")


def _body(number: int) -> bytes:
    name = f"p{number:05}"
    return encoded({**_ONE, "_id": name, "name": name})


def _halves(taken: Acquisition, prev: str) -> tuple[bytes, bytes]:
    """The custody line of a 304 about an exhibit, without its number, the end of its run's name
    and the digest before it."""
    entry = _entry(int(taken.entry.url[-5:]) if taken.entry.url else 0, status=304,
                   exhibit=taken.exhibit)
    line = encode(record_of(entry, seq=0, recorded_at=taken.recorded_at, exhibit=taken.exhibit,
                            file=None, sha256=taken.sha256, size=taken.size, tool=TOOL,
                            operator="cron", prev=prev))
    before, _, after = line.partition(_RUN.encode())
    return (before.removeprefix(b'{"seq":0') + _RUN[:-8].encode(),
            after.removesuffix(prev.encode() + b'"}\n'))


def opened(root: Path, state: str, *, call: str = "open", read: bool = True) -> None:
    """A process of its own opens the directory (and reads a history); what that took."""
    script = _READ.format(call=call, read=read)
    made = subprocess.run(
        [sys.executable, "-c", script, str(root)], check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "XDG_STATE_HOME": state})
    first, whole, used, seen, peak = made.stdout.split()
    also = f", with a history of {seen} captures {float(whole):.2f} s" if read else ""
    say(f"    opened in {float(first):.2f} s{also}; {float(used):.2f} s of processor time with the"
        f" start of the program; {float(peak):.0f} MB of memory")


def long(folder: Path, given: argparse.Namespace) -> None:
    """Open a long custody file in every way."""
    root, state = folder / "long", str(folder / "state")
    filled(root, given.lines, given.packages)
    say("  reader, no index can be kept")
    opened(root, _NEVER)
    say("  reader, makes the index")
    opened(root, state)
    (index,) = (root / DERIVED).glob("custody-index-*")
    say(f"    the index has {index.stat().st_size / 1e6:.0f} MB")
    say("  reader, with the index")
    for _ in range(3):
        opened(root, state)
    say("  writer, with the index (how a snapshot starts)")
    for _ in range(3):
        opened(root, state, call="create_or_open", read=False)


def unchanged(folder: Path, given: argparse.Namespace) -> None:
    """Snapshots of targets that do not change."""
    documents = folder / "documents"
    documents.mkdir()
    for number in range(given.targets):
        (documents / f"p{number:05}").write_bytes(_body(number))
    with serving(folder / "nginx", documents) as web:
        for count in (given.targets // 10, given.targets):
            evidence, watchlist = folder / f"of-{count}", folder / f"watch-{count}"
            watchlist.write_text("".join(f"npm:p{n:05}\n" for n in range(count)), "utf-8")
            before = (0, 0, 0)
            for name in ("first", "second", "third"):
                taken, peak = run(
                    [sys.executable, "-m", "regforensics", "snapshot", "--quiet", "--from",
                     str(watchlist), "--npm-registry", web.url, "--concurrency", "16",
                     "--evidence", str(evidence)], folder / "printed", web)
                after = _size(evidence)
                lines, size, files = (b - a for a, b in zip(before, after, strict=True))
                before = after
                say(f"  {count:>6} targets, {name:<6} run {taken:6.1f} s,"
                    f" {taken / count * 1000:5.2f} ms a target, {peak / 1024:4.0f} MB of memory:"
                    f" {lines:>6} custody lines ({size / 1e6:.1f} MB), {files} files")


def _size(evidence: Path) -> tuple[int, int, int]:
    """Lines and bytes of custody, and how many exhibits are stored."""
    data = (evidence / CUSTODY).read_bytes()
    return data.count(b"\n"), len(data), sum(1 for _ in (evidence / EXHIBITS).iterdir())


BENCHMARKS = {"long": long, "unchanged": unchanged}


def main() -> None:
    """Run the wanted benchmarks in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wanted", nargs="*", choices=[*BENCHMARKS, []], metavar="BENCHMARK")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--packages", type=int, default=10_000)
    parser.add_argument("--targets", type=int, default=10_000)
    given = parser.parse_args()
    compiled()
    with tempfile.TemporaryDirectory() as temporary:
        for wanted in given.wanted or BENCHMARKS:
            say(f"{wanted}: load before {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            BENCHMARKS[wanted](Path(temporary), given)


if __name__ == "__main__":
    main()
