"""Advisory records: which versions they cover, what is asked, and what odd answers become."""

import hashlib
import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.jsontree import Document
from regforensics.model.advisory import Advisory, AdvisoryAnswer
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation
from regforensics.registries import advisories
from regforensics.registries.base import Part, Wanted
from tests.support.advisories import answer, github, osv
from tests.support.documents import holds

PAINT = PackageRef.parse("npm:paint")
WANTED = Wanted(advisories=True, osv_url="https://osv.example/",
                github_api_url="https://github.example/api/")


def part(body: object, kind: str = "osv", *, url: str = "", how: str = "http",
         link: str | None = None, status: int = 200) -> Part:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hashlib.sha256(raw).hexdigest()
    return Part(kind, Document("EX-000001", digest, raw), Observation(
        label="EX-000001", sha256=digest, status=status,
        headers=(("Link", link),) if link else ()), PAINT, Entry(how=how, kind=kind, url=url))


def read(body: object, kind: str = "osv", target: str = "npm:paint",
         **more: Any) -> list[AdvisoryAnswer | Gap]:
    return list(advisories.read(PackageRef.parse(target), part(body, kind, **more)))


def one(record: dict[str, Any], target: str = "npm:paint") -> Advisory:
    kind = "github-advisories" if "ghsa_id" in record else "osv"
    (found,) = (a for a in read(record, kind, target) if isinstance(a, AdvisoryAnswer))
    return found.advisories[0]


def covered(record: dict[str, Any], *versions: str, target: str = "npm:paint") -> list[str]:
    advisory = one(record, target)
    return [v for v in versions if advisory.covering(v)]


def test_every_fact_of_a_record_quotes_its_bytes() -> None:
    record = osv(versions=("1.0.1",), events=({"introduced": "0"}, {"fixed": "2.0.0"}),
                 imported="2026-03-02T11:00:00Z", aliases=["GHSA-2222-3333-4444"],
                 withdrawn="2026-03-03T00:00:00Z")
    raw, found = json.dumps(record).encode(), one(record)
    assert found.malware
    assert found.names == {"MAL-2026-17", "GHSA-2222-3333-4444"}
    assert found.published and found.modified and found.withdrawn and found.summary
    facts = [found.id, found.summary, found.published, found.modified, found.withdrawn,
             *found.aliases, *found.listed, *found.imported, *(r.fact for r in found.ranges)]
    assert len(facts) == 9
    assert all(holds(c, raw) for fact in facts for c in fact.citations)


def test_events_bound_versions_as_the_schema_says() -> None:
    fixed = osv(events=({"introduced": "1.0.0"}, {"fixed": "1.4.2"}, {"introduced": "2.0.0"},
                        {"last_affected": "2.0.1"}))
    assert covered(fixed, "0.9.9", "1.0.0", "1.4.2-beta", "1.4.2", "2.0.0", "2.0.1", "2.0.2") == [
        "1.0.0", "1.4.2-beta", "2.0.0", "2.0.1"]
    assert covered(osv(events=({"introduced": "0"},)), "0.0.0-a", "99.0.0") == [
        "0.0.0-a", "99.0.0"]
    assert one(osv(events=({"introduced": "0"},))).ranges[0][1:] == (True, True)
    assert one(fixed).ranges[0][1:] == (False, False)
    pypi = osv(target="pypi:paint", events=({"introduced": "1.0"}, {"fixed": "1.0.post2"}))
    assert covered(pypi, "1.0rc1", "1.0", "1.0.post1", "1.0.post2", target="pypi:paint") == [
        "1.0", "1.0.post1"]


@pytest.mark.parametrize(("text", "inside"), [
    ("= 1.0.1", ["1.0.1"]), (">= 1.0.0, < 1.0.2", ["1.0.0", "1.0.1"]), ("<= 1.0.0", ["1.0.0"]),
    ("> 1.0.0", ["1.0.1", "1.0.2"]), (">= 0", ["1.0.0", "1.0.1", "1.0.2"]), ("< 1.0.0", [])])
def test_expressions_bound_versions(text: str, inside: list[str]) -> None:
    assert covered(github("G", text), "1.0.0", "1.0.1", "1.0.2") == inside


def test_spellings_of_one_version_are_one() -> None:
    record = osv(target="pypi:paint", versions=("1.0", "1.0.0", "2.0"))
    assert [f.value for f in one(record, "pypi:paint").listed] == ["1.0", "2.0"]
    assert covered(record, "1.0.0", "v1", "1.1", target="pypi:paint") == ["1.0.0", "v1"]


@pytest.mark.parametrize("record", [
    github("G", "about 1.0"), github("G", "= " + "9" * 5000),
    osv(events=({"introduced": "one"},)), osv(events=({"introduced": "1" * 300},))])
def test_a_range_that_cannot_be_compared_is_a_gap(record: dict[str, Any]) -> None:
    kind = "github-advisories" if "ghsa_id" in record else "osv"
    gap, held = read(record, kind)
    assert isinstance(gap, Gap)
    assert isinstance(held, AdvisoryAnswer)
    assert held.advisories[0].ranges == ()


def test_maven_ranges_are_said_not_to_be_compared() -> None:
    target = "maven:example.paint:paint"
    record = osv(target=target, versions=("1.0",), events=({"introduced": "1"},))
    record["affected"][0]["package"]["name"] = "example.paint:paint"
    gap, held = read(record, target=target)
    assert isinstance(gap, Gap) and "cannot be compared here" in gap.reason
    assert isinstance(held, AdvisoryAnswer) and held.advisories[0].covering("1.0")


def test_records_about_other_packages_are_left_out_and_counted() -> None:
    gap, found = read(answer(osv(), osv(target="npm:paint-x"), osv(target="pypi:paint")))
    assert isinstance(gap, Gap) and "2 do not name the package" in gap.reason
    assert isinstance(found, AdvisoryAnswer) and len(found.advisories) == 1
    assert read(osv(target="npm:other"), how="file") == []


@pytest.mark.parametrize(("body", "kind"), [
    (b"[]", "osv"), (b'"x"', "osv"), (b'{"message":"limit"}', "github-advisories")])
def test_what_is_no_list_of_advisories_is_unreadable(body: bytes, kind: str) -> None:
    with pytest.raises(UnreadableInput):
        read(body, kind)


def test_an_empty_answer_is_an_answer() -> None:
    (osv_says,) = read(answer())
    (github_says,) = read([], "github-advisories", url="https://github.example/api/advisories"
                          "?ecosystem=npm&type=malware")
    assert isinstance(osv_says, AdvisoryAnswer) and osv_says.asked
    assert isinstance(github_says, AdvisoryAnswer) and github_says.question == "malware"


def test_three_questions_are_asked_and_names_are_encoded() -> None:
    scoped = PackageRef.parse("npm:@paint/lines")
    first, reviewed, malware = advisories.ask(scoped, "", (), WANTED)
    assert (first.url, first.method) == ("https://osv.example/v1/query", "POST")
    assert json.loads(first.body or b"") == {
        "package": {"name": "@paint/lines", "ecosystem": "npm"}}
    assert reviewed.url == ("https://github.example/api/advisories?ecosystem=npm"
                            "&affects=%40paint%2Flines&per_page=100&type=reviewed")
    assert malware.url.endswith("type=malware")
    assert list(advisories.ask(scoped, "", (), Wanted())) == []


def test_pages_are_followed_on_the_same_host_and_no_further_than_the_bound() -> None:
    page = part(answer(osv(), token="abc"))
    bodies = [q.body for q in advisories.ask(PAINT, "", [page], WANTED) if q.kind == "osv"]
    assert [json.loads(b or b"").get("page_token") for b in bodies] == [None, "abc"]
    many = [part(answer(osv(), token=f"t{i}")) for i in range(100)]
    assert len([q for q in advisories.ask(PAINT, "", many, WANTED) if q.kind == "osv"]) == 20
    own = "https://github.example/api/advisories?type=reviewed&after=x"
    for link, asked in ((f'<{own}>; rel="next"', 1), (f'<{own}>; rel="prev"', 0),
                        ('<https://elsewhere.example/advisories?after=x>; rel="next"', 0)):
        answered = [part([], "github-advisories", link=link, url="https://g.example/?type=reviewed")]
        urls = [q.url for q in advisories.ask(PAINT, "", answered, WANTED)]
        assert urls.count(own) == asked


def test_saved_records_are_recognised_with_their_package() -> None:
    for body, kind in ((osv(), "osv"), (answer(osv()), "osv"),
                       (github("G", "= 1"), "github-advisories"),
                       ([github("G", "= 1")], "github-advisories")):
        document = part(body).document
        assert document is not None
        assert advisories.recognises(document) == kind
        assert advisories.package_of(document, kind) == PAINT
    two = part(answer(osv(), osv(target="npm:brush"))).document
    assert two is not None
    assert advisories.package_of(two, "osv") is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner:
       st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
           ["id", "modified", "vulns", "affected", "package", "name", "ecosystem", "ranges",
            "events", "introduced", "versions", "ghsa_id", "vulnerabilities", "aliases",
            "vulnerable_version_range", "identifiers", "type"]), inner, max_size=5)))
def test_any_document_is_read_or_refused(value: object) -> None:
    if not isinstance(value, dict | list):
        return
    raw = part(value)
    assert raw.document is not None
    advisories.recognises(raw.document)
    for kind in advisories.KINDS:
        advisories.package_of(raw.document, kind)
        with suppress(UnreadableInput):
            list(advisories.read(PAINT, part(value, kind)))


@given(st.lists(st.sampled_from([f"{a}.{b}.{c}" for a in range(3) for b in range(3)
                                 for c in ("0", "1", "0-rc.1")] + ["odd", "v1.0.0"]), max_size=9),
       st.lists(st.sampled_from([">= 1.0.0", "< 1.1.1", "> 0.1.0, <= 2.0.0", "= 1.0.0", ">= 0"]),
                max_size=3))
def test_many_versions_at_once_are_judged_as_each_by_itself(
        versions: list[str], texts: list[str]) -> None:
    advisory = one(github("G", *texts or ["= 9.9.9"]))
    at_once = advisory.among(tuple(versions))
    assert set(at_once) == {v for v in versions if advisory.covering(v)}
    assert list(at_once) == [v for v in dict.fromkeys(versions) if v in at_once]


def test_huge_records_take_no_time() -> None:
    events = tuple({"introduced": f"{i}.0.0"} if i % 2 else {"fixed": f"{i}.0.0"}
                   for i in range(20_000))
    versions = tuple(f"1.0.{i}" for i in range(20_000))
    body = json.dumps(osv(versions=versions, events=events)).encode()
    started = time.process_time()
    gap, found = read(body)
    assert isinstance(gap, Gap)
    assert isinstance(found, AdvisoryAnswer)
    assert len(found.advisories[0].listed) == 5000
    assert found.advisories[0].ranges == ()
    assert all(found.advisories[0].covering(f"1.0.{i}") for i in range(3000))
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize("version", [
    "1.2.3-" + "-" * 200, "1.2.3-" + "a." * 55, "1" + ".0" * 120, " " * 250, "1!" * 60])
@pytest.mark.parametrize("target", ["npm:paint", "pypi:paint"])
def test_many_records_of_odd_versions_take_no_time(version: str, target: str) -> None:
    records = [osv(f"MAL-1-{n}", target=target, versions=tuple(
        f"{version}{n}{i}" for i in range(1000))) for n in range(40)]
    body = json.dumps(answer(*records)).encode()
    started = time.process_time()
    *gaps, found = read(body, target=target)
    assert time.process_time() - started < 3.0  # 40,000 versions; half of them are read
    assert isinstance(found, AdvisoryAnswer) and len(found.advisories) == 20
    assert any(isinstance(gap, Gap) and "beyond the limit" in gap.reason for gap in gaps)
