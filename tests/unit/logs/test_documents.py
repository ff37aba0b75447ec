"""Each document format on small files of its own: counts, spans, one event field by field."""

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.logs import DOCUMENT_FORMATS, LINE_FORMATS
from regforensics.logs.base import Context, DocumentFormat, Piece, Unparsed
from regforensics.logs.recognition import events_of
from regforensics.model.event import ACCOUNT_ACTIONS, AccountEvent, Event

FIXTURES = Path(__file__).parents[3] / "fixtures/logs"
# file: (format, events, unparsed, number of the event that is looked at, its span, what it holds)
EXPECTED: dict[str, tuple[str, int, int, int, tuple[bytes, bytes], dict[str, Any]]] = {
    "okta-array.json": ("json-records", 3, 0, 2, (b'{"uuid": "1', b'"none"}'), {
        "event_type": "system.org.rate_limit.warning", "at": None, "actor": None, "what": "other",
        "doubts": ("'2025-13-45T12:59:01.000Z' is no time",)}),
    "okta-events.json": ("json-records", 3, 0, 0, (b'{"uuid": "1', b'"false"}}}'), {
        "what": "sign-in", "actor": "ada@corp.example"}),
    "okta-pretty.json": ("json-records", 2, 0, 1, (b'{\n  "uuid"', b"}"), {
        "what": "factor", "done": "failure"}),
    "cloudtrail.json": ("json-records", 4, 1, 1, (b'{"userIdentity"', b'"ev-2"}'), {
        "what": "token", "event_type": "GetAuthorizationToken", "user_agent": "aws-cli/2.15",
        "done": "success", "session": "AIDA1"}),
    "lookup-events.json": ("json-records", 1, 0, 0, (b"{\n", b"}"), {
        "package": "@s/name", "version": "1.0.0", "key": "ev-1"}),
    "workspace-activities.json": ("json-records", 3, 1, 1, (b'{"kind": "admin', b"]}"), {
        "what": "factor", "event_type": "2sv_disable"}),
    "entra-graph.json": ("json-records", 2, 0, 1, (b'{"id": "e-2"', b"null}"), {
        "done": "failure", "remote_addr": "2001:db8::9"}),
    "cloudwatch-events.json": ("json-records", 1, 1, 0, (b'{"timestamp"', b"2}"), {
        "package": "chalk", "layer": "proxy"}),
    "firehose.json": ("json-records", 4, 0, 1, (b'{"id": "2"', b'10\\""}'), {
        "package": "chalk", "layer": "server"}),
    "elastic-hits.json": ("json-records", 2, 0, 0, (b'{"_id": "1"', b'"}}}'), {
        "package": "chalk", "layer": "server"}),
    "splunk-results.json": ("json-records", 3, 0, 0, (b'{"_time"', b'"}'), {
        "package": "chalk", "layer": "proxy"}),
    "splunk-export.csv": ("csv-export", 5, 1, 1, (b'"1","2025', b'"'), {
        "what": "sign-in", "actor": "ada@corp.example"}),
    "github-audit.csv": ("csv-export", 2, 1, 0, (b"org.add_member", b"d1"), {
        "what": "membership", "actor": "bob", "target": "eve", "remote_addr": "203.0.113.77",
        "key": "d1", "doubts": ()}),
    "entra-portal.csv": ("csv-export", 2, 0, 0, (b'"2025-09-08T12', b'registry"'), {
        "what": "sign-in", "actor": "ada@corp.example", "done": "success", "key": "e-1",
        "remote_addr": "203.0.113.77", "place": "Lisbon, Lisboa, PT", "doubts": ()}),
    "npm-token-box.txt": ("npm-account", 1, 1, 0, (b"\xe2\x94\x82 7f31aa", b"\xe2\x94\x82"), {
        "what": "token", "target": "7f31aa", "event_type": "npm token created"}),
    "npm-token-lines.txt": ("npm-account", 3, 0, 1, (b"Read only", b"2020-01-01"), {
        "what": "token", "target": "7f31ab", "extra": {"token": "Read only"}}),
    "npm-token-parseable.txt": ("npm-account", 1, 0, 0, (b"7f31aa\t", b"\t"), {
        "target": "7f31aa", "extra": {"token": "readonly: false"}}),
    "npm-profile.txt": ("npm-account", 1, 0, 0, (b"created: ", b"123Z"), {
        "what": "other", "event_type": "npm account created", "actor": "ada"}),
    "npm-profile-box.txt": ("npm-account", 1, 0, 0, (b"\xe2\x94\x82 created", b"\xe2\x94\x82"), {
        "event_type": "npm account created", "actor": "ada"}),
    "npm-owners.txt": ("npm-account", 0, 0, -1, (b"", b""), {}),
    "pypi-project-history.html": ("pypi-history", 6, 1, 0, (b"<tr>", b"</tr>"), {
        "what": "publish", "event_type": "Version 1.0.1 created", "actor": "ada",
        "package": "my-app", "version": "1.0.1", "place": "Lisbon, 11, PT", "remote_addr": None,
        "done": "success", "doubts": (),
        "extra": {"detail": "Added by: ada", "device": "Firefox (Linux)"}}),
    "pypi-account.html": ("pypi-history", 5, 0, 1, (b"<tr>", b"</tr>"), {
        "what": "sign-in", "done": "failure", "actor": "ada", "remote_addr": "203.0.113.77",
        "package": None}),
}
every = pytest.mark.parametrize("name", EXPECTED)


def body_of(name: str) -> bytes:
    return (FIXTURES / "documents" / name).read_bytes()


def recognised(body: bytes) -> DocumentFormat | None:
    return next((form for form in DOCUMENT_FORMATS if form.recognises(body[:1 << 16])), None)


def pieces(body: bytes) -> list[Piece]:
    form = recognised(body)
    return list(form.read(body, Context(name="handed-over"))) if form else []


def events(name: str) -> list[tuple[Piece, Event]]:
    return [(piece, event) for piece in pieces(body_of(name)) for event in events_of(piece.parsed)]


@every
def test_a_document_of_it_is_read(name: str) -> None:
    wanted_format, count, unparsed, number, (opening, closing), wanted = EXPECTED[name]
    body = body_of(name)
    form = recognised(body)
    assert form is not None and form.name == wanted_format
    assert sum(isinstance(p.parsed, Unparsed) for p in pieces(body)) == unparsed
    found = events(name)
    assert len(found) == count
    if number >= 0:
        piece, event = found[number]
        assert body[piece.start:piece.end].startswith(opening)
        assert body[piece.start:piece.end].endswith(closing)
        assert {key: getattr(event, key) for key in wanted} == wanted


@every
def test_pieces_stand_one_after_the_other(name: str) -> None:
    spans = [(piece.start, piece.end) for piece in pieces(body_of(name))]
    assert spans == sorted(spans)
    assert all(start < end for start, end in spans)
    assert all(end <= after for (_, end), (after, _) in pairwise(spans))


@every
def test_one_format_alone_recognises_it(name: str) -> None:
    assert [f.name for f in DOCUMENT_FORMATS if f.recognises(body_of(name))] == [EXPECTED[name][0]]


@every
def test_account_events_say_what_they_are_in_known_words(name: str) -> None:
    said = {event.what for _, event in events(name) if isinstance(event, AccountEvent)}
    assert said <= set(ACCOUNT_ACTIONS)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.log")), ids=lambda p: p.stem)
def test_a_file_of_lines_is_no_document(path: Path) -> None:
    assert recognised(path.read_bytes()[:1 << 16]) is None


@pytest.mark.parametrize("name", ["splunk-stats.csv", "splunk-stats.json"])
def test_an_export_of_counts_is_refused_with_what_to_ask_for(name: str) -> None:
    form = recognised(body_of(name))
    assert form is not None and form.name == "search-statistics"
    with pytest.raises(UnreadableInput, match="without the raw line"):
        list(form.read(body_of(name), Context(name=name)))


@pytest.mark.parametrize("head", [
    b"a,b\n1,2\n", b"day,count\n2025-01-01,3\n", b"{}", b"[]", b"[1,2]", b"", b"{", b'{"items":[',
    b'{"name":"left-pad","versions":{"1.0.0":{}},"time":{}}', b'{"info":{},"releases":{}}',
    b"<html><body>PyPI</body></html>", b"ada\nbob\n", b"name: ada\nversion: 1\n",
    b'{"actor":{"email":"a@b.example"},"id":{"applicationName":"login"},"events":[{}]}\n'])
def test_what_is_no_log_is_not_recognised(head: bytes) -> None:
    assert recognised(head) is None


def test_a_document_that_breaks_off_gives_what_stands_before_the_break() -> None:
    body = body_of("okta-events.json")
    cut = body[:-20]
    found = pieces(cut)
    assert [isinstance(p.parsed, Unparsed) for p in found] == [False, False, True]
    assert found[-1].end == len(cut)


def test_a_page_tells_heading_and_detail_apart_where_they_disagree() -> None:
    (_, event) = events("pypi-project-history.html")[3]
    assert isinstance(event, AccountEvent)
    assert (event.what, event.event_type) == ("role", "core team removed as project maintainer")
    assert "the line below is what was recorded" in event.doubts[0]


def test_a_page_says_what_its_rows_are() -> None:
    found = [event for _, event in events("pypi-project-history.html")]
    assert [(e.what, e.actor, e.target, e.version) for e in found
            if isinstance(e, AccountEvent)] == [
        ("publish", "ada", None, "1.0.1"),
        ("publish", "OpenID created token", "my_app-1.0.1.tar.gz", "1.0.1"),
        ("role", "ada", "eve", None), ("role", "ada", "core", None),
        ("token", "ada", "ci & <b>", None), ("other", None, None, None)]
    assert [e.remote_addr for e in found] == [
        None, "203.0.113.77", None, None, "203.0.113.77", None]
    assert found[4].at is None and found[4].doubts == ("'2025-13-08T12:59:00+0000' is no time",)


def test_an_account_page_says_what_its_rows_are() -> None:
    found = [event for _, event in events("pypi-account.html")]
    assert [e.what for e in found if isinstance(e, AccountEvent)] == [
        "sign-in", "sign-in", "token", "factor", "email"]


def test_a_damaged_row_is_read_and_said_to_be_damaged() -> None:
    (_, event) = events("splunk-export.csv")[4]
    assert event.doubts == ("the row's inner quotes are not doubled: it was split where the header"
                            " says",)


def test_a_time_of_unknown_order_is_no_time() -> None:
    (_, event) = events("entra-portal.csv")[1]
    assert event.at is None
    assert event.doubts == ("'01/09/2025 09:41:00' is no time",)


@every
@given(st.data())
def test_any_bytes_are_read_without_a_crash(name: str, data: st.DataObject) -> None:
    body = body_of(name)
    at = data.draw(st.integers(0, len(body)))
    noise = data.draw(st.binary(max_size=20))
    damaged = body[:at] + noise + body[at + data.draw(st.integers(0, 40)):]
    form = next(f for f in DOCUMENT_FORMATS if f.name == EXPECTED[name][0])
    form.recognises(damaged)
    found = list(form.read(damaged, Context()))
    assert all(0 <= p.start <= p.end <= len(damaged) for p in found)


@pytest.mark.parametrize("form", DOCUMENT_FORMATS, ids=lambda f: f.name)
@pytest.mark.parametrize("hostile", [
    b"<table class=table--security-logs>" + b"<tr><td" * 100_000,
    b"<table class=table--security-logs>" + b"<a \"<b '" * 100_000, b"<!--" * 200_000,
    b"<table class=table--security-logs>" + b"<tr><td><strong>version " * 50_000,
    b"[" * 500_000, b'{"events":[' * 50_000, b'{"a":' * 100_000, b'[{"eventType":"' * 50_000,
    b'[' + b'{"eventType":1,"published":[' * 30_000, b"\xff" * 500_000,
    b"_raw,b\n" + b'"x\n' * 150_000, b"_raw,b\n" + b'"""x\n' * 100_000, b"_raw," + b"," * 500_000,
    b"_raw,b\n" + b'"a"b","' * 80_000, b"name: a\ntwo-factor auth: " + b"\x1b[" * 200_000,
    "│".encode() * 150_000, b"key\ttoken\tcreated\treadonly\tCIDR whitelist\n" + b"\t" * 400_000])
def test_hostile_documents_take_no_time(form: DocumentFormat, hostile: bytes) -> None:
    began = time.process_time()
    form.recognises(hostile[:1 << 16])
    try:
        for _ in form.read(hostile, Context()):
            pass
    except UnreadableInput:
        pass
    assert time.process_time() - began < 3


def test_the_formats_have_names_of_their_own() -> None:
    names = [*(f.name for f in LINE_FORMATS), *(f.name for f in DOCUMENT_FORMATS)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("heading", "what", "version"), [
    ("Version 1.0 yanked", "yank", "1.0"), ("Version 1.0 unyanked", "yank", "1.0"),
    ("Version 1.0 removed", "unpublish", "1.0"), ("Release version 1.0 created", "publish", "1.0"),
    ("File removed from version 2.0rc1", "unpublish", "2.0rc1"),
    ("bob changed to project maintainer", "role", None),
    ("Revoked invitation for bob to join as project owner", "role", None),
    ("Trusted publisher added to project", "publisher", None),
    ("Short-lived API token created", "token", None), ("2FA requirement enabled", "policy", None),
    ("Recovery codes regenerated", "factor", None), ("Password successfully changed", "password",
                                                     None),
    ("Project archived", "other", None), ("account:api_token:removed_leak", "token", None),
    ("project:release:yank", "yank", None), ("Version <b>9</b>", "other", "9")])
def test_headings_of_the_history_page(heading: str, what: str, version: str | None) -> None:
    page = (f"<html><table class='x table--security-logs'><tr><td><strong>{heading}</strong></td>"
            "<td><time datetime='2025-09-08T13:20:11+0000'>x</time></td><td>IP address</td></tr>")
    (piece,) = pieces(page.encode())
    assert isinstance(piece.parsed, AccountEvent)
    assert (piece.parsed.what, piece.parsed.version) == (what, version)
