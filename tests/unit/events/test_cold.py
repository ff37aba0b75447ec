"""What is asked of raw logs is what the ingested ones say."""

import gzip
import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import WrongUsage
from regforensics.events.cold import Asking
from regforensics.events.scan import Row, Tally, scan
from regforensics.model.event import AccessEvent
from regforensics.model.package import PackageRef

FIXTURES = Path(__file__).parents[3] / "fixtures/logs"
BODIES = {p.name: p.read_bytes() for p in [*FIXTURES.glob("*.log"), *FIXTURES.glob("documents/*")]
          if p.is_file()}


def ingested(body: bytes, name: str) -> Iterator[tuple[Row, AccessEvent]]:
    for rows in scan(io.BytesIO(body), Tally(), name=name):
        for row in rows:
            if isinstance(row.event, AccessEvent):
                yield row, row.event


def packages(body: bytes, name: str) -> set[PackageRef]:
    """Every package that can be asked for."""
    found = set()
    for _, event in ingested(body, name):
        with suppress(WrongUsage):
            asked = PackageRef.parse(f"{event.registry}:{event.package}")
            if (asked.full_name, asked.version) == (event.package, None):
                found.add(asked)
    return found


def same(body: bytes, package: PackageRef, name: str = "x.log") -> int:
    """Asserts that both ways agree; how many requests there are."""
    slow = [(row, event) for row, event in ingested(body, name)
            if (event.registry, event.package) == (package.registry, package.full_name)]
    quick = list(Asking(package).rows(io.BytesIO(body), name))
    assert quick == slow
    return len(slow)


@pytest.mark.parametrize("name", sorted(BODIES))
def test_every_format_gives_the_same_answer(name: str) -> None:
    body = BODIES[name]
    for package in packages(body, name):
        assert same(body, package, name) > 0
        assert same(gzip.compress(body), package, name) > 0
    assert not any(Asking(PackageRef.parse("npm:never-seen")).rows(io.BytesIO(body), name))


LINE = ("2025-09-08T13:20:11.465Z|t|10.0.0.1|ada|GET|{}|200|-1|17|3|npm/10",
        '10.0.0.1 - - [08/Sep/2025:15:20:11 +0200] "GET {} HTTP/1.1" 200 17 "-" "npm/10"',
        '{{"timestamp": "2025-09-08T13:20:11Z", "event_type": "download", "registry": "npm",'
        ' "package": "{}", "version": "1.0.0", "action": "download"}}')


def escaped(draw: Any, text: str) -> str:
    ways = st.sampled_from(["{}", "{}", "{}", "%{:02x}", "%{:02X}", "%25{:02x}", "\\u00{:02x}",
                            "\\x{:02x}", "\\u0025{:02x}", "upper"])
    return "".join(c if (way := draw(ways)) == "{}" else c.upper() if way == "upper"
                   else way.format(ord(c)) for c in text)


@given(st.data())
def test_any_spelling_gives_the_same_answer(data: st.DataObject) -> None:
    package = PackageRef.parse(data.draw(st.sampled_from(
        ["npm:chalk", "npm:@sv/kit", "pypi:ruamel.yaml", "npm:a.b_c~d"])))
    lines = []
    for _ in range(data.draw(st.integers(1, 6))):
        spelled = escaped(data.draw, data.draw(st.sampled_from(
            [package.full_name, package.full_name.replace("-", "_."), package.full_name + "2"])))
        path = data.draw(st.sampled_from([
            "/api/npm/r/{0}", "/api/npm/r/{0}/-/kit-1.0.0.tgz", "/simple/{0}/", "{0}", "/x",
            "/api/pypi/p/packages/packages/aa/bb/cc/{0}-1.0.tar.gz"])).format(spelled)
        lines.append(data.draw(st.sampled_from(LINE)).format(path))
        if data.draw(st.booleans()):
            lines[-1] = '{"MESSAGE": [' + ",".join(map(str, lines[-1].encode())) + "]}"
    same("\n".join(lines).encode(), package)


@pytest.mark.parametrize("noise", [b"\x00\xff\r", b"x" * (3 << 20), b"#", b"%", b"\\u00", b"{[",
                                   b"chalk", b"\n\n"])
def test_noise_between_moves_no_line(noise: bytes) -> None:
    line = LINE[0].format("/api/npm/r/chalk").encode()
    body = b"\n".join([line, noise, b"chalkboard" * 9, line, noise, line])
    assert same(body, PackageRef.parse("npm:chalk")) == 3
    rows = [row for row, _ in Asking(PackageRef.parse("npm:chalk")).rows(io.BytesIO(body), "")]
    assert [body[row.start:row.end] for row in rows] == [line] * 3
    assert [body.count(b"\n", 0, row.start) + 1 for row in rows] == [row.number for row in rows]


def test_a_line_that_cannot_be_read_is_told() -> None:
    asking = Asking(PackageRef.parse("npm:chalk"), "5.6.1")
    body = b"noise\nnoise about chalk\n" + LINE[0].format("/api/npm/r/chalk").encode()
    assert list(asking.rows(io.BytesIO(body), "")) == []
    assert [(one.place, one.reason) for one in asking.problems] == [("line 2", "no known format")]


@pytest.mark.parametrize("spelled", ["%E2%84%AAivy", "\u212aivy", "K%49VY", "kivy"])
def test_letters_beyond_ascii_are_folded_to_none(spelled: str) -> None:
    """KELVIN SIGN is no K: the index has no such project, and both ways of reading say so."""
    body = (f'10.0.0.1 - - [08/Sep/2025:15:20:01 +0000] "GET /simple/{spelled}/ HTTP/1.1"'
            ' 200 5 "-" "pip/24"\n').encode()
    package = PackageRef.parse("pypi:kivy")
    quick = [row.number for row, _ in Asking(package).rows(io.BytesIO(body), "x.log")]
    slow = [row.number for rows in scan(io.BytesIO(body), Tally()) for row in rows
            if isinstance(row.event, AccessEvent) and row.event.package == package.full_name]
    assert quick == slow == ([1] if spelled.isascii() and "%E2" not in spelled else [])
