"""Every kind of damage is named, all of it in one run."""

import hashlib
import json
import os
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.custody import CUSTODY, HEAD, head_bytes
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from regforensics.evidence.walk import CustodyWalk, Findings
from tests.support.forged import rechained, write
from tests.unit.evidence.cases import entry, filled

FIRST = "EX-000001.npm.left-pad.packument.json"
MANIFEST = "manifest-sha256.txt"


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file as somebody with an editor would."""
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(change(data))


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """A change of the lines of a file."""
    return lambda data: b"".join(change(data.splitlines(keepends=True)))


def found(root: Path) -> set[tuple[str, str]]:
    """Kind and path of every damage."""
    return {(damage.kind, damage.path) for damage in verify(root).damage}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    filled(tmp_path / "e")
    return tmp_path / "e"


def test_sound_directory(root: Path) -> None:
    report = verify(root)
    assert (report.ok, report.exhibits, report.notes) == (True, 3, ())
    assert report.custody_head == EvidenceStore.open(root).custody_head


def test_changed_exhibit(root: Path) -> None:
    rewrite(root / "exhibits" / FIRST, lambda data: data + b" ")
    report = verify(root)
    assert found(root) == {("changed", f"exhibits/{FIRST}")}
    assert "found 20 bytes" in report.damage[0].detail


def test_missing_exhibit(root: Path) -> None:
    (root / "exhibits" / FIRST).unlink()
    assert found(root) == {("missing", f"exhibits/{FIRST}")}


def test_exhibit_replaced_by_a_link_to_its_own_bytes(root: Path, tmp_path: Path) -> None:
    path = root / "exhibits" / FIRST
    shutil.move(path, tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert found(root) == {("changed", f"exhibits/{FIRST}")}


@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_exhibit_replaced_by_something_else(root: Path, kind: str) -> None:
    path = root / "exhibits" / FIRST
    path.unlink()
    if kind == "directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert found(root) == {("changed", f"exhibits/{FIRST}")}


def test_renamed_exhibit(root: Path) -> None:
    (root / "exhibits" / FIRST).rename(root / "exhibits" / "EX-000001.npm.other.json")
    report = verify(root)
    assert found(root) == {("missing", f"exhibits/{FIRST}"),
                           ("extra", "exhibits/EX-000001.npm.other.json")}
    assert "bytes are those of EX-000001" in report.damage[1].detail


@pytest.mark.parametrize("stray", ["notes.txt", "exhibits/EX-000004.npm.a.json", "exhibits/x",
                                   ".hidden", "exhibits/.DS_Store", "exhibits/a\nb"])
def test_extra_file(root: Path, stray: str) -> None:
    (root / stray).write_bytes(b"")
    assert found(root) == {("extra", stray.replace("\n", "\\n"))}


def test_extra_directory(root: Path) -> None:
    (root / "exhibits" / "more").mkdir()
    (root / "old").mkdir()
    assert found(root) == {("extra", "exhibits/more"), ("extra", "old")}


def test_derived_is_never_evidence(root: Path) -> None:
    (root / "derived" / "cache").mkdir(parents=True)
    (root / "derived" / "cache" / "x").write_bytes(b"x")
    assert verify(root).ok


@pytest.mark.parametrize("name", ["derived", "exhibits", CUSTODY, HEAD, MANIFEST, "case.json"])
def test_own_names_replaced_by_links(root: Path, tmp_path: Path, name: str) -> None:
    if (root / name).exists():
        shutil.move(root / name, tmp_path / name)
    else:
        (tmp_path / name).mkdir()
    (root / name).symlink_to(tmp_path / name)
    assert ("changed", name) in found(root)


@pytest.mark.parametrize("name", [CUSTODY, HEAD, MANIFEST, "case.json"])
def test_own_file_missing(root: Path, name: str) -> None:
    (root / name).unlink()
    assert found(root) == {("missing", name)}


def test_exhibits_directory_missing(root: Path) -> None:
    shutil.rmtree(root / "exhibits")
    assert found(root) == {("missing", "exhibits")}


def test_changed_manifest_line(root: Path) -> None:
    rewrite(root / MANIFEST, lines(lambda ls: [ls[0], b"0" * 64 + ls[1][64:], *ls[2:]]))
    assert found(root) == {("manifest", MANIFEST)}
    assert "line 2 was changed" in verify(root).damage[0].detail


def test_missing_extra_reordered_and_doubled_manifest_lines(root: Path) -> None:
    changes: list[tuple[Callable[[list[bytes]], list[bytes]], str]] = [
        (lambda ls: ls[:-1], "the line of exhibits/EX-000003.keys.json is missing"),
        (lambda ls: [*ls, b"0" * 64 + b"  exhibits/EX-000009.x.json\n"], "line 5 is not one"),
        (lambda ls: [ls[0], ls[2], ls[1], ls[3]], "another order"),
        (lambda ls: [*ls, ls[1]], "stands 2 times"),
        (lambda ls: [*ls[:-1], ls[-1][:-1]], "its end was changed"),
    ]
    good = (root / MANIFEST).read_bytes()
    for change, detail in changes:
        (root / MANIFEST).write_bytes(lines(change)(good))
        assert found(root) == {("manifest", MANIFEST)}
        assert detail in verify(root).damage[0].detail


def test_unreadable_custody_line_still_leaves_its_exhibit_checked(root: Path) -> None:
    rewrite(root / CUSTODY, lines(lambda ls: [ls[0], b"garbage\n", *ls[2:]]))
    assert found(root) == {("unreadable", CUSTODY), ("chain-broken", CUSTODY),
                           ("truncated", CUSTODY), ("head", HEAD)}
    rewrite(root / "exhibits" / FIRST, lambda data: data + b" ")
    assert ("changed", f"exhibits/{FIRST}") in found(root)
    assert not any(kind in {"extra", "manifest"} for kind, _ in found(root))


def test_changed_line_breaks_the_chain(root: Path) -> None:
    rewrite(root / CUSTODY, lambda data: data.replace(b'"status":304', b'"status":200'))
    assert found(root) == {("chain-broken", CUSTODY)}
    assert "line 4 does not carry the digest of line 3" in verify(root).damage[0].detail


def test_reordered_lines(root: Path) -> None:
    rewrite(root / CUSTODY, lines(lambda ls: [*ls[:2], ls[3], ls[2], *ls[4:]]))
    assert ("reordered", CUSTODY) in found(root)
    details = " ".join(damage.detail for damage in verify(root).damage)
    assert "line 4 at place 3, line 3 at place 4" in details
    assert not any(kind in {"extra", "manifest"} for kind, _ in found(root))


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_lines_cut_off_the_end(root: Path, cut: int) -> None:
    rewrite(root / CUSTODY, lines(lambda ls: ls[:-cut]))
    assert found(root) == {("truncated", CUSTODY), ("head", HEAD)}
    assert f"ends at line {6 - cut}" in verify(root).damage[0].detail


def test_everything_cut_off(root: Path) -> None:
    rewrite(root / CUSTODY, lambda _: b"")
    assert found(root) == {("truncated", CUSTODY), ("head", HEAD)}
    rewrite(root / HEAD, lambda _: head_bytes(0, 0, "0" * 64))
    assert ("truncated", CUSTODY) in found(root)


def test_line_taken_out_of_the_middle(root: Path) -> None:
    rewrite(root / CUSTODY, lines(lambda ls: ls[:3] + ls[4:]))
    assert ("chain-broken", CUSTODY) in found(root)
    assert any("lines that are gone: 4" in d.detail for d in verify(root).damage)


def test_numbers_that_leap_are_named_as_spans(root: Path) -> None:
    first = (root / CUSTODY).read_bytes().splitlines()[0]
    data = b"".join(first.replace(b'"seq":1,', b'"seq":%d,' % (1 + n * 10**6)) + b"\n"
                    for n in range(100))
    findings = Findings()
    tracemalloc.start()
    CustodyWalk(data, findings, interrupted=False)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert any("gone: 2 to 1000000, 1000002 to 2000000," in d.detail for d in findings.damage)


def test_doubled_line(root: Path) -> None:
    rewrite(root / CUSTODY, lines(lambda ls: [*ls, ls[-1]]))
    assert ("chain-broken", CUSTODY) in found(root)
    assert any("stand twice: 6" in d.detail for d in verify(root).damage)


@pytest.mark.parametrize("number", [0, -5])
def test_a_line_that_gives_itself_a_number_before_the_first(root: Path, number: int) -> None:
    """Such a line must not say anew what a true one says of an exhibit."""
    whole = (root / CUSTODY).read_bytes().splitlines()
    true = json.loads(next(line for line in whole if b'"exhibit":"EX-000001"' in line))
    write(root / "exhibits" / FIRST, b"forged")
    true |= {"seq": number, "sha256": hashlib.sha256(b"forged").hexdigest(), "size": 6}
    rechained(root, [*whole, json.dumps(true, separators=(",", ":")).encode()])
    assert any(f"line {number} at place 7" in d.detail for d in verify(root).damage)
    assert ("changed", f"exhibits/{FIRST}") in found(root)


def test_changed_last_line(root: Path) -> None:
    rewrite(root / CUSTODY, lambda data: data.replace(b'"kind":"npm-keys"', b'"kind":"npm-kees"'))
    assert ("chain-broken", CUSTODY) in found(root)
    assert "line 6" in verify(root).damage[0].detail


def test_line_appended_by_hand(root: Path) -> None:
    with (root / CUSTODY).open("ab") as handle:
        handle.write(b'{"seq":7')
    assert found(root) == {("unreadable", CUSTODY)}


def test_head_that_is_none(root: Path) -> None:
    rewrite(root / HEAD, lambda data: b" " + data)
    assert found(root) == {("head", HEAD)}


def test_changed_case(root: Path) -> None:
    rewrite(root / "case.json", lambda data: data.replace(b"case of", b"CASE of"))
    assert found(root) == {("case", "case.json")}


def test_case_that_claims_a_newer_format_by_hand(root: Path) -> None:
    rewrite(root / "case.json", lambda data: data.replace(b'"format": 1', b'"format": 2'))
    assert found(root) == {("case", "case.json")}
    with pytest.raises(UnreadableInput):
        EvidenceStore.open(root)


def test_forged_file_name_is_never_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"x")
    rewrite(root / CUSTODY, lambda data: data.replace(FIRST.encode(), b"../../target"))
    assert ("unreadable", CUSTODY) in found(root)
    assert not any("target" in path for _, path in found(root))


def test_all_damage_in_one_run(root: Path) -> None:
    (root / "exhibits" / FIRST).unlink()
    rewrite(root / "exhibits" / "EX-000003.keys.json", lambda _: b"x")
    (root / "stray").write_bytes(b"")
    rewrite(root / "case.json", lambda data: data + b" ")
    rewrite(root / MANIFEST, lambda data: data + b"x")
    rewrite(root / CUSTODY, lambda data: data.replace(b'"status":304', b'"status":200'))
    assert {kind for kind, _ in found(root)} == {
        "missing", "changed", "extra", "case", "manifest", "chain-broken"}


def test_what_is_no_evidence_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "empty").mkdir()
    for name in ("file", "link", "empty", "nowhere", "file/below", "x" * 5000, "a\0b"):
        with pytest.raises(WrongUsage) as caught:
            verify(tmp_path / name)
        assert "\n" not in caught.value.message
        assert caught.value.hint


def test_verify_beside_a_writer(root: Path) -> None:
    store = EvidenceStore.create_or_open(root)
    with store.incoming() as body:
        body.write(b"half" * 200_000)
        report = verify(root)
        assert report.ok
        assert "being received" in report.notes[0]
        store.record(entry(), body)
    assert verify(root).notes == ()
