"""Tables of logs below derived/ are never evidence: whoever writes them changes no answer."""

import gzip
import hashlib
import io
import json
import os
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regforensics.errors import EvidenceUnwritable, IntegrityError
from regforensics.events import kept
from regforensics.events.again import unlike
from regforensics.events.columns import Columns
from regforensics.events.held import HeldEvents, _reader, log_of
from regforensics.events.scan import Tally, scan
from regforensics.events.schema import SCHEMA
from regforensics.events.table import Found, write
from regforensics.evidence import account
from regforensics.evidence.schemas import validate
from regforensics.evidence.store import EvidenceStore
from regforensics.model.package import PackageRef
from tests.support.command import one_clear_line, run
from tests.support.forged import rehashed

FIXTURES = Path(__file__).parents[3] / "fixtures/logs"
LINE = '10.0.0.{n} - - [08/Sep/2025:15:2{n}:01 +0000] "GET /{name}/-/{name}-1.0.{n}.tgz HTTP/1.1"' \
    ' 200 5000 "-" "npm/10"\n'
LOG = "".join(LINE.format(n=n, name=name) for n, name in enumerate(("chalk", "debug", "chalk")))
CHALK, EVIL = PackageRef.parse("npm:chalk"), PackageRef.parse("npm:evil-pkg")
INVENTED = b"""{"layer":"server","at":{"utc":"2025-09-08T15:21:01Z",
"text":"08/Sep/2025:15:21:01 +0000","precision":1.0,"zone":"stated"},"registry":"npm",
"package":"evil-pkg","version":"6.6.6","filename":"evil-pkg-6.6.6.tgz","action":"download","method":"GET","status_code":200,
"outcome":"transferred","size":5000,"remote_addr":"203.0.113.7","user":"framed"}"""
Edit = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(params=["access.log", "access.log.gz"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An evidence directory with a log and its table."""
    body = LOG.encode()
    path = tmp_path / request.param
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    assert run("ingest", path, "-e", tmp_path / "e").code == 0
    return tmp_path / "e"


def table_of(root: Path) -> Path:
    table, = (root / "derived" / "events").glob("*.parquet")
    return table


def invented(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The requests for one package are hidden, and one for another is invented."""
    row = next(row for row in rows if row["package"] == "debug")
    return [row | {"package": "evil-pkg", "version": "6.6.6", "event": INVENTED,
                   "quote": row["quote"] and INVENTED}]


def edited(table: Path, edit: Edit) -> pa.Table:
    rows = pq.read_table(table).cast(SCHEMA).to_pylist()
    return pa.Table.from_pylist(edit(rows), schema=SCHEMA)


def forge(table: Path, edit: Edit) -> None:
    """What somebody without the key can do."""
    pq.write_table(edited(table, edit), table, store_schema=False)
    beside = table.with_suffix(".json")
    data = beside.read_bytes()
    said = json.loads(data[account.MAC:])
    said |= {"events": 1, "lines": 1, "table": hashlib.sha256(table.read_bytes()).hexdigest()}
    beside.write_bytes(data[:account.MAC] + json.dumps(said).encode())


def forge_by_key(root: Path, edit: Edit) -> None:
    """A table that is wrong and of this account all the same."""
    acquisition = EvidenceStore.open(root).of_kind("log")[-1]
    log = log_of(root, acquisition.sha256 or "", acquisition.entry)
    said = kept.load(log.table, log.about)
    assert said is not None
    wrong = edited(log.table, edit)

    def fill(sink: Any) -> dict[str, Any]:
        write(sink, [wrong])
        return {**said, "events": len(wrong)}

    kept.make(log.table, log.about, fill)


def answers(root: Path) -> object:
    events = HeldEvents(EvidenceStore.open(root))
    facts = [*events.of(CHALK), *events.of(EVIL)]
    found = [(f.value, f.citations[0].where, f.citations[0].quote) for f in facts]
    events.confirm()
    return found, [(log.lines, log.events, log.unparsed) for log in events.coverage()]


def test_a_table_is_made_once_and_believed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = answers(root)
    monkeypatch.setattr("regforensics.events.held.write", pytest.fail)
    assert answers(root) == plain


def test_a_forged_table_changes_no_answer(root: Path) -> None:
    plain = answers(root)
    forge(table_of(root), invented)
    assert answers(root) == plain
    assert run("exposure", "npm:evil-pkg@6.6.6", "-e", root).code == 6
    assert run("exposure", "npm:chalk@1.0.0", "-e", root).code == 10


def test_tables_of_another_account_are_made_anew(
        root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report is checked by whoever receives the directory, without the maker's tables."""
    plain = answers(root)
    theirs = table_of(root)
    forge_by_key(root, invented)
    report = tmp_path / "report.json"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    assert answers(root) == plain
    ours, = (path for path in theirs.parent.glob("*.parquet") if path != theirs)
    for end in (".parquet", ".json"):  # also under our names
        ours.with_suffix(end).write_bytes(theirs.with_suffix(end).read_bytes())
    assert answers(root) == plain
    assert run("timeline", "report", "--incident", "npm:chalk@1.0.0", "-o", report, "-e",
               root).code == 0
    checked = run("timeline", "check", report, "-e", root)
    assert checked.code == 0, checked.out


def test_a_table_of_another_log_is_none(root: Path, tmp_path: Path) -> None:
    plain = answers(root)
    first = table_of(root)
    other = tmp_path / "other.log"
    other.write_text(LINE.format(n=5, name="chalk"))
    assert run("ingest", other, "-e", root).code == 0
    second, = (path for path in first.parent.glob("*.parquet") if path != first)
    for end in (".parquet", ".json"):
        first.with_suffix(end).write_bytes(second.with_suffix(end).read_bytes())
    for path in second, second.with_suffix(".json"):
        path.unlink()
    assert len(list(HeldEvents(EvidenceStore.open(root)).of(CHALK))) == 3
    assert plain != answers(root)


@pytest.mark.parametrize("data", [b"", b"{", b'{"version":"9","events":2}', b"\xff" * 100,
                                  b"[" * 100_000])
@pytest.mark.parametrize("which", [".json", ".parquet"])
def test_files_of_other_shape_are_made_anew(root: Path, which: str, data: bytes) -> None:
    plain = answers(root)
    table_of(root).with_suffix(which).write_bytes(data)
    assert answers(root) == plain


def test_where_no_key_can_be_kept_each_process_makes_its_own(
        root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = answers(root)
    monkeypatch.setattr(account, "key", lambda *, make=False: None)
    assert answers(root) == plain
    monkeypatch.setattr("regforensics.events.held.write", pytest.fail)
    assert answers(root) == plain


@pytest.mark.parametrize("which", [".json", ".parquet"])
@pytest.mark.parametrize("stands", ["link", "dangling", "fifo"])
def test_nothing_is_written_or_read_through_what_stands_there(
        root: Path, tmp_path: Path, which: str, stands: str) -> None:
    plain = answers(root)
    place = table_of(root).with_suffix(which)
    victim = tmp_path / "victim"
    if stands == "link":
        victim.write_bytes(place.read_bytes())
    before = victim.read_bytes() if stands == "link" else None
    place.unlink()
    if stands == "fifo":
        os.mkfifo(place)
    else:
        place.symlink_to(victim)
    assert answers(root) == plain
    assert place.is_file()
    assert not place.is_symlink()
    assert (victim.read_bytes() if victim.exists() else None) == before


@pytest.mark.parametrize("which", ["derived", "derived/events"])
def test_a_link_instead_of_the_folder_is_refused(root: Path, tmp_path: Path, which: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (root / which).rename(elsewhere)
    there = sorted(elsewhere.rglob("*"))
    (root / which).symlink_to(elsewhere)
    ended = run("exposure", "npm:chalk@1.0.0", "-e", root)
    assert ended.code == EvidenceUnwritable.exit_code
    assert f"{which} is a link or a file: nothing is written there" in one_clear_line(ended)
    assert sorted(elsewhere.rglob("*")) == there


def test_a_folder_instead_of_the_table_is_told(root: Path) -> None:
    place = table_of(root)
    place.unlink()
    place.mkdir()
    ended = run("exposure", "npm:chalk@1.0.0", "-e", root)
    assert ended.code == EvidenceUnwritable.exit_code
    one_clear_line(ended)
    assert [path.name for path in place.parent.iterdir() if path.suffix == ".new"] == []


@pytest.mark.parametrize("option", [["trusted-proxies", "garbage"], ["assume-zone", "Nowhere/X"],
                                    ["assume-zone", "../../etc/passwd\x1b[2J"]])
def test_options_that_cannot_be_are_one_clear_line(root: Path, option: list[str]) -> None:
    restated(root, lambda said: said.update(options=[option]) if said["kind"] == "log" else None)
    for words in (("exposure", "npm:chalk@1.0.0"), ("requests", "npm:chalk"),
                  ("timeline", "report", "--incident", "npm:chalk@1.0.0")):
        ended = run(*words, "-e", root)
        assert ended.code == IntegrityError.exit_code
        assert f"{option[0]} {option[1]!r}" in one_clear_line(ended)


def test_a_log_of_a_format_that_is_none_stays_in_the_coverage(root: Path) -> None:
    restated(root, lambda said: said.update(options=[["format", "nonsense"]])
             if said["kind"] == "log" else None)
    ended = run("exposure", "npm:chalk@1.0.0", "-e", root)
    assert ended.code == 6
    assert "no line of it was read: custody says that its format is 'nonsense'" in ended.out
    document = run("exposure", "npm:chalk@1.0.0", "-e", root, "--json").document
    validate("exposure", document)
    assert len(document["coverage"][0]["unread"]) == 1
    report = run("timeline", "report", "--incident", "npm:chalk@1.0.0", "--json", "-e", root)
    assert report.code == 0
    assert any("its format is 'nonsense'" in row["source"] and row["authority"] == "unavailable"
               for row in report.document["coverage"])


def test_a_log_that_custody_calls_unread_stays_in_the_coverage(root: Path) -> None:
    restated(root, lambda said: said.update(error="lost") if said["kind"] == "log" else None)
    log, = HeldEvents(EvidenceStore.open(root)).coverage()
    assert [gap.reason for gap in log.gaps] == ["no line of it was read: custody says: lost"]


def test_a_run_at_a_time_that_is_none_is_one_clear_line(root: Path) -> None:
    restated(root, lambda said: said.update(observed_at="garbage")
             if said["kind"] in ("start", "end") else None)
    ended = run("status", "-e", root)
    assert ended.code == IntegrityError.exit_code
    assert "custody states the time 'garbage', which is none" in one_clear_line(ended)


def restated(root: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Custody says something else, in a chain that fits."""
    lines = [json.loads(line) for line in (root / "custody.jsonl").read_bytes().splitlines()]
    for line in lines:
        change(line)
    rehashed(root, [json.dumps(line).encode() for line in lines])


EDITS: dict[str, Edit] = {
    "the event": lambda rows: [rows[0] | {"event": INVENTED}, *rows[1:]],
    "the line's number": lambda rows: [rows[0] | {"line": 9}, *rows[1:]],
    "the place": lambda rows: [rows[0] | {"start": rows[0]["start"] + 1}, *rows[1:]],
}


@pytest.mark.parametrize("what", EDITS)
def test_no_row_is_told_that_its_line_does_not_bear_out(root: Path, tmp_path: Path, what: str
                                                       ) -> None:
    """Even were a table wrong that this account made."""
    forge_by_key(root, EDITS[what])
    for words in (("exposure", "npm:chalk@1.0.0"), ("requests", "npm:chalk"), (
            "timeline", "report", "--incident", "npm:chalk@1.0.0", "-o", tmp_path / "r.json")):
        ended = run(*words, "-e", root)
        assert ended.code == IntegrityError.exit_code, (what, words, ended.out)
        one_clear_line(ended)
    assert not (tmp_path / "r.json").exists()


def test_a_row_of_another_package_is_no_answer(root: Path) -> None:
    forge_by_key(root, lambda rows: [rows[1] | {"package": "evil-pkg"}])
    with pytest.raises(IntegrityError):
        list(HeldEvents(EvidenceStore.open(root)).of(EVIL))


def mixed() -> bytes:
    """Every line format in one file, in turns."""
    lines = [path.read_bytes().splitlines(keepends=True) for path in sorted(FIXTURES.glob("*.log"))]
    return b"".join(line for group in zip_longest(*lines, fillvalue=b"") for line in group)


BODIES = {path.name: path.read_bytes() for path in sorted(FIXTURES.rglob("*")) if path.is_file()}
BODIES["mixed"] = mixed()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", BODIES)
def test_every_row_reads_again_as_it_was_read(
        name: str, end: bytes, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """All rows at once, and each alone, without the lines around it."""
    body = pack(BODIES[name].replace(b"\n", end))
    table = tmp_path / "t.parquet"
    write(table, scan(io.BytesIO(body), Tally(), name=name, wholesale=Columns()))
    options = {"name": name}
    rows = [(found, value) for found in found_in(table)
            if (value := found.value() or _reader(found.format)(found.quote or body[
                found.start:found.end])) is not None]
    assert len(rows) == pq.read_metadata(table).num_rows
    assert unlike(lambda: io.BytesIO(body), options, rows) is None
    for row in rows[::max(1, len(rows) // 7)]:
        assert unlike(lambda: io.BytesIO(body), options, [row]) is None
        found, value = row
        wrong = msgspec.structs.replace(found, line=found.line + 1)
        assert unlike(lambda: io.BytesIO(body), options, [(wrong, value)]) is not None


def found_in(table: Path) -> list[Found]:
    names = Found.__struct_fields__[1:]
    return [Found("", *(row[name] for name in names)) for row in
            pq.read_table(table, columns=list(names)).to_pylist()]
