"""Rows of JSON whose members are not what the vendor says, and what one row has to say."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.logs import LINE_FORMATS
from regforensics.logs.base import Context, Skipped, Unparsed
from regforensics.logs.recognition import Recogniser, events_of
from regforensics.logs.tables import CsvExport
from regforensics.logs.times import iso
from regforensics.model.event import ACCOUNT_ACTIONS, AccessEvent, AccountEvent, Event

FIXTURES = Path(__file__).parents[3] / "fixtures/logs"
JSON_FORMATS = ("okta", "github-audit", "entra", "google-workspace", "codeartifact",
                "artifact-registry", "fastly", "cloudflare", "npm-account-json", "audit-events",
                "verdaccio", "nexus-audit", "cloudfront-json")
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
    st.sampled_from(["", "-", "null", "9999-12-31T23:59:59-23:59", "2025-02-30T00:00:00Z", "\x00",
                     "\ud800", "=cmd()", "-1", 10 ** 30, -1, 1e308, 0, "9" * 5000, [[]], [{}]]),
    st.lists(st.none(), max_size=2), st.dictionaries(st.text(max_size=3), st.none(), max_size=2))


def first_row(name: str) -> dict[str, Any]:
    line = (FIXTURES / f"{name}.log").read_text("utf-8").split("\n")[0]
    found = json.loads(line[line.index("{"):])
    assert isinstance(found, dict)
    return found


def read(*lines: str) -> tuple[Event, ...]:
    recogniser = Recogniser(LINE_FORMATS, Context())
    return tuple(e for line in lines for e in events_of(recogniser.read(line).parsed))


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(
        value, list) else ()
    return [path, *(place for key, below in inner for place in places(below, (*path, key)))]


@pytest.mark.parametrize("name", JSON_FORMATS)
@given(st.data())
def test_odd_members_never_crash(name: str, data: st.DataObject) -> None:
    row = first_row(name)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(row)[1:]))
        holder: Any = row
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = deepcopy(data.draw(ODD))
    for event in read(json.dumps(row)):
        assert event.at is None or event.at.utc.utcoffset() is not None
        if isinstance(event, AccountEvent):
            assert event.what in ACCOUNT_ACTIONS
            assert all(isinstance(text, str | None) for text in (
                event.actor, event.event_type, event.remote_addr, event.key, event.target))


def test_a_row_with_bytes_that_are_no_text_is_not_hidden_by_them() -> None:
    line = json.dumps(first_row("okta")).replace("Mozilla", "\udcff")
    (event,) = read(line)
    assert isinstance(event, AccountEvent)
    assert event.what == "sign-in"


def test_a_call_about_several_versions_is_an_event_for_each() -> None:
    line = (FIXTURES / "codeartifact.log").read_text("utf-8").split("\n")[2]
    found = read(line)
    assert [(e.version, e.key, e.action, e.outcome) for e in found if isinstance(e, AccessEvent)
            ] == [("5.6.1", "ev-3/5.6.1", "unpublish", "refused"),
                  ("5.6.2", "ev-3/5.6.2", "unpublish", "refused")]
    assert all("is no network address" in " ".join(e.doubts) for e in found)


def test_devpi_is_read_in_the_zone_that_the_user_states() -> None:
    zone = iso("2025-01-01T00:00:00+02:00").utc.astimezone().tzinfo
    recogniser = Recogniser(LINE_FORMATS, Context(zone=zone))
    lines = (FIXTURES / "devpi.log").read_text("utf-8").split("\n")
    first, second, third, _ = [recogniser.read(line).parsed for line in lines[:4]]
    assert isinstance(first, AccessEvent) and isinstance(second, AccessEvent)
    assert (first.package, first.action, second.version) == ("six", "metadata", "1.16.0")
    assert first.at is not None and first.at.zone == "assumed"
    assert isinstance(third, Skipped)


@pytest.mark.parametrize(("ahead", "doubted"), [(0, False), (299, False), (4000, True)])
def test_a_record_of_kafka_is_known_by_its_place(ahead: int, doubted: bool) -> None:
    inner = (FIXTURES / "audit-events.log").read_text("utf-8").split("\n")[1]
    (alone,) = read(inner)
    assert alone.at is not None
    (event,) = read(json.dumps({
        "topic": "events", "partition": 1, "offset": 7, "tstype": "create", "broker": -1,
        "ts": int(alone.at.utc.timestamp() + ahead) * 1000, "headers": [], "key": "six",
        "payload": inner}))
    assert event.key == "events/1/7"
    assert ("s apart from the time" in " ".join(event.doubts)) == doubted


def test_a_byte_order_mark_hides_no_line() -> None:
    assert len(read("\ufeff" + json.dumps(first_row("okta")))) == 1


@given(st.text(max_size=60), st.sampled_from(['{"_raw":%s}', '{"message":%s}', '{"log":%s}', "%s"]))
def test_any_record_is_read_without_a_crash(text: str, around: str) -> None:
    read(around % json.dumps(text), text)


def test_merged_lines_are_events_of_their_own() -> None:
    line = ('203.0.113.9 - - [08/Sep/2025:15:20:11 +0200] "GET /chalk/-/chalk-5.6.1.tgz HTTP/1.1"'
            ' 200 43210 "-" "npm/10"')
    found = read(json.dumps({"_raw": f"{line}\n{line.replace('203.0.113.9', '203.0.113.8')}"}))
    assert [e.remote_addr for e in found] == ["203.0.113.9", "203.0.113.8"]
    assert {e.doubts for e in found} == {("one of 2 lines that stand in one record",)}
    (event,) = read(json.dumps({"_raw": f"Traceback:\n{line}"}))
    assert event.doubts == ("one of 2 lines that stand in one record, 1 of which cannot be read",)


@pytest.mark.parametrize(("action", "what", "done"), [
    ("personal_access_token.create", "token", "success"), ("org.update_member", "privilege",
                                                           "success"),
    ("user.failed_login", "sign-in", "failure"), ("repo.create", "other", "success"),
    ("packages.package_version_deleted", "unpublish", "success")])
def test_github_actions(action: str, what: str, done: str) -> None:
    (event,) = read(json.dumps({"action": action, "actor": "a", "created_at": 1757337000000}))
    assert isinstance(event, AccountEvent)
    assert (event.what, event.done) == (what, done)


@pytest.mark.parametrize(("kind", "what"), [
    ("user.mfa.factor.reset_all", "factor"), ("user.account.update_password", "password"),
    ("user.account.update_primary_email", "email"), ("system.api_token.create", "token"),
    ("user.account.privilege.grant", "privilege"), ("user.session.access_admin_app", "privilege"),
    ("user.session.end", "sign-out"), ("group.user_membership.add", "membership"),
    ("system.org.rate_limit.violation", "other")])
def test_okta_event_types(kind: str, what: str) -> None:
    (event,) = read(json.dumps({"eventType": kind, "published": "2025-09-08T12:00:00.000Z"}))
    assert isinstance(event, AccountEvent)
    assert event.what == what


@pytest.mark.parametrize("line", [
    '{"action":"delete","actor":"a","created_at":1757337000000}',
    '{"eventType":{},"published":"x"}',
    '{"id":{"a":1},"actor":{},"events":[]}', '{"status":200,"url":"/x"}',
    '{"createdDateTime":"2025-01-01T00:00:00Z","ipAddress":"x"}', '["eventType","published"]'])
def test_what_only_looks_like_one_is_nobody_s(line: str) -> None:
    found = Recogniser(LINE_FORMATS, Context()).read(line)
    assert found.format is None
    assert isinstance(found.parsed, Unparsed)


def test_an_export_of_ten_thousand_rows_may_have_been_cut() -> None:
    body = b"_time,_raw\n" + b"x,y\n" * 10_000
    *_, last = CsvExport(LINE_FORMATS).read(body, Context())
    assert isinstance(last.parsed, Skipped) and "may have been cut" in last.parsed.what


def test_what_a_cdn_asks_itself_is_nobody_s_request() -> None:
    fastly = {"status": 200, "url": "/chalk/-/chalk-5.6.1.tgz", "ip": "203.0.113.9",
              "date_time": "2025-09-08T13:20:11Z"}
    cloudflare = {"ClientRequestURI": "/chalk/-/chalk-5.6.1.tgz", "ClientIP": "203.0.113.9",
                  "EdgeStartTimestamp": 1757337611}
    found = read(*(json.dumps(row) for row in (
        fastly, fastly | {"fastly_is_edge": False}, cloudflare,
        cloudflare | {"ClientRequestSource": "eyeball"},
        cloudflare | {"ClientRequestSource": "edgeWorkerFetch"})))
    assert [e.side for e in found if isinstance(e, AccessEvent)] == [
        "client", "server", "client", "client", "server"]


def test_a_damaged_head_of_a_fastly_row_is_no_matter() -> None:
    (event,) = read('foo: {"bytes":1,"date_time":"2025-09-08T13:20:11Z","ip":"203.0.113.9",'
                    '"method":"GET","status":200,"url":"https://files.example/six"}')
    assert event.remote_addr == "203.0.113.9"


@pytest.mark.parametrize(("who", "what", "side", "method"), [
    ("AmazonS3", "S3.EXPIRE.OBJECT", "server", "EXPIRE"), ("svc:x", "REST.PUT.OBJECT", "server",
                                                          "PUT"),
    ("arn:aws:iam::1:user/ada", "BATCH.DELETE.OBJECT", "client", "DELETE")])
def test_what_a_bucket_does_itself_is_nobody_s_request(who: str, what: str, side: str,
                                                       method: str) -> None:
    (event,) = read(f"{'a' * 64} pkgs [08/Sep/2025:13:20:14 +0000] - {who} 6E57 {what} old/x.tgz"
                    ' - - - - 12 - - - - -')
    assert isinstance(event, AccessEvent)
    assert (event.side, event.method) == (side, method)


@pytest.mark.parametrize(("method", "action", "registry"), [
    ("Npm-InstallPackage", "download", "npm"), ("Npm-GetManifest", "metadata", "npm"),
    ("Npm-PublishPackage", "upload", "npm"), ("Npm-UnpublishVersion", "unpublish", "npm"),
    ("Npm-UpdateTag", "dist-tag", "npm"), ("Npm-ListTag", "metadata", "npm"),
    ("Python-UploadPackage", "upload", "pypi"),
    ("Python-InstallPackage", "download", "pypi"), ("Python-HeadFile", "peek", "pypi"),
    ("google.devtools.artifactregistry.v1.ArtifactRegistry.GetFile", "metadata", None),
    ("google.devtools.artifactregistry.v1.ArtifactRegistry.DownloadFile", "download", None),
    ("google.devtools.artifactregistry.v1.ArtifactRegistry.CreateRepository", "other", None)])
def test_artifact_registry_methods(method: str, action: str, registry: str | None) -> None:
    (event,) = read(json.dumps({"timestamp": "2025-09-08T13:20:11Z", "protoPayload": {
        "serviceName": "artifactregistry.googleapis.com", "methodName": method}}))
    assert isinstance(event, AccessEvent)
    assert (event.action, event.registry) == (action, registry)


def test_a_dry_run_deletes_nothing_and_a_batch_is_an_event_for_each() -> None:
    place = "projects/p/locations/l/repositories/r/packages/chalk/versions/"
    request: dict[str, Any] = {"names": [f"{place}5.6.1", f"{place}5.6.2"]}
    row = {"timestamp": "2025-09-08T13:20:11Z", "operation": {"id": "op"}, "protoPayload": {
        "serviceName": "artifactregistry.googleapis.com", "request": request,
        "methodName": "google.devtools.artifactregistry.v1.ArtifactRegistry.BatchDeleteVersions"}}
    assert [(e.action, e.version, e.key) for e in read(json.dumps(row))
            if isinstance(e, AccessEvent)] == [
        ("unpublish", "5.6.1", "op/0"), ("unpublish", "5.6.2", "op/1")]
    request["validateOnly"] = True
    assert read(json.dumps(row)) == ()


def test_a_row_that_a_collector_split_keeps_its_events_apart() -> None:
    row = first_row("google-workspace")
    whole = {event.key for event in read(json.dumps(row)) if isinstance(event, AccountEvent)}
    apart = {event.key for held in row["events"] for event in read(json.dumps(
        row | {"events": held})) if isinstance(event, AccountEvent)}
    assert whole == apart and len(whole) == 2


@pytest.mark.parametrize(("line", "outcome", "side"), [
    ("fatal<-- 200, user: null(127.0.0.1), req: 'GET /x', bytes: 0/150186", "transferred",
     "client"),
    ("[2025-09-08T13:20:11Z] http --> ERR, req: 'GET https://r.example/x', error: no", "failed",
     "server"),
    ("info <-- 127.0.0.1 requested 'GET /x'", None, None),
    ("http --> 304, req: 'GET https://r.example/x' (streaming)", None, None)])
def test_verdaccio_console_lines(line: str, outcome: str | None, side: str | None) -> None:
    found = Recogniser(LINE_FORMATS, Context()).read(line)
    assert found.format == "verdaccio-pretty"
    if outcome is None:
        assert isinstance(found.parsed, Skipped)
        return
    assert isinstance(found.parsed, AccessEvent)
    assert (found.parsed.outcome, found.parsed.side) == (outcome, side)
    assert (found.parsed.at is not None) == line.startswith("[")
