"""Logs that are handed over: what is taken, told, tabled, and cited from the bytes as they came."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
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


def tarred(name: str = "var/request.log", mode: str = "w:gz"
           ) -> Callable[[bytes], bytes]:
    def pack(data: bytes) -> bytes:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        return made.getvalue()
    return pack


def utf16(data: bytes) -> bytes:
    return data.decode().encode("utf-16")


PACKS: dict[str, Callable[[bytes], bytes]] = {
    "r.log": bytes, "r.log.gz": gzip.compress, "r.log.zst": zstd.compress, "r.zip": zipped,
    "r.tgz": tarred(), "r.tar": tarred(mode="w:"), "r.tar.xz": tarred(mode="w:xz"),
    "rotated.tgz": lambda data: tarred("var/request.log.gz")(gzip.compress(data)),
    "r.txt": utf16, "r.txt.gz": lambda data: gzip.compress(utf16(data))}
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


STATISTICS = {
    "count.csv": b'"src_ip","count"\n"203.0.113.9","3"\n',
    "timechart.csv": b'"_time","npm","pip"\n"2026-03-02T07:00:00.000+0000","3","4"\n',
    "top.csv": b'"clientip","count","percent"\n"203.0.113.9","3","10.0"\n',
    "values.csv": b'"requested_version","dc(src_ip)","values(user_agent)"\n"5.6.1","3","npm"\n',
    "array.json": b'[{"src_ip":"203.0.113.9","count":"3"},{"src_ip":"1.2.3.4","count":"1"}]\n',
    "results.json": b'{"preview":false,"init_offset":0,"fields":[{"name":"src_ip"}],"results":'
                    b'[{"src_ip":"203.0.113.9","count":"3"}]}\n',
    "stream.json": STREAM + b'{"preview":false,"lastrow":true}\n',
    "stats.xml": b"<?xml version='1.0'?>\n<results preview='0'>\n<meta><fieldOrder><field>src_ip"
                 b"</field></fieldOrder></meta>\n<result><field k='src_ip'><value><text>1.2.3.4"
                 b"</text></value></field></result></results>\n"}


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_in_any_form_are_refused(name: str, tmp_path: Path) -> None:
    ended = run("ingest", given(tmp_path, name, STATISTICS[name]), "-e", tmp_path / "evidence")
    assert ended.code == 5
    assert "refused as evidence" in ended.err and "| table _time" in ended.err
    assert not EvidenceStore.open(tmp_path / "evidence").exhibits()


def test_raw_lines_in_xml_are_refused_with_what_to_ask_for(tmp_path: Path) -> None:
    body = STATISTICS["stats.xml"].replace(b"k='src_ip'", b"k='_raw'")
    ended = run("ingest", given(tmp_path, "raw.xml", body), "-e", tmp_path / "evidence")
    assert ended.code == 5
    assert "a search export in XML" in ended.err and "export as CSV, JSON or raw" in ended.err


def test_an_array_of_log_rows_is_no_statistics(tmp_path: Path) -> None:
    row = {"_raw": LOG.split("\n")[0], "count": "1", "host": "h"}
    found, = taken(tmp_path, given(tmp_path, "rows.json", json.dumps([row, row]).encode()), code=0)
    assert found["events"] == 2


AUDIT = ('{"timestamp":"2026-03-02T07:00:00.123Z","event_type":"npm.dist-tags.update","registry":'
         '"npm","package":"chalk","action":"metadata","remote_addr":"203.0.113.7"}')
CONSUMED = f"CreateTime:1772434800999\tPartition:0\tOffset:7\tNO_HEADERS\tnull\t{AUDIT}\n"
VERDACCIO = ('{"level":"http","time":"2026-03-02T07:00:00.000Z","pid":9,"name":"verdaccio","sub":'
             '"in","request":{"method":"GET","url":"/chalk/-/chalk-5.6.1.tgz"},"user":"ada",'
             '"remoteIP":"10.0.0.1","status":200,"bytes":{"in":0,"out":99}}\n')


@pytest.mark.parametrize(("body", "form"), [
    (CONSUMED + "Processed a total of 1 messages\n", "audit-events"), (VERDACCIO, "verdaccio")])
def test_rows_that_look_like_something_else(body: str, form: str, tmp_path: Path) -> None:
    row, = taken(tmp_path, given(tmp_path, "x.log", body.encode()), code=0)
    assert (row["format"], row["events"], row["formats"][form]) == ("log", 1, 1)


DEPLOYED = ("2026-03-02T07:00:01.100Z [a1347a2e5ad0d45b] [ACCEPTED DEPLOY] npm-local:chalk/-/"
            "chalk-5.6.1.tgz  for client : ada / 203.0.113.9\n")


def test_the_matrix_has_a_row_for_every_kind_of_log(tmp_path: Path) -> None:
    bodies = {"request.log": LOG, "audit.log": DEPLOYED, "owners.txt": "ada <a@x.example>\n",
              "tokens.txt": "Publish token npm_ab... with id 7f created 2026-03-02\n"}
    for name, body in bodies.items():
        assert run("ingest", given(tmp_path, name, body.encode()), "-e",
                   tmp_path / "evidence").code in (0, 6)
    document = {"name": "chalk", "time": {"5.6.1": "2025-09-08T13:16:00.000Z"}, "versions": {}}
    path = given(tmp_path, "chalk.json", json.dumps(document).encode())
    assert run("ingest", path, "-e", tmp_path / "evidence").code == 0
    rows = run("inventory", "-e", tmp_path / "evidence", "--json").document["rows"]
    for name, question, words in (
            ("request.log", "install", "requests as the layer proxy logged them"),
            ("audit.log", "publish", "changes of packages"),
            ("tokens.txt", "account", "account activity"),
            ("owners.txt", "account", "1 line of npm-account and no dated event")):
        row, = [r for r in rows if f"/{name}" in r["source"]]
        assert row["question"] == question and words in row["source"] and row["ask"]


def test_an_export_with_a_raw_line_among_its_rows_is_read(tmp_path: Path) -> None:
    raw = b'{"preview":false,"result":{"_raw":"' + LOG.split("\n")[0].encode() + b'"}}\n'
    row, = taken(tmp_path, given(tmp_path, "stream.json", STREAM + raw))
    assert (row["events"], row["unparsed"]) == (1, 1)


NGINX = ('10.0.0.1 - - [08/Sep/2025:13:20:{n:02} +0000] "GET /npm/r/chalk/-/chalk-5.6.1.tgz'
         ' HTTP/1.1"'
         ' 200 4321 "-" "npm/10.8.2 node/v20" "198.51.100.9, 203.0.113.{n}"\n')


def test_forwarded_addresses_are_believed_of_trusted_proxies_alone(tmp_path: Path) -> None:
    path = given(tmp_path, "access.log", "".join(NGINX.format(n=n) for n in range(1, 4)).encode())
    row, = taken(tmp_path, path, code=0)
    assert row["forwarded"] == 3
    _, events = held(tmp_path)
    assert [f.value.remote_addr for f in events.of(CHALK)] == ["10.0.0.1"] * 3
    assert events.coverage()[0].forwarded == 3
    row, = taken(tmp_path, path, "--trusted-proxies", "10.0.0.0/8,192.0.2.0/24", code=0)
    assert (row["forwarded"], row["new"]) == (0, False)
    store, events = held(tmp_path)
    assert [f.value.remote_addr for f in events.of(CHALK)] == [f"203.0.113.{n}" for n in (1, 2, 3)]
    covered, = events.coverage()
    assert (covered.forwarded, covered.trusted) == (0, ("10.0.0.0/8", "192.0.2.0/24"))
    entry = next(a.entry for a in reversed(store.acquisitions()) if a.entry.kind == "log")
    assert ("trusted-proxies", "10.0.0.0/8 192.0.2.0/24") in entry.options
    ended = run("ingest", path, "--trusted-proxies", "ours", "-e", tmp_path / "evidence")
    assert ended.code == 2
    assert "'ours' is no network" in one_clear_line(ended)


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
    assert (row["format"], row["events"], row["unparsed"]) == ("log", 16, 3)
    assert not row["gaps"]


@pytest.mark.parametrize("inner", [
    tarred()(LOG.encode()), zipped(LOG.encode()), gzip.compress(gzip.compress(LOG.encode())),
    utf16(LOG.encode())], ids=["tar", "zip", "gzip twice", "UTF-16"])
def test_what_is_packed_deeper_is_told(tmp_path: Path, inner: bytes) -> None:
    path = bundle(tmp_path, **{"a.log": LOG.encode(), "logs/b.log.gz": inner})
    row, = taken(tmp_path, path)
    assert row["events"] == 8
    gap, = row["gaps"]
    assert "'logs/b.log.gz'" in gap["reason"]
    assert "packed itself" in gap["reason"]


def test_a_member_that_stands_twice_is_read_once_and_told(tmp_path: Path) -> None:
    once = tarred("a.log", "w:")(LOG.encode())
    twice = once[:once.rindex(b"noise\n") // 512 * 512 + 512] + once
    row, = taken(tmp_path, given(tmp_path, "b.tar", twice))
    assert row["events"] == 8
    assert "a second member of that name" in row["gaps"][0]["reason"]


def test_a_tar_that_is_cut_keeps_what_stands_before(tmp_path: Path) -> None:
    body = tarred("a.log", "w:")(LOG.encode())
    row, = taken(tmp_path, given(tmp_path, "b.tar", body[:900]))
    assert 0 < row["events"] < 8
    assert "the tar file: the archive ends" in row["gaps"][0]["reason"]


@pytest.mark.parametrize("tail", [b"\x00", b"\x00\xd8\x00\x00"])
def test_broken_utf_16_is_told(tmp_path: Path, tail: bytes) -> None:
    row, = taken(tmp_path, given(tmp_path, "r.txt", utf16(LOG.encode()) + tail))
    assert "UTF-16" in row["gaps"][0]["reason"]


def test_a_member_of_any_name_has_a_command(tmp_path: Path) -> None:
    odd = tarred("-odd name'; $(x).log", "w:gz")(LOG.encode())
    taken(tmp_path, given(tmp_path, "odd.tgz", odd))
    ended = run("timeline", "report", "--incident", "npm:chalk@5.6.1", "--format", "json",
                "-e", tmp_path / "evidence")
    validate("timeline-report", ended.document)
    shown = [line["commands"] for line in ended.document["appendix"]["lines"]
             if "odd name" in line["where"]]
    assert shown and all(c[0].startswith("regforensics show -e . ") for c in shown)
    ours = f"PYTHONPATH={Path(__file__).parents[2]} {sys.executable} -m regforensics"
    assert printed(shown[0][0].replace("regforensics", ours, 1), tmp_path)


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


def test_an_export_is_no_kind_of_log_of_its_own(tmp_path: Path) -> None:
    """Its rows are of the logs that they were; its header row is nobody's absence."""
    rows = "".join(f'"{line}"\n' for line in LOG.split("\n")[:8])
    export = tmp_path / "splunk.csv"
    export.write_text('"_raw"\n' + rows)
    root = tmp_path / "evidence"
    assert run("ingest", export, "-e", root).code == 0
    held = HeldEvents(EvidenceStore.open(root)).coverage()[0]
    assert "csv-export" in held.formats and held.kinds == (("proxy", "artifactory-request"),)
    ended = run("timeline", "report", "--incident", "npm:chalk@5.6.1", "--format", "json",
                "-e", root)
    rules = [c["rule"] for c in ended.document["claims"]]
    assert "distribution.pulled" in rules and "distribution.no-fetch" not in rules
    plain = tmp_path / "request.log"
    plain.write_text(LOG.removesuffix("noise\n"))
    assert run("ingest", plain, "-e", root).code == 0
    both = run("timeline", "report", "--incident", "npm:chalk@5.6.1", "--format", "json",
               "-e", root)
    (pulled,) = [c["statement"] for c in both.document["claims"]
                 if c["rule"] == "distribution.pulled"]
    assert "in 4 requests," in pulled
    assert [c for c in both.document["claims"] if c["rule"] == "distribution.repeated-lines"]
    absent = run("timeline", "report", "--incident", "npm:chalk@9.9.9", "--format", "json",
                 "-e", root)
    (none,) = [c["statement"] for c in absent.document["claims"]
               if c["rule"] == "distribution.no-fetch"]
    assert "registry proxy log (artifactory-request) (" in none and "csv-export" not in none
