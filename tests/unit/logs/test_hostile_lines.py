"""Log lines that are written to cost time or to end the reading; each is one line of many."""

import io
import time
from pathlib import Path

import pytest

from regforensics.events.scan import Tally, scan
from regforensics.logs.pypi_paths import file_name

LOGS = Path("fixtures/logs")
_SIZE = 200_000


def first_line(name: str) -> bytes:
    """A line of the format, as it is."""
    return (LOGS / f"{name}.log").read_bytes().split(b"\n")[0]


def read(name: str, line: bytes) -> tuple[int, int]:
    """(events, unparsed lines) of a good line and another behind it."""
    tally = Tally()
    found = sum(len(block) for block in scan(
        io.BytesIO(first_line(name) + b"\n" + line + b"\n"), tally))
    return found, tally.unparsed


OUTBOUND = b'[08/Sep/2025:15:20:01 +0000] bob "GET /x'
NEXUS = b'203.0.113.7 - bob [08/Sep/2025:15:20:01 +0000] "GET /x'
ACCESS = b"2025-09-08T15:20:01.000Z [ab] [ACCEPTED DOWNLOAD] npm-local:a"


@pytest.mark.parametrize(("name", "line"), [
    ("nexus-request", NEXUS + b'" 200 - 1381 "' * (_SIZE // 14) + b"\x01"),
    ("nexus-outbound", OUTBOUND + b'" 200 1 89 "' * (_SIZE // 12) + b"\x01"),
    ("artifactory-access", ACCESS + b" for" * (_SIZE // 4) + b"\x01"),
    ("artifactory-access", ACCESS + b" " * _SIZE + b"\x01"),
    ("artifactory-access", ACCESS + b" for bob" + b"/a [" * (_SIZE // 4) + b"\x01"),
    ("artifactory-access", ACCESS + b" for bob" + b" /" * (_SIZE // 2) + b" "),
    ("artifactory-access", ACCESS + b" for a/" * (_SIZE // 7) + b" x y")])
def test_a_line_that_fits_nowhere_takes_no_second(name: str, line: bytes) -> None:
    start = time.process_time()
    read(name, line)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("name", [
    "artifactory-traffic", "artifactory-request-out", "artifactory-6-request",
    "artifactory-request", "nexus-request", "nexus-outbound", "s3-access", "alb", "classic-elb",
    "cloudfront", "combined", "artifactory-access", "devpi", "verdaccio-pretty", "verdaccio",
    "okta", "cloudflare", "fastly", "cloudfront-json", "audit-events", "codeartifact"])
def test_a_number_of_any_length_ends_no_reading(name: str) -> None:
    lines = [line for line in (LOGS / f"{name}.log").read_bytes().split(b"\n")
             if line and not line.startswith(b"#")]
    line, at = lines[0], 0
    while at < len(line):
        end = at
        while line[end:end + 1].isdigit():
            end += 1
        if end > at:
            for digits in (400, 5000):
                read(name, line[:at] + b"9" * digits + line[end:])
        at = end + 1


def test_a_file_with_a_name_of_hyphens_takes_no_time() -> None:
    start = time.process_time()
    for end in (".tar.gz", ".exe", ".egg", ".whl"):
        for _ in range(10):
            assert file_name("a" + "-1.win" * 1300 + end, "b").version is None
            assert file_name("a" + "-" * 8000 + end, "b").version is None
    assert time.process_time() - start < 1.0
