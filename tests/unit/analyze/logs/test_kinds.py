"""Kinds of log by what they tell: who asked, who was let, and over which time."""

from dataclasses import replace

from regforensics.analyze.logs.exposure import exposures
from regforensics.analyze.logs.spans import percent, share, stretches
from regforensics.model.exposure import Exposure
from regforensics.model.instant import Instant
from tests.support.logged import Stored, events, log
from tests.unit.analyze.documents import Case, scope
from tests.unit.analyze.logs.test_counting import nginx
from tests.unit.analyze.logs.test_logged import FILE, NPM, case, of, row, told


def access(at: str, *, done: str = "ACCEPTED DOWNLOAD", user: str = "ada",
           address: str = "203.0.113.7", repo: str = "npm-remote", of: str = "1.1.0") -> str:
    """One decision of a registry proxy."""
    return (f"2026-03-02T{at}Z [a1347a2e5ad0d45b] [{done}] {repo}:paint/-/paint-{of}.tgz  for"
            f" client : {user} / {address} [npm]\n")


def created(at: str) -> str:
    """One row of an audit: a caching repository got the file."""
    return ('{"timestamp":"2026-03-02 ' + at + '+0000","nodeId":"n","initiator":"ada/203.0.113.7",'
            '"domain":"repository.asset","type":"created","context":"paint","attributes":'
            '{"repository.type":"proxy","repository.name":"npm-proxy","format":"npm",'
            '"name":"paint","version":"1.1.0","path":"paint/-/paint-1.1.0.tgz"}}\n')


def exposed(made: Case, *logs: Stored) -> list[Exposure]:
    """Who has paint 1.1.0."""
    return list(exposures(replace(made.history(), events=events(*logs)), ["1.1.0"]))


def test_a_permission_is_a_likely_download_in_its_own_layer() -> None:
    stored = log("access.log", access("07:20:00.000") + access(
        "07:21:00.000", done="DENIED DOWNLOAD", user="eve", address="203.0.113.8"))
    (one, rest) = exposed(case(), stored)
    assert (one.grade, one.layer, one.log) == ("likely", "audit", "artifactory-access")
    assert (one.user, one.address) == ("ada", "203.0.113.7") and "was allowed to have" in one.reason
    assert rest.grade == "unchecked" and "nobody was checked" not in rest.reason
    claims, _ = told(case(), stored)
    (pulled,) = of(claims, "pulled")
    assert pulled.statement.startswith(
        "In the audit log (artifactory-access), version 1.1.0 was asked for by 2 clients")
    assert "outcomes: allowed 1, refused 1. 1 of these clients were allowed to have it: what was" \
        " handed over stands in other logs" in pulled.statement
    assert not of(claims, "no-fetch")


def test_a_permission_and_its_request_are_not_added_up() -> None:
    claims, _ = told(case(), log("access.log", access("07:20:00.000")),
                     log("request.log", row("07:20:00.010"), "EX-000102"))
    assert len(of(claims, "pulled")) == 2
    assert all("by 1 client " in c.statement for c in of(claims, "pulled"))


def test_a_log_of_permissions_without_one_for_the_version_says_so() -> None:
    claims, _ = told(case(), log("access.log", access("07:20:00.000", of="1.0.0")))
    (none,) = of(claims, "no-fetch")
    assert "is in the audit log (artifactory-access) (access.log)" in none.statement


def test_what_a_cache_deploys_to_itself_lets_nobody() -> None:
    stored = log("access.log", access("07:20:00.000", done="ACCEPTED DEPLOY", user="_system_",
                                      repo="npm-remote-cache"))
    assert not of(told(case(), stored)[0], "pulled")
    (kept, rest) = exposed(case(), stored)
    assert kept.grade == "possible" and kept.layer == "audit" and kept.address is None
    assert "nobody was checked" in rest.reason


def test_an_audit_of_changes_never_says_that_nobody_asked() -> None:
    claims, gaps = told(case(), log("audit.log", created("07:20:00,000").replace("1.1.0", "1.0.0")))
    assert not of(claims, "no-fetch")
    assert any("no log in the evidence holds requests" in gap.reason for gap in gaps)


def test_a_file_with_a_hit_is_in_no_negative() -> None:
    """An export may hold lines of several kinds."""
    mixed = log("export.log", row("07:10:00.000") + nginx("07:11:00").replace("1.1.0", "1.0.0"))
    claims, _ = told(case(), mixed)
    assert of(claims, "pulled") and not of(claims, "no-fetch")
    claims, _ = told(case(), mixed, log("other.log", nginx("07:12:00").replace("1.1.0", "1.0.0"),
                                        "EX-000102"))
    (none,) = of(claims, "no-fetch")
    assert "(other.log)" in none.statement and "export.log" not in none.statement


def test_a_question_about_the_file_is_no_absence_of_requests() -> None:
    claims, _ = told(case(), log("proxy.log", row("07:10:00.000", method="HEAD", size=0)))
    assert of(claims, "peeked") and not of(claims, "no-fetch")


def test_a_silent_file_of_the_kind_does_not_hide_a_burst() -> None:
    quiet = "".join(row(f"{hour:02}:{n:02}:00.000", "203.0.113.1", of="1.0.0")
                    for hour in range(7) for n in (5, 45) if hour in (0, 6) or n == 5)
    crowd = "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}") for n in range(1, 11))
    sparse = log("sparse.log", row("00:01:00.000", of="1.0.0") + row("09:00:00.000", of="1.0.0"),
                 "EX-000102")
    assert sparse.covered.silences
    claims, gaps = told(case(), log("proxy.log", quiet + crowd, usual=4000), sparse)
    assert of(claims, "burst") and not any("are unusual" in gap.question for gap in gaps)


def test_hours_that_every_file_is_silent_in_are_no_baseline() -> None:
    crowd = "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}") for n in range(1, 11))
    edge = row("00:01:00.000", of="1.0.0")
    claims, gaps = told(case(), log("proxy.log", edge + crowd),
                        log("other.log", edge + row("07:30:00.000", of="1.0.0"), "EX-000102"))
    assert not of(claims, "burst")
    (gap,) = [gap for gap in gaps if "are unusual" in gap.question]
    assert "covers (without a silence in the most of it) 0 hours before it" in gap.reason


def test_clients_that_stand_out_are_told_by_network_and_agent_within_each_log() -> None:
    announced = replace(scope("npm:paint@1.1.0"),
                        announced=Instant.parse("2026-03-02T09:00:00.000Z"))
    old = row("2026-02-27T06:30:00.000Z", of="1.0.0")
    crowd = "".join(row(f"07:{n:02}:00.000", f"198.51.100.{n}", agent="curl/8.5.0", user="-")
                    for n in range(1, 31))
    lone = row("07:40:00.000", "192.0.2.9", agent="curl/8.5.0", user="-")
    web = "".join(nginx(f"07:50:{n:02}", f"203.0.113.{n}") for n in range(10, 40))
    claims, _ = told(case(), log("proxy.log", old + crowd + lone),
                     log("web.log", web, "EX-000102"), on=announced)
    told_of = of(claims, "unusual-client")
    assert len(told_of) == 2
    assert ("(1 of the 2 that stand out by network and user agent, of 31 clients in this log):"
            " 30 clients of 198.51.100.0/24, user agent curl/8.5.0 (198.51.100.1,"
            ) in told_of[0].statement
    assert "from 2026-03-02T07:01:00.000Z to 2026-03-02T07:30:00.000Z" in told_of[0].statement
    assert "it came within a minute of the publish (1 of them)" in told_of[0].statement
    assert "192.0.2.9" in told_of[1].statement and "clients of 192" not in told_of[1].statement


def test_a_little_coverage_is_less_than_one_percent_and_never_nothing() -> None:
    assert [percent(part) for part in (0, 0.0004, 0.006, 0.01, 0.525, 0.9999, 1)] == [
        "0 %", "less than 1 %", "less than 1 %", "1 %", "52.5 %", "99.9 %", "100 %"]


def test_coverage_says_what_ends_the_time_that_it_is_of() -> None:
    short = log("proxy.log", row("07:00:00.000", of="1.0.0") + row("07:01:00.000", of="1.0.0"))
    (rest,) = exposed(case(gone=True), short)
    assert ("of the time from the publish to the capture that shows it gone, these logs cover: the"
            " registry proxy log (artifactory-request) less than 1 %") in rest.reason
    (none,) = of(told(case(gone=True), short)[0], "no-fetch")
    assert "and 2026-03-02T12:00:00Z (the capture that shows it gone) is in" in none.statement
    assert "coverage less than 1 %" in none.statement
    taken = row("11:00:00.000", method="DELETE", status=200, path=FILE.format("1.1.0") + "/-rev/4")
    (rest,) = exposed(case(gone=True), log("proxy.log", row("07:00:00.000", of="1.0.0") + taken))
    assert "to the takedown" not in rest.reason


def test_the_end_of_the_logs_bounds_a_version_that_is_there() -> None:
    (rest,) = exposed(case(), log("proxy.log", row("07:00:00.000", of="1.0.0")
                                  + row("08:00:00.000", of="1.0.0")))
    assert "to the end of the logs, these logs cover" in rest.reason


def test_stretches_of_logs_join_and_are_shared_once() -> None:
    one = log("a.log", row("06:00:00.000") + row("06:30:00.000"))
    other = log("b.log", row("06:20:00.000") + row("07:00:00.000") + row("09:00:00.000"))
    found = stretches([one.covered, other.covered])
    assert [(a.hour, b.hour) for a, b in found] == [(6, 7), (9, 9)]
    start = found[0][0]
    assert share(found, start, start.replace(hour=8)) == 0.5
    assert share(found, start.replace(hour=7), start.replace(hour=8)) == 0.0


def nexus(at: str, took: int) -> str:
    """A proxy that logs whole seconds, at a request's end, and its milliseconds."""
    return (f'203.0.113.7 - ada [02/Mar/2026:{at} +0000] "GET /repository/npm-all/paint/-/'
            f'paint-1.1.0.tgz HTTP/1.1" 200 - 4321 {took} "{NPM}" [qtp1199213870-40]\n')


def test_a_logged_time_is_told_as_it_stands() -> None:
    claims, _ = told(case(), log("request.log", nexus("07:17:05", 12)))
    for claim in (*of(claims, "clocks"), *of(claims, "consumer")):
        assert "first asked for" in claim.statement and ":17:04" not in claim.statement
        assert "at 2026-03-02T07:17:05Z" in claim.statement and "began" not in claim.statement


def test_a_computed_start_is_told_as_computed_and_no_more_exact_than_the_log() -> None:
    claims, _ = told(case(), log("request.log", nexus("07:17:05", 90_012)))
    (claim,) = of(claims, "clocks")
    assert ("first asked for at 2026-03-02T07:17:05Z (logged at its end; by its duration, computed,"
            " it began at 2026-03-02T07:15:35Z)") in claim.statement


def test_a_start_that_the_line_states_is_told_as_it_stands() -> None:
    line = (
        'https 2026-03-02T07:10:02.040000Z app/npm/1 203.0.113.7:2817 10.0.0.1:8081 0.000 2.040'
        ' 0.000 200 200 34 43366 "GET https://npm.corp.example:443' + FILE.format("1.1.0")
        + f' HTTP/1.1" "{NPM}" - - - "Root=1" "-" "-" 0 2026-03-02T07:10:00.000000Z "forward" "-"'
        ' "-" "-" "-" "-" "-"\n')
    (claim,) = of(told(case(), log("lb.log", line))[0], "clocks")
    assert "first asked for at 2026-03-02T07:10:00.000Z (10 min after" in claim.statement
