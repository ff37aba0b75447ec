"""Captures become patches of a keyframe, and nothing that anybody reads or cites changes."""

import hashlib
import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import IntegrityError
from regforensics.evidence.forms import MOST
from regforensics.evidence.packing import PATCHES, Outcome, pack, unpack
from regforensics.evidence.patches import packed, unpacked
from regforensics.evidence.schemas import validate
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.support.packable import PLACE, contents, document, files, grow, grown
from tests.support.tools import needs
from tests.unit.evidence.cases import entry


def packing(store: EvidenceStore) -> Outcome:
    """Pack everything."""
    assert store.writer is not None
    return pack(store.writer)


def unpacking(store: EvidenceStore) -> Outcome:
    """Unpack everything."""
    assert store.writer is not None
    return unpack(store.writer)


def keyframes(root: Path) -> list[str | None]:
    """The keyframe of each exhibit; None for one that opens by itself."""
    return [e.form.keyframe if e.form else None for e in EvidenceStore.open(root).exhibits()]


def test_contents_labels_and_digests_stay(tmp_path: Path) -> None:
    store, bodies = grown(tmp_path, 12)
    before = [(e.label, e.file, e.sha256, e.size) for e in store.exhibits()]
    citation = store.custody_line(3).citation
    done = packing(store)
    assert (len(done.done), done.before) == (12, sum(map(len, bodies)))
    assert done.after < done.before / 10
    assert sum(map(len, files(tmp_path).values())) == done.after
    assert contents(tmp_path) == bodies == [store.read(e.label) for e in store.exhibits()]
    again = EvidenceStore.open(tmp_path)
    assert [(e.label, e.file, e.sha256, e.size) for e in again.exhibits()] == before
    assert again.custody_line(3).citation == citation
    assert (verify(tmp_path).damage, verify(tmp_path).notes) == ((), ())
    assert len(store.acquisitions()) == 14  # the case, twelve captures, and one line that packs
    validate("custody-line", _last_line(tmp_path))


def _last_line(root: Path) -> dict[str, object]:

    found: dict[str, object] = json.loads((root / "custody.jsonl").read_bytes().splitlines()[-1])
    return found


def test_unpacked_files_are_those_that_came(tmp_path: Path) -> None:
    store, _ = grown(tmp_path, 7)
    before, manifest = files(tmp_path), (tmp_path / "manifest-sha256.txt").read_bytes()
    packing(store)
    assert files(tmp_path).keys().isdisjoint(before)
    assert len(unpacking(store).done) == 7
    assert files(tmp_path) == before
    assert (tmp_path / "manifest-sha256.txt").read_bytes() == manifest
    assert verify(tmp_path).ok
    assert unpacking(store).left == {"not packed": 7}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="coreutils are not installed")
def test_manifest_is_of_the_files_as_stored(tmp_path: Path) -> None:
    store, _ = grown(tmp_path, 3)
    packing(store)
    grow(store, range(3, 5))
    done = subprocess.run(["sha256sum", "-c", "manifest-sha256.txt"], cwd=tmp_path,
                          capture_output=True, text=True, check=True)
    assert done.stdout.count(": OK\n") == 6


@needs("zstd")
def test_stock_zstd_opens_them(tmp_path: Path) -> None:
    store, bodies = grown(tmp_path, 3)
    packing(store)
    first, _, last = (e.form.file for e in store.exhibits() if e.form)
    key = subprocess.run(["zstd", "-dcq", f"exhibits/{first}"], cwd=tmp_path, capture_output=True,
                         check=True).stdout
    assert key == bodies[0]
    (tmp_path / "key").write_bytes(key)
    done = subprocess.run(["zstd", "-dcq", "--long=31", "--patch-from=key", f"exhibits/{last}"],
                          cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == bodies[2]


def test_later_captures_go_on_from_the_keyframe(tmp_path: Path) -> None:
    store, _ = grown(tmp_path, 3)
    packing(store)
    grow(store, range(3, 5))
    done = packing(EvidenceStore.create_or_open(tmp_path))
    assert [form.exhibit for form in done.done] == ["EX-000004", "EX-000005"]
    assert done.left == {"packed before": 3}
    assert keyframes(tmp_path) == [None, *["EX-000001"] * 4]


def test_a_keyframe_has_no_more_than_its_patches(tmp_path: Path) -> None:
    store, bodies = grown(tmp_path, PATCHES + 3, base=800)
    packing(store)
    assert keyframes(tmp_path) == [None, *["EX-000001"] * PATCHES, None, f"EX-{PATCHES + 2:06}"]
    grow(store, range(PATCHES + 3, PATCHES + 4), base=800)
    packing(store)
    assert keyframes(tmp_path)[-1] == f"EX-{PATCHES + 2:06}"
    assert contents(tmp_path)[:-1] == bodies


def test_a_patch_beyond_a_tenth_makes_a_keyframe(tmp_path: Path) -> None:
    store, _ = grown(tmp_path, 1)
    for count in (10, 60, 61):
        store.record(entry(registry=PLACE), document(count))
    packing(store)
    assert keyframes(tmp_path) == [None, "EX-000001", None, "EX-000003"]


def test_of_each_subject_kind_and_place_for_itself(tmp_path: Path) -> None:
    store, _ = grown(tmp_path, 1)
    for number, changes in enumerate(({"subject": "pkg:npm/right-pad"}, {"kind": "npm-abbreviated"},
                                      {"registry": "https://mirror.example/"}), 1):
        store.record(entry(**{"registry": PLACE, **changes}), document(number))
    packing(store)
    assert keyframes(tmp_path) == [None] * 4
    assert all(e.form for e in store.exhibits())


def test_only_what_is_wanted(tmp_path: Path) -> None:
    store, _ = grown(tmp_path, 2)
    grow(store, range(2, 4), subject="pkg:npm/right-pad")
    assert store.writer is not None
    pack(store.writer, lambda subject: subject == "pkg:npm/right-pad")
    assert [e.form is not None for e in store.exhibits()] == [False, False, True, True]


def test_where_it_does_not_pay_files_stay(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path)
    noise = random.Random(3)
    store.record(entry(), b"{}")
    store.record(entry(), noise.randbytes(9000))
    store.record(entry(kind="artifact"), document(1))
    store.record(entry(subject=None, kind="log", how="file"), document(2))
    before = files(tmp_path)
    done = packing(store)
    assert (done.done, sum(done.left.values())) == ([], 4)
    assert files(tmp_path) == before
    assert len(store.acquisitions()) == 5


def test_a_plain_keyframe_serves_where_patches_pay(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path)
    noise = random.Random(3).randbytes(20_000)
    store.record(entry(), noise)
    store.record(entry(), noise + b"more")
    packing(store)
    assert [e.form.keyframe if e.form else "plain" for e in store.exhibits()] == \
        ["plain", "EX-000001"]
    assert contents(tmp_path) == [noise, noise + b"more"]
    assert verify(tmp_path).ok
    store.record(entry(), noise + b"even more")
    packing(store)
    assert keyframes(tmp_path) == [None, "EX-000001", "EX-000001"]


def test_who_opened_before_reads_on(tmp_path: Path) -> None:
    store, bodies = grown(tmp_path, 4)
    early = EvidenceStore.open(tmp_path)
    head = early.custody_head
    packing(store)
    middle = EvidenceStore.open(tmp_path)
    assert [early.read(e.label) for e in early.exhibits()] == bodies
    with early.opened("EX-000004") as file:
        assert file.read() == bodies[3]
    assert len(early.acquisitions()) == 5
    unpacking(store)
    for reader in (early, middle, EvidenceStore.open(tmp_path).as_of(head)):
        assert [reader.read(e.label) for e in reader.exhibits()] == bodies
    room = bytearray(1 << 20)
    packing(store)
    assert middle.read_into("EX-000002", room) == bodies[1]
    assert EvidenceStore.open(tmp_path).as_of(head).read("EX-000003") == bodies[2]


def test_who_opened_before_reads_what_was_packed_otherwise_since(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, bodies = grown(tmp_path, 6)
    packing(store)
    early = EvidenceStore.open(tmp_path)
    unpacking(store)
    monkeypatch.setattr("regforensics.evidence.packing.PATCHES", 1)
    packing(store)
    assert keyframes(tmp_path) == [None, "EX-000001", None, "EX-000003", None, "EX-000005"]
    assert [early.read(e.label) for e in early.exhibits()] == bodies


def test_bytes_that_come_again_are_known(tmp_path: Path) -> None:
    store, bodies = grown(tmp_path, 3)
    packing(store)
    assert EvidenceStore.create_or_open(tmp_path).record(entry(), bodies[2]).exhibit == "EX-000003"
    assert verify(tmp_path).ok


def test_a_changed_exhibit_is_never_packed(tmp_path: Path) -> None:
    store, _ = grown(tmp_path, 3)
    path = store.path("EX-000002")
    store.read("EX-000002")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"modified", b"Modified"))
    with pytest.raises(IntegrityError, match="EX-000002"):
        packing(store)
    assert path.exists()
    assert not list((tmp_path / "exhibits").glob(".incoming-*"))


# Tampering

def packed_directory(root: Path) -> list[Path]:
    """Five captures, packed; the paths of their files."""
    store, _ = grown(root, 5)
    packing(store)
    return [store.path(e.label) for e in store.exhibits()]


def found(root: Path) -> dict[str, str]:
    """Path to kind and detail of every damage."""
    return {d.path.removeprefix("exhibits/"): f"{d.kind}: {d.detail}" for d in verify(root).damage}


def spoil(path: Path, data: bytes) -> None:
    """Put other bytes in the place of a file."""
    path.unlink()
    path.write_bytes(data)


def test_changed_patch(tmp_path: Path) -> None:
    paths = packed_directory(tmp_path)
    data = paths[2].read_bytes()
    for changed in (data[:-1], data + b"\0", data[:40] + bytes([data[40] ^ 1]) + data[41:], b""):
        spoil(paths[2], changed)
        assert list(found(tmp_path)) == [paths[2].name]
        assert found(tmp_path)[paths[2].name].startswith("changed: expected")
        with pytest.raises(IntegrityError, match="EX-000003"):
            EvidenceStore.open(tmp_path).read("EX-000003")


def test_missing_patch(tmp_path: Path) -> None:
    paths = packed_directory(tmp_path)
    paths[2].unlink()
    assert found(tmp_path) == {paths[2].name: "missing: is not there"}


@pytest.mark.parametrize("gone", [True, False])
def test_keyframe_that_is_not_what_it_was(tmp_path: Path, gone: bool) -> None:
    paths = packed_directory(tmp_path)
    spoil(paths[0], packed(document(3000)))
    if gone:
        paths[0].unlink()
    said = found(tmp_path)
    assert set(said) == {path.name for path in paths}
    assert said[paths[0].name].startswith("missing" if gone else "changed")
    assert all("its keyframe EX-000001" in said[path.name] for path in paths[1:])


def test_keyframe_of_other_contents(tmp_path: Path) -> None:
    """An attacker keeps size and form; the checksum inside each patch still says no."""
    paths = packed_directory(tmp_path)
    spoil(paths[0], packed(document(0, seed=2)))
    said = found(tmp_path)
    assert set(said) == {path.name for path in paths}


def test_a_plain_copy_beside_it_is_named(tmp_path: Path) -> None:
    paths = packed_directory(tmp_path)
    (tmp_path / "exhibits" / paths[1].name.removesuffix(".zst")).write_bytes(document(1))
    assert [text.partition(";")[2] for text in found(tmp_path).values()] == \
        [" its bytes are those of EX-000002 (EX-000002.npm.left-pad.packument.json)"]


def test_every_byte_of_the_line_that_packs_counts(tmp_path: Path) -> None:
    packed_directory(tmp_path)
    data = (tmp_path / "custody.jsonl").read_bytes()
    start = data.rindex(b"\n", 0, -1) + 1
    for place in range(start, len(data), 7):
        (tmp_path / "custody.jsonl").write_bytes(
            data[:place] + bytes([data[place] ^ 1]) + data[place + 1:])
        assert not verify(tmp_path).ok


# Frames

@given(st.binary(max_size=3000), st.none() | st.binary(max_size=3000))
def test_what_went_in_comes_out(data: bytes, prefix: bytes | None) -> None:
    assert unpacked(packed(data, prefix), len(data), prefix) == data


@given(st.binary(max_size=300), st.integers(0, 1000), st.none() | st.binary(max_size=50))
def test_no_frame_does_more_than_fail(frame: bytes, size: int, prefix: bytes | None) -> None:
    try:
        assert len(unpacked(frame, size, prefix)) == size
    except OSError as error:
        assert error.strerror


def test_a_bomb_gives_no_more_than_was_stated() -> None:
    bomb = packed(bytes(MOST))
    assert len(bomb) < 1 << 16
    with pytest.raises(OSError, match="does not unpack to 1000 bytes"):
        unpacked(bomb, 1000)


def test_a_patch_needs_its_keyframe() -> None:
    patch = packed(document(1), document(0))
    for other in (None, document(0, seed=2), document(0)[1:]):
        with pytest.raises(OSError, match="unpack"):
            unpacked(patch, len(document(1)), other)


def test_two_frames_are_not_one() -> None:
    with pytest.raises(OSError, match="does not unpack"):
        unpacked(packed(b"a") + packed(b"b"), 1)
    assert hashlib.sha256(unpacked(packed(b"a"), 1)).hexdigest() == hashlib.sha256(b"a").hexdigest()
