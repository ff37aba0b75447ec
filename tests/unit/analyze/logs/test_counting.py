"""What counts as one request, one client and one download: kinds of log apart, no line twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.analyze.logs.requests import Dates, gathered
from regforensics.analyze.logs.settled import Left, once, unchallenged
from regforensics.model.citation import Fact
from regforensics.model.event import AccessEvent
from regforensics.model.package import PackageRef
from tests.support.logged import Stored, log
from tests.unit.analyze.logs.test_logged import FILE, NPM, case, of, row, told

PACKAGE = PackageRef.parse("npm:paint")
PATH = FILE.format("1.1.0")


def nginx(at: str, address: str = "203.0.113.7", status: int = 200) -> str:
    return (f'{address} - - [02/Mar/2026:{at} +0000] "GET {PATH} HTTP/1.1" {status} 4321 "-"'
            f' "{NPM}"\n')


def traffic(at: str) -> str:
    return (f"2026-03-02T{at}Z|a1347a2e5ad0d45b|40|DOWNLOAD|203.0.113.7|npm-remote:paint/-/"
            "paint-1.1.0.tgz|4321\n")


def outbound(at: str) -> str:
    return (f"2026-03-02T{at}Z|a1347a2e5ad0d45b|npm-remote|_system_|GET|"
            "https://registry.example/paint/-/paint-1.1.0.tgz|200|0|4321|30\n")


def nexus(at: str) -> str:
    return (f'203.0.113.7 - ada [02/Mar/2026:{at} +0000] "GET /repository/npm-all/paint/-/'
            f'paint-1.1.0.tgz HTTP/1.1" 200 - 4321 12 "{NPM}" [qtp1199213870-40]\n')


def test_logs_of_one_layer_in_other_formats_are_never_added_up() -> None:
    claims, _ = told(
        case(), log("request.log", row("07:10:00.000"), "EX-000101"),
        log("traffic.log", traffic("07:10:00.000"), "EX-000102"),
        log("request-out.log", outbound("07:09:59.000"), "EX-000103"),
        log("nexus.log", nexus("07:10:00"), "EX-000104"),
        log("access.log", nginx("07:10:00"), "EX-000105"))
    pulled = of(claims, "pulled")
    assert [c.statement.partition(",")[0] for c in pulled] == [
        "In the registry proxy log (artifactory-request)",
        "In the registry proxy log (artifactory-traffic)",
        "In the registry proxy log (nexus-request)", "In the web server log (combined)"]
    assert all("by 1 client " in c.statement and "in 1 request," in c.statement for c in pulled)
    (fill,) = of(claims, "automation")
    assert "(artifactory-request-out)" in fill.statement and "by the layer itself" in fill.statement
    assert not any("request-out" in c.statement for c in of(claims, "consumer"))


def test_a_line_that_two_files_hold_counts_once() -> None:
    one, two = row("07:10:00.000"), row("07:20:00.000", "203.0.113.8")
    claims, _ = told(case(), log("request.log", one + two),
                     log("export.log", two + row("07:30:00.000", "203.0.113.9"), "EX-000102"))
    (claim,) = of(claims, "pulled")
    assert "in 3 requests," in claim.statement
    (left,) = of(claims, "repeated-lines")
    assert "Left out of every count: 1 line" in left.statement
    assert {c.exhibit for c in left.citations} == {"EX-000101", "EX-000102"}


def test_a_line_that_stands_twice_in_one_file_is_two_requests() -> None:
    line = row("07:10:00.000")
    claims, _ = told(case(), log("request.log", line + line))
    assert "in 2 requests," in of(claims, "pulled")[0].statement
    assert not of(claims, "repeated-lines")
    claims, _ = told(case(), log("request.log", line + line),
                     log("export.log", line + line, "EX-000102"))
    assert "in 2 requests," in of(claims, "pulled")[0].statement


@given(st.lists(st.lists(st.integers(0, 3), max_size=6), max_size=4))
def test_any_overlap_of_files_counts_as_the_fullest_of_them(files: list[list[int]]) -> None:
    rows = [fact for number, lines in enumerate(files)
            for fact in log("r.log", "".join(row(f"07:00:0{n}.000") for n in lines),
                            f"EX-00010{number}").requests]
    rows.sort(key=lambda f: f.value.at.utc.timestamp() if f.value.at else 0.0)
    left = Left[Fact[AccessEvent]]()
    kept = list(once(rows, left))
    assert len(kept) == sum(max(lines.count(n) for lines in files) for n in range(4)
                            ) if files else not kept
    assert len(kept) + left.count == len(rows)


def test_a_challenge_and_its_answer_are_one_request_of_one_client() -> None:
    claims, _ = told(case(), log("request.log", row(
        "07:10:00.000", user="non_authenticated_user", status=401, size=0)
        + row("07:10:00.300", user="ada")))
    (claim,) = of(claims, "pulled")
    assert "by 1 client " in claim.statement and "in 1 request," in claim.statement
    assert "refused" not in claim.statement


@pytest.mark.parametrize("second", [
    row("07:11:00.000", user="ada"), row("07:10:00.300", "203.0.113.8", user="ada"),
    row("07:10:00.300", user="ada", of="1.0.0"), row("07:10:00.300", user="ada", status=401)],
    ids=["a minute later", "another address", "another version", "refused again"])
def test_a_refusal_that_no_answer_follows_is_told(second: str) -> None:
    claims, _ = told(case(), log("request.log", row(
        "07:10:00.000", user="non_authenticated_user", status=401, size=0) + second))
    assert "refused" in of(claims, "pulled")[0].statement


def test_a_long_answer_is_found_by_its_start() -> None:
    rows = log("request.log", row("07:10:00.000", user="x", status=401, size=0)
               + row("07:10:30.000", took=29_900)).requests
    left = Left[Fact[AccessEvent]]()
    assert [f.value.status_code for f in unchallenged(rows, left)] == [200]
    assert left.count == 1


@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from((200, 401, 403)),
                          st.integers(0, 2)), max_size=20))
def test_unchallenged_keeps_the_order_and_drops_challenges_alone(
        rows: list[tuple[int, int, int]]) -> None:
    stored = log("r.log", "".join(
        row(f"07:{at // 60:02}:{at % 60:02}.000", f"203.0.113.{who}", status=status)
        for at, status, who in sorted(rows)))
    left = Left[Fact[AccessEvent]]()
    kept = list(unchallenged(stored.requests, left))
    assert len(kept) + left.count == len(rows)
    assert kept == [f for f in stored.requests if f in kept]
    assert sum(f.value.status_code != 401 for f in kept) == sum(r[1] != 401 for r in rows)


def test_ranges_of_one_file_by_one_client_are_one_download() -> None:
    parts = "".join(row(f"07:1{n}:00.000", status=206, size=1000) for n in range(4))
    claims, _ = told(case(), log("request.log", parts))
    assert "partial 4 (ranges of 1 download: 1 of a file or parts whose size the log does not" \
        " tell)" in of(claims, "pulled")[0].statement
    whole = row("07:30:00.000", "203.0.113.8", size=4000)
    claims, _ = told(case(), log("request.log", parts + whole))
    assert "(ranges of 1 download: 1 that add up to the size of the whole file)" \
        in of(claims, "pulled")[0].statement
    claims, _ = told(case(), log("request.log", parts + whole.replace("|4000|", "|4001|")))
    assert "1 that add up to less than the whole file" in of(claims, "pulled")[0].statement
    assert "1 of these clients got it" in of(claims, "pulled")[0].statement


@pytest.mark.parametrize("asked", [
    row("07:10:00.000", method="HEAD", size=0), row("07:10:00.000", path=PATH + ".sha1", size=40)],
    ids=["HEAD", "checksum"])
def test_questions_about_a_file_are_no_download(asked: str) -> None:
    claims, _ = told(case(), log("request.log", asked))
    assert not of(claims, "pulled") and not of(claims, "metadata-only")
    (claim,) = of(claims, "peeked")
    assert "1 client asked about files of version 1.1.0" in claim.statement
    assert "no download" in claim.statement and not claim.notable
    claims, _ = told(case(), log("request.log", asked + row("07:11:00.000")))
    assert not of(claims, "peeked") and of(claims, "pulled")


def test_a_wheels_metadata_is_no_download() -> None:
    body = row("07:10:00.000", path="/api/pypi/pypi-remote/packages/packages/ec/ab/"
               + "0" * 60 + "/paint-1.1.0-py3-none-any.whl.metadata")
    found = gathered(PackageRef.parse("pypi:paint"), log("r.log", body).requests, Dates({}, {}))
    assert not found.versions
    assert [list(c.peeks) for c in found.consumers.values()] == [["1.1"]]


def still(*lines: str) -> str:
    claims, _ = told(case(gone=True), log("request.log", "".join(lines)))
    return "".join(c.statement for c in of(claims, "cache-tail"))


def test_what_came_after_a_takedown_is_told_by_outcome() -> None:
    later = [row("12:30:00.000"), row("12:31:00.000", status=304, size=0),
             row("12:32:00.000", status=206), row("12:33:00.000", status=302, size=0),
             row("12:34:00.000", status=499), row("12:35:00.000", size=0)]
    text = still(*later)
    for words in ("handed out 1 time (", "confirmed to clients that already had it 1 time",
                  "handed out in part 1 time", "redirected to another address 1 time",
                  "asked for by clients that left before the end 1 time",
                  "asked for with an outcome that the log does not tell 1 time"):
        assert words in text
    assert "handed out" not in still(later[4])
    assert not still(row("12:30:00.000", status=403), row("12:31:00.000", status=404, size=0))
    assert not still(row("12:00:01.000"))  # within what clocks may differ


def test_the_layers_own_fetch_after_a_takedown_is_apart() -> None:
    text = still(row("12:30:00.000", user="jffe@01abc"), row("12:31:00.000"))
    assert "handed out 1 time" in text and "asked for by the layer itself 1 time" in text


def fetched(source: str, at: str) -> str:
    return ('{"timestamp":"2026-03-02T' + at + 'Z","event_type":"npm.download","registry":"npm",'
            '"package":"paint","version":"1.1.0","filename":"paint-1.1.0.tgz","action":"download",'
            f'"source":"{source}","user_agent":"{NPM.replace("/", "/")}",'
            '"remote_addr":"203.0.113.7","status_code":200,"size":4321,"extra":null}\n')


def test_cache_and_upstream_are_apart_where_the_log_says_it() -> None:
    text = still(fetched("cache", "12:30:00"), fetched("upstream", "12:31:00"),
                 fetched("cache", "12:32:00"))
    assert "handed out 3 times (from a cache: 2, fetched from upstream: 1)" in text


def test_audit_events_of_downloads_are_a_proxys_requests() -> None:
    claims, _ = told(case(), log("events.jsonl", fetched("cache", "07:30:00")))
    assert "In the registry proxy log (audit-events), version 1.1.0 was asked for by 1 client" \
        in of(claims, "pulled")[0].statement


DELETED = "/api/npm/npm-local/paint/-/paint-1.1.0.tgz/-rev/3-abc"


def test_a_takedown_that_a_log_shows_bounds_what_was_still_served() -> None:
    gone = row("09:00:00.000", path=DELETED, method="DELETE", size=0)
    after = row("09:30:00.000")
    claims, _ = told(case(), log("request.log", gone + after))
    (claim,) = of(claims, "cache-tail")
    assert claim.statement.startswith(
        "Version 1.1.0 was taken away by a request that a log shows at 2026-03-02T09:00:00.000Z.")
    refused = gone.replace("|200|", "|403|")
    assert not of(told(case(), log("request.log", refused + after))[0], "cache-tail")
    other = gone.replace("1.1.0", "1.0.0")
    assert not of(told(case(), log("request.log", other + after))[0], "cache-tail")


def zoneless(one: Stored) -> Stored:
    return replace(one, requests=tuple(
        replace(f, value=replace(f.value, at=replace(f.value.at, zone="assumed")))
        for f in one.requests if f.value.at))


def test_a_zone_stated_by_hand_makes_neither_before_nor_after() -> None:
    stored = log("proxy.log", row("07:10:00.000"))
    claims, gaps = told(case(), zoneless(stored))
    assert any("came before the publish" in gap.question for gap in gaps)
    (claim,) = of(claims, "consumer")
    assert "10 min after, if the time zone stated by hand is right, the publish" in claim.statement
    late = log("proxy.log", row("12:30:00.000"))
    claims, gaps = told(case(gone=True), zoneless(late))
    assert not of(claims, "cache-tail")
    assert any("came after the takedown" in gap.question for gap in gaps)


def test_machines_and_known_networks_before_the_publish_accuse_nobody() -> None:
    claims, _ = told(case(), log("proxy.log", row("06:50:00.000", agent="bandersnatch/6.5.0")))
    (claim,) = of(claims, "before-publish")
    assert not claim.notable and "by mirrors, scanners, CI" in claim.statement
    (claim,) = of(told(case(), log("proxy.log", row("06:50:00.000")))[0], "before-publish")
    assert claim.notable and "by mirrors" not in claim.statement
    assert "version 1.1.0 was fetched once before it was published" in claim.statement
    (claim,) = of(told(case(), log("proxy.log", row("06:50:00.000", status=302)))[0],
                  "before-publish")
    assert "version 1.1.0 may have been fetched once before" in claim.statement


def test_no_request_is_said_for_each_kind_of_log_by_its_own_coverage() -> None:
    busy = "".join(row(f"{h:02}:00:00.000", of="1.0.0") for h in range(6, 14))
    claims, _ = told(case(gone=True), log("request.log", busy + row("07:30:00.000"), usual=3601),
                     log("access.log", "".join(nginx(f"{h:02}:00:00").replace("1.1.0", "1.0.0")
                                               for h in (6, 7, 8, 11, 13)), "EX-000102"))
    (claim,) = of(claims, "no-fetch")
    assert "web server log (combined)" in claim.statement and not claim.notable
    assert "coverage 20 %: it has lines over 20 % of that time, with 2 silences" in claim.statement
    assert "clean" not in claim.statement
