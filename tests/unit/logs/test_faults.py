"""A broken line in the middle of a log: the reason is one of that format, and the rest is read."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.logs import LINE_FORMATS
from regforensics.logs.base import Context, LineFormat, Unparsed
from regforensics.logs.faults import fault
from regforensics.logs.recognition import Recogniser, events_of

FIXTURES = Path(__file__).parents[3] / "fixtures/logs"
NO_EVENTS = {"artifactory-6-request", "devpi", "kafka-notes", "splunk-rows"}  # without a zone, ever
each = pytest.mark.parametrize("form", [f for f in LINE_FORMATS if f.name not in NO_EVENTS],
                               ids=lambda f: f.name)
WORDS = {
    "artifactory-request": "5 fields between '|', where there are at least 11",
    "artifactory-traffic": "5 fields between '|', where there are at least 6",
    "artifactory-request-out": "5 fields between '|', where there are at least 10",
    "combined": "there is no status behind request in quotes",
    "nexus-request": "there is no status behind request in quotes",
    "alb": "field 9 (status) is 'ok'", "classic-elb": "field 8 (status) is 'ok'"}


def good(form: LineFormat) -> str:
    """A line of the format's sample that is an event."""
    reader = Recogniser((form,), Context())
    lines = (FIXTURES / f"{form.name}.log").read_bytes().decode("utf-8", "surrogateescape")
    return next(line for line in lines.split("\n")
                if line and events_of(reader.read(line).parsed))


@each
def test_a_line_cut_at_its_front_is_told_as_that_format(form: LineFormat) -> None:
    line = good(form)
    reader = Recogniser(LINE_FORMATS, Context())
    for header in (FIXTURES / f"{form.name}.log").read_bytes().decode("latin-1").split("\n")[:2]:
        reader.read(header)  # CloudFront's, which says what its columns are
    assert events_of(reader.read(line).parsed)
    found = reader.read(line[len(line) // 3 + 1:])
    assert isinstance(found.parsed, Unparsed)
    assert found.format is not None or f"no line of {form.name}," in found.parsed.reason
    assert events_of(reader.read(line).parsed), "the next line is read again"


@pytest.mark.parametrize(("name", "line"), [
    ("artifactory-request", "a1|10.0.0.1|ada|GET|/x"), ("artifactory-traffic", "1|2|3|4|5"),
    ("artifactory-request-out", "1|2|3|4|5"),
    ("combined", '10.0.0.1 - - [08/Sep/2025:13:20:00 +0000] "GET / HTTP/1.1" ok 5'),
    ("nexus-request", '10.0.0.1 - - [08/Sep/2025:13:20:00 +0000] "GET / HTTP/1.1" ok - 5 5'),
    ("alb", "https 2025-09-08T13:20:00.0Z app 1.2.3.4:5 - 0 0 0 ok - 1 2 \"GET / HTTP/1.1\" \"x\""),
    ("classic-elb", "2025-09-08T13:20:00.0Z app 1.2.3.4:5 - 0 0 0 ok - 1 2 \"GET / HTTP/1.1\"")])
def test_what_is_wrong_is_said_by_field(name: str, line: str) -> None:
    assert fault(name, line) == WORDS[name]


@pytest.mark.parametrize(("line", "words"), [
    ("{", "it is no JSON:"), ("x{}", "it begins with 'x'"), ("{}", "other members: none"),
    ('{"a":1,"b":2}', "other members: 'a', 'b'")])
def test_json_formats_say_what_is_no_json(line: str, words: str) -> None:
    assert words in fault("okta", line)


def test_the_first_line_of_nothing_known_is_of_no_known_format() -> None:
    parsed = Recogniser(LINE_FORMATS, Context()).read("noise").parsed
    assert parsed == Unparsed("no known format")


@given(st.sampled_from([f.name for f in LINE_FORMATS]), st.text(max_size=300))
def test_any_line_has_a_reason_of_one_line(name: str, line: str) -> None:
    told = fault(name, line)
    assert told and "\n" not in told and "\x1b" not in told and len(told) < 500


@pytest.mark.parametrize("hostile", ['"' * 200_000, "|" * 200_000, '[x] "\\' * 30_000,
                                     "{" * 200_000, " for " * 40_000, '"\\' * 100_000])
@pytest.mark.parametrize("name", [f.name for f in LINE_FORMATS])
def test_hostile_lines_take_no_time(name: str, hostile: str) -> None:
    began = time.process_time()
    fault(name, hostile)
    assert time.process_time() - began < 1
