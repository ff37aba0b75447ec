"""Blocks that are read by column give the rows that the line reader gives."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from regforensics.events import known
from regforensics.events.columns import Columns
from regforensics.events.scan import Tally, scan
from regforensics.events.splits import SPLITS, Split
from regforensics.events.table import summary, write
from regforensics.evidence.unpacked import Block
from regforensics.logs import LINE_FORMATS
from regforensics.logs.base import Context
from regforensics.logs.wrappers import peel

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


REQUESTS = ["GET /chalk HTTP/1.1", "GET /chalk/-/chalk-5.6.1.tgz HTTP/2.0", "PUT /chalk HTTP/1.1",
            "GET https://npm.example:443/repository/n/@s%2fp/-/p-1.0.0.tgz HTTP/1.1", "GET /chalk",
            "GET /a b HTTP/1.1", "-", "", "- - -", "\\x16\\x03", "HEAD /simple/six/ HTTP/1.1"]
AGENTS = ["npm/10.8 node/v20 linux x64", "-", "",
          "pip/24.0 {\\x22ci\\x22:true}", "a\\", 'a\\"b', "a|b",
          "x HTTP/1.1", "\x7f", "a\tb", 'q" "r', "caf\u00e9", "x" * 300]
ALB = st.builds(
    '{} {} {} {} {} 0.000 {} 0.000 {} 200 34 {}{}"{}"{}"{}"{}'.format,
    st.sampled_from(["https", "h2", "tls", "x", "http"]),
    st.sampled_from(["2025-09-08T13:20:11.912345Z", "2025-09-08T13:20:11Z", "2025-09-08",
                     "2025-13-08T13:20:11.912345Z", "2025-09-08T13:20:61.912345Z",
                     "2025-09-08T13:20:11.9x2345Z", "2025-09-08T13:20:11.912Z"]),
    st.sampled_from(["app/npm/1", "", "a b", "a\x0bb"]),
    st.sampled_from(["10.0.0.1:80", "10.0.0.1:4711", "2001:db8::1:443", "[::1]:7",
                     "10.0.0.1:123456", "10.0.0.1", ":1", "-", ""]),
    st.sampled_from(["-", "", "x:1"]),
    st.sampled_from(["0.001", "-1", ""]), st.sampled_from(["200", "460", "-", "x"]),
    st.sampled_from(["43366", "0", "-"]), st.sampled_from([" ", "  ", ""]),
    st.sampled_from(REQUESTS), st.sampled_from([" ", "", "  ", " x "]), st.sampled_from(AGENTS),
    st.sampled_from(["", " - - arn",
                     ' - - arn "Root=1" "a" "-" 0 2025-09-08T13:20:11.789000Z "f"']))
COMBINED = st.builds(
    '{} {} {} [{}] "{}"{}"{}" "{}"{}'.format,
    st.sampled_from(["10.0.0.1", "h.example 10.0.0.1", "h.example", "2001:db8::1", "", "x:",
                     "<5>"]),
    st.sampled_from(["-", "", "x"]), st.sampled_from(["-", "ada", "[x", "a b", ""]),
    st.sampled_from(["08/Sep/2025:15:20:11 +0200", "08/Sep/2025:15:20:61 +0200",
                     "08/Xxx/2025:15:20:11 +0000", "08/Sep/2025:15:20:11.123 +0200", "x", "",
                     "01/Jan/0001:00:00:00 +1200", "31/Dec/9999:23:59:59 -1200"]),
    st.sampled_from(REQUESTS),
    st.sampled_from([" 200 17 ", " 304 - ", " - 0 ", " 200 17 3 ", " 2000 1 ", " ", ""]),
    st.sampled_from(["-", "http://x.example/", "HTTP/1.1", 'a\\"', "a b"]),
    st.sampled_from(AGENTS),
    st.sampled_from(["", ' "10.0.0.2, 10.0.0.3"', ' "-"', " 0.001", ' "-" "-"', "\r"]))
COMMON = st.builds('10.0.0.1 - - [08/Sep/2025:15:20:11 +0200] "{}"{}'.format,
                   st.sampled_from(REQUESTS),
                   st.sampled_from([" 200 17", " 200 17 x", " 404 -", "", " 200 17 HTTP/"]))


USUAL = {
    "artifactory": "2025-09-08T13:20:{:02}.465Z|t|10.0.0.{}|ada|GET|/api/npm/r/chalk|200|-1|17|3|"
    "npm",
    "alb": 'https 2025-09-08T13:20:{:02}.912345Z app/n/1 10.0.0.{}:80 - 0 0.1 0 200 200 34 17'
    ' "GET https://n.example:443/chalk/-/chalk-5.6.1.tgz HTTP/1.1" "npm/10" - - - "Root=1"',
    "combined": '10.0.0.{1} - - [08/Sep/2025:15:20:{0:02} +0200] "GET /chalk HTTP/1.1" 200 17 "-"'
    ' "pip/24.0 {{\\x22ci\\x22:true}}"',
    "forwarded": '10.0.0.{1} - a [08/Sep/2025:15:20:{0:02} +0200] "GET /chalk HTTP/1.1" 200 17 "-"'
    ' "npm/10" "-"',
    "common": '10.0.0.{1} - - [08/Sep/2025:15:20:{0:02} +0200] "GET /chalk HTTP/1.1" 200 17'}


def rows(body: bytes, path: Path, wholesale: Columns | None) -> tuple[list[dict[str, Any]], Tally]:
    tally = Tally()
    write(path, scan(io.BytesIO(body), tally, wholesale=wholesale))
    found = pq.read_table(path).drop(["event"]).to_pylist()
    return sorted(found, key=lambda row: (row["line"], row["start"])), tally


def without_order(tally: Tally) -> dict[str, Any]:
    """The summary; of lines that were not read the places alone: a reason names the format of the
    lines around, of which the one way knows those before and the other its block."""
    said = summary(tally)
    return said | {"formats": sorted(said["formats"].items()),
                   "problems": [place for place, _ in said["problems"]]}


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
@given(st.sampled_from([LINES, ALB, COMBINED, COMMON]).flatmap(lambda lines: st.lists(
    lines | st.sampled_from(["", "noise", "x" * 300, "\u2028", "a\x00b", "a\rb"]), max_size=12)),
    st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_any_lines_give_the_same_rows(tmp_path: Path, lines: list[str], ended: bool,
                                      end: str) -> None:
    same((end.join(lines) + end * ended).encode(), tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from([("artifactory", LINES), ("alb", ALB), ("combined", COMBINED),
                        ("forwarded", COMBINED), ("common", COMMON)]).flatmap(
    lambda kind: st.tuples(st.just(kind[0]), st.lists(kind[1], min_size=1, max_size=3))),
    st.sampled_from([b"", b"\n", b"\r", b"\r\n"]), st.sampled_from([b"\n", b"\r\n"]),
    st.sampled_from([bytes, gzip.compress]))
@example(("common", ['10.0.0.1 - - [08/Sep/2025:15:20:11 +0200] "GET /chalk" 200 17 HTTP/']), b"",
         b"\n", bytes)
@example(("combined", [USUAL["combined"].format(1, 1)]), b"", b"\r\n", gzip.compress)
def test_some_lines_among_usual_ones_give_the_same_rows(
        tmp_path: Path, some: tuple[str, list[str]], last: bytes, end: bytes,
        pack: Callable[[bytes], bytes]) -> None:
    """Where most lines fit, the others are held against columns too."""
    usual = [USUAL[some[0]].format(n, n) for n in range(7)]
    same(pack(end.join(line.encode() for line in [*usual[:4], *some[1], *usual[4:]]) + last),
         tmp_path)


@pytest.mark.parametrize("shape", USUAL)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_usual_lines_are_read_at_once(shape: str, end: str, tmp_path: Path) -> None:
    lines = [USUAL[shape].format(n, n) for n in range(60)]
    body = end.join([*lines, ""]).encode()
    taken = Columns().take(Block(1, 0, body), None)
    assert taken is not None
    assert (len(taken.rows), list(taken.rest)) == (60, [])
    lines[7:7] = ["caf\u00e9", lines[7] + "\x00", "\tx", "x" * (3 << 20)]
    broken = end.join([*lines, lines[0], *[""][:len(end) - 1]]).encode()
    taken = Columns().take(Block(1, 0, broken), None)
    assert taken is not None
    assert len(taken.rest) in (4, 5)
    assert same(broken, tmp_path) >= 61


@pytest.mark.parametrize("split", SPLITS, ids=lambda s: f"{s.name}-{len(s.plain)}")
def test_a_shape_is_known_to_its_format_alone(split: Split) -> None:
    line = split.line(split.plain)
    known = [f.name for f in LINE_FORMATS if f.reader(Context())(line) is not None]
    assert known == [split.name]
    assert peel(line) is None


def test_a_large_log_gives_the_same_rows_over_several_blocks(tmp_path: Path) -> None:
    line = "2025-09-08T13:{:02}:{:02}.465Z|t|10.0.0.{}|ada|GET|/api/npm/r/p{}|200|-1|{}|3|npm/10"
    lines = [line.format(n // 600, n // 10 % 60, n % 250, n % 99, n) for n in range(30_000)]
    lines[7777:7778] = ["noise", "caf\u00e9"]
    assert same(("\n".join(lines) * 3).encode(), tmp_path) > 80_000


@pytest.mark.parametrize("body", [b"\r\n", b"\n\n", b"", b"a\x00b\n", b"\xff\n"])
def test_blocks_of_anything_else_are_left_to_the_line_reader(body: bytes, tmp_path: Path) -> None:
    assert same(body, tmp_path) == 0


def test_forwarded_addresses_are_seen_by_the_reader_of_lines(tmp_path: Path) -> None:
    """Whether they are believed is decided there, and how many are not is counted there."""
    line = USUAL["forwarded"]
    body = "\n".join(line.format(n, n)[:-3] + f'"203.0.113.{n}"' for n in range(60)).encode()
    assert Columns().take(Block(1, 0, body), None) is None
    _, tally = rows(body, tmp_path / "t.parquet", Columns())
    assert tally.forwarded == 60


@pytest.mark.parametrize(("most", "size"), [(3, 1 << 20), (1 << 20, 40)])
def test_readings_are_begun_anew_where_they_are_too_many(
        most: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_MOST", most)
    monkeypatch.setattr(known, "_SIZE", size)
    monkeypatch.setattr(known, "_FEW", 2)
    line = "2025-09-08T13:20:11.465Z|t|10.0.0.{}|ada|GET|/api/npm/r/p{}|{}|-1|{}|3|npm/10"
    lines = [line.format(n % 7, n % 11, 304 if n % 5 else 200, n) for n in range(300)]
    lines[40::70] = ["noise", lines[0].replace("|GET|", "|get|"), *lines[1:3]]
    body = "\n".join(lines).encode()
    by_line, _ = rows(body, tmp_path / "lines.parquet", None)
    by_column, _ = rows(body, tmp_path / "columns.parquet", Columns(block=1500))
    assert by_column == by_line


def test_readings_are_kept_within_bounds() -> None:
    held = known.Known(("user",))
    held.learn([b"a", b"b"], [("ada",), None])
    columns, fits = held.columns(pa.array([1, 0, None], pa.int32()))
    assert columns["user"].to_pylist() == [None, "ada", None]
    assert fits.to_pylist() == [False, True, False]
    assert not held.full
    held.learn([b"x" * (17 << 20)], [("bob",)])
    assert held.full
