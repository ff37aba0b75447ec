"""The same incident with more logs of the same layer: nothing is counted twice, and what was done
to the package and to accounts is told from the stored tables as from memory."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.log_story import BAD, DEVELOPER, NPM, OSAKA, clock, incident
from simulator.told import PACKAGE
from tests.support.command import run

TARGET = f"npm:{PACKAGE}@{BAD}"


def stamp(hour: int, minute: int) -> str:
    return clock(hour, minute).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def requested(at: str, method: str, path: str, status: int, user: str = "mallory") -> str:
    return (f"{at}|b1347a2e5ad0d45b|{OSAKA}|{user}|{method}|/api/npm/npm-local{path}|{status}|-1"
            f"|20|40|{NPM}\n")


def traffic(proxy: bytes) -> bytes:
    """What the traffic log of the same proxy has of the same downloads."""
    rows = [line.split("|") for line in proxy.decode().splitlines() if ".tgz|" in line]
    return "".join(f"{r[0]}|{r[1]}|{r[9]}|DOWNLOAD|{r[2]}|"
                   f"{r[5].replace('/api/npm/npm-remote/', 'npm-remote:')}|{r[8]}\n"
                   for r in rows).encode()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("changes")
    root, files = folder / "evidence", incident()
    proxy = files["artifactory-request.log"]
    accounts = "".join((
        requested(stamp(7, 28), "PUT", "/-/user/org.couchdb.user:mallory", 401, "-"),
        requested(stamp(7, 30), "PUT", "/-/user/org.couchdb.user:mallory", 201, "-"),
        requested(stamp(7, 45), "POST", "/-/npm/v1/tokens", 201),
        requested(stamp(8, 5), "PUT", f"/-/package/{PACKAGE}/dist-tags/latest", 201),
        requested(stamp(8, 6), "PUT", f"/-/package/{PACKAGE}/collaborators", 403))).encode()
    audit = json.dumps({
        "@timestamp": int(clock(8, 0, 3).timestamp() * 1000), "actor": "mallory", "org": "paints",
        "action": "packages.package_version_published", "package": PACKAGE, "version": BAD,
        "ecosystem": "npm", "actor_ip": OSAKA, "_document_id": "d1"}).encode() + b"\n"
    handed = {"artifactory-request.log": proxy, "again.log.gz": gzip.compress(proxy, mtime=0),
              "tail.log": b"\n".join(proxy.splitlines()[-9:]) + b"\n",
              "artifactory-traffic.log": traffic(proxy), "local.log": accounts,
              "github.json": audit}
    for name, seen in (("before.json", "2026-03-02T07:30:00Z"),
                       ("after.json", "2026-03-02T12:00:00Z")):
        (folder / name).write_bytes(files[name])
        assert run("ingest", folder / name, "--observed-at", seen, "-e", root).code == 0
    for name, body in handed.items():
        (folder / name).write_bytes(body)
        ended = run("ingest", folder / name, "-e", root)
        assert ended.code == 0, ended.err
    ended = run("timeline", "report", "--incident", TARGET, "--format", "json", "-e", root)
    assert ended.code == 0, ended.err
    document: dict[str, Any] = ended.document
    document["root"] = root
    return document


def said(report: dict[str, Any], rule: str) -> list[str]:
    return [c["statement"] for c in report["claims"] if c["rule"] == rule]


def test_lines_in_other_packings_and_logs_count_once(report: dict[str, Any]) -> None:
    request, traffic_log = said(report, "distribution.pulled")
    assert "(artifactory-request)" in request and "(artifactory-traffic)" in traffic_log
    assert "in 34 requests," in request  # 19 by CI, 12 in the burst, and three by persons
    (left,) = said(report, "distribution.repeated-lines")
    assert "Left out of every count" in left


def test_changes_of_the_package_done_and_refused(report: dict[str, Any]) -> None:
    written = said(report, "publish.log-write")
    assert [("a PUT of the package's document" in s, "dist-tag latest" in s) for s in written] == [
        (True, False), (False, True)]
    assert all("accepted (status 201)" in s and OSAKA in s for s in written)
    (rights,) = said(report, "account.log-rights")
    assert "refused (status 403)" in rights


def test_logins_and_tokens_near_the_publish(report: dict[str, Any]) -> None:
    near = said(report, "account.log-requests")
    assert sorted("refused" in s for s in near) == [False, False, True]
    assert any("a login as mallory" in s and "30 min before the publish" in s for s in near)
    assert any("a new token" in s and "15 min before" in s for s in near)
    assert all("It is told because" in s for s in near)


def test_what_a_git_hosts_audit_log_says_of_the_package(report: dict[str, Any]) -> None:
    (named,) = said(report, "publish.account-log")
    assert "packages.package_version_published" in named and BAD in named


def test_exposure_names_the_kind_of_log(report: dict[str, Any]) -> None:
    found = run("exposure", TARGET, "--json", "-e", report["root"]).document["exposures"]
    logs = [one["log"] for one in found if one["grade"] == "confirmed"
            and one["consumer"]["address"] == DEVELOPER]
    assert logs == ["artifactory-request", "artifactory-traffic"]
    shown = run("exposure", TARGET, "-e", report["root"]).out
    assert "proxy (artifactory-traffic)" in shown


def test_sections_and_rules_choose_lines(report: dict[str, Any]) -> None:
    root: Path = report["root"]
    shown = run("timeline", "show", "--incident", TARGET, "--section", "account", "--rule",
                "log-requests", "-e", root)
    assert shown.code == 0 and shown.out.count("\n") == 3
    assert all("  account  " in line for line in shown.out.splitlines())
    for wrong in (("--section", "nope"), ("--rule", "nope")):
        ended = run("timeline", "show", *wrong, "-e", root)
        assert ended.code == 2 and "nope" in ended.err
