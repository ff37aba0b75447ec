"""A line in a shipper's wrapper says what the bare line says, in every format."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.events.scan import Tally, scan
from regforensics.logs import LINE_FORMATS
from regforensics.logs.base import Context, Parsed
from regforensics.logs.recognition import Recogniser, events_of
from regforensics.model.event import Event

FIXTURES = Path(__file__).parents[2] / "fixtures/logs"
AT = "2025-09-08T13:20:12.123456789Z"


def firehose(*lines: str) -> str:
    return json.dumps({
        "messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s",
        "subscriptionFilters": ["x"], "logEvents": [
            {"id": str(n), "timestamp": 1757337602000, "message": line}
            for n, line in enumerate(lines)]})


WRAPPERS: dict[str, Callable[[str], str]] = {
    "CRI": lambda line: f"{AT} stdout F {line}",
    "syslog": lambda line: f"<134>Sep  8 13:20:11 web-1 nginx[12]: {line}",
    "syslog without priority": lambda line: f"Sep  8 13:20:11 web-1 nginx: {line}",
    "syslog 5424 time": lambda line: f"{AT} web-1 nginx[12]: {line}",
    "docker compose": lambda line: f"proxy_1  | {line}",
    "merged console": lambda line: f"[/logs/request.log] - {line}",
    "console consumer": lambda line: f"CreateTime:1757337611000\t{line}",
    "docker": lambda line: json.dumps({"log": line + "\n", "stream": "stdout", "time": AT}),
    "journald": lambda line: json.dumps({"MESSAGE": line, "__REALTIME_TIMESTAMP": "1"}),
    "journald in bytes": lambda line: json.dumps({"MESSAGE": list(line.encode())}),
    "Elastic": lambda line: json.dumps({"_source": {"event": {"original": line}}}),
    "Splunk": lambda line: json.dumps({"result": {"_raw": line}}),
    "Firehose": firehose}
_TABS = ("console consumer",)  # its own columns stand between tabs


def bare_lines() -> dict[str, str]:
    """One line of each format that is an event by itself."""
    found = {}
    for form in LINE_FORMATS:
        for line in (FIXTURES / f"{form.name}.log").read_text("utf-8").splitlines():
            reader = Recogniser(LINE_FORMATS, Context())
            if (read := reader.read(line)).format == form.name and told(read.parsed) \
                    and not read.wrappers:
                found[form.name] = line
                break
    return found


def told(parsed: Parsed) -> list[Event]:
    """The events, without what a wrapper adds of its own."""
    return [replace(event, key=None, doubts=tuple(
        doubt for doubt in event.doubts if "the record around it" not in doubt))
        for event in events_of(parsed)]


LINES = bare_lines()
COMBINED = ('203.0.113.{} - {} [08/Sep/2025:15:20:11 +0200] "GET /npm/chalk/-/chalk-5.6.1.tgz'
            ' HTTP/1.1" 200 43210 "-" "npm/10 {}"')


def test_nearly_every_format_has_a_line_that_stands_alone() -> None:
    assert len(LINES) > len(LINE_FORMATS) - 6
    assert {"combined", "nexus-request", "artifactory-request", "alb", "classic-elb",
            "s3-access", "artifactory-access"} <= set(LINES)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("form", LINES)
def test_wrapped_is_bare(form: str, wrapper: str) -> None:
    line = LINES[form]
    if wrapper in _TABS and "\t" in line:
        pytest.skip("tabs are the wrapper's own")
    bare = Recogniser(LINE_FORMATS, Context()).read(line)
    found = Recogniser(LINE_FORMATS, Context()).read(WRAPPERS[wrapper](line))
    assert found.format == form
    assert found.wrappers
    assert told(found.parsed) == told(bare.parsed)


@given(st.integers(0, 255), st.sampled_from(["-", "ada", "ada lovelace"]),
       st.text(st.characters(codec="ascii", exclude_characters='"\\\t\n\r\x0b\x0c\x1c\x1d\x1e'),
               max_size=20),
       st.lists(st.sampled_from(sorted(WRAPPERS.keys() - _TABS)), min_size=1, max_size=2))
def test_any_combined_line_in_any_wrappers_is_bare(host: int, user: str, agent: str,
                                                   wrappers: list[str]) -> None:
    line = COMBINED.format(host, user, agent)
    bare = told(Recogniser(LINE_FORMATS, Context()).read(line).parsed)
    for name in wrappers:
        line = WRAPPERS[name](line)
    assert told(Recogniser(LINE_FORMATS, Context()).read(line).parsed) == bare


def test_a_delivery_among_other_lines_gives_all_its_events() -> None:
    lines = [COMBINED.format(n, "-", "x") for n in range(4)]
    body = "\n".join([WRAPPERS["syslog"](lines[0]), firehose(*lines[1:])]).encode()
    tally = Tally()
    rows = [row for found in scan(io.BytesIO(body), tally) for row in found]
    assert (tally.lines, tally.events, tally.unparsed, tally.forwarded) == (2, 4, 0, 0)
    assert [row.event.remote_addr for row in rows] == [f"203.0.113.{n}" for n in range(4)]
    assert [row.number for row in rows] == [1, 2, 2, 2]


def test_a_delivery_of_which_a_record_is_none_says_so() -> None:
    line = COMBINED.format(1, "-", "x")
    read = Recogniser(LINE_FORMATS, Context()).read(firehose(line, "noise"))
    event, = events_of(read.parsed)
    assert "one of 2 records that stand in one line, 1 of which cannot be read" in event.doubts
    assert Recogniser(LINE_FORMATS, Context()).read(firehose("noise", "more")).format is None


@pytest.mark.parametrize("line", [
    COMBINED.format(1, "-", "x").replace("203", "web.example 203"),
    COMBINED.format(1, "-", "x").replace("203", "198.51.100.7, 203")])
def test_hosts_in_front_are_still_read(line: str) -> None:
    read = Recogniser(LINE_FORMATS, Context()).read(line)
    assert read.format == "combined"
    assert not read.wrappers
    assert told(read.parsed)[0].chain
