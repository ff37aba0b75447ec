"""Hand-overs by an attacker: each ends in one line, writes nothing outside, and is not taken."""

import gzip
import io
import json
import os
import random
import shutil
import stat
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from regforensics.evidence.statement import statement_bytes, statement_of
from regforensics.evidence.store import EvidenceStore
from tests.support.command import one_clear_line, run
from tests.support.forged import rehashed
from tests.unit.evidence.cases import filled


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one hand-over of each form."""
    folder = tmp_path_factory.mktemp("made")
    filled(folder / "theirs")
    for form, name in (("bagit", "bag"), ("zip", "case.zip"), ("warc", "case.warc.gz")):
        assert run("export", "--format", form, "-e", folder / "theirs", folder / name).code == 0
    return folder


def refused(path: Path, tmp_path: Path, *codes: int) -> str:
    """The line in which taking it over ends: in a new directory, which is not made for that, and in
    one that is there, where nothing but the attempt may have been recorded."""
    assert not (tmp_path / "mine").exists()
    lines = []
    EvidenceStore.create_or_open(tmp_path / "old")
    for root in (tmp_path / "mine", tmp_path / "old"):
        start = time.process_time()
        ended = run("ingest", path, "-e", root)
        assert ended.code in (codes or (4, 5)), (ended.out, ended.err)
        assert time.process_time() - start < 2
        lines.append(one_clear_line(ended))
    assert not (tmp_path / "mine").exists()
    held = EvidenceStore.open(tmp_path / "old")
    assert {a.entry.kind for a in held.acquisitions()} == {"case", "start", "end"}
    assert not list((tmp_path / "old" / "derived").glob("*"))
    assert lines[0] == lines[1]
    return lines[0]


def _remade(bag: Path) -> None:
    """The bag's own manifests, computed again."""
    import hashlib

    for name, files in (("manifest-sha256.txt", sorted((bag / "data").rglob("*"))),
                        ("tagmanifest-sha256.txt", [bag / "manifest-sha256.txt"])):
        (bag / name).write_text("".join(
            f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(bag)}\n"
            for p in files if p.is_file()))


def _exhibit(bag: Path) -> Path:
    return next((bag / "data" / "exhibits").glob("EX-000001.*"))


def _changed(bag: Path) -> None:
    _exhibit(bag).chmod(0o644)
    _exhibit(bag).write_bytes(b"forged")


def _changed_well(bag: Path) -> None:
    _changed(bag)
    _remade(bag)


def _line_out(bag: Path) -> None:
    lines = (bag / "data" / "custody.jsonl").read_bytes().splitlines()
    (bag / "data" / "custody.jsonl").write_bytes(b"\n".join(lines[:-1]) + b"\n")
    _remade(bag)


def _subject(bag: Path) -> None:
    _rewritten(bag, lambda line: {**line, "subject": "pkg:npm/../../x y"})


def _moment(bag: Path) -> None:
    _rewritten(bag, lambda line: {**line, "observed_at": "yesterday"})


def _way(bag: Path) -> None:
    _rewritten(bag, lambda line: {**line, "how": "case"})


def _file(bag: Path) -> None:
    _rewritten(bag, lambda line: {**line, "file": "../../x"} if line.get("file") else line)


def _rewritten(bag: Path, change: Callable[[dict[str, object]], object]) -> None:
    data = bag / "data"
    first, *lines = (data / "custody.jsonl").read_bytes().splitlines()
    (data / "hand-over.json").unlink()
    rehashed(data, [first, *(json.dumps(change(json.loads(line))).encode() for line in lines)])
    _remade(bag)


def _link(bag: Path) -> None:
    _exhibit(bag).unlink()
    next(iter([bag / "data" / "exhibits" / "EX-000001.x"])).symlink_to("/etc/passwd")


def _linked_folder(bag: Path) -> None:
    shutil.move(bag / "data", bag.parent / "elsewhere")
    (bag / "data").symlink_to(bag.parent / "elsewhere")


def _pipe(bag: Path) -> None:
    _exhibit(bag).unlink()
    os.mkfifo(bag / "data" / "exhibits" / "EX-000001.npm.left-pad.packument.json")


def _manifest_up(bag: Path) -> None:
    with (bag / "manifest-sha256.txt").open("a") as file:
        file.write(f"{'0' * 64}  data/../../../etc/passwd\n")


def _manifest_odd(bag: Path) -> None:
    (bag / "manifest-sha256.txt").write_bytes(b"\xff\x00 nonsense\n")


def _no_manifest(bag: Path) -> None:
    (bag / "manifest-sha256.txt").unlink()


def _no_case(bag: Path) -> None:
    (bag / "data" / "case.json").unlink()
    _remade(bag)


def _stranger(bag: Path) -> None:
    (bag / "data" / "more.txt").write_text("x")
    _remade(bag)


@pytest.mark.parametrize("spoil", [
    _changed, _changed_well, _line_out, _subject, _moment, _way, _file, _link, _linked_folder,
    _pipe, _manifest_up, _manifest_odd, _no_manifest, _no_case, _stranger])
def test_a_bag_that_lies(made: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    bag = tmp_path / "in" / "bag"
    shutil.copytree(made / "bag", bag)
    for path in bag.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    spoil(bag)
    refused(bag, tmp_path)


def zipped(path: Path, made: Path, more: dict[str, bytes], skip: str = "") -> Path:
    """A zip of the bag without a member, and with others."""
    with zipfile.ZipFile(made / "case.zip") as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            if not skip or skip not in info.filename:
                new.writestr(info.filename, old.read(info))
        for name, data in more.items():
            new.writestr(name, data, zipfile.ZIP_DEFLATED)
    return path


@pytest.mark.parametrize("name", [
    "../../escaped", "/escaped", "case/../../escaped", "case/data/../../escaped",
    "case/data/exhibits/../../../escaped", "case/data/exhibits/EX-000009/escaped",
    "case\\..\\escaped", "case/data/derived/escaped", "case/data/exhibits/escaped"])
def test_a_zip_that_climbs_out(made: Path, tmp_path: Path, name: str) -> None:
    refused(zipped(tmp_path / "a.zip", made, {name: b"x"}), tmp_path, 5)
    assert not list(tmp_path.rglob("escaped"))


def test_a_zip_packed_by_another_method(made: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", made, {})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as packed:
        packed.writestr("case/data/exhibits/EX-000009.x.json", b"x" * 999)
    data = path.read_bytes()
    at = data.index(b"EX-000009.x.json") + 40
    path.write_bytes(data[:at] + bytes(b ^ 0x5a for b in data[at:at + 8]) + data[at + 8:])
    ended = run("ingest", path, "-e", tmp_path / "mine")
    assert ended.code == 5
    assert "a.zip" in one_clear_line(ended)


def test_a_zip_with_a_link_a_twin_or_a_bomb(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(zipped(tmp_path / "link.zip", made, {}, "EX-000001"), "a") as packed:
        info = zipfile.ZipInfo("case/data/exhibits/EX-000001.x")
        info.external_attr, info.create_system = (stat.S_IFLNK | 0o777) << 16, 3
        packed.writestr(info, "/etc/passwd")
    refused(tmp_path / "link.zip", tmp_path, 5)
    with pytest.warns(UserWarning, match="Duplicate"):
        zipped(tmp_path / "twin.zip", made, {"case/data/custody.jsonl": b"x"})
    refused(tmp_path / "twin.zip", tmp_path, 5)
    bomb = zipped(tmp_path / "bomb.zip", made, {"case/data/custody.jsonl": bytes(300 << 20)},
                  "data/custody.jsonl")
    assert bomb.stat().st_size < 1 << 20
    assert "more than 100 times its size" in refused(bomb, tmp_path, 5)


def test_any_byte_of_a_zip_may_be_another(made: Path, tmp_path: Path) -> None:
    whole, chance = (made / "case.zip").read_bytes(), random.Random(7)
    _each_mutated(whole, chance, tmp_path / "case.zip", tmp_path)


def test_any_byte_of_a_warc_may_be_another(made: Path, tmp_path: Path) -> None:
    chance = random.Random(11)
    packed = (made / "case.warc.gz").read_bytes()
    _each_mutated(packed, chance, tmp_path / "case.warc.gz", tmp_path)
    _each_mutated(gzip.decompress(packed), chance, tmp_path / "case.warc", tmp_path)


def _each_mutated(whole: bytes, chance: random.Random, path: Path, tmp_path: Path) -> None:
    """40 mutations; each is refused in one line, or changed nothing that custody states."""
    for number in range(40):
        data = whole
        for _ in range(chance.choice((1, 1, 3, 9))):
            at, new = chance.randrange(len(data)), chance.randbytes(chance.choice((0, 1, 3)))
            data = data[:at] + new + data[at + chance.choice((0, 1, 3)):]
        path.write_bytes(data[:chance.choice((len(data), len(data), chance.randrange(len(data))))])
        root = tmp_path / f"m{number}"
        start = time.process_time()
        ended = run("ingest", path, "-e", root)
        assert time.process_time() - start < 2
        assert ended.code in (0, 4, 5), (number, ended.out, ended.err)
        if ended.code:
            one_clear_line(ended)
        if root.exists():  # as it does where it came as one of those that it no more looks like
            assert run("verify", "-e", root).code == 0
            shutil.rmtree(root)


@pytest.mark.parametrize("head", [
    b"WARC/1.1\r\n", b"WARC/1.1\r\nContent-Length: 99999999999999\r\n\r\n", b"WARC/",
    b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: -1\r\n\r\n",
    b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Target-URI: urn:regforensics:record:../../x\r\n"
    b"Content-Length: 1\r\n\r\nx\r\n\r\n",
    b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Target-URI: urn:regforensics:record:custody.jsonl\r\n"
    b"Content-Length: 2\r\n\r\n{}\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\nContent-Length: 0\r\n"
    b"\r\n\r\n\r\n", b"WARC/1.1\r\n" + b"A: b\r\n" * 200_000,
    b"WARC/1.1\r\nX: " + b"a" * (32 << 20) + b"\r\n\r\n"])
def test_a_warc_that_is_none(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(head)
    refused(path, tmp_path)
    path.write_bytes(gzip.compress(head))
    refused(path, tmp_path)


def test_a_warc_that_is_a_bomb(tmp_path: Path) -> None:
    path, body = tmp_path / "bomb.warc.gz", io.BytesIO()
    with gzip.GzipFile(fileobj=body, mode="w") as file:
        file.write(b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Target-URI: urn:regforensics:record:"
                   b"custody.jsonl\r\nContent-Length: 300000000\r\n\r\n")
        for _ in range(300):
            file.write(bytes(1_000_000))
    path.write_bytes(body.getvalue())
    assert "more than 100 times its size" in refused(path, tmp_path, 5)


def test_a_line_of_packing_that_brings_an_exhibit(made: Path, tmp_path: Path) -> None:
    bag = tmp_path / "in" / "bag"
    shutil.copytree(made / "bag", bag)
    _rewritten(bag, lambda line: {**line, "how": "pack"} if line["exhibit"] else line)
    assert "which brings no exhibit" in refused(bag, tmp_path, 5)


def test_what_a_hand_over_carries_beside_is_counted(made: Path, tmp_path: Path) -> None:
    body = b"HTTP/1.1 200 OK\r\n\r\nnobody named this"
    more = (b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
            b"WARC-Target-URI: https://registry.example/x\r\nContent-Type: application/http;"
            b" msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (len(body), body))
    path = tmp_path / "more.warc"
    whole = gzip.decompress((made / "case.warc.gz").read_bytes())
    for data, reasons in ((whole, []), (whole + more, ["1 of its bodies were not taken"])):
        path.write_bytes(data)
        row = run("ingest", path, "-e", tmp_path / str(len(data)), "--json").document["files"][0]
        assert [gap["reason"].partition(":")[0] for gap in row["gaps"]] == reasons


def test_what_is_not_of_the_targets_named_is_counted(made: Path, tmp_path: Path) -> None:
    root = tmp_path / "narrowed"
    assert run("export", "-e", made / "theirs", tmp_path / "bag").code == 0
    shutil.copytree(tmp_path / "bag" / "data", root)
    said = root / "hand-over.json"
    said.chmod(0o644)
    statement = statement_of(said.read_bytes())
    assert statement
    said.write_bytes(statement_bytes(structs.replace(statement, targets=("npm:nothing",))))
    row = run("ingest", root, "-e", tmp_path / "mine", "--json").document["files"][0]
    assert [gap["reason"].partition(":")[0] for gap in row["gaps"]] == [
        "2 of its bodies were not taken"]
