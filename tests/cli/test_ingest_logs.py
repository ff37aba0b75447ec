"""Logs that are handed over: what is taken, told, tabled, and cited from the bytes as they came."""

import gzip
import io
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from regforensics.cli import showing
from regforensics.cli.reporting import Stored
from regforensics.events.held import HeldEvents
from regforensics.evidence.schemas import validate
from regforensics.evidence.store import EvidenceStore
from regforensics.model.citation import Citation
from regforensics.model.package import PackageRef
from regforensics.report import source
from regforensics.report.shell import commands
from regforensics.report.source import open_source
from regforensics.report.stated import Quoted
from tests.support.command import one_clear_line, run

LINE = ("2025-09-08T13:20:{second:02}.000Z|t|10.0.0.{host}|ada|GET|/api/npm/r/{path}|200|-1|"
        "43210|600|npm/10.8.2 node/v20")
TGZ = "chalk/-/chalk-5.6.{n}.tgz"
LOG = "\n".join(LINE.format(second=n, host=n, path=TGZ.format(n=n % 2)) for n in range(1, 9)) \
    + "\nnoise\n"
CHALK = PackageRef.parse("npm:chalk")


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("var/request.log", data)
    return made.getvalue()


PACKS: dict[str, Callable[[bytes], bytes]] = {
    "r.log": bytes, "r.log.gz": gzip.compress, "r.log.zst": zstd.compress, "r.zip": zipped}
each = pytest.mark.parametrize("name", PACKS)


@pytest.fixture(params=[1 << 24, 0], ids=["held", "too large to hold"])
def sized(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (source, showing):
        monkeypatch.setattr(module, "_HELD", request.param)


def given(tmp_path: Path, name: str, body: bytes) -> Path:
    path = tmp_path / "in" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(body)
    return path


def taken(tmp_path: Path, *words: object, code: int = 6) -> list[dict[str, Any]]:
    ended = run("ingest", *words, "-e", tmp_path / "evidence", "--json")
    assert ended.code == code, ended.err
    validate("ingest", ended.document)
    files: list[dict[str, Any]] = ended.document["files"]
    return files


def held(tmp_path: Path) -> tuple[EvidenceStore, HeldEvents]:
    store = EvidenceStore.open(tmp_path / "evidence")
    return store, HeldEvents(store)


@each
def test_a_log_is_counted_and_its_unread_lines_are_named(name: str, tmp_path: Path) -> None:
    row, = taken(tmp_path, given(tmp_path, name, PACKS[name](LOG.encode())))
    assert (row["format"], row["lines"], row["events"], row["unparsed"]) == ("log", 9, 8, 1)
    assert row["formats"] == {"artifactory-request": 8, "unknown": 1}
    assert (row["first"], row["last"]) == ("2025-09-08T13:20:01.000Z", "2025-09-08T13:20:08.000Z")
    assert row["problems"][0]["where"].startswith("line 9")
    store, _ = held(tmp_path)
    entry = next(a.entry for a in store.acquisitions() if a.entry.how == "file")
    assert (entry.kind, entry.note) == (
        "log", "lines by format: artifactory-request: 8, unknown: 1")
    assert run("verify", "-e", tmp_path / "evidence").code == 0


@each
@pytest.mark.usefixtures("sized")
def test_an_event_cites_its_line_and_the_check_finds_it(name: str, tmp_path: Path) -> None:
    taken(tmp_path, given(tmp_path, name, PACKS[name](LOG.encode())))
    store, events = held(tmp_path)
    facts = list(events.of(CHALK, "5.6.1"))
    assert [f.value.remote_addr for f in facts] == [f"10.0.0.{n}" for n in (1, 3, 5, 7)]
    citation = facts[1].citations[0]
    assert citation.quote == LOG.split("\n")[2].encode()
    assert fault(store, citation) is None
    shown = run("show", f"{citation.exhibit}:{citation.where}", "-e", tmp_path / "evidence")
    assert f">>>{citation.quote.decode()}<<<" in shown.out
    if name == "r.log":
        span = run("show", f"{citation.exhibit}:{citation.start}-{citation.end}",
                   "-e", tmp_path / "evidence")
        assert span.out == shown.out
    file = Stored(store).file(citation.exhibit)
    line, exact = commands(citation.where, citation.start, citation.end, file)
    assert printed(line, tmp_path) == citation.quote + b"\n"
    assert printed(exact, tmp_path) == citation.quote


@each
@pytest.mark.usefixtures("sized")
def test_a_citation_that_does_not_hold_is_told(name: str, tmp_path: Path) -> None:
    taken(tmp_path, given(tmp_path, name, PACKS[name](LOG.encode())))
    store, events = held(tmp_path)
    citation = next(iter(events.of(CHALK))).citations[0]
    other = citation.quote.replace(b"ada", b"eve")
    assert fault(store, replace(citation, quote=other)) == "quote"
    assert fault(store, replace(citation, sha256="0" * 64)) == "digest"
    moved = citation.where.replace("line 1", "line 2")
    assert fault(store, replace(citation, where=moved)) == "where"


def fault(store: EvidenceStore, citation: Citation) -> str | None:
    quoted = Quoted(citation.exhibit, citation.sha256, citation.start, citation.end,
                    citation.where, citation.quote)
    found = open_source(citation.exhibit, Stored(store), [quoted], ()).quote_fault(quoted)
    return found[0] if found else None


def printed(command: str, tmp_path: Path) -> bytes:
    return subprocess.run(["sh", "-c", command], cwd=tmp_path / "evidence", check=True,
                          capture_output=True).stdout


def test_a_folder_and_a_pattern_stand_for_their_files(tmp_path: Path) -> None:
    given(tmp_path, "a.log", LOG.encode())
    given(tmp_path, "b.log.gz", gzip.compress(LOG.encode() + b"more\n"))
    names = [Path(row["path"]).name for row in taken(tmp_path, tmp_path / "in")]
    assert names == ["a.log", "b.log.gz"]
    assert [r["new"] for r in taken(tmp_path, tmp_path / "in" / "*.log")] == [False]
    ended = run("ingest", tmp_path / "in" / "*.nothing", "-e", tmp_path / "evidence")
    assert ended.code == 5
    assert "no file is there" in one_clear_line(ended)


def test_a_cut_log_keeps_what_unpacks_and_says_what_is_lost(tmp_path: Path) -> None:
    body = gzip.compress("".join(LINE.format(second=n % 60, host=n % 250, path=f"p{n * 7919}")
                                 + "\n" for n in range(20_000)).encode())
    row, = taken(tmp_path, given(tmp_path, "c.log.gz", body[:-5000]), code=6)
    assert row["events"] > 1000
    assert "ends early" in row["gaps"][0]["reason"]
    _, events = held(tmp_path)
    assert "ends early" in events.coverage()[0].gaps[0].reason


STREAM = b'{"preview":false,"offset":0,"result":{"src_ip":"203.0.113.9","count":"3"}}\n'


def test_an_export_without_its_lines_is_refused_with_the_reason(tmp_path: Path) -> None:
    exports = Path(__file__).parents[2] / "fixtures/logs/documents"
    for path, lines in ((exports / "splunk-stats.csv", 2), (exports / "splunk-stats.json", 1),
                        (given(tmp_path, "stream.json", STREAM * 3), 3)):
        ended = run("ingest", path, "-e", tmp_path / "evidence")
        assert ended.code == 5
        assert f"{lines} lines, refused as evidence" in ended.err
        assert "without the raw line" in ended.err
    assert not EvidenceStore.open(tmp_path / "evidence").exhibits()


def test_an_export_with_a_raw_line_among_its_rows_is_read(tmp_path: Path) -> None:
    raw = b'{"preview":false,"result":{"_raw":"' + LOG.split("\n")[0].encode() + b'"}}\n'
    row, = taken(tmp_path, given(tmp_path, "stream.json", STREAM + raw))
    assert (row["events"], row["unparsed"]) == (1, 1)


def bundle(tmp_path: Path, **files: bytes) -> Path:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return given(tmp_path, "b.zip", made.getvalue())


def test_a_bundle_of_logs_and_notes_is_a_log(tmp_path: Path) -> None:
    path = bundle(tmp_path, **{"README.txt": b"x\n", "logs/a.log": LOG.encode(),
                               "logs/b.log.gz": gzip.compress(LOG.encode())})
    row, = taken(tmp_path, path)
    assert (row["format"], row["events"], row["unparsed"]) == ("log", 8, 2)
    gap, = row["gaps"]
    assert "'logs/b.log.gz'" in gap["reason"]
    assert "packed itself" in gap["reason"]


@pytest.mark.parametrize("named", ["a-1.0.dist-info/METADATA", "META-INF/MANIFEST.MF",
                                   "EGG-INFO/PKG-INFO", "a-1.0/PKG-INFO", "a-1.0/setup.py"])
def test_a_package_file_that_holds_a_log_is_none(named: str, tmp_path: Path) -> None:
    path = bundle(tmp_path, **{"tests/data/a.log": LOG.encode(), named: b"Name: a\n"})
    ended = run("ingest", path, "-e", tmp_path / "evidence")
    assert ended.code == 5
    assert "a package file" in one_clear_line(ended)


def test_coverage_cites_the_custody_line_of_the_file(tmp_path: Path) -> None:
    path = given(tmp_path, "r.log", LOG.encode())
    taken(tmp_path, path)
    _, events = held(tmp_path)
    covered, = events.coverage()
    assert (covered.source.value, covered.lines, covered.unparsed) == (str(path), 9, 1)
    assert covered.source.citations[0].exhibit == "custody.jsonl"
    assert covered.first is not None
    assert covered.first.value.utc == datetime(2025, 9, 8, 13, 20, 1, tzinfo=UTC)


@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b"PAR1"),
                                    lambda p: p.with_suffix(".json").write_text("{")])
def test_a_table_that_is_lost_or_damaged_is_made_again(damage: Callable[[Path], object],
                                                       tmp_path: Path) -> None:
    taken(tmp_path, given(tmp_path, "r.log", LOG.encode()))
    table, = (tmp_path / "evidence/derived/events").glob("*.parquet")
    damage(table)
    _, events = held(tmp_path)
    assert len(list(events.of(CHALK))) == 8


def test_questions_are_answered_by_time_and_bounded(tmp_path: Path) -> None:
    taken(tmp_path, given(tmp_path, "r.log", LOG.encode()))
    _, events = held(tmp_path)
    assert len(list(events.of(CHALK, actions=["download"]))) == 8
    assert list(events.of(CHALK, actions=["upload"])) == []
    assert list(events.of(PackageRef.parse("pypi:chalk"))) == []
    seen = events.first_seen({"10.0.0.3", "192.0.2.1"})
    assert list(seen) == ["10.0.0.3"]
    assert list(events.accounts()) == []


def test_the_zone_that_was_stated_last_is_the_one_that_counts(tmp_path: Path) -> None:
    old = "20250908152011|5|REQUEST|10.0.0.1|ada|GET|/api/npm/r/chalk/-/chalk-5.6.1.tgz|HTTP/1.1" \
          "|200|9\n"
    path = given(tmp_path, "old.log", old.encode())
    assert taken(tmp_path, path)[0]["events"] == 0
    assert taken(tmp_path, path, "--assume-zone", "Europe/Berlin", code=0)[0]["events"] == 1
    _, events = held(tmp_path)
    fact, = events.of(CHALK)
    assert fact.value.at is not None
    assert (fact.value.at.utc.hour, fact.value.at.zone) == (13, "assumed")
    assert events.coverage()[0].assumed == "Europe/Berlin"
    again = run("ingest", path, "-e", tmp_path / "evidence")
    assert again.code == 0
    assert "read in Europe/Berlin, as was stated" in again.err
    _, events = held(tmp_path)
    assert [f.value.at and f.value.at.utc.hour for f in events.of(CHALK)] == [13]
    assert events.coverage()[0].assumed == "Europe/Berlin"
    assert taken(tmp_path, path, "--assume-zone", "UTC", code=0)[0]["zone"] == "UTC"
    _, events = held(tmp_path)
    assert [f.value.at and f.value.at.utc.hour for f in events.of(CHALK)] == [15]


def test_hostile_names_and_text_reach_the_table_and_the_screen_unharmed(tmp_path: Path) -> None:
    line = LINE.format(second=1, host=1, path="chalk").encode().replace(b"ada", b"a\xff\x1b[2J")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr('a"\n\x1b[2J/../x.log', line)
    path = given(tmp_path, "h.zip", made.getvalue())
    ended = run("ingest", path, "-e", tmp_path / "evidence")
    assert ended.code == 0, ended.err
    assert "\x1b" not in ended.out + ended.err
    store, events = held(tmp_path)
    citation = next(iter(events.of(CHALK))).citations[0]
    assert citation.quote == line
    assert fault(store, citation) is None
