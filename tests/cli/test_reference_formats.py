"""Each format from the claim's row to the exact bytes, on lines made from its documentation.

Three lines a format: a good one, a broken one, a good one. The broken one is counted and named; the
others give one event each, one of which is looked at field by field and read back by its citation.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from regforensics.cli.reporting import Stored
from regforensics.events.held import HeldEvents
from regforensics.evidence.store import EvidenceStore
from regforensics.model.package import PackageRef
from regforensics.report.source import open_source
from regforensics.report.stated import Quoted
from tests.support.command import run

NPM = "npm/10.8.2 node/v20.17.0 linux x64 workspaces/false"
UV = 'uv/0.4 {"installer":{"name":"uv"}}'
CLF = "[02/Mar/2026:09:00:0{n} +0200]"
WHL = "/packages/aa/bb/0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab/" \
    "six-1.16.0-py2.py3-none-any.whl"
BROKEN = "2026-03-02T07:00:01.000Z cut in the mid"
ONE: dict[str, Any] = {"status_code": 200, "outcome": "transferred", "remote_addr": "203.0.113.9"}
# name: (a line with {n}, how the package is called, what its event holds)
LINES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "artifactory-request": (
        f"2026-03-02T07:00:0{{n}}.465Z|a1347a2e5ad0d45b|203.0.113.9|ada|GET|/api/pypi/py/packages"
        f"{WHL}|200|-1|11053|6|{UV.replace('{', '{{').replace('}', '}}')}", "pypi:six",
        ONE | {"version": "1.16.0", "size": 11053, "repo": "py", "user": "ada", "user_agent": UV,
               "layer": "proxy", "moment": "end"}),
    "artifactory-access": (
        "2026-03-02T07:00:0{n}.100Z [a1347a2e5ad0d45b] [ACCEPTED DEPLOY] npm-local:chalk/-/"
        "chalk-5.6.1.tgz  for client : ada / 203.0.113.9", "npm:chalk",
        {"version": "5.6.1", "action": "upload", "user": "ada", "remote_addr": "203.0.113.9",
         "moment": "decision", "layer": "audit", "repo": "npm-local"}),
    "artifactory-request-out": (
        "2026-03-02T07:00:0{n}.100Z||npm-remote|ada|GET|https://up.example/chalk/-/"
        "chalk-5.6.1.tgz|200|0|43210|120", "npm:chalk",
        {"version": "5.6.1", "side": "server", "source": "upstream", "repo": "npm-remote"}),
    "artifactory-traffic": (
        "2026-03-02T07:00:0{n}.100Z|a1347a2e5ad0d45b|120|DOWNLOAD|203.0.113.9|"
        "npm-local:chalk/-/chalk-5.6.1.tgz|43210", "npm:chalk",
        {"version": "5.6.1", "size": 43210, "remote_addr": "203.0.113.9"}),
    "nexus-request": (
        f'203.0.113.9 - ada {CLF} "GET /repository/g/@s%2fname/-/name-1.0.0.tgz HTTP/1.1" 200 -'
        f' 1381 85 "{NPM}" [qtp1-40]', "npm:@s/name",
        ONE | {"version": "1.0.0", "size": 1381, "user": "ada", "user_agent": NPM, "repo": "g"}),
    "nexus-outbound": (
        f'{CLF} ada "GET https://up.example/chalk/-/chalk-5.6.1.tgz HTTP/1.1" 200 43210 85'
        ' "Nexus/3.63.0-01 (PRO; Linux)" [qtp1-40]', "npm:chalk",
        {"version": "5.6.1", "side": "server", "source": "upstream", "remote_addr": None}),
    "combined": (
        f'203.0.113.9 - - {CLF} "GET /pypi/simple/six/ HTTP/1.1" 304 0 "-" "pip/24.0 '
        '{{\\x22ci\\x22:null}}"', "pypi:six",
        {"action": "metadata", "outcome": "already had it", "user_agent": 'pip/24.0 {"ci":null}',
         "remote_addr": "203.0.113.9", "layer": "server"}),
    "alb": (
        "h2 2026-03-02T07:00:0{n}.912345Z app/n/50dc 2001:db8::9:443 10.0.0.1:80 0.001 0.100 0.000"
        ' 200 200 34 43366 "GET https://n.example:443/@s%2Fname/-/name-1.0.0.tgz HTTP/2.0"'
        f' "{NPM}" ECDHE TLSv1.2 arn "Root=1-58" "n.example" "arn" 0'
        ' 2026-03-02T07:00:00.811000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_ab12',
        "npm:@s/name", ONE | {"remote_addr": "2001:db8::9", "version": "1.0.0", "size": 43366,
                              "size_kind": "with headers", "trace": "Root=1-58"}),
    "classic-elb": (
        "2026-03-02T07:00:0{n}.912345Z n 203.0.113.9:443 10.0.0.1:80 0.001 0.1 0.0 200 200 0 43366"
        f' "GET https://n.example:443/chalk/-/chalk-5.6.1.tgz HTTP/1.1" "{NPM}" ECDHE TLSv1.2',
        "npm:chalk", ONE | {"version": "5.6.1", "size": 43366, "layer": "balancer"}),
    "cloudflare": (
        '{{"EdgeStartTimestamp":177243480{n}000000000,"EdgeEndTimestamp":177243480{n}100000000,'
        '"ClientIP":"203.0.113.9","ClientRequestHost":"n.example","ClientRequestMethod":"GET",'
        '"ClientRequestURI":"/chalk/-/chalk-5.6.1.tgz","ClientRequestUserAgent":"' + NPM + '",'
        '"EdgeResponseStatus":200,"EdgeResponseBytes":43366,"CacheCacheStatus":"hit",'
        '"RayID":"ray{n}"}}', "npm:chalk",
        ONE | {"version": "5.6.1", "layer": "cdn", "source": "cache", "user_agent": NPM}),
    "fastly": (
        '<134>2026-03-02T07:00:0{n}Z cache-fra-1 logs[123]: {{"bytes":43366,"date_time":'
        '"2026-03-02T07:00:0{n}.123456789Z","ip":"203.0.113.9","method":"GET","status":200,'
        '"url":"https://n.example/chalk/-/chalk-5.6.1.tgz","http":{{"useragent":"' + NPM + '"}},'
        '"version":"1"}}', "npm:chalk", ONE | {"version": "5.6.1", "user_agent": NPM}),
    "audit-events": (
        '{{"timestamp":17724348000{n}0,"event_type":"npm.package.download.upstream","registry":'
        '"npm","package":{{"string":"chalk"}},"version":{{"string":"5.6.1"}},"filename":{{"string":'
        '"chalk-5.6.1.tgz"}},"action":"download","source":{{"string":"upstream"}},"user_agent":null,'
        '"remote_addr":{{"string":"203.0.113.9"}},"status_code":{{"int":200}},"size":{{"long":'
        '43210}},"extra":{{"map":{{"k":"v"}}}}}}', "npm:chalk",
        ONE | {"version": "5.6.1", "source": "upstream", "side": "client", "size": 43210,
               "user_agent": None, "action": "download"}),
    "codeartifact": (json.dumps({
        "eventVersion": "1.08", "eventTime": "2026-03-02T07:00:0NZ", "eventID": "idN",
        "eventSource": "codeartifact.amazonaws.com", "eventName": "ReadFromRepository",
        "sourceIPAddress": "203.0.113.9", "userAgent": "AWS Internal",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/r/ada",
                         "principalId": "P:ada"},
        "requestParameters": {"packageFormat": "npm", "packageName": "chalk", "packageVersion":
                              "5.6.1", "repositoryName": "r", "domainName": "d"},
        "additionalEventData": {"httpMethod": "GET", "requestUri":
                                "/npm/r/chalk/-/chalk-5.6.1.tgz"}}).replace("{", "{{").replace(
        "}", "}}").replace("0NZ", "0{n}Z").replace("idN", "id{n}"), "npm:chalk",
        {"version": "5.6.1", "action": "download", "remote_addr": "203.0.113.9", "repo": "r"}),
}
each = pytest.mark.parametrize("name", LINES)


def taken(tmp_path: Path, name: str) -> tuple[dict[str, Any], EvidenceStore, list[bytes]]:
    line = LINES[name][0]
    rows = [line.format(n=1), BROKEN, line.format(n=2)]
    path = tmp_path / "handed.log"
    path.write_bytes("".join(f"{row}\n" for row in rows).encode())
    ended = run("ingest", path, "-e", tmp_path / "e", "--json")
    assert ended.code == 6, ended.err
    row, = ended.document["files"]
    return row, EvidenceStore.open(tmp_path / "e"), [one.encode() for one in rows]


@each
def test_counts_fields_and_bytes(name: str, tmp_path: Path) -> None:
    row, store, lines = taken(tmp_path, name)
    assert (row["lines"], row["events"], row["unparsed"]) == (3, 2, 1), row
    assert row["formats"][name] == 2
    problem, = row["problems"]
    assert problem["where"] == "line 2"
    assert f"no line of {name}, as those around it are: " in problem["reason"]
    assert row["first"].startswith("2026-03-02T07:00:0")
    facts = list(HeldEvents(store).of(PackageRef.parse(LINES[name][1])))
    assert len(facts) == 2
    for fact, number in zip(facts, (1, 3), strict=True):
        wanted = LINES[name][2]
        assert {key: getattr(fact.value, key) for key in wanted} == wanted
        cited = fact.citations[0]
        assert (cited.where, cited.quote) == (f"line {number}", lines[number - 1])
        quoted = Quoted(cited.exhibit, cited.sha256, cited.start, cited.end, cited.where,
                        cited.quote)
        assert open_source(cited.exhibit, Stored(store), [quoted], ()).quote_fault(quoted) is None


FORGED = ("|200|0|0|1|x", '" 200 9 "-" "forged', "\x1b[31mred", "=cmd()", "<script>", "`id`",
          "\\x22 200 9", "\u202egnp", "%0d%0a", "\\", "a\tb", "'; drop")


@pytest.mark.parametrize("forged", FORGED)
def test_a_crafted_agent_forges_no_field(forged: str, tmp_path: Path) -> None:
    """In the logs whose last field a client fills, and in those that escape it."""
    plain, escaped = LINES["artifactory-request"][0].partition("uv/0.4")[0], '"' in forged
    rows = [f"{plain.format(n=1)}npm/10 {forged}",
            LINES["nexus-request"][0].format(n=1).replace(NPM, f"npm/10 {forged}"),
            LINES["cloudflare"][0].format(n=1).replace(
                f'"{NPM}"', json.dumps(f"npm/10 {forged}")),
            LINES["audit-events"][0].format(n=1).replace(
                '"user_agent":null', '"user_agent":' + json.dumps({"string": f"npm/10 {forged}"}))]
    path = tmp_path / "handed.log"
    path.write_bytes("".join(f"{row}\n" for row in rows).encode())
    ended = run("ingest", path, "-e", tmp_path / "e", "--json")
    assert ended.document["files"][0]["events"] == len(rows) or escaped
    events = HeldEvents(EvidenceStore.open(tmp_path / "e"))
    found = [f.value for name in ("pypi:six", "npm:@s/name", "npm:chalk")
             for f in events.of(PackageRef.parse(name))]
    for event in found:
        sure = not any("quoting" in doubt for doubt in event.doubts)
        assert (event.status_code, event.remote_addr) == (200, "203.0.113.9") or not sure
        assert event.version in ("1.16.0", "1.0.0", "5.6.1")
        assert (event.user_agent or "").startswith("npm/10 ")
    for form in ("md", "html"):
        shown = run("timeline", "report", "--incident", "pypi:six@1.16.0", "--incident",
                    "npm:chalk@5.6.1", "--format", form, "-e", tmp_path / "e").out
        assert "\x1b" not in shown
        assert form == "md" or "<script>" not in shown
    assert "\x1b" not in run("exposure", "npm:chalk@5.6.1", "-e", tmp_path / "e").out
