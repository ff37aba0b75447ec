"""Where a hand-over is unpacked: in no directory that is not made, and swept where it was left."""

from pathlib import Path

import pytest

from regforensics.evidence.rooms import room
from regforensics.evidence.store import EvidenceStore
from tests.support.command import run
from tests.unit.evidence.cases import entry, filled


def left(root: Path) -> Path:
    """A room as a process that was killed leaves it."""
    place = root / "derived" / "hand-over-left"
    (place / "data" / "exhibits").mkdir(parents=True)
    (place / "data" / "case.json").write_text("{}")
    return place


def test_what_was_left_is_swept_by_the_next_writer(tmp_path: Path) -> None:
    filled(tmp_path / "case")
    place = left(tmp_path / "case")
    (tmp_path / "case" / "derived" / "mine.txt").write_text("kept")
    assert EvidenceStore.open(tmp_path / "case") and place.exists(), "no reader removes anything"
    store = EvidenceStore.create_or_open(tmp_path / "case")
    assert not place.exists() and (tmp_path / "case" / "derived" / "mine.txt").exists()
    assert store.repairs == ("removed derived/hand-over-left, where a hand-over was being"
                             " unpacked",)
    assert run("verify", "-e", tmp_path / "case").code == 0


def test_a_room_in_use_is_not_swept(tmp_path: Path) -> None:
    filled(tmp_path / "case")
    with room(tmp_path / "case") as place:
        (place / "x").write_text("x")
        EvidenceStore.create_or_open(tmp_path / "case").record(entry(), b"more")
        assert (place / "x").exists()
    assert not place.exists()


def test_a_link_in_its_place_is_left_alone(tmp_path: Path) -> None:
    filled(tmp_path / "case")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x").write_text("x")
    (tmp_path / "case" / "derived").mkdir(exist_ok=True)
    (tmp_path / "case" / "derived" / "hand-over-x").symlink_to(tmp_path / "elsewhere")
    EvidenceStore.create_or_open(tmp_path / "case")
    assert (tmp_path / "elsewhere" / "x").exists()


def test_a_directory_is_made_where_only_a_room_was_left(tmp_path: Path) -> None:
    place = left(tmp_path / "mine")
    filled(tmp_path / "theirs")
    assert run("ingest", tmp_path / "theirs", "-e", tmp_path / "mine").code == 0
    assert not place.exists() and run("verify", "-e", tmp_path / "mine").code == 0


def test_a_folder_of_somebody_elses_is_none_to_be_taken_for_new(tmp_path: Path) -> None:
    (tmp_path / "mine" / "derived" / "work").mkdir(parents=True)
    filled(tmp_path / "theirs")
    ended = run("ingest", tmp_path / "theirs", "-e", tmp_path / "mine")
    assert ended.code == 2 and "not an evidence directory" in ended.err
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["derived"]


@pytest.mark.parametrize("parent", [".", "a/b"])
def test_nothing_is_left_where_nothing_came(tmp_path: Path, parent: str) -> None:
    with room(tmp_path / parent / "mine") as place:
        assert place.is_dir()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="stopped"), room(tmp_path / parent / "mine"):
        raise ValueError("stopped")
    assert list(tmp_path.iterdir()) == []


def test_the_first_sound_one_makes_the_directory(tmp_path: Path) -> None:
    filled(tmp_path / "theirs")
    for name in ("a", "b"):
        assert run("export", "--format", "zip", "-e", tmp_path / "theirs",
                   tmp_path / f"{name}.zip").code == 0
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data[:600])
    (tmp_path / "a.zip").write_bytes(data.replace(b"left-pad", b"left-pax"))
    ended = run("ingest", tmp_path / "a.zip", tmp_path / "b.zip", "-e", tmp_path / "mine")
    assert ended.code == 0 and "a.zip" in ended.err, "the rest was taken"
    assert len([a for a in EvidenceStore.open(tmp_path / "mine").acquisitions()
                if a.entry.origin]) == 5
