"""Mixed files, wrapped lines, and what the two request logs are easily got wrong about."""

import time
from datetime import timedelta

import pytest

from regforensics.logs import LINE_FORMATS
from regforensics.logs.artifactory import response_length
from regforensics.logs.base import Context, Unparsed
from regforensics.logs.fields import address, address_and_port, outcome
from regforensics.logs.recognition import Recogniser
from regforensics.model.agents import agent
from regforensics.model.event import AccessEvent

PROXY = ("2025-09-08T13:20:11.912Z|t|10.0.0.1|ada|GET|/api/npm/r/chalk/-/chalk-5.6.1.tgz|200|-1|"
         "43210|600|npm/10.8.2 node/v20")
SERVER = ('203.0.113.9 - - [08/Sep/2025:15:20:11 +0200] "GET /chalk/-/chalk-5.6.1.tgz HTTP/1.1"'
          ' 200 43210 "-" "npm/10"')


def read(*lines: str) -> list[AccessEvent | None]:
    recogniser = Recogniser(LINE_FORMATS, Context())
    found = [recogniser.read(line).parsed for line in lines]
    return [f if isinstance(f, AccessEvent) else None for f in found]


def test_a_mixed_file_is_read_line_by_line() -> None:
    layers = [event.layer if event else None for event in read(PROXY, SERVER, "noise", PROXY)]
    assert layers == ["proxy", "server", None, "proxy"]


@pytest.mark.parametrize("line", [
    "<134>Sep  8 13:20:11 host nginx[12]: " + SERVER,
    "2025-09-08T13:20:11.000000000Z stdout F " + PROXY, "proxy_1  | " + SERVER,
    '{"log":"' + PROXY + '\\n","stream":"stdout","time":"2025-09-08T13:20:12Z"}',
    '{"MESSAGE":[' + ",".join(str(b) for b in SERVER.encode()) + "]}",
    '{"preview":false,"result":{"_raw":"' + PROXY + '"}}',
    '{"_source":{"event":{"original":"' + PROXY + '"}}}', "[/logs/request.log] - " + PROXY])
def test_wrappers_are_peeled(line: str) -> None:
    recogniser = Recogniser(LINE_FORMATS, Context())
    found = recogniser.read(line)
    assert isinstance(found.parsed, AccessEvent)
    assert found.parsed.package == "chalk"
    assert found.wrappers


def test_a_request_began_before_it_was_written() -> None:
    (event,) = read(PROXY)
    assert event is not None and event.at is not None and event.started is not None
    assert event.at.utc - event.started.utc == timedelta(milliseconds=600)


def test_the_server_s_own_fetches_are_nobody_s() -> None:
    own = PROXY.replace("|ada|", "|jffe@01ab|")
    assert [e.side for e in read(PROXY, own) if e] == ["client", "server"]


def test_a_user_agent_may_hold_anything() -> None:
    (event,) = read(PROXY.replace("npm/10.8.2 node/v20", 'x|200|1|2|3|"y" \x1b[31m'))
    assert event is not None
    assert event.user_agent == 'x|200|1|2|3|"y" \x1b[31m'
    assert event.status_code == 200


@pytest.mark.parametrize(("method", "first", "second", "length", "sure"), [
    ("GET", -1, 43210, 43210, True), ("GET", 43210, -1, 43210, True), ("GET", 2, 0, 2, True),
    ("PUT", 500, 0, 0, True), ("GET", 10, 20, 20, False), ("GET", -1, -1, None, True)])
def test_the_response_s_length(method: str, first: int, second: int, length: int | None,
                               sure: bool) -> None:
    found, doubt = response_length(method, first, second)
    assert (found, doubt is None) == (length, sure)


def test_a_forged_status_in_the_path_is_no_status() -> None:
    forged = SERVER.replace("/chalk/-/chalk-5.6.1.tgz", '/x" 200 5 "')
    (event,) = read(forged.replace(" 200 43210 ", " 404 12 "))
    assert event is not None
    assert (event.status_code, event.outcome, event.user_agent) == (None, "unknown", None)
    assert any("ambiguous quoting" in doubt for doubt in event.doubts)


def test_a_request_without_a_protocol_is_believed_where_no_other_end_is_possible() -> None:
    (event,) = read(SERVER.replace(" HTTP/1.1", ""))
    assert event is not None
    assert (event.status_code, event.user_agent, event.doubts) == (200, "npm/10", ())


NEXUS = ('192.0.2.80 - ada [08/Sep/2025:15:20:11 +0200] "GET {} HTTP/1.1" 404 - 12 5 "npm/10"'
         ' [qtp1]')


def test_a_forged_status_in_a_log_without_escapes_is_no_status() -> None:
    (event,) = read(NEXUS.format('/x" 200 - 5 6 "'))
    assert event is not None
    assert (event.status_code, event.outcome, event.user_agent) == (None, "unknown", None)
    (plain,) = read(NEXUS.format("/repository/r/chalk"))
    assert plain is not None
    assert (plain.status_code, plain.user_agent, plain.doubts) == (404, "npm/10", ())


def test_a_line_of_three_megabytes_is_said_and_not_parsed() -> None:
    found = Recogniser(LINE_FORMATS, Context()).read("a" * 3_000_000)
    assert isinstance(found.parsed, Unparsed)


@pytest.mark.parametrize(("shown", "value"), [
    ("10.0.0.1", "10.0.0.1"), ("10.0.0.1:443", "10.0.0.1"), ("[2001:db8::1]:443", "2001:db8::1"),
    ("::ffff:10.0.0.1", "10.0.0.1"), ("0:0:0:0:0:0:0:1", "::1"), ("/127.0.0.1:50920", "127.0.0.1"),
    ("fe80::1%eth0", "fe80::1"), ("718.200.380.426", None), ("127:0:0:1", None), ("-", None),
    ("codeartifact.example", None), ("private", None)])
def test_addresses(shown: str, value: str | None) -> None:
    assert address(shown).value == value


def test_an_address_with_a_bare_port_after_it() -> None:
    assert address_and_port("2001:db8::1:443").value == "2001:db8::1"
    assert address_and_port("10.0.0.1:1").value == "10.0.0.1"


@pytest.mark.parametrize(("status", "size", "method", "word"), [
    (200, 5, "GET", "transferred"), (200, 0, "GET", "unknown"), (206, 5, "GET", "partial"),
    (304, 0, "GET", "already had it"), (302, 0, "GET", "pointed elsewhere"),
    (403, 5, "GET", "refused"), (404, 5, "GET", "absent"), (502, 5, "GET", "failed"),
    (499, 5, "GET", "abandoned"), (None, None, "GET", "unknown"), (200, 9, "HEAD", "unknown"),
    (201, 5, "PUT", "accepted"), (204, 0, "DELETE", "accepted"), (404, 5, "DELETE", "refused"),
    (409, 5, "PUT", "refused"), (502, 5, "POST", "failed"), (499, 0, "PUT", "unknown"),
    (307, 0, "PUT", "unknown"), (None, 5, "PUT", "unknown")])
def test_outcomes(status: int | None, size: int | None, method: str, word: str) -> None:
    assert outcome(status, size, method=method) == word


@pytest.mark.parametrize(("shown", "kind", "name"), [
    ("npm/10.8.2 node/v20.17.0 linux x64 workspaces/false ci/github-actions", "installer", "npm"),
    ("yarn/1.22.22 npm/? node/v18 linux x64", "installer", "yarn"),
    ("pnpm/9.1.0 npm/? node/v20 linux x64", "installer", "pnpm"),
    ('pip/24.0 {"ci":true}', "installer", "pip"), ("uv/0.4.1 {}", "installer", "uv"),
    ("npm (verdaccio/3.13.1)", "mirror or proxy", "verdaccio"),
    ("Artifactory/7.46.10 74610900", "mirror or proxy", "artifactory"),
    ("bandersnatch/2.2.1 (cpython)", "mirror or proxy", "bandersnatch"),
    ("RenovateBot/37", "bot or scanner", "renovate"), ("curl/8.0", "tool", "a generic HTTP client"),
    ("Mozilla/5.0", "browser", "a browser"), ("twine/4.0.2 CPython/3.9.16", "publisher", "twine"),
    (None, "unknown", "none stated"), ("zzz", "unknown", "unknown")])
def test_agents(shown: str | None, kind: str, name: str) -> None:
    found = agent(shown)
    assert (found.kind, found.name) == (kind, name)


def test_an_agent_says_that_it_runs_in_ci_or_nothing() -> None:
    assert agent("npm/10 node/v20 ci/github-actions").ci == "github-actions"
    assert agent('pip/24.0 {"ci":true}').ci == "unnamed"
    assert agent('pip/24.0 {"ci":null}').ci is None


EDGE = ("#Fields: date time c-ip cs-method cs-uri-stem sc-status x-edge-location"
        " x-edge-result-type sc-bytes cs(User-Agent) x-edge-request-id")
CELLS = ("2025-09-08", "18:30:05", "192.0.2.12", "GET", "/chalk/-/chalk-5.6.1.tgz", "200", "FRA2",
         "Hit", "43900", "npm/10", "rr")


def test_rows_are_read_in_the_order_that_the_header_states() -> None:
    header, event = read(EDGE, "\t".join(CELLS))
    assert header is None and event is not None
    assert (event.layer, event.version, event.remote_addr, event.status_code, event.size) == (
        "cdn", "5.6.1", "192.0.2.12", 200, 43900)
    turned = EDGE.split(" ")[:1] + EDGE.split(" ")[:0:-1]
    _, event = read(" ".join(turned), "\t".join(CELLS[::-1]))
    assert event is not None
    assert (event.version, event.user_agent, event.key) == ("5.6.1", "npm/10", "rr")


def test_rows_above_any_header_are_read_in_the_oldest_order_alone() -> None:
    assert read("\t".join(CELLS)) == [None]


def test_a_row_that_is_cut_before_its_fields_are_through_is_not_read() -> None:
    recogniser = Recogniser(LINE_FORMATS, Context())
    recogniser.read(EDGE)
    found = recogniser.read("\t".join(CELLS[:5]))
    assert found.format == "cloudfront"
    assert isinstance(found.parsed, Unparsed)


@pytest.mark.parametrize("behind", ['\\"' * 32_000, '"\\"' + '\\"' * 32_000, "\\" * 64_001])
def test_a_quote_that_is_not_closed_costs_one_look_at_the_line(behind: str) -> None:
    start = time.process_time()
    event, = read(f'203.0.113.9 - - [08/Sep/2025:15:20:11 +0200] "GET /chalk HTTP/1.1" 200 1 "-" "'
                  f'{behind}')
    assert time.process_time() - start < 1
    assert event is not None
    assert event.user_agent is None
