"""Download counts that are handed over: recognised by their shape, cited by row."""

import json
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.schemas import validate
from tests.support.command import one_clear_line, run
from tests.support.counts import clickhouse, days, npm_range
from tests.support.documents import SHARED

UNREADABLE = 5
CSV = ("day,project,version,installer,downloads\n"
       + "".join(f"2026-03-{d:02},{name},1.{d},{client},{d}\n" for d in range(1, 29)
                 for name in ("oil-paint", "easel") for client in ("pip", "bandersnatch")))


def taken(tmp_path: Path, name: str, body: bytes, *words: object) -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(body)
    ended = run("ingest", path, "-e", tmp_path / "evidence", "--json", "--observed-at",
                "2026-05-01", *words)
    assert ended.code == 0, ended.err
    validate("ingest", ended.document)
    row: dict[str, Any] = ended.document["files"][0]
    return row


@pytest.mark.parametrize(("name", "body", "kind", "subject", "events"), [
    ("range.json", npm_range("@art/brush", days("2026-01-05", 9), lambda _: 1), "npm-downloads",
     "pkg:npm/%40art/brush", 9),
    ("bulk.json", {"a": npm_range("a", days("2026-01-05", 9), lambda _: 1), "b": None},
     "npm-downloads", "pkg:npm/a", 9),
    ("week.json", {"package": "a", "downloads": {"1.0.0": 3}}, "npm-version-downloads",
     "pkg:npm/a", 1),
    ("day.json", {"downloads": 0, "start": "2026-01-05", "end": "2026-01-05"},
     "npm-total-downloads", None, 0),
    ("stats.json", {"data": [{"category": "with_mirrors", "date": "2026-01-05", "downloads": 1}],
                    "package": "Oil_Paint", "type": "overall_downloads"}, "pypistats-downloads",
     "pkg:pypi/oil-paint", 1),
    ("click.json", clickhouse([{"project": "easel", "date": "2026-01-05", "version": "1",
                                "downloads": 3}]), "clickpy-downloads", "pkg:pypi/easel", 1)])
def test_saved_answers_are_recognised(tmp_path: Path, name: str, body: object, kind: str,
                                      subject: str | None, events: int) -> None:
    row = taken(tmp_path, name, json.dumps(body).encode())
    assert (row["format"], row["subject"], row["events"]) == (kind, subject, events)


def test_an_export_gives_every_project_a_custody_line_of_one_exhibit(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_bytes(CSV.encode())
    rows = run("ingest", tmp_path / "export.csv", "-e", tmp_path / "evidence",
               "--json").document["files"]
    assert [(row["format"], row["subject"], row["events"]) for row in rows] == [
        ("pypi-download-export", "pkg:pypi/oil-paint", 56),
        ("pypi-download-export", "pkg:pypi/easel", 56)]
    row = rows[0]
    assert (row["first"], row["last"]) == ("2026-03-01T00:00:00.000Z", "2026-03-28T00:00:00.000Z")
    evidence = tmp_path / "evidence"
    lines = [json.loads(line) for line in (evidence / "custody.jsonl").read_bytes().splitlines()]
    assert {(line["subject"], line["exhibit"]) for line in lines if line["how"] == "file"} == {
        ("pkg:pypi/oil-paint", row["exhibit"]), ("pkg:pypi/easel", row["exhibit"])}
    assert len(list((evidence / "exhibits").iterdir())) == 1
    assert run("verify", "-e", evidence).code == 0


def test_the_report_cites_the_rows_of_an_export_and_holds(tmp_path: Path) -> None:
    taken(tmp_path, "export.csv", CSV.encode())
    report = tmp_path / "report.json"
    words = ("--incident", "pypi:easel@1.7", "-e", tmp_path / "evidence")
    assert run("timeline", "report", "-o", report, *words).code == 0
    document = json.loads(report.read_bytes())
    by_rule = {(c["rule"], c["subject"]): c for c in document["claims"]}
    claim = by_rule["distribution.downloads", "pkg:pypi/easel@1.7"]
    assert claim["statement"].endswith("has 14 downloads of version 1.7 on 2026-03-07.")
    assert [c["quote"] for c in claim["citations"]] == [
        "2026-03-07,easel,1.7,pip,7", "2026-03-07,easel,1.7,bandersnatch,7"]
    whole = by_rule["distribution.downloads", "pkg:pypi/easel"]
    assert "has 812 downloads of the package" in whole["statement"]
    assert len(whole["citations"]) == 1
    checked = run("timeline", "check", report, "-e", tmp_path / "evidence")
    assert checked.code == 0, checked.out
    forged = report.read_text().replace("has 812 downloads", "has 813 downloads")
    report.write_text(forged)
    assert run("timeline", "check", report, "-e", tmp_path / "evidence").code == 4


def test_a_subject_that_a_file_does_not_count_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(CSV)
    ended = run("ingest", path, "-e", tmp_path / "evidence", "--subject", "pypi:varnish")
    assert ended.code == UNREADABLE
    assert "counts pypi:oil-paint, pypi:easel, not pypi:varnish" in one_clear_line(ended)
    row = taken(tmp_path, "export.csv", CSV.encode(), "--subject", "pypi:easel")
    assert (row["subject"], row["events"]) == ("pkg:pypi/easel", 56)


def test_an_export_without_a_project_needs_a_subject(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("date,version,downloads\n2026-03-01,1.0,7\n")
    assert run("ingest", path, "-e", tmp_path / "evidence").code == UNREADABLE
    row = taken(tmp_path, "export.csv", path.read_bytes(), "--subject", "pypi:easel")
    assert row["events"] == 1


@pytest.mark.shared_data
def test_a_real_range_is_read_day_by_day(tmp_path: Path) -> None:
    body = (SHARED / "npm/downloads/cross-spawn-range.json").read_bytes()
    stated = json.loads(body)
    row = taken(tmp_path, "range.json", body)
    assert (row["format"], row["subject"]) == ("npm-downloads", "pkg:npm/cross-spawn")
    assert row["events"] == len(stated["downloads"]) == 366
    assert row["gaps"] == []
    ended = run("downloads", "npm:cross-spawn", "--offline", "--from", stated["start"], "--to",
                stated["end"], "--by", "month", "--json", "-e", tmp_path / "evidence")
    validate("downloads", ended.document)
    (series,) = ended.document["series"]
    assert series["total"] == sum(d["downloads"] for d in stated["downloads"])
    missing = {day for p in series["points"] for day in p["missing_days"]}
    assert missing == {d["day"] for d in stated["downloads"] if not d["downloads"]}
