"""What goes into an evidence directory comes out again, once, and can be checked by hand."""

import hashlib
import json
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from regforensics.errors import EvidenceUnwritable, IntegrityError, WrongUsage
from regforensics.evidence.exhibit import Entry, Hop
from regforensics.evidence.lines import custody_lines
from regforensics.evidence.redact import Redactor
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.unit.evidence.cases import PACKUMENT, entry, filled

CONTRACT_FIELDS = {"seq", "how", "request", "status", "headers", "requested_at", "observed_at",
                   "exhibit", "sha256", "size", "subject", "tool", "operator", "prev"}


def test_a_new_directory_holds_a_case(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path / "a" / "evidence", operator="ada")
    assert store.case.name == "a"
    assert store.case.created.endswith("Z")
    assert [a.entry.how for a in store.acquisitions()] == ["case"]
    assert store.acquisitions()[0].operator == "ada"
    assert len(store.exhibits()) == 0
    assert store.repairs == ()
    assert verify(store.root).ok


def test_identical_bytes_are_stored_once_and_every_line_is_kept(tmp_path: Path) -> None:
    store = filled(tmp_path)
    first, again = store.record(entry(), b"new bytes"), store.record(entry(), b"new bytes")
    assert (first.new, again.new) == (True, False)
    assert first.exhibit == again.exhibit == "EX-000004"
    assert [a.seq for a in store.exhibit("EX-000004").acquisitions] == [first.seq, again.seq]
    assert len(list((tmp_path / "exhibits").iterdir())) == 4


def test_unchanged_answer_names_the_exhibit(tmp_path: Path) -> None:
    unchanged = filled(tmp_path).acquisitions()[2]
    assert unchanged.entry.unchanged_exhibit == unchanged.exhibit == "EX-000001"
    assert (unchanged.size, unchanged.new) == (len(PACKUMENT), False)
    assert unchanged.sha256 == hashlib.sha256(PACKUMENT).hexdigest()


def test_unchanged_must_be_known_and_bare(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with pytest.raises(IntegrityError, match="EX-000009"):
        store.record(entry(unchanged_exhibit="EX-000009"), None)
    with pytest.raises(ValueError, match="no body"):
        store.record(entry(unchanged_exhibit="EX-000001"), b"x")
    assert verify(tmp_path).ok
    assert not verify(tmp_path).notes


def test_every_field_of_an_entry_comes_back(tmp_path: Path) -> None:
    full = Entry(
        how="file", kind="log", subject="pkg:pypi/flask", what="access", observed_at="2026-01-01",
        requested_at="2026-01-02", method="GET", url="https://h.example/", status=200,
        request_headers=(("Accept", "*/*"),), reason="OK", http_version="HTTP/2",
        headers=(("A", "1"), ("A", "2")), final_url="https://h.example/b", peer="192.0.2.1:443",
        hops=(Hop(302, "https://h.example/", "/b"),), registry="https://h.example/",
        content_encoding="gzip", wire_sha256="ab", wire_size=7, complete=False, run="r1",
        path="/logs/a.log", note="by mail", error="cut", suffix=".log")
    store = EvidenceStore.create_or_open(tmp_path)
    store.record(full, b"x")
    store.record(replace(full, unchanged_exhibit="EX-000001"), None)
    read = EvidenceStore.open(tmp_path).acquisitions()
    assert read[1].entry == full
    assert read[2].entry == replace(full, unchanged_exhibit="EX-000001")


def test_custody_lines_are_chained_as_stock_tools_see_them(tmp_path: Path) -> None:
    store = filled(tmp_path)
    lines = (tmp_path / "custody.jsonl").read_bytes().splitlines(keepends=True)
    prev = "0" * 64
    for number, line in enumerate(lines, 1):
        record = json.loads(line)
        assert record.keys() >= CONTRACT_FIELDS
        assert (record["seq"], record["prev"]) == (number, prev)
        shell = f"sed -n {number}p custody.jsonl | sha256sum"
        prev = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True,
                              check=True).stdout.split()[0]
    assert store.custody_head == prev
    head = json.loads((tmp_path / "custody-head.json").read_bytes())
    assert (head["seq"], head["size"], head["sha256"]) == (6, sum(map(len, lines)), prev)


def test_manifest_passes_with_coreutils(tmp_path: Path) -> None:
    filled(tmp_path)
    run = subprocess.run(["sha256sum", "-c", "--strict", "manifest-sha256.txt"], cwd=tmp_path,
                         capture_output=True, text=True, check=True)
    assert run.stdout.count(": OK") == 4


def test_exhibits_are_read_only_and_named(tmp_path: Path) -> None:
    store = filled(tmp_path)
    assert [e.file for e in store.exhibits()] == [
        "EX-000001.npm.left-pad.packument.json", "EX-000002.npm.@scope__gone.packument.json",
        "EX-000003.keys.json"]
    for exhibit in store.exhibits():
        assert stat.S_IMODE(store.path(exhibit.label).stat().st_mode) == 0o444


def test_streamed_body(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with store.incoming() as body:
        for _ in range(3):
            body.write(b"abc")
        acquisition = store.record(entry(), body)
    assert acquisition.sha256 == body.sha256
    assert (acquisition.size, body.size) == (9, 9)
    assert store.read("EX-000004") == b"abcabcabc"
    with store.incoming() as same:
        same.write(b"abcabcabc")
        assert not store.record(entry(), same).new
    assert [n.name for n in (tmp_path / "exhibits").glob(".*")] == []


def test_a_body_that_is_not_recorded_is_discarded(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with pytest.raises(RuntimeError), store.incoming() as body:
        body.write(b"half")
        raise RuntimeError("broken connection")
    assert [n.name for n in (tmp_path / "exhibits").glob(".*")] == []
    assert verify(tmp_path).ok


def test_exhibit_by_label_or_digest(tmp_path: Path) -> None:
    store = filled(tmp_path)
    digest = hashlib.sha256(PACKUMENT).hexdigest()
    for ref in ("EX-000001", "ex-000001", digest, digest[:6], digest[:12].upper()):
        assert store.exhibit(ref).label == "EX-000001"
    for ref in ("EX-000009", "EX-1", digest[:5], "ffffff", "", "../x", "x" * 5000):
        with pytest.raises(WrongUsage):
            store.exhibit(ref)
    for label in ("EX-000009", "../../etc/passwd"):
        with pytest.raises(WrongUsage):
            store.read(label)


def test_ambiguous_digest_prefix(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path)
    seen: dict[str, bytes] = {}
    for number in range(100_000):
        body = b"%d" % number
        prefix = hashlib.sha256(body).hexdigest()[:6]
        if prefix in seen:
            break
        seen[prefix] = body
    store.record(entry(), body)
    store.record(entry(), seen[prefix])
    with pytest.raises(WrongUsage, match="names 2 exhibits"):
        store.exhibit(prefix)


def test_custody_line_cites_itself(tmp_path: Path) -> None:
    store = filled(tmp_path, more=200)
    data = (tmp_path / "custody.jsonl").read_bytes()
    assert store.custody_bytes() == data
    expected = list(custody_lines(data))
    for seq in (206, 1, 3, 2, 206, 100):
        assert store.custody_line(seq) == expected[seq - 1]
    for seq in (0, 207, -1):
        with pytest.raises(WrongUsage):
            store.custody_line(seq)


def test_reader_sees_the_same_and_never_writes(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    reader = EvidenceStore.open(tmp_path)
    assert list(reader.acquisitions()) == list(writer.acquisitions())
    assert list(reader.exhibits()) == list(writer.exhibits())
    assert reader.case == writer.case
    assert reader.custody_head == writer.custody_head
    assert [a.seq for a in reader.acquisitions()[1:3]] == [2, 3]
    assert [e.label for e in reader.exhibits()[1:]] == ["EX-000002", "EX-000003"]
    assert reader.acquisitions()[-1].seq == 6
    with pytest.raises(EvidenceUnwritable, match="open for reading"):
        reader.record(entry(), b"")
    with pytest.raises(EvidenceUnwritable, match="open for reading"):
        reader.incoming()
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


def test_changed_exhibit_is_refused_when_read(tmp_path: Path) -> None:
    store = filled(tmp_path)
    path = store.path("EX-000001")
    path.unlink()
    path.write_bytes(PACKUMENT.replace(b"l", b"L"))
    with pytest.raises(IntegrityError, match=path.name):
        store.read("EX-000001")
    path.unlink()
    path.symlink_to(store.path("EX-000002"))
    with pytest.raises(IntegrityError, match=path.name):
        store.read("EX-000001")
    path.unlink()
    with pytest.raises(IntegrityError, match=path.name):
        store.read("EX-000001")


@pytest.mark.parametrize("damage", ["gone", "changed", "link"])
def test_new_bytes_are_kept_where_the_stored_ones_are_damaged(tmp_path: Path, damage: str) -> None:
    path = filled(tmp_path).path("EX-000001")
    path.unlink()
    if damage == "changed":
        path.write_bytes(b"x" * len(PACKUMENT))
    elif damage == "link":
        path.symlink_to("EX-000003.keys.json")
    store = EvidenceStore.create_or_open(tmp_path)
    again = store.record(entry(), PACKUMENT)
    assert (again.new, again.exhibit) == (True, "EX-000004")
    assert store.exhibit(again.sha256 or "").label == "EX-000004"
    assert store.read("EX-000004") == PACKUMENT
    assert {d.path for d in verify(tmp_path).damage} == {f"exhibits/{path.name}"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\nb", "..", ".", "x" * 5000, "\x1b[31m",
                                  "a/b", "\udcff", "-rf", "a\\b", "$(id)", "\u202e"])
def test_hostile_names(tmp_path: Path, name: str) -> None:
    store = EvidenceStore.create_or_open(tmp_path / "evidence", name=name, operator=name)
    store.record(entry(subject=name, what=name, suffix=name, path=name, kind=name, note=name), b"x")
    store.record(entry(subject=f"pkg:npm/{name}", what=name, headers=((name, name),)), b"y")
    assert verify(tmp_path / "evidence").damage == ()
    assert [p.name for p in tmp_path.iterdir()] == ["evidence"]
    subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "manifest-sha256.txt"], check=True,
                   cwd=tmp_path / "evidence")
    assert len(EvidenceStore.open(tmp_path / "evidence").exhibits()) == 2


def test_secrets_never_reach_the_disk(tmp_path: Path) -> None:
    known, npm = "correct-horse-battery", "npm_" + "s3cr3t" * 6
    pypi, word = "pypi-AgEIcHlwaS5vcmcC" + "Q" * 60, "swordfish"
    store = EvidenceStore.create_or_open(
        tmp_path / "e", name=f"case {npm}", redactor=Redactor([known]), operator=f"ada {pypi}")
    store.record(entry(
        url=f"https://ada:{word}@h.example/x?token={word}&x=1", note=f"used {npm} and {known}",
        final_url=f"https://h.example/{known}?X-Amz-Signature={word}", path=f"/{known}/.npmrc",
        request_headers=(("Authorization", f"Bearer {word}"), ("npm-otp", word), ("Cookie", word)),
        headers=(("Set-Cookie", f"s={word}"), ("Location", f"https://h.example/?sig={word}"),
                 ("X-Note", f"Bearer {npm}")), what=npm, subject=f"pkg:npm/{pypi}",
        hops=(Hop(302, f"https://{word}@h.example/", f"https://h.example/?key={word}"),),
        error=f"//h.example/:_authToken={word} was refused"), b"body")
    for path in (tmp_path / "e").rglob("*"):
        content = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        for secret in (known, npm, pypi, word):
            assert secret.encode() not in content, (path, secret)
    assert "Bearer [redacted]" in (tmp_path / "e" / "custody.jsonl").read_text()


def test_a_directory_as_it_was_at_a_head_does_not_see_what_came_later(tmp_path: Path) -> None:
    store = filled(tmp_path / "case")
    head, custody = store.custody_head, store.custody_bytes()
    count, held = len(store.acquisitions()), len(store.exhibits())
    for number in range(3):
        store.record(entry(), b"later %d" % number)
    past = EvidenceStore.open(store.root).as_of(head)
    assert (past.custody_head, past.custody_bytes()) == (head, custody)
    assert (len(past.acquisitions()), len(past.exhibits())) == (count, held)
    assert store.as_of(store.custody_head).custody_bytes() == store.custody_bytes()
    with pytest.raises(WrongUsage, match="no exhibit"):
        past.read(store.exhibits()[-1].label)
    with pytest.raises(EvidenceUnwritable):
        past.record(entry(), b"x")
    with pytest.raises(WrongUsage, match="no line of custody"):
        past.as_of(store.custody_head)
