"""A disk that is full, failing or read-only: one clear line, and nothing captured is lost."""

import errno
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.support.figures import Figures
from tests.unit.evidence.cases import PACKUMENT, entry, filled

REPOSITORY = Path(__file__).parents[2]
CALLS = ("write", "fsync", "rename", "ftruncate", "open", "mkdir", "fchmod")
BODY = b"of a failing disk" * 100


class Disk:
    """Counts the calls that change a disk, and fails from one of them on."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count, self.fail_at, self.fail_until, self.code = 0, 0, 0, errno.EIO
        for name in CALLS:
            patch.setattr(os, name, self._wrapped(getattr(os, name)))

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def failing(*args: Any, **named: Any) -> Any:
            if call.__name__ == "open" and not args[1] & (os.O_CREAT | os.O_WRONLY):
                return call(*args, **named)
            self.count += 1
            if self.fail_at <= self.count <= self.fail_until:
                if call.__name__ == "write" and self.code == errno.ENOSPC and len(args[1]) > 1:
                    call(args[0], bytes(args[1])[:len(args[1]) // 2])
                raise OSError(self.code, os.strerror(self.code))
            return call(*args, **named)
        return failing

    def fail(self, at: int, times: int, code: int) -> None:
        """Let the ``at``-th call from now, and ``times - 1`` after it, fail."""
        self.count, self.fail_at, self.fail_until, self.code = 0, at, at + times - 1, code

    def heal(self) -> int:
        """Stop failing; how many calls there were."""
        self.fail_at = self.fail_until = 0
        return self.count


def record_new(store: EvidenceStore) -> object:
    """Record bytes that are new."""
    with store.incoming() as body:
        body.write(BODY)
        return store.record(entry(), body)


def record_known(store: EvidenceStore) -> object:
    """Record bytes that are stored already."""
    return store.record(entry(), PACKUMENT)


def record_several(store: EvidenceStore) -> object:
    """Record new bytes, known bytes and none in one go."""
    return store.record_all([(entry(), BODY), (entry(), PACKUMENT), (entry(status=None), None),
                             (entry(), b"other")])


def bodies(root: Path) -> list[bytes]:
    """Everything under exhibits/ and derived/."""
    return [p.read_bytes() for d in ("exhibits", "derived") for p in (root / d).rglob("*")
            if p.is_file()]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("times", [1, 1000])
@pytest.mark.parametrize("record", [record_new, record_known, record_several])
def test_failure_at_every_step(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, times: int,
        record: Callable[[EvidenceStore], object], figures: Figures) -> None:
    filled(tmp_path / "0")
    shutil.copytree(tmp_path / "0", tmp_path / "probe")
    disk = Disk(monkeypatch)
    probe = EvidenceStore.create_or_open(tmp_path / "probe")
    disk.fail(0, 0, code)
    record(probe)
    steps = disk.heal()
    assert steps >= 8
    for step in range(1, steps + 1):
        root = tmp_path / str(step)
        shutil.copytree(tmp_path / "0", root)
        store = EvidenceStore.create_or_open(root)
        disk.fail(step, times, code)
        try:
            record(store)
        except EvidenceUnwritable as error:
            assert os.strerror(code) in error.message
            assert str(root) in error.message
            assert error.hint
        else:
            pytest.fail(f"the failure at step {step} went unnoticed")
        finally:
            disk.heal()
        assert verify(root).damage == (), step
        again = store if step % 2 else EvidenceStore.create_or_open(root)
        lines = len(again.acquisitions())
        assert again.record(entry(note="after"), b"after").new
        assert (verify(root).damage, verify(root).notes) == ((), ()), step
        assert len(EvidenceStore.open(root).acquisitions()) - lines in {1, 2, 5}
        assert again.read("EX-000001") == PACKUMENT
    figures.say(f"{os.strerror(code)} at each of {steps} steps of `{record.__name__}`,"
                f" {'once' if times == 1 else 'from there on'}",
                "one clear error, `verify` clean, nothing recorded is lost")


def test_bytes_received_are_kept_where_custody_cannot_be_written(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "probe")
    disk = Disk(monkeypatch)
    probe = EvidenceStore.create_or_open(tmp_path / "probe")
    with probe.incoming() as body:
        body.write(BODY)
        disk.fail(0, 0, errno.EIO)
        probe.record(entry(), body)
    for step in range(1, disk.heal() + 1):
        root = tmp_path / str(step)
        store = filled(root)
        with store.incoming() as body:
            body.write(BODY)
            disk.fail(step, 1, errno.EIO)
            with pytest.raises(EvidenceUnwritable):
                store.record(entry(), body)
            disk.heal()
        assert step <= 4 or BODY in bodies(root), step


@pytest.mark.parametrize("times", [1, 1000])
def test_failure_while_the_directory_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                             times: int) -> None:
    disk = Disk(monkeypatch)
    EvidenceStore.create_or_open(tmp_path / "probe")
    for step in range(1, disk.heal() + 1):
        disk.fail(step, times, errno.ENOSPC)
        with pytest.raises(EvidenceUnwritable, match="No space left"):
            EvidenceStore.create_or_open(tmp_path / str(step))
        disk.heal()
        assert EvidenceStore.create_or_open(tmp_path / str(step)).record(entry(), b"x").new
        assert (verify(tmp_path / str(step)).damage, verify(tmp_path / str(step)).notes) == ((), ())


@pytest.mark.parametrize("times", [1, 1000])
def test_failure_while_settling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                times: int) -> None:
    filled(tmp_path / "0")
    (tmp_path / "0" / ".custody-head.json.new").write_bytes(b"")
    (tmp_path / "0" / "exhibits" / "EX-000004.x.json").write_bytes(b"whole")
    with (tmp_path / "0" / "custody.jsonl").open("ab") as handle:
        handle.write(b'{"seq":7')
    shutil.copytree(tmp_path / "0", tmp_path / "probe")
    disk = Disk(monkeypatch)
    EvidenceStore.create_or_open(tmp_path / "probe")
    for step in range(1, disk.heal() + 1):
        root = tmp_path / str(step)
        shutil.copytree(tmp_path / "0", root)
        disk.fail(step, times, errno.EIO)
        try:
            EvidenceStore.create_or_open(root)
        except EvidenceUnwritable as error:
            assert "Input/output error" in error.message
        disk.heal()
        assert verify(root).damage == ()
        assert EvidenceStore.create_or_open(root).record(entry(), b"x").new
        assert (verify(root).damage, verify(root).notes) == ((), ())
        assert b"whole" in bodies(root)
        assert b'{"seq":7' in bodies(root)


FILL = """
import resource, sys
from pathlib import Path
from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.store import EvidenceStore
from tests.unit.evidence.cases import entry
try:
    store = EvidenceStore.create_or_open(Path(sys.argv[1]))
    if sys.argv[2] == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    for number in range(10_000):
        store.record(entry(), b"%d" % number * 300)
        print(number, flush=True)
except EvidenceUnwritable as error:
    print(error.message, error.hint, sep="\\n", file=sys.stderr)
    sys.exit(error.exit_code)
"""


def test_file_that_may_not_grow(tmp_path: Path) -> None:
    """The size limit of a process stops custody in the middle of a line, as a full disk does."""
    run = subprocess.run([sys.executable, "-c", FILL, tmp_path / "e", "limit"], cwd=REPOSITORY,
                         capture_output=True, text=True, check=False)
    assert run.returncode == EvidenceUnwritable.exit_code
    assert run.stderr.startswith("cannot write")
    assert "File too large" in run.stderr
    assert len(run.stderr.splitlines()) == 2
    assert_goes_on(tmp_path / "e", int(run.stdout.split()[-1]))


def assert_goes_on(root: Path, last: int) -> None:
    """Everything acknowledged is there, and the next command works."""
    assert verify(root).damage == ()
    store = EvidenceStore.create_or_open(root)
    assert store.record(entry(), b"after").new
    assert store.read(f"EX-{last + 1:06d}") == b"%d" % last * 300
    assert (verify(root).damage, verify(root).notes) == ((), ())


def namespaced(script: str, *args: object) -> subprocess.CompletedProcess[str]:
    """Run a shell script where it may mount file systems of its own."""
    return subprocess.run(["unshare", "-rm", "sh", "-ec", script, "sh", *map(str, args)], text=True,
                          capture_output=True, check=False, cwd=REPOSITORY)


MOUNTS = shutil.which("unshare") is not None and \
    namespaced("mount -t tmpfs none /mnt").returncode == 0


def test_full_and_read_only_file_systems(tmp_path: Path) -> None:
    """A real tmpfs of 160 KiB, where the machine lets us mount one; else the size limit again."""
    if not MOUNTS:
        assert resource.getrlimit(resource.RLIMIT_FSIZE)
        test_file_that_may_not_grow(tmp_path)
        return
    (tmp_path / "disk").mkdir()
    full = namespaced('mount -t tmpfs -o size=160k none "$1"; set +e; "$2" -c "$3" "$1/e" full;'
                      'code=$?; cp -a "$1/e" "$4"; mount -o remount,ro "$1"; '
                      '"$2" -c "$3" "$1/e" ro; echo "$code $?"',
                      tmp_path / "disk", sys.executable, FILL, tmp_path / "e")
    said = full.stdout.splitlines()
    assert said[-1] == "3 3", full.stderr
    assert "No space left on device" in full.stderr
    assert "Read-only file system" in full.stderr
    assert len(full.stderr.splitlines()) == 4  # each time an error and a hint
    assert_goes_on(tmp_path / "e", int(said[-2]))


def test_a_failed_batch_waits_for_the_bodies_that_are_still_being_written(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, sync = filled(tmp_path / "evidence"), Incoming.sync

    def slow_or_failing(body: Incoming) -> None:
        if body.size == len(b"fails"):
            raise EvidenceUnwritable("no space left on device")
        time.sleep(0.2)
        sync(body)

    monkeypatch.setattr(Incoming, "sync", slow_or_failing)
    with pytest.raises(EvidenceUnwritable):
        store.record_all([(entry(), b"fails"), (entry(), b"slow, and new")])
    time.sleep(0.3)
    assert verify(tmp_path / "evidence").notes == ()
