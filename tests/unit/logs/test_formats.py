"""Each log format on a small file of its own: counts, one event field by field, a broken line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.logs import LINE_FORMATS
from regforensics.logs.base import Context, LineFormat, Unparsed
from regforensics.logs.recognition import Read, Recogniser, events_of
from regforensics.model.event import ACCOUNT_ACTIONS, AccountEvent

FIXTURES = Path(__file__).parents[3] / "fixtures/logs"
each = pytest.mark.parametrize("form", LINE_FORMATS, ids=lambda f: f.name)
# format: (events, unparsed, number of the line that is looked at, what its event holds)
EXPECTED: dict[str, tuple[int, int, int, dict[str, Any]]] = {
    "artifactory-request": (5, 2, 2, {
        "layer": "proxy", "moment": "end", "side": "client", "registry": "npm",
        "repo": "npm-remote", "package": "chalk", "version": "5.6.1",
        "filename": "chalk-5.6.1.tgz", "action": "download", "method": "GET", "status_code": 200,
        "outcome": "transferred", "size": 43210, "remote_addr": "10.20.30.41",
        "addr_kind": "forwarded", "user": "ada", "trace": "a1347a2e5ad0d45c",
        "user_agent": "npm/10.8.2 node/v20.17.0 linux x64 workspaces/false", "doubts": ()}),
    "combined": (6, 2, 2, {
        "layer": "server", "registry": "npm", "package": "@babel/core", "version": "7.0.0",
        "filename": "core-7.0.0.tgz", "action": "download", "method": "GET", "status_code": 206,
        "outcome": "partial", "size": 100, "size_kind": "body", "remote_addr": "203.0.113.10",
        "chain": ("10.0.0.2", "10.0.0.1"), "user": "bob",
        "user_agent": "pnpm/9.1.0 npm/? node/v20 linux x64"}),
    "artifactory-access": (3, 1, 3, {
        "layer": "audit", "moment": "decision", "outcome": "refused", "user": "eve",
        "remote_addr": "10.20.30.43", "package": "@s/name", "version": "1.0.0",
        "repo": "npm-local", "event_type": "DOWNLOAD", "side": "client"}),
    "artifactory-request-out": (2, 1, 1, {
        "layer": "proxy", "side": "server", "source": "upstream", "package": "chalk",
        "version": "5.6.1", "repo": "npm-remote", "remote_addr": None, "size": 43210,
        "outcome": "transferred", "user_agent": None}),
    "artifactory-traffic": (1, 2, 1, {
        "package": "chalk", "version": "5.6.1", "repo": "npm-remote-cache", "size": 43210,
        "action": "download", "outcome": "transferred", "remote_addr": "10.20.30.41"}),
    "artifactory-6-request": (0, 3, 0, {}),
    "artifactory-router": (1, 1, 1, {
        "package": "chalk", "version": "5.6.1", "repo": "npm-remote", "size": 43210,
        "size_kind": "body", "remote_addr": "10.20.30.41", "trace": "a1347a2e5ad0d45b",
        "user_agent": "npm/10.8.2 node/v20"}),
    "nexus-request": (3, 1, 1, {
        "layer": "proxy", "package": "@s/name", "version": "1.0.0", "repo": "npm-group",
        "size": 1381, "user": "ada", "remote_addr": "192.0.2.80", "side": "client",
        "user_agent": "npm/10.8.2 node/v20", "doubts": ()}),
    "nexus-outbound": (2, 1, 1, {
        "side": "server", "source": "upstream", "package": "chalk", "version": "5.6.1",
        "remote_addr": None, "size": 43210}),
    "nexus-audit": (2, 1, 1, {
        "layer": "audit", "event_type": "repository.asset.deleted", "action": "unpublish",
        "package": "chalk", "version": "5.6.1", "repo": "npm-hosted", "user": "ada",
        "remote_addr": "192.0.2.80"}),
    "verdaccio": (2, 2, 2, {
        "layer": "proxy", "side": "client", "package": "chalk", "version": "5.6.1", "user": "ada",
        "remote_addr": "10.0.0.1", "chain": ("10.20.141.15",), "size": 43210,
        "user_agent": "npm/10.8.2 node/v20"}),
    "alb": (2, 2, 1, {
        "layer": "balancer", "package": "chalk", "version": "5.6.1", "repo": "npm-group",
        "size": 43366, "size_kind": "with headers", "remote_addr": "203.0.113.9", "user": None,
        "trace": "Root=1-58337262-36d228ad5d99923122bbe354"}),
    "classic-elb": (2, 1, 2, {
        "layer": "balancer", "package": "six", "version": "1.16.0", "user_agent": None,
        "action": "download"}),
    "cloudfront": (2, 1, 3, {
        "layer": "cdn", "package": "@s/name", "version": "1.0.0+b", "source": "cache",
        "user_agent": "npm/10.8.2 node/v20", "key": "REQ1==", "chain": ("10.0.0.9",)}),
    "cloudfront-json": (2, 1, 1, {
        "layer": "cdn", "package": "chalk", "version": "5.6.1", "source": "upstream",
        "key": "REQ3==", "remote_addr": "203.0.113.9"}),
    "audit-events": (3, 1, 2, {
        "layer": "proxy", "registry": "pypi", "package": "six", "version": "1.16.0",
        "source": "cache", "remote_addr": "10.20.30.42", "status_code": 200, "size": 34041}),
    "okta": (3, 1, 1, {
        "actor": "ada@corp.example", "what": "sign-in", "event_type": "user.session.start",
        "done": "success", "remote_addr": "203.0.113.77", "asn": 64501,
        "chain": ("203.0.113.77", "198.51.100.4"), "place": "Lisbon, Lisboa, Portugal",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64)", "target": "Okta Dashboard",
        "session": "idx-1", "key": "11111111-aaaa-4bbb-8ccc-000000000001", "doubts": ()}),
    "github-audit": (3, 1, 1, {
        "actor": "ada", "what": "publish", "event_type": "packages.package_version_published",
        "done": "success", "remote_addr": "203.0.113.77", "place": "PT", "package": "app",
        "version": "1.0.1", "user_agent": "npm/10.8.2 node/v20", "key": "doc-1",
        "session": "dG9rZW4taGFzaA==", "target": "corp/app", "doubts": ()}),
    "entra": (3, 1, 1, {
        "actor": "ada@corp.example", "what": "sign-in", "event_type": "SignInLogs",
        "done": "success", "remote_addr": "203.0.113.77", "place": "Lisbon, Lisboa, PT",
        "asn": 64501, "user_agent": "Mozilla/5.0", "target": "Package registry", "key": "e-1",
        "doubts": ()}),
    "google-workspace": (3, 1, 1, {
        "actor": "ada@corp.example", "what": "sign-in", "event_type": "login_success",
        "done": "success", "remote_addr": "2001:db8::77", "doubts": (),
        "key": "2025-09-08T12:58:41.120Z/-5123456789012345678/login_success/0",
        "extra": {"application": "login", "parameter.login_type": "google_password",
                  "parameter.login_challenge_method": "password, passkey",
                  "parameter.is_suspicious": "true"}}),
    "codeartifact": (4, 1, 1, {
        "layer": "registry", "moment": "event", "event_type": "ReadFromRepository",
        "registry": "npm", "repo": "npm-store", "package": "@s/name", "version": "1.0.0",
        "filename": "name-1.0.0.tgz", "action": "download", "method": "GET", "size": None,
        "status_code": None, "outcome": "unknown", "remote_addr": "203.0.113.77",
        "addr_kind": "stated", "user": "arn:aws:sts::123456789012:assumed-role/dev/ada",
        "user_agent": "AWS Internal", "key": "ev-1"}),
    "artifact-registry": (2, 1, 1, {
        "layer": "registry", "registry": "npm", "repo": "npm-store", "package": "@s/name",
        "version": "1.0.0", "filename": "name-1.0.0.tgz", "action": "download",
        "user": "ci@corp.example", "remote_addr": "203.0.113.77", "outcome": "unknown",
        "user_agent": "npm/10.8.2 node/v20", "key": "in-1"}),
    "fastly": (2, 1, 1, {
        "layer": "cdn", "package": "chalk", "version": "5.6.1", "size": 43210, "status_code": 200,
        "outcome": "transferred", "remote_addr": "203.0.113.77", "source": "cache",
        "user_agent": "npm/10.8.2 node/v20", "moment": "end", "doubts": ()}),
    "cloudflare": (2, 1, 1, {
        "layer": "cdn", "package": "@s/name", "version": "1.0.0", "size": 43366,
        "size_kind": "with headers", "remote_addr": "203.0.113.77", "source": "cache",
        "key": "97bd1", "moment": "end", "doubts": ()}),
    "s3-access": (2, 1, 1, {
        "layer": "server", "side": "client", "package": "chalk", "version": "5.6.1",
        "size": 43210, "size_kind": "body", "remote_addr": "203.0.113.77", "user": None,
        "user_agent": "npm/10.8.2 node/v20", "key": "3E57427F3EXAMPLE", "moment": "start"}),
    "devpi": (0, 3, 0, {}),
    "verdaccio-pretty": (3, 0, 1, {
        "layer": "proxy", "side": "client", "package": "chalk", "version": "5.6.1", "user": "ada",
        "remote_addr": "10.0.0.1", "chain": ("10.20.141.15",), "size": 43210}),
    "npm-account-json": (2, 1, 1, {
        "what": "token", "event_type": "npm token created", "done": "success", "target": "7f31aa",
        "actor": None, "extra": {"token": "readonly: false"}}),
    "splunk-rows": (0, 1, 0, {}),
    "kafka-notes": (0, 0, 0, {}),
}


def lines(form: LineFormat) -> list[str]:
    body = (FIXTURES / f"{form.name}.log").read_bytes()
    return body.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")


def reads(form: LineFormat) -> Iterator[Read]:
    recogniser = Recogniser(LINE_FORMATS, Context(name=f"{form.name}.log"))
    return map(recogniser.read, lines(form))


@each
def test_a_file_of_it_is_read(form: LineFormat) -> None:
    events, unparsed, number, wanted = EXPECTED[form.name]
    found = list(reads(form))
    assert sum(len(events_of(r.parsed)) for r in found) == events
    assert sum(1 for r in found if isinstance(r.parsed, Unparsed)) == unparsed
    if not number:
        return
    assert found[number - 1].format == form.name
    event = events_of(found[number - 1].parsed)[0]
    assert {key: getattr(event, key) for key in wanted} == wanted
    assert event.at is not None or "the line states no time" in event.doubts


@each
def test_every_account_event_says_what_it_is_in_known_words(form: LineFormat) -> None:
    said = [event.what for found in reads(form) for event in events_of(found.parsed)
            if isinstance(event, AccountEvent)]
    assert set(said) <= set(ACCOUNT_ACTIONS)


@each
def test_no_line_of_another_format_is_taken_for_it(form: LineFormat) -> None:
    reader = form.reader(Context())
    others = [line for other in LINE_FORMATS if other is not form for line in lines(other)]
    assert [line for line in others if reader(line) is not None] == []


@each
@given(st.data())
def test_any_line_is_read_without_a_crash(form: LineFormat, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(lines(form)))
    cut = data.draw(st.integers(0, len(line)))
    noise = data.draw(st.text(max_size=20))
    form.reader(Context())(line[:cut] + noise + line[cut + len(noise):])
    form.reader(Context())(noise)
