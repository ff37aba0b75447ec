"""Every change to a small evidence directory is named, whichever byte, line or file it touches."""

import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from regforensics.evidence.checkpoint import checkpoint_now, compared
from regforensics.evidence.verify import verify
from simulator import Npm, serve
from tests.support.command import run
from tests.support.figures import Figures
from tests.support.forged import doctored, rehashed

LINE = b'10.0.0.1 - - [07/Mar/2026:22:14:05 +0000] "GET /ink/-/ink-1.0.0.tgz HTTP/1.1" 200 12\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two captures and a log."""
    folder, npm = tmp_path / "e", Npm()
    npm.publish("ink", "1.0.0", by="ada")
    with serve(npm) as urls:
        for version in ("1.0.1", "1.0.2"):
            assert run("snapshot", "npm:ink", "--npm-registry", urls.npm, "-e", folder).code == 0
            npm.publish("ink", version, by="ada")
    log = tmp_path / "access.log"
    log.write_bytes(LINE)
    assert run("ingest", log, "-e", folder).code == 0
    shutil.rmtree(folder / "derived", ignore_errors=True)
    assert verify(folder).ok
    return folder


def files(root: Path) -> list[Path]:
    """Every file, sorted."""
    return sorted(path for path in root.rglob("*") if path.is_file())


def is_named(root: Path, changed: dict[Path, bytes | None]) -> bool:
    """Whether verify names one of the changed files, None being a removed one; heals them."""
    good = {path: path.read_bytes() for path in changed}
    try:
        for path, data in changed.items():
            path.unlink()
            if data is not None:
                path.write_bytes(data)
        found = {damage.path for damage in verify(root).damage}
        return bool(found & {str(path.relative_to(root)) for path in changed})
    finally:
        for path, data in good.items():
            path.unlink(missing_ok=True)
            path.write_bytes(data)


def test_every_flipped_byte(root: Path, figures: Figures) -> None:
    masks = [1, 0x20, 0x80] if figures.full else [1]
    step = figures.times(1, 7)
    changes = [(path, at, mask) for path in files(root)
               for at in range(0, path.stat().st_size, step) for mask in masks]
    for path, at, mask in changes:
        data = bytearray(path.read_bytes())
        data[at] ^= mask
        assert is_named(root, {path: bytes(data)}), (path.name, at, mask)
    figures.say(f"{len(changes)} changes of one byte, at every place of every file", "all named")


def test_every_truncation_and_growth(root: Path, figures: Figures) -> None:
    step = figures.times(1, 7)
    cuts = [(path, end) for path in files(root) for end in range(0, path.stat().st_size, step)]
    for path, end in cuts:
        assert is_named(root, {path: path.read_bytes()[:end]}), (path.name, end)
    for path in files(root):
        for more in (b"\n", b"\0", b"{}\n", path.read_bytes()):
            assert is_named(root, {path: path.read_bytes() + more}), (path.name, more[:4])
    figures.say(f"{len(cuts)} truncations, {4 * len(files(root))} additions", "all named")


def test_every_removal_and_swap(root: Path, figures: Figures) -> None:
    present = files(root)
    for path in present:
        assert is_named(root, {path: None}), path.name
    swaps = list(combinations(present, 2))
    for one, other in swaps:
        assert is_named(root, {one: other.read_bytes(), other: one.read_bytes()}), (one, other)
    figures.say(f"{len(present)} removed files, {len(swaps)} pairs swapped", "all named")


def reordered(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Every line left out, every line twice, every two lines swapped, all of them backwards."""
    for at in range(len(lines)):
        yield lines[:at] + lines[at + 1:]
        yield lines[:at] + [lines[at]] * 2 + lines[at + 1:]
    for one, other in combinations(range(len(lines)), 2):
        made = list(lines)
        made[one], made[other] = made[other], made[one]
        yield made
    yield lines[::-1]


def test_every_reordering_of_lines(root: Path, figures: Figures) -> None:
    tried = 0
    for name in ("custody.jsonl", "manifest-sha256.txt"):
        for made in reordered((root / name).read_bytes().splitlines(keepends=True)):
            assert is_named(root, {root / name: b"".join(made)}), (name, made)
            tried += 1
    figures.say(f"{tried} lines left out, repeated or reordered", "all named")


def test_a_file_too_many(root: Path) -> None:
    for place in ("exhibits/EX-000009.npm.ink.packument.json", "notes.txt", "exhibits/.hidden"):
        (root / place).write_bytes(b"{}")
        assert place in {damage.path for damage in verify(root).damage}, place
        (root / place).unlink()


def forgeries(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Every line but the case's changed, left out, repeated, or swapped with another one; not a
    line added at the end, which is a continuation."""
    for at in range(1, len(lines)):
        yield [*lines[:at], lines[at].replace(b'"operator":"', b'"operator":"x'), *lines[at + 1:]]
    yield from (made for made in reordered(lines)
                if made[0] == lines[0] and made[:len(lines)] != lines)


def test_every_rewritten_history_departs_from_a_checkpoint(root: Path, tmp_path: Path,
                                                           figures: Figures) -> None:
    """The attacker computes every digest again, so that only somebody else's checkpoint tells."""
    sealed = checkpoint_now(root, sealed_at="2026-03-08T00:00:00.000Z", tool="regforensics/0")
    lines = (root / "custody.jsonl").read_bytes().splitlines()
    tried = clean = 0
    for made in forgeries(lines):
        forged = tmp_path / "forged"
        shutil.copytree(root, forged)
        rehashed(forged, made)
        assert compared(forged, sealed).departures, made
        tried, clean = tried + 1, clean + (not verify(forged).damage)
        shutil.rmtree(forged)
    for label in ("EX-000001", "EX-000002", "EX-000003"):
        forged = tmp_path / "forged"
        shutil.copytree(root, forged)
        doctored(forged, label, b"forged")
        assert not verify(forged).damage and compared(forged, sealed).departures, label
        tried, clean = tried + 1, clean + 1
        shutil.rmtree(forged)
    assert clean > 3
    assert compared(root, sealed).departures == ()
    figures.say(f"{tried} rewritten histories with every digest computed again ({clean} of which"
                " `verify` alone calls intact)", "all caught by `verify --against`")
