"""Blocks that are read by column give the rows that the line reader gives."""

import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regforensics.events.columns import Columns
from regforensics.events.scan import Tally, scan
from regforensics.events.table import summary, write

FIXTURES = Path(__file__).parents[3] / "fixtures/logs"
STAMPS = ["2025-09-08T13:20:11.465Z", "2025-13-08T13:20:11.465Z", "2025-09-08T23:59:60.000Z",
          "0001-01-01T00:00:00.000Z", "2025-09-08T13:20:11Z"]
PATHS = ["/api/npm/r/chalk", "/api/npm/r/chalk/-/chalk-5.6.1.tgz", "api/npm/r/@s%2fp/-/p-1.0.0.tgz",
         "/api/npm/r/chalk:properties", "http://x.example/chalk", "https://x.example/chalk", "",
         "h", "/a|b", "/api/pypi/p/packages/packages/aa/bb/cc/idna-3.7-py3-none-any.whl", "/%00"]
LINES = st.builds("|".join, st.tuples(
    st.sampled_from(STAMPS), st.sampled_from(["t", ""]),
    st.sampled_from(["10.0.0.1", "::ffff:10.0.0.2", "host.example", "-", "10.0.0.1:80"]),
    st.sampled_from(["ada", "-", "jffe@1", "anonymous"]),
    st.sampled_from(["GET", "PUT", "HEAD", "POST", "get", "--UNA"]), st.sampled_from(PATHS),
    st.sampled_from(["200", "304", "404", "-", "2000"]), st.sampled_from(["-1", "0", "17", "x"]),
    st.sampled_from(["-1", "0", "43210", "9" * 16]), st.sampled_from(["3", "-1", ""]),
    st.sampled_from(["npm/10", "null", "", "a|b|c", "Artifactory/7"])))


def rows(body: bytes, path: Path, wholesale: Columns | None) -> tuple[list[dict[str, Any]], Tally]:
    tally = Tally()
    write(path, scan(io.BytesIO(body), tally, wholesale=wholesale))
    found = pq.read_table(path).drop(["event", "quote"]).to_pylist()
    return sorted(found, key=lambda row: (row["line"], row["start"])), tally


def without_order(tally: Tally) -> dict[str, Any]:
    said = summary(tally)
    return said | {"formats": sorted(said["formats"].items())}


def same(body: bytes, tmp_path: Path) -> int:
    """Asserts that both ways agree; how many rows there are."""
    by_line, told = rows(body, tmp_path / "lines.parquet", None)
    by_column, counted = rows(body, tmp_path / "columns.parquet", Columns())
    assert by_column == by_line
    assert without_order(counted) == without_order(told)
    return len(by_line)


@pytest.mark.parametrize("name", sorted(p.name for p in FIXTURES.glob("*.log")))
def test_every_fixture_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    same((FIXTURES / name).read_bytes(), tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(LINES | st.sampled_from(["", "noise", "x" * 300]), max_size=12), st.booleans())
def test_any_lines_give_the_same_rows(tmp_path: Path, lines: list[str], ended: bool) -> None:
    same(("\n".join(lines) + "\n" * ended).encode(), tmp_path)


def test_a_large_log_gives_the_same_rows_over_several_blocks(tmp_path: Path) -> None:
    line = "2025-09-08T13:{:02}:{:02}.465Z|t|10.0.0.{}|ada|GET|/api/npm/r/p{}|200|-1|{}|3|npm/10"
    lines = [line.format(n // 600, n // 10 % 60, n % 250, n % 99, n) for n in range(30_000)]
    lines[7777:7778] = ["noise", "caf\u00e9"]
    assert same(("\n".join(lines) * 3).encode(), tmp_path) > 80_000


@pytest.mark.parametrize("body", [b"\r\n", b"\n\n", b"", b"a\x00b\n", b"\xff\n"])
def test_blocks_of_anything_else_are_left_to_the_line_reader(body: bytes, tmp_path: Path) -> None:
    assert same(body, tmp_path) == 0
