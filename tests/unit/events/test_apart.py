"""What other processes find of a log is what one process finds."""

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regforensics.events import apart
from regforensics.events.cold import Asking
from regforensics.events.needles import Needles
from regforensics.evidence import forked, unpacked
from regforensics.model.package import PackageRef

CHALK = PackageRef.parse("npm:chalk")
LINE = b"2025-09-08T13:20:%02d.465Z|t|10.0.0.1|ada|GET|/api/npm/r/%s|200|-1|17|3|npm/10"
LINES = st.sampled_from([LINE % (n, name) for n in range(3) for name in (
    b"chalk", b"chalk/-/chalk-5.6.1.tgz", b"left-pad", b"%63halk", b"chalkboard")] + [
    b"", b"\r", b"noise about chalk", b"#Fields: x", b"x" * 700, b"chalk " * 300, b"\xff\x00"])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs of a few lines are worth other processes, which take few bytes at once."""
    for name, value in {"_WORTH": 1, "_PACKED": 1, "_PART": 150, "_PIECE": 40, "_AT_ONCE": 1,
                        "_HEAD": 60}.items():
        monkeypatch.setattr(apart, name, value)
    monkeypatch.setattr(unpacked, "_PIECE", 40)
    monkeypatch.setattr(unpacked, "LONGEST", 1000)
    monkeypatch.setattr(Needles, "block", 100)
    monkeypatch.setattr(apart, "able", lambda: True)


def told(file: Any) -> tuple[Any, ...]:
    asking = Asking(CHALK)
    rows = list(asking.rows(file, "x.log"))
    return rows, asking.unparsed, asking.problems, asking.stopped


def same(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Asserts that both ways agree; the requests."""
    started: list[int] = []

    def counted(works: Any) -> Any:
        started.append(len(works))
        return forked.forked(works)

    with path.open("rb", buffering=0) as file, monkeypatch.context() as patch:
        patch.setattr(apart, "forked", counted)
        found = told(file)
        assert started
    assert found == told(io.BytesIO(path.read_bytes()))
    rows: list[Any] = found[0]
    return rows


@pytest.mark.usefixtures("small")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None,
          max_examples=40)
@given(st.lists(LINES, min_size=1, max_size=25), st.booleans(), st.booleans())
def test_any_lines_give_the_same_answer(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[bytes], ended: bool,
        packed: bool) -> None:
    body = b"\n".join([b"first", *lines]) + b"\n" * ended
    path = tmp_path / "x.log"
    path.write_bytes(gzip.compress(body) if packed else body)
    rows = same(path, monkeypatch)
    held = body.split(b"\n")
    assert all(held[row.number - 1] == body[row.start:row.end] for row, _ in rows)


@pytest.mark.usefixtures("small")
def test_a_broken_file_is_said_to_be_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            ) -> None:
    body = b"\n".join(LINE % (n % 60, b"chalk%d" % (n * n)) for n in range(4000)) + b"\n"
    path = tmp_path / "x.log.gz"
    path.write_bytes(gzip.compress(body)[:-900])
    same(path, monkeypatch)
    with path.open("rb", buffering=0) as file:
        *_, stopped = told(file)
    assert len(stopped) == 1


@pytest.mark.usefixtures("small")
def test_a_process_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dying(Needles):
        def take(self, block: Any, member: str | None, /) -> Any:
            if b"5.6.1" in block.data:
                os._exit(3)
            return super().take(block, member)

    monkeypatch.setattr("regforensics.events.cold.Needles", Dying)
    path = tmp_path / "x.log"
    lines = [LINE % (n % 60, b"chalk") for n in range(20)]
    lines[15] += b"5.6.1"
    path.write_bytes(b"\n".join(lines))
    with path.open("rb", buffering=0) as file:
        rows, *_, stopped = told(file)
    assert 0 < len(rows) < 20
    assert stopped == ["not searched to its end: the process that reads it ended early"]


def test_small_files_and_files_of_no_system_are_searched_here(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(apart, "forked", none)
    path = tmp_path / "x.log"
    path.write_bytes(LINE % (1, b"chalk"))
    with path.open("rb", buffering=0) as file:
        assert len(told(file)[0]) == 1
    monkeypatch.setattr(apart, "_WORTH", 0)
    assert len(told(io.BytesIO(path.read_bytes()))[0]) == 1


def test_processes_end_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[int] = []
    fork = os.fork

    def noted() -> int:
        children.append(fork())
        return children[-1]

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x"

    monkeypatch.setattr(os, "fork", noted)
    with forked.forked([endless(), iter([b"a", b"b"])]) as (first, second):
        assert next(first) == b"x"
        assert list(second) == [b"a", b"b"]
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)
