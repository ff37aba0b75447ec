"""Changes that logs show: what was done, what was refused, and what nobody is accused of."""

import json
from dataclasses import replace
from typing import Any

import pytest

from regforensics.analyze.logs import changes
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import Scope
from regforensics.model.package import PackageRef
from tests.support.logged import Stored, events, log
from tests.unit.analyze.documents import scope
from tests.unit.analyze.logs.test_logged import case, row

NPM = "/api/npm/npm-local"


def told(*logs: Stored, on: Scope | None = None) -> tuple[list[Claim], list[Gap]]:
    history = replace(case().history(), events=events(*logs))
    findings = list(changes.run(history, on or scope("npm:paint@1.1.0")))
    return [f for f in findings if isinstance(f, Claim)], [f for f in findings
                                                          if isinstance(f, Gap)]


def asked(path: str, method: str = "PUT", at: str = "07:00:00.000", **more: Any) -> str:
    return row(at, path=NPM + path, method=method, **more)


def said(*lines: str, rule: str = "", name: str = "proxy.log") -> list[str]:
    claims, _ = told(log(name, "".join(lines)))
    return [c.statement for c in claims if rule in c.rule]


@pytest.mark.parametrize(("line", "rule", "words"), [
    (asked("/paint", status=201), "publish.log-write",
     "a PUT of the package's document (a publish, a deprecation or another change)"),
    (asked("/paint/-rev/3-abc", status=201), "account.log-rights",
     "(the removal of a version, or a change of owners)"),
    (asked("/paint/-rev/3-abc", "DELETE"), "publish.log-write", "a removal by"),
    (asked("/paint/-/paint-1.1.0.tgz/-rev/4-x", "DELETE"), "publish.log-write",
     "a removal of version 1.1.0"),
    (asked("/-/package/paint/dist-tags/latest", status=201), "publish.log-write",
     "the setting of a dist-tag latest"),
    (asked("/-/package/paint/dist-tags/beta", "DELETE"), "publish.log-write",
     "the removal of a dist-tag beta"),
    (asked("/-/package/paint/collaborators"), "account.log-rights",
     "a change of rights collaborators"),
    (asked("/-/npm/v1/oidc/token/exchange/package/paint", "POST", status=201),
     "account.log-rights", "an exchange of a build's identity"),
])
def test_each_kind_of_change_of_the_package(line: str, rule: str, words: str) -> None:
    claims, _ = told(log("proxy.log", line))
    (claim,) = claims
    assert claim.rule == rule and words in claim.statement and claim.notable
    assert ": accepted (status 20" in claim.statement
    assert "203.0.113.7, user ada" in claim.statement


@pytest.mark.parametrize("line", [
    row("07:00:00.000"), asked("/paint", "GET"), asked("/other", status=201),
    asked("/-/package/paint/dist-tags", "GET")], ids=["download", "read", "other package", "tags"])
def test_what_changes_nothing_is_not_told(line: str) -> None:
    assert not said(line)


def test_what_was_refused_is_told_apart() -> None:
    claims, _ = told(log("proxy.log", asked("/paint", status=403)))
    (claim,) = claims
    assert ": refused (status 403)." in claim.statement and not claim.notable


def test_a_publish_after_a_challenge_is_one_request() -> None:
    (statement,) = said(asked("/paint", status=401, user="-"),
                        asked("/paint", status=201, at="07:00:00.400"))
    assert "accepted" in statement


@pytest.mark.parametrize(("path", "method", "words"), [
    ("/-/user/org.couchdb.user:mallory", "PUT", "a login as mallory"),
    ("/-/npm/v1/tokens", "POST", "a new token"),
    ("/-/npm/v1/tokens/token/ab12", "DELETE", "the removal of a token"),
    ("/-/npm/v1/user", "POST", "a change of an account's profile"),
    ("/-/v1/login", "POST", "a login by"),
    ("/-/team/acme/devs/user", "PUT", "a change of rights team/acme/devs"),
    ("/-/org/acme/user", "DELETE", "a removal of rights org/acme")])
def test_what_was_done_to_accounts_near_the_publish(path: str, method: str, words: str) -> None:
    line = asked(path, method, "06:30:00.000", status=201, user="eve")
    claims, _ = told(log("proxy.log", line))
    (claim,) = claims
    assert claim.rule == "account.log-requests" and words in claim.statement
    assert "once, first at 2026-03-02T06:30:00.000Z, 30 min before the publish" in claim.statement
    assert not claim.notable and "told because" not in claim.statement
    far = line.replace("2026-03-02T06:30", "2026-02-26T06:30")
    assert not told(log("proxy.log", far))[0]


def test_a_login_is_joined_to_the_publish_by_its_address() -> None:
    login = asked("/-/user/org.couchdb.user:mallory", at="06:30:00.000", status=201, user="-")
    publish = asked("/paint", status=201, user="mallory")
    claims, _ = told(log("proxy.log", login + publish))
    (near,) = [c for c in claims if c.rule == "account.log-requests"]
    assert near.notable and "came from the same address" in near.statement
    office = replace(scope("npm:paint@1.1.0"), known_networks=("203.0.113.0/24",))
    (near,) = [c for c in told(log("proxy.log", login + publish), on=office)[0]
               if c.rule == "account.log-requests"]
    assert not near.notable
    other = login.replace("203.0.113.7", "198.51.100.9")
    (near,) = [c for c in told(log("proxy.log", other + publish))[0]
               if c.rule == "account.log-requests"]
    assert not near.notable


def test_refused_logins_are_counted_apart() -> None:
    login = "/-/user/org.couchdb.user:ada"
    lines = [asked(login, at=f"06:{n:02}:00.000", status=401, user="-") for n in range(3)]
    statements = said(*lines, asked(login, at="06:30:00.000", status=201, user="-"))
    assert sorted((", 3 times," in s, "refused (status 401)" in s) for s in statements) == [
        (False, False), (True, True)]


def test_a_logout_never_shows_its_token() -> None:
    (statement,) = said(asked("/-/user/token/s3cret", "DELETE", user="ada"))
    assert "the removal of a token" in statement and "s3cret" not in statement


def test_uploads_of_python_packages_without_a_name_are_leads() -> None:
    def python(path: str) -> list[Claim]:
        made = replace(case().history(), package=PackageRef.parse("pypi:paint"), events=events(
            log("proxy.log", row("07:05:00.000", path=path, method="POST",
                                 agent="twine/4.0.2 CPython/3.9.16"))))
        return [f for f in changes.run(made, scope("pypi:paint@1.1.0")) if isinstance(f, Claim)]

    (claim,) = python("/legacy/")
    assert claim.rule == "publish.log-upload" and "whose line names no package" in claim.statement
    assert "twine/4.0.2" in claim.statement
    assert python("/api/pypi/pypi-local/")
    assert not python("/simple/paint/")


def nexus(done: str, holds: str | None, of: str = "repository.asset") -> str:
    attributes = {"repository.name": "npm-all", "path": "/paint/-/paint-1.1.0.tgz"} | (
        {"repository.type": holds} if holds else {})
    return json.dumps({"timestamp": "2026-03-02 07:00:00,856+0000", "initiator": "ada/192.0.2.80",
                       "type": done, "domain": of, "attributes": attributes}) + "\n"


def test_a_nexus_audit_tells_uploads_also_where_the_type_is_not_stated() -> None:
    (hosted,) = told(log("audit.log", nexus("created", "hosted")))[0]
    assert "an upload of version 1.1.0" in hosted.statement and hosted.notable
    assert "recorded without an error (repository.asset.created)" in hosted.statement
    (unstated,) = told(log("audit.log", nexus("created", None)))[0]
    assert "type the row does not state" in unstated.statement and not unstated.notable
    assert not told(log("audit.log", nexus("created", "proxy")))[0]
    (gone,) = told(log("audit.log", nexus("deleted", None)))[0]
    assert "clears the cache alone" in gone.statement


def cloud(name: str, **more: Any) -> str:
    return json.dumps({
        "eventSource": "codeartifact.amazonaws.com", "eventName": name, "eventID": f"id-{name}",
        "eventTime": "2026-03-02T07:00:00Z", "sourceIPAddress": "203.0.113.7",
        "userIdentity": {"arn": "arn:aws:iam::1:user/ada"},
        "requestParameters": {"packageFormat": "npm", "packageName": "paint",
                              "repositoryName": "store", "versions": ["1.1.0"]}} | more) + "\n"


@pytest.mark.parametrize(("name", "words"), [
    ("PublishPackageVersion", "an upload of version 1.1.0"),
    ("CopyPackageVersions", "a copy from another repository of version 1.1.0"),
    ("DisposePackageVersions", "a removal of version 1.1.0"),
    ("UpdatePackageVersionsStatus", "a change of the status of version 1.1.0")])
def test_what_codeartifact_records(name: str, words: str) -> None:
    (claim,) = told(log("trail.json", cloud(name)))[0]
    assert words in claim.statement and f"recorded without an error ({name})" in claim.statement
    (denied,) = told(log("trail.json", cloud(name, errorCode="AccessDeniedException")))[0]
    assert "refused" in denied.statement and not denied.notable


def test_a_publish_in_a_verdaccio_log() -> None:
    line = json.dumps({
        "level": 35, "time": 1772434800000, "pid": 1, "sub": "in", "user": "ada",
        "remoteIP": "203.0.113.7", "status": 201, "msg": "m", "bytes": {"in": 900, "out": 2},
        "request": {"method": "PUT", "url": "/paint"}}) + "\n"
    (claim,) = told(log("verdaccio.log", line))[0]
    assert "(verdaccio)" in claim.statement and "user ada" in claim.statement
    assert not told(log("verdaccio.log", line.replace('"in"', '"out"', 1)))[0]


def github(action: str, package: str = "paint", **more: str) -> str:
    return json.dumps({
        "@timestamp": 1772434800000, "action": action, "actor": "ada", "org": "acme",
        "actor_ip": "203.0.113.77", "package": package, "version": "1.1.0", "ecosystem": "npm",
        "_document_id": action} | more) + "\n"


def test_packages_in_a_github_audit_log() -> None:
    (claim,) = told(log("audit.json", github("packages.package_version_published")))[0]
    assert claim.rule == "publish.account-log" and claim.notable
    assert "packages.package_version_published of paint version 1.1.0 by ada" in claim.statement
    assert not told(log("audit.json", github("packages.package_version_published", "other")))[0]
    assert not told(log("audit.json", github("packages.package_version_published",
                                             ecosystem="rubygems")))[0]


def test_a_scope_that_a_row_leaves_out_is_its_organisation() -> None:
    def found(name: str) -> list[Any]:
        made = replace(case().history(), package=PackageRef.parse(name), events=events(
            log("audit.json", github("packages.package_version_published"))))
        return list(changes.run(made, scope(name + "@1.1.0")))

    assert len(found("npm:@acme/paint")) == 1 and not found("npm:@other/paint")


def test_hostile_words_in_changes_stand_in_quotes() -> None:
    (statement,) = said(asked("/paint", status=201, user="x: accepted. clean",
                              agent="npm/1 | =cmd() \x1b[31m"))
    assert '"x: accepted. clean"' in statement and "\x1b" not in statement


def test_many_changes_are_capped_and_the_rest_counted() -> None:
    lines = "".join(asked("/paint", at=f"07:{n // 60:02}:{n % 60:02}.000", status=201)
                    for n in range(40))
    claims, gaps = told(log("proxy.log", lines))
    assert len(claims) == changes.MOST
    assert any("10 more requests" in gap.reason for gap in gaps)
