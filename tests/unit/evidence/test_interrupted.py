"""What an interrupted writer leaves is settled by the next one, without losing a byte."""

import fcntl
from pathlib import Path

import pytest

from regforensics.errors import IntegrityError, WrongUsage
from regforensics.evidence import interrupted
from regforensics.evidence.custody import CUSTODY, HEAD
from regforensics.evidence.files import Folder, try_lock
from regforensics.evidence.layout import AT_ONCE, MARK
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.unit.evidence.cases import entry, filled

NEXT = "EX-000004.npm.left-pad.packument.json"
MANIFEST = "manifest-sha256.txt"


def kept(root: Path) -> list[bytes]:
    """The bytes of every file that was moved aside."""
    return [path.read_bytes() for path in sorted((root / "derived" / "interrupted").iterdir())]


def settled(root: Path) -> tuple[str, ...]:
    """Open for writing, add one more line, and find everything sound; what was repaired."""
    assert verify(root).ok
    assert verify(root).notes
    readable = len(EvidenceStore.open(root).acquisitions())
    store = EvidenceStore.create_or_open(root)
    assert len(store.acquisitions()) == readable
    assert store.record(entry(), b"after the repair").new
    report = verify(root)
    assert (report.ok, report.notes) == (True, ())
    return store.repairs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    filled(tmp_path)
    return tmp_path


def test_killed_after_the_mark(root: Path) -> None:
    (root / MARK).write_bytes(b"")
    assert settled(root) == ("cleared the mark of an interrupted writer",)


def test_killed_while_receiving(root: Path) -> None:
    (root / "exhibits" / ".incoming-0123").write_bytes(b"half")
    repairs = settled(root)
    assert "unfinished body" in repairs[0]
    assert kept(root) == [b"half"]


def test_killed_after_the_exhibit(root: Path) -> None:
    (root / MARK).write_bytes(b"")
    (root / "exhibits" / NEXT).write_bytes(b"whole")
    assert NEXT in settled(root)[0]
    assert kept(root) == [b"whole"]


@pytest.mark.parametrize("marked", [True, False])
def test_killed_inside_the_custody_line(root: Path, marked: bool) -> None:
    with (root / CUSTODY).open("ab") as handle:
        handle.write(b'{"seq":7,"how":"ht')
    if marked:
        (root / MARK).write_bytes(b"")
        assert "unfinished line" in settled(root)[0]
    else:  # after a power cut the mark may be gone: named by verify, settled all the same
        assert [d.kind for d in verify(root).damage] == ["unreadable"]
        assert "unfinished line" in EvidenceStore.create_or_open(root).repairs[0]
        assert verify(root).ok
    assert kept(root) == [b'{"seq":7,"how":"ht']


def lagging(root: Path, *names: str) -> None:
    """Add a line and put the named files back as they were before."""
    before = {name: (root / name).read_bytes() for name in names}
    EvidenceStore.create_or_open(root).record(entry(), b"whole")
    for name, data in before.items():
        (root / name).write_bytes(data)
    (root / MARK).write_bytes(b"")


def test_killed_after_the_custody_line(root: Path) -> None:
    lagging(root, HEAD, MANIFEST)
    assert settled(root) == (f"finished {MANIFEST}", f"finished {HEAD}")
    assert EvidenceStore.open(root).read("EX-000004") == b"whole"


def test_killed_inside_the_manifest_line(root: Path) -> None:
    lagging(root, HEAD)
    manifest = root / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:-30])
    assert settled(root) == (f"finished {MANIFEST}", f"finished {HEAD}")


def test_killed_before_the_head(root: Path) -> None:
    lagging(root, HEAD)
    (root / MARK).write_bytes(b'{"schema":"regf')
    assert settled(root) == (f"finished {HEAD}",)


BATCH = [(entry(), b"one"), (entry(status=None), None), (entry(), b"two"), (entry(), b"one")]


def test_killed_after_the_exhibits_of_several(root: Path) -> None:
    (root / MARK).write_bytes(b"")
    for number, body in ((4, b"one"), (5, b"two")):
        (root / "exhibits" / f"EX-{number:06}.npm.left-pad.packument.json").write_bytes(body)
    assert len(settled(root)) == 3
    assert kept(root) == [b"one", b"two"]


@pytest.mark.parametrize("lines", [1, 2, 3, 4])
@pytest.mark.parametrize("torn", [0, 30])
def test_killed_inside_the_custody_lines_of_several(root: Path, lines: int, torn: int) -> None:
    """As many of the lines as reached the disk whole count; the rest is set aside."""
    files = (HEAD, MANIFEST, CUSTODY)
    before = {name: (root / name).read_bytes() for name in files}
    EvidenceStore.create_or_open(root).record_all(BATCH)
    added = (root / CUSTODY).read_bytes()[len(before[CUSTODY]):].splitlines(keepends=True)
    for name, data in before.items():
        (root / name).write_bytes(data)
    with (root / CUSTODY).open("ab") as handle:
        handle.write(b"".join(added[:lines]) + b"".join(added[lines:])[:torn])
    (root / MARK).write_bytes(b"")
    repairs = settled(root)
    assert f"finished {HEAD}" in repairs
    store = EvidenceStore.open(root)
    assert len(store.acquisitions()) == 6 + lines + 1
    assert store.read("EX-000004") == b"one"
    aside = [b"two"] * (lines < 3) + [b"".join(added[lines:])[:torn]] * (torn > 0 and lines < 4)
    assert not aside or kept(root) == aside


@pytest.mark.parametrize("lost", [1, 40, 100, 200])
def test_killed_inside_the_manifest_lines_of_several(root: Path, lost: int) -> None:
    head = (root / HEAD).read_bytes()
    EvidenceStore.create_or_open(root).record_all(BATCH)
    (root / HEAD).write_bytes(head)
    manifest = root / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:-lost])
    (root / MARK).write_bytes(b"")
    assert settled(root) == (f"finished {MANIFEST}", f"finished {HEAD}")


def test_head_that_lags_more_lines_than_a_writer_adds_is_damage(root: Path) -> None:
    head = (root / HEAD).read_bytes()
    store = EvidenceStore.create_or_open(root)
    for number in range(AT_ONCE + 1):
        store.record(entry(), b"%d" % number)
    (root / HEAD).write_bytes(head)
    (root / MARK).write_bytes(b"")
    with pytest.raises(IntegrityError, match="disagree"):
        EvidenceStore.create_or_open(root)
    assert "head" in {damage.kind for damage in verify(root).damage}


@pytest.mark.parametrize("kept_lines", [0, 3])
def test_manifest_that_lacks_more_than_a_writer_adds_is_damage(root: Path, kept_lines: int) -> None:
    store = EvidenceStore.create_or_open(root)
    for number in range(0 if not kept_lines else AT_ONCE):
        store.record(entry(), b"%d" % number)
    lines = (root / MANIFEST).read_bytes().splitlines(keepends=True)
    (root / MANIFEST).write_bytes(b"".join(lines[:kept_lines]))
    (root / MARK).write_bytes(b"")
    with pytest.raises(IntegrityError, match="manifest"):
        EvidenceStore.create_or_open(root)
    assert {damage.kind for damage in verify(root).damage} == {"manifest"}


def test_without_its_mark_a_lag_is_damage(root: Path) -> None:
    lagging(root, HEAD)
    (root / MARK).unlink()
    assert {damage.kind for damage in verify(root).damage} == {"chain-broken", "head"}


def test_without_its_mark_a_lag_of_several_lines_is_not_settled(root: Path) -> None:
    head = (root / HEAD).read_bytes()
    EvidenceStore.create_or_open(root).record_all(BATCH)
    (root / HEAD).write_bytes(head)
    with pytest.raises(IntegrityError, match="disagree"):
        EvidenceStore.create_or_open(root)


def test_another_writer_died_while_this_one_is_open(root: Path) -> None:
    store = EvidenceStore.create_or_open(root)
    (root / MARK).write_bytes(b"")
    (root / "exhibits" / "EX-000004.npm.other.json").write_bytes(b"whole")
    with (root / CUSTODY).open("ab") as handle:
        handle.write(b'{"seq":7')
    assert store.record(entry(), b"next").exhibit == "EX-000004"
    assert len(store.repairs) == 3
    assert sorted(kept(root)) == [b"whole", b'{"seq":7']
    assert verify(root).ok


def test_body_of_a_living_writer_is_left_alone(root: Path) -> None:
    first = EvidenceStore.create_or_open(root)
    with first.incoming() as body:
        body.write(b"living")
        assert EvidenceStore.create_or_open(root).repairs == ()
        assert first.record(entry(), body).new


def test_nobody_can_take_a_file_that_is_being_swept(
        root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a writer that has only just made it would lose it between two steps of its own."""
    (root / "exhibits" / ".incoming-0123").write_bytes(b"half")
    move = interrupted.set_aside

    def watched(folder: Folder, source: Folder, name: str) -> str:
        with (source.path / name).open("rb") as other:
            assert not try_lock(other.fileno(), fcntl.LOCK_SH)
        return move(folder, source, name)

    monkeypatch.setattr(interrupted, "set_aside", watched)
    assert len(EvidenceStore.create_or_open(root).repairs) == 1


@pytest.mark.parametrize("present", [
    (), (MARK,), (MARK, "exhibits"), (MARK, "exhibits", ".case.json.new"),
    (MARK, "exhibits", "case.json"), (MARK, "exhibits", "case.json", MANIFEST),
    (MARK, "exhibits", "case.json", MANIFEST, f".{CUSTODY}.new"),
    (MARK, "exhibits", "case.json", MANIFEST, CUSTODY)])
def test_killed_while_the_directory_was_made(tmp_path: Path, present: tuple[str, ...]) -> None:
    EvidenceStore.create_or_open(tmp_path / "whole")
    root = tmp_path / "e"
    root.mkdir()
    for name in present:
        source = tmp_path / "whole" / name
        if source.is_dir():
            (root / name).mkdir()
        else:
            (root / name).write_bytes(source.read_bytes() if source.exists() else b'{"sch')
    if present:
        assert verify(root).ok
    if CUSTODY not in present:
        with pytest.raises(WrongUsage):
            EvidenceStore.open(root)
    store = EvidenceStore.create_or_open(root)
    assert store.record(entry(), b"x").new
    assert verify(root).ok
    assert verify(root).notes == ()
