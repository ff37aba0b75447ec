"""Any bytes come back as they were; any changed byte of a directory is named."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regforensics.evidence.exhibit import Entry, Hop
from regforensics.evidence.redact import Redactor
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.unit.evidence.cases import entry, filled

SLOW_DISK = settings(max_examples=60, deadline=None, derandomize=True,
                     suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(max_size=40)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sound") / "e"
    filled(root)
    return root


def files(root: Path) -> list[Path]:
    """Every file of the directory, sorted."""
    return sorted(path for path in root.rglob("*") if path.is_file())


def named_after(root: Path, path: Path, data: bytes) -> bool:
    """True where verify names ``path`` once it holds ``data``; puts the old bytes back."""
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data)
    try:
        report = verify(root)
        return not report.ok and str(path.relative_to(root)) in {d.path for d in report.damage}
    finally:
        path.write_bytes(good)


@SLOW_DISK
@given(bodies=st.lists(st.binary(max_size=200), max_size=5), name=TEXT)
def test_any_bytes_come_back(bodies: list[bytes], name: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        store = EvidenceStore.create_or_open(Path(place) / "e", name=name)
        labels = [store.record(entry(), body).exhibit or "" for body in bodies]
        reader = EvidenceStore.open(Path(place) / "e")
        assert [reader.read(label) for label in labels] == bodies
        assert len(set(labels)) == len(set(bodies)) == len(reader.exhibits())
        assert verify(Path(place) / "e").ok


@SLOW_DISK
@given(made=st.builds(
    Entry, how=TEXT, kind=TEXT, subject=st.none() | TEXT, what=TEXT, method=st.none() | TEXT,
    url=st.none() | TEXT, status=st.none() | st.integers(0, 999), headers=PAIRS,
    request_headers=PAIRS, hops=st.lists(st.builds(Hop, st.integers(), TEXT, TEXT), max_size=2)
    .map(tuple), note=st.none() | TEXT, error=st.none() | TEXT, suffix=TEXT, peer=st.none() | TEXT,
    path=st.none() | TEXT, complete=st.booleans(), wire_size=st.none() | st.integers(0, 2**40)))
def test_any_entry_comes_back_redacted(made: Entry) -> None:
    with tempfile.TemporaryDirectory() as place:
        store = EvidenceStore.create_or_open(Path(place) / "e")
        store.record(made, b"x")
        expected = Redactor().entry(made)
        assert EvidenceStore.open(Path(place) / "e").acquisitions()[1].entry == expected
        assert Redactor().entry(expected) == expected
        assert verify(Path(place) / "e").ok


@settings(SLOW_DISK, max_examples=300)
@given(data=st.data())
def test_any_single_byte_edit_is_named(sound: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files(sound)))
    good = path.read_bytes()
    at = data.draw(st.integers(0, len(good)))
    byte = bytes([data.draw(st.integers(0, 255))])
    edits = [good[:at] + byte + good[at:], good[:at] + byte + good[at + 1:],
             good[:at] + good[at + 1:]]
    edited = data.draw(st.sampled_from(edits))
    if edited != good:
        assert named_after(sound, path, edited)


def test_every_flipped_byte_is_named(tmp_path: Path) -> None:
    root = tmp_path / "e"
    store = EvidenceStore.create_or_open(root, name="c", operator="a")
    store.record(Entry(how="file", kind="log", what="l", suffix=""), b"abc")
    for path in files(root):
        good = path.read_bytes()
        for at in range(len(good)):
            flipped = good[:at] + bytes([good[at] ^ 1]) + good[at + 1:]
            assert named_after(root, path, flipped), (path, at)


def test_every_missing_file_is_named(sound: Path, tmp_path: Path) -> None:
    for path in files(sound):
        copy = tmp_path / path.name
        shutil.copytree(sound, copy)
        (copy / path.relative_to(sound)).unlink()
        assert str(path.relative_to(sound)) in {d.path for d in verify(copy).damage}
