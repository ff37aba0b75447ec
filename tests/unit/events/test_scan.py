"""A log is read line by line; what is not read is said, with its line and its reason."""

import io
from datetime import timedelta, timezone
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import WrongUsage
from regforensics.events.scan import Row, Tally, looks_like_log, scan
from regforensics.events.zones import zone_named

PROXY = ("2025-09-08T{clock}.000Z|t|10.0.0.1|ada|GET|/api/npm/r/chalk/-/chalk-5.6.1.tgz|200|-1|"
         "43210|600|npm/10.8.2 node/v20")
SERVER = ('203.0.113.9 - - [08/Sep/2025:15:20:11 +0200] "GET /chalk/-/chalk-5.6.1.tgz HTTP/1.1"'
          ' 200 43210 "-" "npm/10"')
OLD = "20250908152011|5|REQUEST|10.0.0.1|ada|GET|/api/npm/r/chalk/-/chalk-5.6.1.tgz|HTTP/1.1|200|9"


def file(data: bytes) -> BinaryIO:
    return io.BytesIO(data)


def scanned(*lines: str, zone: str | None = None, form: str | None = None,
            ) -> tuple[list[Row], Tally]:
    tally = Tally()
    with file("\n".join(lines).encode("utf-8", "surrogateescape")) as log:
        rows = [row for block in scan(log, tally, zone=zone_named(zone) if zone else None,
                                      form=form) for row in block]
    return rows, tally


def test_each_line_is_read_by_the_format_that_knows_it() -> None:
    rows, tally = scanned(PROXY.format(clock="13:20:11"), SERVER, "", "noise")
    assert [(r.number, r.start, r.format) for r in rows] == [
        (1, 0, "artifactory-request"), (2, 116, "combined")]
    assert (tally.lines, tally.events, tally.unparsed) == (4, 2, 1)
    assert dict(tally.formats) == {"artifactory-request": 1, "combined": 1, "unknown": 1}
    assert [(p.place, p.reason) for p in tally.problems] == [(
        "line 4", "no line of combined, as those around it are: there is no time in brackets; the"
        " last line, without its end: perhaps a part of one")]


def test_a_named_format_reads_no_other() -> None:
    rows, tally = scanned(PROXY.format(clock="13:20:11"), SERVER, form="combined")
    assert [r.number for r in rows] == [2]
    assert tally.unparsed == 1


def test_no_zone_is_assumed_in_silence() -> None:
    rows, tally = scanned(OLD)
    assert rows == []
    assert "--assume-zone" in tally.problems[0].reason
    rows, tally = scanned(OLD, zone="+02:00")
    at = rows[0].event.at
    assert at is not None
    assert (at.utc.hour, at.zone, tally.unparsed) == (13, "assumed", 0)


def test_zones_are_names_or_offsets() -> None:
    assert zone_named("-0330") == timezone(-timedelta(hours=3, minutes=30))
    assert str(zone_named("Europe/Berlin")) == "Europe/Berlin"
    for wrong in ("Mars/Olympus", "+25:00", "../../etc/passwd", "", "\0"):
        with pytest.raises(WrongUsage):
            zone_named(wrong)


def test_a_silence_longer_than_usual_is_told_and_a_usual_one_is_not() -> None:
    steady = [PROXY.format(clock=f"{h:02}:{m:02}:07") for h in range(6) for m in range(0, 60, 5)]
    _, tally = scanned(*steady)
    assert tally.silences() == ()
    _, tally = scanned(*steady, PROXY.format(clock="20:00:00"))
    silence, = tally.silences()
    assert (silence.after.hour, silence.after.minute, silence.before.hour) == (5, 55, 20)


def test_times_out_of_order_bound_the_log() -> None:
    _, tally = scanned(*(PROXY.format(clock=c) for c in ("13:00:09", "12:00:00", "13:00:01")))
    assert tally.span is not None
    assert [t.strftime("%H:%M:%S") for t in tally.span] == ["12:00:00", "13:00:09"]


@pytest.mark.parametrize(("data", "is_log"), [
    (SERVER.encode(), True), (b"noise\n" * 20 + SERVER.encode(), True), (b"noise", False),
    (b'{"name": "p"}', False), (b"", False), (b"PK\x03\x04", False), (b"\x1f\x8b\x08", False)])
def test_a_log_is_known_by_its_lines(data: bytes, is_log: bool) -> None:
    with file(data) as log:
        assert looks_like_log(log, "x") is is_log


@given(st.binary(max_size=300))
def test_any_bytes_are_counted_and_raise_nothing(data: bytes) -> None:
    tally = Tally()
    with file(data) as log:
        for _ in scan(log, tally):
            pass
    assert tally.unparsed <= tally.lines or tally.stopped
