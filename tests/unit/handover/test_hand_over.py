"""Bags, zips and WARCs of an evidence directory: what is in them, and what comes back."""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.origins import _masks
from regforensics.evidence.redact import MASK, Redactor
from regforensics.evidence.schemas import validate
from regforensics.evidence.store import EvidenceStore
from regforensics.handover.taking import checked, take
from tests.support.command import one_clear_line, run
from tests.support.forged import rechained, rehashed
from tests.support.tools import needs
from tests.unit.evidence.cases import PACKUMENT, entry, filled

FORMS = ("bagit", "zip", "warc")


def exported(root: Path, out: Path, form: str, *words: object) -> Path:
    ended = run("export", "--format", form, "-e", root, out / form if form == "bagit" else out,
                *words, "--json")
    assert ended.code == 0, ended.err
    validate("export", ended.document)
    return Path(ended.document["path"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory that holds what a hand-over may: answers, a file, a log, a chain of takings."""
    store = filled(tmp_path / "theirs")
    store.record(entry(observed_at="2026-01-03T00:00:00.000Z", peer="192.0.2.7:443",
                       http_version="HTTP/2", run="r2", headers=(
                           ("Content-Encoding", "gzip"), ("X-Odd", "a\u2028b\r\nc"))), PACKUMENT)
    store.record(entry(subject="pkg:npm/other", url="https://registry.example/other"), b"other")
    store.record(entry(how="file", kind="log", subject=None, path="/var/log/a.log",
                       suffix=".log", method=None, url=None, status=None, headers=()), b"line\n")
    store.record(entry(method="POST", request_body="<x/>", status=500, error="HTTP 500"), b"broken")
    return tmp_path / "theirs"


def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine"


@pytest.mark.parametrize("form", FORMS)
def test_everything_comes_back_and_says_whence(root: Path, tmp_path: Path, form: str) -> None:
    path, theirs = exported(root, tmp_path / "out", form), EvidenceStore.open(root)
    ended = run("ingest", path, "-e", mine(tmp_path), "--json")
    assert ended.code == 0, ended.err
    validate("ingest", ended.document)
    assert run("verify", "-e", mine(tmp_path)).code == 0
    store = EvidenceStore.open(mine(tmp_path))
    (custody,) = store.of_kind("custody")
    assert store.read(custody.exhibit or "") == theirs.custody_bytes()
    assert theirs.custody_head in (custody.entry.note or "")
    brought = [a for a in store.acquisitions() if a.entry.origin]
    assert len(brought) == len(theirs.acquisitions()) - 1
    for old, new in zip(theirs.acquisitions()[1:], brought, strict=True):
        _same(theirs, store, old, new)
    for line in store.custody_bytes().splitlines():
        validate("custody-line", json.loads(line))


def _same(theirs: EvidenceStore, store: EvidenceStore, old: Acquisition, new: Acquisition) -> None:
    assert new.entry.how == "handed-over" and new.entry.way == old.entry.how
    assert (new.sha256, new.size) == (old.sha256, old.size)
    for name in ("kind", "subject", "observed_at", "requested_at", "method", "url", "status",
                 "headers", "request_headers", "request_body", "path", "run", "error", "peer"):
        assert getattr(new.entry, name) == getattr(old.entry, name), name
    origin = new.entry.origin
    assert origin is not None
    assert (origin.operator, origin.recorded_at) == (old.operator, old.recorded_at)
    assert origin.head == theirs.custody_head and origin.line == old.seq
    held = store.read(origin.custody).splitlines(keepends=True)[origin.line - 1]
    assert hashlib.sha256(held).hexdigest() == origin.sha256
    assert json.loads(held)["seq"] == old.seq
    if old.exhibit is not None:
        assert store.read(new.exhibit or "") == theirs.read(old.exhibit)


@pytest.mark.parametrize("form", FORMS)
def test_a_continuation_brings_its_new_lines_alone(root: Path, tmp_path: Path, form: str) -> None:
    first = exported(root, tmp_path / "a", form)
    assert run("ingest", first, "-e", mine(tmp_path)).code == 0
    again = run("ingest", first, "-e", mine(tmp_path), "--json").document["files"][0]
    assert again["handed_over"]["lines"] == 0
    EvidenceStore.create_or_open(root).record(entry(status=304, unchanged_exhibit="EX-000001"),
                                              None)
    row = run("ingest", exported(root, tmp_path / "b", form), "-e", mine(tmp_path),
              "--json").document["files"][0]
    assert row["handed_over"]["lines"] == 1 and row["handed_over"]["exhibits"] == 0
    last = [a for a in EvidenceStore.open(mine(tmp_path)).acquisitions() if a.entry.origin][-1]
    assert last.entry.unchanged_exhibit == last.exhibit
    assert run("verify", "-e", mine(tmp_path)).code == 0


@pytest.mark.parametrize("form", FORMS)
def test_of_one_target_the_rest_is_left_out_and_custody_still_holds(
        root: Path, tmp_path: Path, form: str) -> None:
    path = exported(root, tmp_path / "out", form, "npm:left-pad")
    row = run("ingest", path, "-e", mine(tmp_path), "--json").document["files"][0]
    assert row["handed_over"]["left_out"] == 3
    assert "3 of its exhibits" in row["gaps"][0]["reason"]
    store = EvidenceStore.open(mine(tmp_path))
    subjects = {a.entry.subject for a in store.acquisitions()}
    assert subjects == {None, "pkg:npm/left-pad"}
    assert {a.entry.kind for a in store.acquisitions() if a.entry.origin} == {"packument",
                                                                              "npm-keys"}


def test_a_part_verifies_as_a_part_and_not_as_damage(root: Path, tmp_path: Path) -> None:
    data = exported(root, tmp_path / "out", "bagit", "npm:left-pad") / "data"
    validate("hand-over", json.loads((data / "hand-over.json").read_bytes()))
    ended = run("verify", "-e", data)
    assert ended.code == 0, ended.out
    assert "(3 of them not in this hand-over)" in ended.out
    assert run("verify", "-e", data, "--json").document["left_out"] == 3
    checkpoint = tmp_path / "c.json"
    assert run("seal", "-e", root, "-o", checkpoint).code == 0
    ended = run("verify", "-e", data, "--against", checkpoint)
    assert ended.code == 4, "it holds no part of what was sealed and is not here"
    assert ended.out.startswith("custody holds against")
    assert "\n3 sealed exhibits are not here: " in ended.out
    refused = run("ingest", root / "case.json", "-e", data)
    assert refused.code == 2 and "is a hand-over" in one_clear_line(refused)


def test_what_the_statement_does_not_name_is_missed(root: Path, tmp_path: Path) -> None:
    data = exported(root, tmp_path / "out", "bagit", "npm:left-pad") / "data"
    next((data / "exhibits").glob("EX-000001.*")).unlink()
    ended = run("verify", "-e", data)
    assert ended.code == 4 and "EX-000001" in ended.out
    shutil.rmtree(data / "exhibits")
    assert run("verify", "-e", data).code == 4


@pytest.mark.parametrize("change", [
    lambda s: {**s, "left_out": [*s["left_out"], "EX-000099"]},
    lambda s: {**s, "custody": {**s["custody"], "lines": 3}},
    lambda s: {**s, "custody": {**s["custody"], "head": "0" * 64}},
    lambda s: {**s, "more": 1}, lambda s: [], lambda s: {**s, "left_out": "EX-000001"}])
def test_a_statement_that_lies_is_damage(root: Path, tmp_path: Path, change: object) -> None:
    data = exported(root, tmp_path / "out", "bagit", "npm:left-pad") / "data"
    path = data / "hand-over.json"
    assert callable(change)
    path.write_text(json.dumps(change(json.loads(path.read_bytes())), indent=2) + "\n")
    ended = run("verify", "-e", data)
    assert ended.code == 4 and "hand-over.json" in ended.out


def test_a_bag_is_one_to_other_tools(root: Path, tmp_path: Path) -> None:
    path = exported(root, tmp_path / "out", "bagit")
    assert bagit.Bag(str(path)).validate()
    assert (path / "bagit.txt").read_text().startswith("BagIt-Version: 1.0\n")
    for folder, manifest in ((path, "manifest-sha256.txt"), (path, "tagmanifest-sha256.txt"),
                             (path / "data", "manifest-sha256.txt")):
        lines = (folder / manifest).read_text().splitlines()
        assert lines
        for line in lines:
            digest, name = line.split(maxsplit=1)
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@needs("unzip")
def test_a_zip_is_the_same_again_and_opens_elsewhere(root: Path, tmp_path: Path) -> None:
    one, two = (exported(root, tmp_path / name, "zip") for name in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()
    subprocess.run(["unzip", "-q", one, "-d", tmp_path / "x"], check=True)
    (bag,) = (tmp_path / "x").iterdir()
    assert bagit.Bag(str(bag)).validate()
    with zipfile.ZipFile(one) as packed:
        assert packed.namelist() == sorted(packed.namelist())


def test_a_warc_is_one_to_other_tools(root: Path, tmp_path: Path) -> None:
    path = exported(root, tmp_path / "out", "warc")
    assert path.read_bytes() == exported(root, tmp_path / "again", "warc").read_bytes()
    checked = subprocess.run([sys.executable, "-m", "warcio.cli", "check", "-v", path],
                             capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "digest pass" in checked.stdout and "fail" not in checked.stdout
    records = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            body = record.content_stream().read()
            records.append((record.rec_type, record.rec_headers, record.http_headers, body))
    forms = [form for form, *_ in records]
    assert forms.count("warcinfo") == 1 and forms.count("request") == 7
    assert forms.count("revisit") == 2 and forms.count("response") == 5
    first = next(r for r in records if r[0] == "response")
    assert first[3] == PACKUMENT
    assert first[1].get_header("WARC-Target-URI") == "https://registry.example/left-pad"
    assert first[1].get_header("WARC-Date") == "2026-01-01T00:00:00.250Z"
    revisits = [r for r in records if r[0] == "revisit"]
    for revisit in revisits:
        assert revisit[1].get_header("WARC-Payload-Digest") == \
            first[1].get_header("WARC-Payload-Digest")
        assert revisit[1].get_header("WARC-Refers-To-Date") == first[1].get_header("WARC-Date")
    assert "server-not-modified" in revisits[0][1].get_header("WARC-Profile")
    assert revisits[1][1].get_header("WARC-IP-Address") == "192.0.2.7"
    assert revisits[1][2].get_header("X-Archive-Orig-Content-Encoding") == "gzip"


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_overwritten_nor_written_inside(root: Path, tmp_path: Path, form: str) -> None:
    path = exported(root, tmp_path / "out", form)
    for place in (path, root / ("x.zip" if form == "zip" else "x.warc" if form == "warc" else "x")):
        ended = run("export", "--format", form, "-e", root, place)
        assert ended.code == 2
        one_clear_line(ended)
    ended = run("export", "--format", form, "-e", root, tmp_path / "new", "npm:unseen")
    assert ended.code == 2 and not (tmp_path / "new").exists()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("form", FORMS)
def test_damaged_evidence_is_not_handed_over(root: Path, tmp_path: Path, form: str) -> None:
    path = next((root / "exhibits").glob("EX-000001.*"))
    path.chmod(0o644)
    path.write_bytes(b"changed")
    ended = run("export", "--format", form, "-e", root, tmp_path / "out")
    assert ended.code == 4
    assert "EX-000001" in one_clear_line(ended)
    left = [p for p in tmp_path.rglob("*") if p.is_file() and not p.is_relative_to(root)]
    assert left == []


def test_a_plain_directory_is_taken_over_too(root: Path, tmp_path: Path) -> None:
    row = run("ingest", root, "-e", mine(tmp_path), "--json").document["files"][0]
    assert row["handed_over"]["lines"] == len(EvidenceStore.open(root).acquisitions()) - 1
    assert run("ingest", root, "-e", root).code == 2


@pytest.mark.parametrize(("old", "new"), [
    (b'"observed_at":"2026-01-03T', b'"observed_at":"2025-01-03T'),
    (b'"how":"http","operator"', b'"how":"file","operator"'),
    (b'"how":"handed-over"', b'"how":"http"'),
    (b'"subject":"pkg:npm/other"', b'"subject":"pkg:npm/victim"'),
    (b"https://registry.example/other", b"https://registry.example/victim"),
    (b'["ETag","\\"1\\""]', b'["ETag","\\"2\\""]'), (b"192.0.2.7", b"192.0.2.8"),
    (b'"run":"r2"', b'"run":"r3"'), (b"/var/log/a.log", b"/var/log/b.log"),
    (b'"operator":"ada","tool"', b'"operator":"eve","tool"'),
    (b'"operator":"ada","tool":"', b'"operator":"ada","tool":"other '),
    (b'"line":2,', b'"line":3,'), (b'"line":2,', b'"line":99,'),
    (b'"custody":"EX-000001"', b'"custody":"EX-000002"'),
    (b'"custody":"EX-000001"', b'"custody":"EX-000099"')])
def test_a_line_that_says_other_than_its_origin_is_damage(root: Path, tmp_path: Path, old: bytes,
                                                          new: bytes) -> None:
    assert run("ingest", root, "-e", mine(tmp_path)).code == 0
    lines = (mine(tmp_path) / "custody.jsonl").read_bytes().splitlines()
    assert any(old in line for line in lines)
    rehashed(mine(tmp_path), [line.replace(old, new) for line in lines])
    document = run("verify", "-e", mine(tmp_path), "--json").document
    assert document["damage"]
    assert {d["kind"] for d in document["damage"]} == {"derived"}


def test_a_carriage_return_within_a_line_hides_no_lie(root: Path, tmp_path: Path) -> None:
    assert run("ingest", root, "-e", mine(tmp_path)).code == 0
    first, *rest = (mine(tmp_path) / "custody.jsonl").read_bytes().split(b"\n")[:-1]
    old, new = b'"observed_at":"2026-01-03T', b'"observed_at":"2025-01-03T'
    rechained(mine(tmp_path), [first.replace(b'"how"', b"\r" * 60 + b'"how"'),
                               *(line.replace(old, new) for line in rest)])
    assert run("verify", "-e", mine(tmp_path)).code == 4


def test_secrets_that_only_the_taker_knows_make_no_damage(root: Path, tmp_path: Path) -> None:
    """Nor those that stood there: neither directory can tell the other what they were."""
    store = EvidenceStore.create_or_open(root, operator="ada of hunter2")
    store.record(entry(url="https://u:p@registry.example/hunter2/x?token=abc&b=1", headers=(
        ("Authorization", " Bearer\tabc"), ("X-Seen", "hunter2, hunter2"))), b"secret")
    line = store.custody_bytes().splitlines()[-1]
    for old, new in ((b"[redacted]@", b"me:hunter2@"),
                     (b"Bearer [redacted]", b" Bearer\\tabc")):
        line = line.replace(old, new)
    rehashed(root, [*store.custody_bytes().splitlines()[:-1], line])
    EvidenceStore.create_or_open(mine(tmp_path))
    taker = EvidenceStore.create_or_open(mine(tmp_path), redactor=Redactor(("hunter2",)))
    take(taker, checked(root, root))
    assert b"hunter2" not in taker.custody_bytes()
    assert not run("verify", "-e", mine(tmp_path), "--json").document["damage"]


@given(st.text(), st.text(min_size=1))
def test_masks_of_a_text_are_masks_of_it(text: str, secret: str) -> None:
    here = text.replace(secret, MASK)
    assert here == text or _masks(here, text)
    assert not _masks(f"{MASK}a", f"{text}b") and not _masks(f"b{MASK}", f"a{text}")


@pytest.mark.parametrize("form", FORMS)
def test_what_was_left_in_place_goes_along(tmp_path: Path, form: str) -> None:
    theirs, log = tmp_path / "theirs", tmp_path / "log" / "a.json"
    log.parent.mkdir()
    log.write_bytes(PACKUMENT)
    assert run("ingest", "--in-place", "--format", "raw", log, "-e", theirs).code == 0
    path = exported(theirs, tmp_path / "out", form)
    if form == "bagit":
        assert next((path / "data" / "exhibits").iterdir()).read_bytes() == PACKUMENT
        assert run("verify", "-e", path / "data").code == 0
    log.write_bytes(b"other bytes of whoever takes it over")
    assert run("ingest", path, "-e", mine(tmp_path)).code == 0
    store = EvidenceStore.open(mine(tmp_path))
    brought = [a for a in store.acquisitions() if a.entry.origin and a.exhibit]
    assert [store.read(a.exhibit or "") for a in brought] == [PACKUMENT]
    assert not any(exhibit.in_place for exhibit in store.exhibits())


def test_paths_in_the_custody_of_others_are_never_read(tmp_path: Path) -> None:
    """Else whoever hands a directory over could have files of this machine looked at."""
    theirs, log = tmp_path / "theirs", tmp_path / "log.json"
    log.write_bytes(PACKUMENT)
    assert run("ingest", "--in-place", "--format", "raw", log, "-e", theirs).code == 0
    ended = run("ingest", theirs, "-e", mine(tmp_path))
    assert ended.code == 5 and "leaves exhibits in place" in one_clear_line(ended)


def test_what_was_handed_over_never_asks_a_registry(root: Path, tmp_path: Path) -> None:
    """Who hands a forged document over with the registry's ETag must not have it called current."""
    from regforensics.acquire.validators import Known

    assert run("ingest", exported(root, tmp_path / "o", "zip"), "-e", mine(tmp_path)).code == 0
    known = Known(EvidenceStore.open(mine(tmp_path)))
    theirs = Known(EvidenceStore.open(root))
    assert theirs.answered("https://registry.example/left-pad")
    assert not known.answered("https://registry.example/left-pad")


def test_a_hand_over_of_a_hand_over_keeps_how_it_first_came(root: Path, tmp_path: Path) -> None:
    assert run("ingest", root, "-e", tmp_path / "second").code == 0
    assert run("ingest", exported(tmp_path / "second", tmp_path / "o", "warc"), "-e",
               mine(tmp_path)).code == 0
    ways = {a.entry.way for a in EvidenceStore.open(mine(tmp_path)).acquisitions()
            if a.entry.origin}
    assert ways == {"http", "file", "run"}
    assert run("verify", "-e", mine(tmp_path)).code == 0


@pytest.mark.parametrize("form", FORMS)
def test_what_is_packed_goes_along_with_its_contents(tmp_path: Path, form: str) -> None:
    theirs = tmp_path / "theirs"
    store = EvidenceStore.create_or_open(theirs)
    bodies = [json.dumps({"name": "left-pad", "versions": {f"1.0.{n}": {} for n in range(m)}},
                         indent=1).encode() for m in range(400, 406)]
    for body in bodies:
        store.record(entry(), body)
    assert run("pack", "-e", theirs).code == 0
    assert any(path.suffix == ".zst" for path in (theirs / "exhibits").iterdir())
    path = exported(theirs, tmp_path / "out", form)
    if form == "bagit":
        assert run("verify", "-e", path / "data").code == 0
        assert {p.read_bytes() for p in (path / "data" / "exhibits").iterdir()} == set(bodies)
        assert bagit.Bag(str(path)).validate()
    assert run("ingest", path, "-e", mine(tmp_path)).code == 0
    assert run("verify", "-e", mine(tmp_path)).code == 0
    brought = EvidenceStore.open(mine(tmp_path))
    lines = [a for a in brought.acquisitions() if a.entry.origin]
    assert [brought.read(a.exhibit or "") for a in lines] == bodies
    assert run("ingest", theirs, "-e", tmp_path / "directly").code == 0
    assert run("pack", "-e", mine(tmp_path)).code == 0
    assert run("verify", "-e", mine(tmp_path)).code == 0


def test_reading_a_bag_leaves_it_a_bag(root: Path, tmp_path: Path,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    from regforensics.evidence import index

    monkeypatch.setattr(index, "_WORTH", 1)
    path = exported(root, tmp_path / "out", "bagit")
    assert run("list", "-e", path / "data").code == 0
    assert not (path / "data" / "derived").exists()
    (path / "data" / "derived").mkdir()  # as the table of a log's lines has it made
    assert run("ingest", path, "-e", mine(tmp_path)).code == 0
