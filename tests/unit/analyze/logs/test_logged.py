"""What request logs say of a version: who, when, how often, and what they leave open."""

from dataclasses import replace
from typing import Any

import pytest

from regforensics.analyze.custody.inventory import inventory
from regforensics.analyze.logs import logged
from regforensics.analyze.logs.moments import asked
from regforensics.analyze.logs.requests import Dates, changes, gathered
from regforensics.model.claim import Claim, Gap
from regforensics.model.event import AccessEvent
from regforensics.model.history import Scope
from regforensics.model.instant import Instant
from tests.support.logged import Stored, events, log
from tests.unit.analyze.documents import Case, npm, scope, version

NPM = "npm/10.8.2 node/v20.17.0 linux x64 workspaces/false"
CI = NPM + " ci/github-actions"
FILE = "/api/npm/npm-remote/paint/-/paint-{}.tgz"
TIMES = {"1.0.0": "06:00", "1.1.0": "07:00"}


def row(at: str, address: str = "203.0.113.7", *, user: str = "ada", of: str = "1.1.0",
        path: str = "", status: int = 200, agent: str = NPM, took: int = 40, size: int = 4321,
        method: str = "GET") -> str:
    """One line of a registry proxy's request log on the day of the small scenarios."""
    stamp = at if "T" in at else f"2026-03-02T{at}Z"
    return (f"{stamp}|a1347a2e5ad0d45b|{address}|{user}|{method}|{path or FILE.format(of)}|{status}"
            f"|-1|{size}|{took}|{agent}\n")


def document(at: str, address: str = "203.0.113.7", **more: Any) -> str:
    """One request for the package's document."""
    return row(at, address, path="/api/npm/npm-remote/paint", **more)


def case(*, gone: bool = False) -> Case:
    """paint 1.1.0 published at 07:00, and gone by 12:00 where asked for."""
    made = Case("npm:paint").at("08:00", npm(TIMES))
    left = {"1.0.0": version("1.0.0")}
    return made.at("12:00", npm(TIMES, left)) if gone else made


def told(made: Case, *logs: Stored, on: Scope | None = None) -> tuple[list[Claim], list[Gap]]:
    """What the analyzer says, every citation checked against the logs' bytes."""
    stored = {one.label: one.body for one in logs}
    history = replace(made.history(), events=events(*logs))
    findings = list(logged.run(history, on or scope("npm:paint@1.1.0")))
    claims = [f for f in findings if isinstance(f, Claim)]
    for claim in claims:
        for cited in claim.citations:
            if cited.exhibit in stored:
                assert stored[cited.exhibit][cited.start:cited.end] == cited.quote
    return claims, [f for f in findings if isinstance(f, Gap)]


def of(claims: list[Claim], rule: str) -> list[Claim]:
    """The claims of one rule."""
    return [claim for claim in claims if claim.rule == f"distribution.{rule}"]


def test_who_pulled_a_version_with_counts_and_first_and_last() -> None:
    claims, _ = told(case(), log("proxy.log", "".join((
        document("07:09:59.000"), row("07:10:00.000"), row("07:20:00.000", status=304),
        row("07:30:00.000", "198.51.100.4", user="bob", agent=CI),
        row("07:31:00.000", "198.51.100.5", user="eve", status=403)))))
    (claim,) = of(claims, "pulled")
    assert claim.statement == (
        "In the registry proxy log (artifactory-request), version 1.1.0 was asked for by 3 clients"
        " (3 addresses, 3 user names, 2 user agents) in 4 requests, from 2026-03-02T07:10:00.000Z"
        " to 2026-03-02T07:31:00.000Z; outcomes: transferred 2, already had it 1, refused 1. 2 of"
        " these clients got it or already had it. By their user agents, 1 of them ran in CI.")
    consumers = of(claims, "consumer")
    assert [c.notable for c in consumers] == [True, False, False]
    assert "10 min after the publish at 2026-03-02T07:00:00.000Z" in consumers[0].statement
    assert "user ada" in consumers[0].statement
    assert "did not get it: refused" in consumers[2].statement


def test_mirrors_scanners_and_the_proxy_itself_are_nobody() -> None:
    claims, _ = told(case(), log("proxy.log", "".join((
        row("07:00:30.000", agent="Artifactory/7.46.10 74610900", user="jffe@01abc"),
        row("07:01:00.000", agent="bandersnatch/6.5.0 (cpython 3.11)"),
        row("07:02:00.000", agent="guarddog/2.1")))))
    assert not of(claims, "pulled") and not of(claims, "consumer") and not of(claims, "burst")
    (apart,) = of(claims, "automation")
    assert "by the layer itself: 1 request" in apart.statement
    assert "by mirrors and proxies: 1 request" in apart.statement
    assert "by bots, scanners and monitors: 1 request" in apart.statement
    (held,) = of(claims, "cache-held")
    assert held.statement.startswith("In the registry proxy log (artifactory-request), the layer"
                                     " itself fetched version 1.1.0 at")
    assert "asked for its files" not in held.statement


def test_layers_are_named_and_never_added_up() -> None:
    balancer = (
        'https 2026-03-02T07:10:00.040000Z app/npm/1 203.0.113.7:2817 10.0.0.1:8081 0.000 0.040'
        ' 0.000 200 200 34 43366 "GET https://npm.corp.example:443' + FILE.format("1.1.0")
        + f' HTTP/1.1" "{NPM}" - - - "Root=1" "-" "-" 0 2026-03-02T07:10:00.000000Z "forward" "-"'
        ' "-" "-" "-" "-" "-"\n')
    claims, _ = told(case(), log("proxy.log", row("07:10:00.000")),
                     log("lb.log", balancer, "EX-000102"))
    assert [c.statement.split(",")[0] for c in of(claims, "pulled")] == [
        "In the registry proxy log (artifactory-request)", "In the load balancer log (alb)"]
    assert all("by 1 client " in c.statement for c in of(claims, "pulled"))


def test_two_files_of_one_kind_may_show_a_request_twice() -> None:
    one, other = row("07:10:00.000"), row("07:10:00.000", user="-")
    claims, _ = told(case(), log("request.log", one), log("router.log", other, "EX-000102"))
    (claim,) = of(claims, "pulled")
    assert "of 2 files, which may show one request more than once" in claim.statement
    (alone,) = of(told(case(), log("request.log", one))[0], "pulled")
    assert "more than once" not in alone.statement


def test_clients_that_asked_for_documents_alone_are_possible() -> None:
    claims, _ = told(case(), log("proxy.log", document("07:30:00.000", "203.0.113.8")
                                 + row("07:40:00.000")))
    (claim,) = of(claims, "metadata-only")
    assert "203.0.113.8" in claim.statement and not claim.notable
    assert "possible and not shown" in claim.statement
    claims, _ = told(case(), log("proxy.log", document("06:30:00.000", "203.0.113.8")
                                 + row("07:40:00.000")))
    assert not of(claims, "metadata-only")  # over before the version was there


def test_the_clocks_of_a_version() -> None:
    claims, _ = told(case(), log("proxy.log", "".join((
        row("07:01:00.000", status=404, size=0),
        row("07:02:00.000", agent="Artifactory/7.46.10 74610900", user="jffe@01abc"),
        row("07:03:00.000")))))
    (claim,) = of(claims, "clocks")
    assert "first asked for at 2026-03-02T07:01:00.000Z (1 min after the publish" in claim.statement
    assert "machine that may keep it at 2026-03-02T07:02:00.000Z (2 min" in claim.statement
    assert "first served to a client at 2026-03-02T07:03:00.000Z (3 min" in claim.statement


@pytest.mark.parametrize(("line", "rules"), [
    (row("06:50:00.000"), {"before-publish"}),
    (row("06:50:00.000", status=404, size=0), {"asked-before-publish"}),
    (row("06:59:59.000"), {"gap"}),  # within what clocks may differ
    (row("07:00:01.000"), {"gap"}),
    (row("07:00:03.000"), set()),
    (row("06:50:00.000", of="1.0.0"), set()),
    (document("06:50:00.000"), set()),
], ids=["early", "vain", "clocks before", "clocks after", "after", "another version", "document"])
def test_fetches_before_the_publish(line: str, rules: set[str]) -> None:
    claims, gaps = told(case(), log("proxy.log", line))
    found = {r for r in ("before-publish", "asked-before-publish") if of(claims, r)}
    if any("came before the publish" in gap.question for gap in gaps):
        found.add("gap")
    assert found == rules
    if "before-publish" in rules:
        (claim,) = of(claims, "before-publish")
        assert "10 min earlier" in claim.statement and "203.0.113.7, ada" in claim.statement


def test_an_assumed_zone_cannot_show_a_fetch_before_the_publish() -> None:
    one = log("proxy.log", row("06:50:00.000"))
    assumed = tuple(replace(f, value=replace(f.value, at=replace(f.value.at, zone="assumed")))
                    for f in one.requests if f.value.at)
    claims, gaps = told(case(), replace(one, requests=assumed))
    assert not of(claims, "before-publish")
    assert any("came before the publish" in gap.question for gap in gaps)


def test_a_version_still_served_after_its_takedown() -> None:
    claims, _ = told(case(gone=True), log("proxy.log", row("11:59:00.000") + row("12:30:00.000")))
    (claim,) = of(claims, "cache-tail")
    assert "After that, by the registry proxy log (artifactory-request), it was still handed out" \
        " 1 time (from where is not said: 1)" in claim.statement
    claims, _ = told(case(gone=True), log("proxy.log", row("11:59:00.000")
                                          + row("12:30:00.000", status=404, size=0)))
    assert not of(claims, "cache-tail")


def _quiet(hours: int = 7) -> str:
    """A request for anything in each hour, so that the log covers them."""
    return "".join(row(f"{hour:02}:05:00.000", "203.0.113.1", of="1.0.0") for hour in range(hours))


def test_a_burst_from_new_addresses_against_the_logs_own_hours() -> None:
    crowd = "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}") for n in range(1, 11))
    claims, _ = told(case(), log("proxy.log", _quiet() + crowd))
    (claim,) = of(claims, "burst")
    assert "has 10 downloads of version 1.1.0 by 10 addresses" in claim.statement
    assert "in the 6 earlier hours that it covers is 1" in claim.statement
    assert "10 of the addresses and 1 network (198.51.100.0/24) were not in" in claim.statement


@pytest.mark.parametrize("crowd", [
    "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}") for n in range(1, 5)),
    "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}", agent=CI) for n in range(1, 11)),
    "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}", agent="bandersnatch/6.5.0")
            for n in range(1, 11)),
], ids=["few", "CI", "mirrors"])
def test_no_burst(crowd: str) -> None:
    claims, _ = told(case(), log("proxy.log", _quiet() + crowd))
    assert not of(claims, "burst")


def test_without_hours_before_there_is_no_burst_but_a_gap() -> None:
    crowd = "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}") for n in range(1, 11))
    claims, gaps = told(case(), log("proxy.log", crowd))
    assert not of(claims, "burst")
    assert any("are unusual" in gap.question for gap in gaps)


def test_between_publish_and_announcement_the_unusual_come_first() -> None:
    announced = replace(scope("npm:paint@1.1.0"),
                        announced=Instant.parse("2026-03-02T09:00:00.000Z"))
    body = "".join((
        document("2026-03-01T06:30:00.000Z"), document("07:19:59.000"), row("07:20:00.000"),
        row("07:05:00.000", "198.51.100.9", agent="curl/8.5.0", user="-"),
        row("07:06:00.000", "198.51.100.8", agent=CI),
        row("07:07:00.000", "198.51.100.7", agent="guarddog/2.1"),
        row("09:30:00.000", "198.51.100.6", agent="curl/8.5.0")))
    claims, _ = told(case(), log("proxy.log", body), on=announced)
    (claim,) = of(claims, "before-announcement")
    assert "2 clients got its files or may have" in claim.statement
    assert "in CI 1, bots, scanners and monitors 1" in claim.statement
    (odd,) = of(claims, "unusual-client")
    assert "198.51.100.9" in odd.statement
    assert ("(1 of the 1 that stand out by network and user agent, of 2 clients in this log)"
            in odd.statement)
    assert "not in the logs before, which begin at 2026-03-01T06:30:00.000Z" in odd.statement
    assert "no package manager's" in odd.statement
    assert not of(told(case(), log("proxy.log", body))[0], "before-announcement")
    late = body.replace("2026-03-01T06:30", "2026-03-02T06:30")
    assert not of(told(case(), log("proxy.log", late), on=announced)[0], "unusual-client")


def test_a_request_that_reaches_over_the_publish_has_no_length_before_it() -> None:
    claims, _ = told(case(), log("proxy.log", row("07:00:01.000", took=2240)))
    (claim,) = of(claims, "clocks")
    assert ("first asked for at 2026-03-02T07:00:01.000Z (logged at its end; by its duration,"
            " computed, it began at 2026-03-02T06:59:58.760Z) (within the clocks' precision or the"
            " request's length of the publish") in claim.statement
    assert " s before the publish" not in " ".join(c.statement for c in claims)


@pytest.mark.parametrize(("event", "whose"), [
    ({}, True), ({"side": "server"}, False), ({"source": "upstream"}, False)])
def test_what_a_cache_fills_is_nobodys_upload(event: dict[str, Any], whose: bool) -> None:
    put = AccessEvent(at=Instant.parse("2026-03-02T07:00:00Z"), layer="proxy", action="upload",
                      **event)
    assert changes(put) is whose


def test_a_start_after_the_logged_time_is_not_told() -> None:
    late = AccessEvent(at=Instant.parse("2026-03-02T07:20:05Z"), layer="proxy", action="download",
                       started=Instant.parse("2026-03-02T07:20:05.230Z"))
    assert asked(late) == late.at


def test_a_fetch_of_a_cache_in_an_audit_is_nobodys_download() -> None:
    stored = log("proxy.log", row("07:20:00.000"))
    fact = stored.requests[0]
    audited = replace(fact, value=replace(fact.value, layer="audit", side="server"))
    dates = Dates({}, {})
    assert gathered(case().package, [fact], dates).versions == ("1.1.0",)
    assert not gathered(case().package, [audited], dates).versions


def test_audits_and_account_activity_show_no_downloads() -> None:
    one = log("proxy.log", row("07:20:00.000")).covered
    assert one.asked == ("proxy",)
    audit = replace(one, layers=("audit", "account"), kinds=())
    assert not audit.asked and audit.of_packages and audit.accounts


def test_no_fetch_is_said_with_its_coverage_and_never_as_clean() -> None:
    body = "".join(row(f"{h:02}:00:00.000", of="1.0.0") for h in (6, 7, 8, 9, 11, 12, 13))
    claims, gaps = told(case(gone=True), log("proxy.log", body + "broken|line\n", usual=3601))
    (claim,) = of(claims, "no-fetch")
    assert "between 2026-03-02T07:00:00Z and 2026-03-02T12:00:00Z" in claim.statement
    assert "coverage 52.5 %: it has lines over 60 % of that time, with 1 silence longer than" \
        " usual, and 1 of 8 lines could not be read" in claim.statement
    assert claim.basis == "inferred"
    assert any("covers 52.5 %" in gap.reason for gap in gaps)
    (silent,) = of(claims, "log-silent")
    assert "silent for 2 h" in silent.statement and silent.notable
    assert not of(told(case(), log("proxy.log", row("07:10:00.000")))[0], "no-fetch")


def test_without_logs_nothing_is_said() -> None:
    assert told(case()) == ([], [])


def test_rows_that_were_delivered_twice_count_once() -> None:
    one = log("proxy.log", row("07:10:00.000"))
    twice = tuple(replace(f, value=replace(f.value, key="k1")) for f in one.requests) * 2
    claims, _ = told(case(), replace(one, requests=twice))
    assert "in 1 request," in of(claims, "pulled")[0].statement
    assert of(claims, "repeated-lines")


def test_hostile_names_stand_in_quotes() -> None:
    claims, _ = told(case(), log("proxy.log", row(
        "07:10:00.000", user="x; outcome: clean.", agent="npm/1 | =cmd() \x1b[31m")))
    (claim,) = of(claims, "consumer")
    assert '"x; outcome: clean."' in claim.statement and "\x1b" not in claim.statement


def test_the_matrix_names_each_log_and_what_it_covers() -> None:
    history = replace(case().history(), events=events(
        log("proxy.log", row("07:10:00.000") + row("09:10:00.000") + "2026-03-02T09|broken\n")))
    (held,) = [r for r in inventory([history], Scope()) if r.question == "install"]
    assert held.authority == "limited" and held.covers == (
        "2026-03-02T07:10:00.000Z to 2026-03-02T09:10:00.000Z")
    assert held.source == ("proxy.log: requests as the layer proxy logged them, 1 line unread,"
                           " 1 silence longer than usual")


def test_downloads_from_known_networks_make_no_burst() -> None:
    crowd = "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}") for n in range(1, 11))
    known = replace(scope("npm:paint@1.1.0"), known_networks=("198.51.100.0/24",))
    claims, _ = told(case(), log("proxy.log", _quiet() + crowd), on=known)
    assert not of(claims, "burst") and of(claims, "pulled")
