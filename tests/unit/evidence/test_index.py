"""The index below derived/ spares reading custody, and changes nothing of what is read."""

import errno
import os
import threading
from pathlib import Path

import pytest

from regforensics.errors import IntegrityError
from regforensics.evidence import account, index
from regforensics.evidence.custody import CUSTODY, HEAD, Chain, head_bytes
from regforensics.evidence.elsewhere import InPlace
from regforensics.evidence.packing import pack, unpack
from regforensics.evidence.record import Seen
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.unit.evidence.cases import PACKUMENT, entry, filled


@pytest.fixture(autouse=True)
def small_is_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An index is made for a few lines already, with a key of the test's own."""
    monkeypatch.setattr(index, "_WORTH", 3)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines were parsed, a number for each stretch of them."""
    counts: list[int] = []
    take = Chain._take

    def counted(self: Chain, body: bytes, lines: list[Seen]) -> None:
        counts.append(len(lines))
        take(self, body, lines)

    monkeypatch.setattr(Chain, "_take", counted)
    return counts


def made(root: Path) -> Path:
    """A directory with its index; where that is."""
    filled(root, more=10)
    EvidenceStore.open(root)
    (found,) = (root / "derived").iterdir()
    return found


def said(store: EvidenceStore) -> object:
    """Everything that a store tells of its custody."""
    return (list(store.acquisitions()), list(store.exhibits()), store.custody_head,
            store.custody_bytes(), store.subjects(),
            [[a.seq for a in store.of_subject(s)] for s in store.subjects()],
            [a.seq for a in store.of_kind("packument", "npm-keys", "case")],
            store.last_answer("https://registry.example/left-pad", "", ""),
            store.last_full("https://registry.example/left-pad", ""),
            store.first_full("https://registry.example/left-pad"),
            [store.custody_line(a.seq) for a in store.acquisitions()],
            [store.exhibit(e.sha256) for e in store.exhibits()], store.holds("0" * 64))


def without(root: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """The same where no index can be used."""
    with monkeypatch.context() as patch:
        patch.setattr(account, "key", lambda *, make=False: None)
        return said(EvidenceStore.open(root))


def test_the_index_is_used_and_tells_the_same(
        tmp_path: Path, parsed: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "e"
    made(root)
    plain = without(root, monkeypatch)
    parsed.clear()
    assert said(EvidenceStore.open(root)) == plain
    assert sum(parsed) == 0
    store = EvidenceStore.create_or_open(root)
    assert sum(parsed) == 0
    store.record(entry(subject="pkg:npm/new"), PACKUMENT)
    store.record(entry(subject="pkg:npm/new"), b"other bytes")
    parsed.clear()
    later = EvidenceStore.open(root)
    assert sum(parsed) == 2
    assert said(later) == said(store) == without(root, monkeypatch)
    assert verify(root).ok


def test_it_grows_with_custody(tmp_path: Path, parsed: list[int]) -> None:
    root = tmp_path / "e"
    place = made(root)
    first = place.read_bytes()
    store = EvidenceStore.open(root)
    assert place.read_bytes() == first
    store = EvidenceStore.create_or_open(root)
    for number in range(4):
        store.record(entry(), b"later %d" % number)
    EvidenceStore.open(root)
    assert place.read_bytes() != first
    parsed.clear()
    assert said(EvidenceStore.open(root)) == said(store)
    assert sum(parsed) == 0


def test_a_small_directory_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_WORTH", 5000)
    filled(tmp_path / "e", more=10)
    EvidenceStore.open(tmp_path / "e")
    assert not (tmp_path / "e" / "derived").exists()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("step", [1, 97])
def test_any_change_to_the_index_makes_it_worthless(
        tmp_path: Path, parsed: list[int], monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    root = tmp_path / "e"
    place = made(root)
    data = place.read_bytes()
    plain, head = without(root, monkeypatch), EvidenceStore.open(root).custody_head
    for at in range(0, len(data), max(step, len(data) // 40)):
        place.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
        parsed.clear()
        assert EvidenceStore.open(root).custody_head == head
        assert sum(parsed) == 16
        assert place.read_bytes() == data  # made anew
    for damaged in (b"", data[:20], data[:-1], data + b"x", b"\0" * 500):
        place.write_bytes(damaged)
        assert said(EvidenceStore.open(root)) == plain


def test_an_index_that_somebody_else_made_hides_no_line(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forger can make every digest in it right; what he has not is this account's key."""
    root = tmp_path / "e"
    place = made(root)
    plain = without(root, monkeypatch)
    ours, freeze = tmp_path / "state", index._freeze

    def forged(chain: Chain) -> index.Frozen:
        frozen = freeze(chain)
        frozen.subjects = ["pkg:npm/harmless", *frozen.subjects[1:]]
        return frozen

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "attacker"))
    monkeypatch.setattr(index, "_freeze", forged)
    EvidenceStore.open(root)
    (evil,) = (p for p in (root / "derived").iterdir() if p != place)
    assert EvidenceStore.open(root).of_subject("pkg:npm/harmless")  # to whoever holds that key
    monkeypatch.setenv("XDG_STATE_HOME", str(ours))
    monkeypatch.setattr(index, "_freeze", freeze)
    evil.replace(place)
    store = EvidenceStore.open(root)
    assert not store.of_subject("pkg:npm/harmless")
    assert said(store) == plain


def rechained(root: Path, old: bytes, new: bytes) -> None:
    """Change custody within a line and leave the rest as it is."""
    data = (root / CUSTODY).read_bytes()
    assert data.count(old) and len(old) == len(new)
    (root / CUSTODY).write_bytes(data.replace(old, new, 1))


def test_custody_that_was_changed_below_the_index_is_read_in_full(tmp_path: Path) -> None:
    root = tmp_path / "e"
    made(root)
    rechained(root, b'"status":404', b'"status":403')
    with pytest.raises(IntegrityError, match="line 6 does not follow the line before"):
        EvidenceStore.open(root)
    with pytest.raises(IntegrityError, match="line 6 does not follow the line before"):
        EvidenceStore.create_or_open(root)
    assert not verify(root).ok


def test_lines_cut_off_below_the_index_are_noticed(tmp_path: Path) -> None:
    root = tmp_path / "e"
    made(root)
    lines = (root / CUSTODY).read_bytes().splitlines(keepends=True)
    (root / CUSTODY).write_bytes(b"".join(lines[:-2]))
    with pytest.raises(IntegrityError, match="cut off"):
        EvidenceStore.open(root)


def test_another_custody_under_the_same_index_is_read_as_it_is(tmp_path: Path) -> None:
    place = made(tmp_path / "e")
    other = made(tmp_path / "other")
    other.write_bytes(place.read_bytes())
    store = EvidenceStore.create_or_open(tmp_path / "third")
    store.record(entry(subject="pkg:npm/third"), PACKUMENT)
    (tmp_path / "third" / "derived").mkdir()
    (tmp_path / "third" / "derived" / place.name).write_bytes(place.read_bytes())
    assert EvidenceStore.open(tmp_path / "third").subjects() == ("pkg:npm/third",)
    assert len(EvidenceStore.open(tmp_path / "other").acquisitions()) == 16


def refuse(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Nothing can be written any more, neither there nor in the account's own place."""
    def no(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(index, "write_all", no)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_takes_no_index_hinders_nobody(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    filled(tmp_path / "e", more=10)
    refuse(monkeypatch, code)
    assert len(EvidenceStore.open(tmp_path / "e").acquisitions()) == 16
    assert len(EvidenceStore.create_or_open(tmp_path / "e").acquisitions()) == 16
    assert not list((tmp_path / "e" / "derived").iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_must_not_be_written_is_read(tmp_path: Path) -> None:
    filled(tmp_path / "e", more=10)
    (tmp_path / "e").chmod(0o500)
    assert len(EvidenceStore.open(tmp_path / "e").acquisitions()) == 16


@pytest.mark.parametrize("stands", ["link", "folder", "fifo", "derived-link"])
def test_what_is_no_index_is_passed_over(tmp_path: Path, stands: str) -> None:
    root = tmp_path / "e"
    place = made(root)
    data = place.read_bytes()
    place.unlink()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / place.name).write_bytes(data)
    if stands == "link":
        place.symlink_to(tmp_path / "elsewhere" / place.name)
    elif stands == "folder":
        place.mkdir()
    elif stands == "fifo":
        os.mkfifo(place)
    else:
        place.parent.rmdir()
        place.parent.symlink_to(tmp_path / "elsewhere")
    assert len(EvidenceStore.open(root).acquisitions()) == 16


def test_a_huge_index_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "e"
    place = made(root)
    os.truncate(place, 1 << 40)
    assert len(EvidenceStore.open(root).acquisitions()) == 16


def test_a_writer_killed_while_it_makes_the_index_leaves_no_harm(tmp_path: Path) -> None:
    root = tmp_path / "e"
    place = made(root)
    data = place.read_bytes()
    place.unlink()
    (place.parent / f".{place.name}.new").write_bytes(data[:100])
    EvidenceStore.open(root)
    assert [p.name for p in place.parent.iterdir()] == [place.name]
    assert place.read_bytes() == data


def test_several_may_make_it_at_once(tmp_path: Path) -> None:
    root = tmp_path / "e"
    place = made(root)
    place.unlink()
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(
        len(EvidenceStore.open(root).acquisitions()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [16] * 8
    assert [p.name for p in place.parent.iterdir()] == [place.name]


def test_an_index_holds_only_lines_that_stay(tmp_path: Path, parsed: list[int]) -> None:
    """A reader may see lines that their writer takes back; the head does not name those yet."""
    root = tmp_path / "e"
    filled(root, more=10)
    lines = (root / CUSTODY).read_bytes().splitlines(keepends=True)
    digest = EvidenceStore.open(root).acquisitions()[14].prev
    (root / HEAD).write_bytes(head_bytes(14, sum(map(len, lines[:14])), digest))
    for path in (root / "derived").iterdir():
        path.unlink()
    assert len(EvidenceStore.open(root).acquisitions()) == 16
    parsed.clear()
    EvidenceStore.open(root)
    assert sum(parsed) == 2


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_that_others_reach_is_none(tmp_path: Path, mode: int) -> None:
    made(tmp_path / "e")
    key = tmp_path / "state" / "regforensics" / "index.key"
    assert account.key() == key.read_bytes()
    key.chmod(mode)
    assert account.key() is None
    assert account.key(make=True) is None
    assert len(EvidenceStore.open(tmp_path / "e").acquisitions()) == 16


def test_where_no_key_can_be_kept_there_is_no_index(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "e", more=10)
    for place in ("/dev/null/nowhere", "relative/path"):
        monkeypatch.setenv("XDG_STATE_HOME", place)
        assert account.key(make=True) is None
        assert len(EvidenceStore.open(tmp_path / "e").acquisitions()) == 16
    assert not (tmp_path / "e" / "derived").exists()


def test_one_key_is_made_by_many_at_once(tmp_path: Path) -> None:
    found: list[bytes | None] = []
    threads = [threading.Thread(target=lambda: found.append(account.key(make=True)))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found[0] or b"") == 32
    assert [p.name for p in (tmp_path / "state" / "regforensics").iterdir()] == ["index.key"]


def test_bytes_in_place_are_remembered(tmp_path: Path, parsed: list[int]) -> None:
    root, log = tmp_path / "e", tmp_path / "log"
    log.write_bytes(b"a line\n")
    store = filled(root, more=10)
    taken = store.record(entry(how="file", kind="log", suffix=".log"), InPlace.of(log))
    EvidenceStore.open(root)
    parsed.clear()
    read = EvidenceStore.open(root)
    assert sum(parsed) == 0
    assert read.read(taken.exhibit or "") == b"a line\n"
    assert said(read) == said(store)


def test_a_line_that_changes_under_an_open_store_is_not_told(tmp_path: Path) -> None:
    root = tmp_path / "e"
    filled(root, more=400)  # several blocks
    store = EvidenceStore.open(root)
    first = store.acquisitions()[0]
    lines = (root / CUSTODY).read_bytes().splitlines(keepends=True)
    lines[199] = lines[199].replace(b'"operator":"ada"', b'"operator":"eve"')
    (root / CUSTODY).write_bytes(b"".join(lines))
    for read in (lambda: store.acquisitions()[199], lambda: store.custody_line(200),
                 store.custody_bytes):
        with pytest.raises(IntegrityError, match="was changed while it was in use"):
            read()
    assert store.acquisitions()[0] == first
    assert store.acquisitions()[-1].operator == "ada"


def test_how_exhibits_stand_is_remembered(tmp_path: Path, parsed: list[int]) -> None:
    root = tmp_path / "e"
    store = filled(root)
    rows = [b'{"version":"1.0.%d","digest":"%064d"}' % (n, n * 7919) for n in range(400)]
    for number in range(6):
        store.record(entry(), b"[%s]" % b",".join(rows[:380 + number]))
    assert store.writer is not None
    pack(store.writer)
    made = EvidenceStore.open(root)
    parsed.clear()
    read = EvidenceStore.open(root)
    assert sum(parsed) == 0
    forms = [exhibit.form for exhibit in read.exhibits()]
    assert forms == [exhibit.form for exhibit in made.exhibits()]
    assert sum(form is not None and form.keyframe is not None for form in forms) == 5
    assert said(read) == said(store)
    again = EvidenceStore.create_or_open(root)
    assert sum(parsed) == 0
    assert again.writer is not None
    unpack(again.writer)
    assert [exhibit.form for exhibit in EvidenceStore.open(root).exhibits()] == [None] * len(forms)
    assert verify(root).ok
