"""PyPI's download counts: who asked is kept apart, and an export's rows cite themselves."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.analyze.logs.clients import class_of
from regforensics.model.downloads import DownloadCounts
from regforensics.model.history import Scope
from regforensics.model.package import PackageRef
from regforensics.registries.downloads import clickpy, exports, pypistats
from tests.support.counts import MONDAY, NPM, Counted, clickhouse, days

PAINT = PackageRef.parse("pypi:Oil_Paint")
#: Figures that the index's operators published of two incidents, by client.
LITELLM = {"pip": 83318, "uv": 33226, "Browser": 1399, "": 1022, "poetry": 204, "requests": 93}
TELNYX = {"": 222, "pip": 183, "Browser": 140, "requests": 71, "bandersnatch": 24, "uv": 18}


def export(rows: list[dict[str, object]], form: str) -> bytes:
    if form == "json":
        return json.dumps(rows).encode()
    if form == "ndjson":
        return "\n".join(map(json.dumps, rows)).encode()
    header = ",".join(rows[0])
    return "\r\n".join((header, *(",".join(map(str, r.values())) for r in rows))).encode()


def rows_of(split: dict[str, int], project: str, day: str, version: str) -> list[dict[str, object]]:
    return [{"day": day, "project": project, "version": version, "installer_name": client,
             "downloads": count} for client, count in split.items()]


@pytest.mark.parametrize("form", ["csv", "ndjson", "json"])
@pytest.mark.parametrize(("split", "day", "total", "sums"), [
    (LITELLM, "2026-03-24", 119262,
     "package managers made 116748 (pip 83318, uv 33226, poetry 204), mirrors 0 (none), other and"
     " unnamed clients 2514 (Browser 1399, no name 1022, requests 93)"),
    (TELNYX, "2026-03-27", 658,
     "package managers made 201 (pip 183, uv 18), mirrors 24 (bandersnatch 24), other and unnamed"
     " clients 433 (no name 222, Browser 140, requests 71)")])
def test_published_figures_come_out_split_by_client(
        form: str, split: dict[str, int], day: str, total: int, sums: str) -> None:
    body = export(rows_of(split, "oil-paint", day, "4.87.1"), form)
    assert exports.recognises(body)
    case = Counted().add(exports.KIND, body, subject="pypi:oil-paint", how="file",
                         at="2026-05-01T00:00:00Z", suffix=f".{form}")
    claims, gaps = case.told("pypi:oil-paint",
                             Scope(incidents=(PackageRef.parse("pypi:oil-paint@4.87.1"),)))
    assert gaps == []
    by_rule = {(c.rule, c.subject.version): c.statement for c in claims}
    assert f"has {total} downloads of version 4.87.1 on {day}." in \
        by_rule["distribution.downloads", "4.87.1"]
    assert sums in by_rule["distribution.downloads-clients", "4.87.1"]
    assert sums in by_rule["distribution.downloads-clients", None]
    assert not any("install" in c.statement or "victim" in c.statement for c in claims)
    (record,) = case.reader().history(PackageRef.parse("pypi:oil-paint")).of(DownloadCounts)
    assert all(str(row.downloads.value).encode() in row.downloads.citations[0].quote
               for row in record.rows)


def test_rows_of_other_projects_are_not_counted() -> None:
    body = export([*rows_of(TELNYX, "Oil.Paint", "2026-03-27", "1"),
                   *rows_of({"pip": 5}, "easel", "2026-03-27", "1")], "csv")
    assert exports.projects_in(body) == {"oil-paint": 6, "easel": 1}
    case = Counted().add(exports.KIND, body, subject="pypi:easel", how="file", suffix=".csv",
                         at="2026-05-01T00:00:00Z")
    assert "has 5 downloads" in case.told("pypi:easel")[0][0].statement


def test_rows_that_cannot_be_read_are_quoted_in_a_gap() -> None:
    body = b'day,project,downloads\n2026-03-01,easel,7\n2026-03-01,easel\nyesterday,easel,"x\n'
    case = Counted().add(exports.KIND, body, subject="pypi:easel", how="file", suffix=".csv",
                         at="2026-05-01T00:00:00Z")
    claims, gaps = case.told("pypi:easel")
    assert "has 7 downloads" in claims[0].statement
    assert [c.quote for c in gaps[0].citations] == [b"2026-03-01,easel", b'yesterday,easel,"x']


def test_the_names_that_the_data_set_gives_its_columns_are_known() -> None:
    row = {"timestamp": "2026-03-01 00:00:00 UTC", "file": {"project": "easel", "version": "1"},
           "details": {"installer": {"name": None}}, "num_downloads": "12"}
    case = Counted().add(exports.KIND, json.dumps([row]).encode(), subject="pypi:easel",
                         how="file", at="2026-05-01T00:00:00Z")
    (record,) = case.reader().history(PackageRef.parse("pypi:easel")).of(DownloadCounts)
    assert [(str(r.day), r.downloads.value, r.version, r.client) for r in record.rows] == [
        ("2026-03-01", 12, "1", "")]


@pytest.mark.parametrize("body", [
    b"", b"{}", b"[]", b"[1,2]", b"a,b,c\n1,2,3\n", b"\x00\xff", b'{"day":1}', b"[" * 100000,
    b'"' * 1000, b"day,downloads\n2026-01-01,1\n", b'{"name":"x","version":"1"}'])
def test_other_files_are_no_exports(body: bytes) -> None:
    assert not exports.recognises(body)


@given(st.binary(max_size=300), st.sampled_from([b"day,project,downloads\n", b'[{"day":', b"{"]))
def test_reading_an_export_never_fails_but_as_unreadable(body: bytes, head: bytes) -> None:
    case = Counted().add(exports.KIND, head + body, subject="pypi:easel", how="file",
                         suffix=".csv")
    case.told("pypi:easel")


def test_clickpy_is_asked_with_bound_parameters() -> None:
    asked = clickpy.queries(PAINT, ("1.0'; DROP TABLE x", "2\\"), days(MONDAY, 3), NPM)
    named = [parse_qs(urlsplit(q.url).query) for q in asked]
    assert all(n["param_project"] == ["oil-paint"] for n in named)
    assert all("oil-paint" not in n["query"][0] and "DROP" not in n["query"][0] for n in named)
    assert named[2]["param_versions"] == ["['1.0\\'; DROP TABLE x','2\\\\']"]
    assert len(clickpy.queries(PAINT, (), days(MONDAY, 3), NPM)) == 2


def test_clickpy_rows_are_read_by_client() -> None:
    rows = [{"project": "oil-paint", "date": str(day), "installer": client, "downloads": "30"}
            for day in days(MONDAY, 3) for client in ("pip", "bandersnatch", "")]
    url = clickpy.queries(PAINT, (), days(MONDAY, 3), NPM)[0].url
    case = Counted().add(clickpy.KIND, clickhouse(rows), subject="pypi:oil-paint", url=url)
    total, split = case.told("pypi:oil-paint")[0]
    assert total.statement == ("ClickPy has 270 downloads of the package from 2026-01-05 to"
                               " 2026-01-07.")
    assert "package managers made 90 (pip 90), mirrors 90 (bandersnatch 90)" in split.statement


def test_a_clickpy_answer_that_was_cut_short_is_not_counted() -> None:
    body = clickhouse([{"project": "oil-paint", "date": "2026-01-05", "installer": "pip",
                        "downloads": "30"}]) | {"rows": 2}
    case = Counted().add(clickpy.KIND, body, subject="pypi:oil-paint")
    claims, gaps = case.told("pypi:oil-paint")
    assert claims == []
    assert "cut short" in gaps[0].reason


def test_named_versions_are_never_taken_for_all() -> None:
    rows = [{"project": "oil-paint", "date": "2026-01-05", "version": "1", "installer": "pip",
             "downloads": 4}]
    url = clickpy.queries(PAINT, ("1",), days(MONDAY, 1), NPM)[2].url
    case = Counted().add(clickpy.KIND, clickhouse(rows), subject="pypi:oil-paint", url=url)
    scope = Scope(incidents=(PackageRef.parse("pypi:oil-paint@1"),))
    assert {c.subject.version for c in case.told("pypi:oil-paint", scope)[0]} == {"1"}
    assert case.told("pypi:oil-paint")[0] == []


def test_pypistats_has_a_series_with_and_one_without_mirrors() -> None:
    data = [{"category": category, "date": str(day), "downloads": count}
            for category, count in (("with_mirrors", 30), ("without_mirrors", 20))
            for day in days(MONDAY, 10)]
    body = {"data": data, "package": "oil-paint", "type": "overall_downloads"}
    assert pypistats.queries([PAINT], NPM)[0].url == f"{NPM}api/packages/oil-paint/overall"
    case = Counted().add(pypistats.KIND, body, subject="pypi:oil-paint")
    both, without = (c.statement for c in case.told("pypi:oil-paint")[0])
    assert both.startswith("Pypistats has 300 downloads of the package")
    assert without.startswith("Pypistats (known mirrors left out) has 200 downloads")


def test_clients_are_told_apart_by_name_alone() -> None:
    found = {name: class_of(name) for name in
             ("pip", "UV", "pdm", "Nexus", "Artifactory", "z3c.pypimirror", "devpi", "Browser",
              "requests", "", "pip; rm -rf")}
    assert list(found.values()) == ["package manager"] * 3 + ["mirror"] * 4 + ["other"] * 4
