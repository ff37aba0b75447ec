"""Exhibits that stay where they were found: checked before use, and damage named."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from regforensics.acquire.ingest import Recognised, ingest
from regforensics.errors import IntegrityError, UnreadableInput
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.support.tools import needs

BODY = b"one\ntwo\nthree\n"


def put(path: Path, body: bytes = BODY) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def take(root: Path, path: Path, *, in_place: bool = True) -> Acquisition:
    return ingest(path, store=EvidenceStore.create_or_open(root), in_place=in_place,
                  recognise=lambda *_: Recognised("raw", suffix=".log"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


def test_nothing_is_copied_and_everything_is_read(tmp_path: Path, root: Path) -> None:
    path = put(tmp_path / "in" / "a.log")
    taken = take(root, path)
    store = EvidenceStore.open(root)
    found = store.exhibit("EX-000001")
    assert not list((root / "exhibits").iterdir())
    assert taken.new and found.in_place == found.place == str(path.resolve())
    assert store.read("EX-000001") == BODY and bytes(store.read_into("EX-000001", bytearray())) \
        == BODY
    with store.opened("EX-000001") as file:
        assert file.read() == BODY
    assert store.quoted("EX-000001", None, [(4, 7)]) == {(4, 7): (2, b"two")}
    assert str(path).encode() in store.custody_line(2).data
    assert verify(root).ok


@needs("sha256sum")
def test_the_manifest_lists_what_has_a_file_here(tmp_path: Path, root: Path) -> None:
    take(root, put(tmp_path / "in" / "a.log"))
    take(root, put(tmp_path / "in" / "b.log", b"other\n"), in_place=False)
    take(root, put(tmp_path / "in" / "c.log", b"third\n"))
    subprocess.run(["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], cwd=root, check=True)
    assert (root / "manifest-sha256.txt").read_text().count("exhibits/") == 1
    assert verify(root).ok and len(EvidenceStore.create_or_open(root).exhibits()) == 3


def to_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(put(path.parent / "other", b"?" * len(BODY)))


CHANGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "gone": (Path.unlink, "missing", "is not there"),
    "changed": (lambda path: path.write_bytes(BODY.upper()), "changed", "found 14 bytes of sha256"),
    "appended to": (lambda path: path.write_bytes(BODY + b"four\n"), "changed", "found 19 bytes"),
    "a directory": (to_directory, "changed", "no regular file"),
    "a pipe": (to_pipe, "changed", "no regular file"),
    "a link to other bytes": (to_link, "changed", "found 14 bytes of sha256"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_those_bytes_is_never_read(tmp_path: Path, root: Path, change: str) -> None:
    path = put(tmp_path / "in" / "a.log")
    take(root, path)
    store = EvidenceStore.open(root)
    assert store.read("EX-000001") == BODY  # checked once: that must not count any more
    act, kind, detail = CHANGES[change]
    act(path)
    for read in (store.read, store.opened, store.ensure_sound):
        fresh = store if read != store.ensure_sound else EvidenceStore.open(root)
        with pytest.raises(IntegrityError, match=r"a\.log cannot be read"):
            getattr(fresh, read.__name__)("EX-000001")
    damage, = verify(root).damage
    assert (damage.kind, damage.path) == (kind, str(path))
    assert "EX-000001" in damage.detail and detail in damage.detail
    assert "ingest --in-place" in damage.detail


def test_bytes_that_moved_are_found_where_they_are_handed_over_again(
        tmp_path: Path, root: Path) -> None:
    path = put(tmp_path / "in" / "a.log")
    take(root, path)
    moved = path.rename(tmp_path / "moved.log")
    assert not verify(root).ok
    again = take(root, moved)
    assert (again.exhibit, again.new) == ("EX-000001", False)
    store = EvidenceStore.open(root)
    assert store.read("EX-000001") == BODY and verify(root).ok
    assert store.exhibit("EX-000001").in_place == str(moved)
    moved.rename(path)  # and back
    assert verify(root).ok


def test_a_copy_of_bytes_that_stand_elsewhere_is_stored(tmp_path: Path, root: Path) -> None:
    path = put(tmp_path / "in" / "a.log")
    take(root, path)
    assert take(root, path, in_place=False).exhibit == "EX-000002"
    assert take(root, path).exhibit == "EX-000002", "what is stored needs no place elsewhere"
    assert verify(root).ok and len(list((root / "exhibits").iterdir())) == 1


def test_one_path_does_not_answer_for_another_digest(tmp_path: Path, root: Path) -> None:
    path = put(tmp_path / "in" / "a.log")
    take(root, path)
    put(path, BODY.upper())
    take(root, path)
    store = EvidenceStore.open(root)
    assert store.read("EX-000002") == BODY.upper()
    with pytest.raises(IntegrityError):
        store.read("EX-000001")
    assert [d.detail.split(",")[0] for d in verify(root).damage] == ["is EX-000001"]


def test_a_file_that_is_written_while_it_is_read_is_refused(tmp_path: Path, root: Path) -> None:
    path = put(tmp_path / "in" / "a.log")

    def grows(_: Path, __: bytes) -> Recognised:
        with path.open("ab") as file:
            file.write(b"more\n")
        return Recognised("raw")

    with pytest.raises(UnreadableInput, match="changed while it was read"):
        ingest(path, store=EvidenceStore.create_or_open(root), recognise=grows, in_place=True)
    assert not EvidenceStore.open(root).exhibits()


def test_a_link_is_recorded_as_what_it_leads_to(tmp_path: Path, root: Path) -> None:
    path = put(tmp_path / "in" / "a.log")
    link = tmp_path / "current.log"
    link.symlink_to(path)
    take(root, link)
    link.unlink()
    link.symlink_to(put(tmp_path / "in" / "b.log", b"other\n"))
    store = EvidenceStore.open(root)
    assert store.exhibit("EX-000001").in_place == str(path) and verify(root).ok


@pytest.mark.parametrize("where", ["relative.log", ""])
def test_custody_that_names_no_absolute_path_is_damaged(
        tmp_path: Path, root: Path, where: str) -> None:
    path = put(tmp_path / "in" / "a.log")
    take(root, path)
    custody = root / "custody.jsonl"
    custody.write_bytes(custody.read_bytes().replace(
        b'"in_place":"' + str(path).encode(), b'"in_place":"' + where.encode()))
    with pytest.raises(IntegrityError):
        EvidenceStore.open(root)
    assert not verify(root).ok
