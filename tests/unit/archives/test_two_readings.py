"""Archives that other readers read otherwise: told, and read as those do that install packages."""

import gzip
import io
import struct
import time
import unicodedata

import pytest

from regforensics.archives.contents import listings, manifest, manifest_of
from regforensics.archives.listing import listing
from regforensics.archives.text import escaped
from tests.unit.archives.crafted import (
    block,
    both_forms,
    ended,
    held,
    located,
    parted,
    record,
    tar,
    zip64,
    zip64_end,
    zipped,
)

SHOWN, USED = b'{"name":"shown"}', b'{"name":"used"}'
JSON = "package/package.json"


def told(data: bytes, name: str = "", form: int = 2) -> list[tuple[str, str]]:
    said = b"".join(listing(io.BytesIO(data), name, form)).decode("ascii").splitlines()
    return [(line[2:].split("  ")[0], line.split("  ")[1]) for line in said if line[:2] == "! "]


def paths(data: bytes, name: str = "", form: int = 2) -> list[str]:
    said = b"".join(listing(io.BytesIO(data), name, form)).decode("ascii").splitlines()
    return [line.split("  ")[4] for line in said[1:] if line[0] not in "=!"]


def inside(data: bytes, name: str = "") -> bytes | None:
    found = manifest(io.BytesIO(data), "npm", name)
    return found[1] if found else None


@pytest.mark.parametrize(("path", "kind"), [("package/lib", b"5"), ("package/lib/", b"0"),
                                            ("package/lib/", b"\0")])
def test_a_directory_has_no_body_whatever_it_states(path: str, kind: bytes) -> None:
    hidden = held(JSON, USED)
    data = ended(held(JSON, SHOWN), block(path, len(hidden), kind), hidden)
    assert paths(data) == [JSON, "package/lib/", JSON] and inside(data) == USED
    assert told(data) == [("duplicate", JSON), ("disagreement", "package/lib/")]
    assert told(ended(block(path, 0, kind), held(JSON, USED))) == []


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"6"])
def test_links_and_devices_that_state_a_body(kind: bytes) -> None:
    decoy = held(JSON, SHOWN)
    data = ended(held(JSON, USED), block("package/l", len(decoy), kind, JSON), decoy)
    assert ("disagreement", "package/l") in told(data)
    assert "disagreement" not in dict(told(ended(block("package/l", 0, kind, JSON), decoy)))


def test_types_that_nobody_knows() -> None:
    assert told(ended(held("p/a", b"x", b"Z"))) == [("disagreement", "p/a")]
    assert told(ended(held("p/a", b"", b"V"))) == []


def test_solaris_headers_are_pax_headers() -> None:
    data = ended(held(JSON, SHOWN), held("PaxHeader/a", record("path", JSON), b"X"),
                 held("package/notes.txt", USED))
    assert paths(data) == [JSON, JSON] and inside(data) == USED
    assert told(data) == [("duplicate", JSON)]


def test_old_long_names_are_names_for_some() -> None:
    data = ended(held(JSON, SHOWN), held("x", JSON.encode() + b"\0", b"N"),
                 held("package/notes.txt", USED))
    assert inside(data) == USED
    assert told(data) == [("duplicate", JSON), ("disagreement", JSON)]


def test_names_and_sizes_for_all_members() -> None:
    hidden = held(JSON, USED)
    data = ended(held(JSON, SHOWN), held("pax", record("size", "512"), b"g"),
                 held("package/data.bin", b"A" * 512 + hidden))
    assert paths(data)[:2] == [JSON, "package/data.bin"] and ("disagreement", "-") in told(data)
    assert ("disagreement", "-") in told(ended(held("pax", record("path", "p/x"), b"g"),
                                               held("p/y", b"1")))
    commit = record("comment", "0123456789abcdef0123456789abcdef01234567")
    assert told(ended(held("pax_global_header", commit, b"g"), held("p/y", b"1"))) == []


def test_two_names_or_a_size_that_is_no_number() -> None:
    first, second = (held("pax", record("path", name), b"x") for name in ("p/a", "p/b"))
    assert told(ended(first, second, held("p/c", b"1"))) == [("disagreement", "p/a")]
    assert told(ended(first, first, held("p/c", b"1"))) == []
    assert told(ended(held("pax", record("size", "+1"), b"x"), held("p/c", b"1"))) == [
        ("disagreement", "p/c")]
    assert told(ended(held("pax", record("size", "1"), b"x"), held("p/c", b"1"))) == []


def test_many_and_odd_headers_stop_early() -> None:
    filler = b"".join(record(f"key{n}", "") for n in range(60_000))
    data = ended(*(held("pax", filler, b"g") for _ in range(20)), held("p/a", b"1"))
    began = time.process_time()
    assert told(data) == [("stopped", "-")]
    assert time.process_time() - began < 1
    names = [held("pax", record("path", f"p/{n}" + "a" * 600), b"x") + held("x", b"1")
             for n in range(3000)]
    assert len(paths(ended(*names))) == 3000 and told(ended(*names)) == []


def test_zip64_records_stand_one_behind_the_other() -> None:
    good, bad = zipped(("x/a.py", b"ok")), zipped(("x/a.py", b"evil"), ("evil.pth", b"evil"))
    body, directory, count = parted(good)
    first = body + directory + zip64_end(count, len(directory), len(body))
    other, entries, number = parted(bad)
    entries = b"".join(moved(entries, len(first)))
    second = first + other + entries + zip64_end(number, len(entries), len(first) + len(other))
    data = second + located(len(body) + len(directory))
    assert paths(data) == ["x/a.py", "evil.pth"]
    assert ("disagreement", "-") in told(data)
    assert told(zip64(good)) == []
    assert told(b"#!/bin/sh\n" + zip64(good)) == [("leading", "-")]
    assert told(zip64(good, length=5)) == [("disagreement", "-")]


def moved(directory: bytes, by: int) -> list[bytes]:
    entries = directory.split(b"PK\1\2")[1:]
    return [b"PK\1\2" + e[:38] + struct.pack("<L", struct.unpack("<L", e[38:42])[0] + by) + e[42:]
            for e in entries]


def test_a_zip_and_a_tar_at_once() -> None:
    data = both_forms(b"ok", zipped(("x/a.py", b"evil"), ("evil.pth", b"evil")))
    assert paths(data, "a-1-py3-none-any.whl") == ["x/a.py", "evil.pth"]
    assert paths(data, "a.tgz") == paths(data) == ["p/a.py", "p/logo.bin"]
    for name in ("", "a.tgz", "a.whl"):
        assert ("forms", "-") in told(data, name)
    packed = gzip.compress(held("p/a", b"1") + bytes(1024)) + zipped(("x/a.py", b"evil"))
    assert paths(packed, "a.whl") == ["x/a.py"] and paths(packed, "a.tar.gz") == ["p/a"]
    assert ("forms", "-") in told(packed, "a.tar.gz")


def test_a_form_that_the_name_contradicts() -> None:
    plain, packed = tar(("p/a", b"1")), zipped(("p/a", b"1"))
    assert told(plain, "a.whl") == [("forms", "-")] == told(packed, "EX-000001.x.artifact.tgz")
    for data, name in ((plain, "a.tgz"), (plain, "a.bin"), (packed, "a.whl"), (packed, ""),
                       (gzip.decompress(plain), "a.tgz"),
                       (tar(("p/inner.zip", packed)), "a.tgz")):
        assert "forms" not in dict(told(data, name))


def test_long_names_are_not_normalised() -> None:
    marks = "\u0315\u0300"
    data = ended(held("pax", record("path", "p/" + marks * 120_000), b"x"), held("p/c", b"1"),
                 *(held("pax", record("path", f"p/{n}" + marks * 990), b"x") + held("p/c", b"")
                   for n in range(300)))
    began = time.process_time()
    assert dict(told(data)).keys() == {"overlong"}
    assert time.process_time() - began < 1
    assert unicodedata.normalize("NFKC", marks) != marks
    assert told(ended(held("pax", record("path", "p/" + "a/\u00fc" * 900), b"x"),
                      held("p/c", b""))) == []


def test_a_listing_has_an_end() -> None:
    names = [held("pax", record("path", f"p/{n:05}" + "\u00fc" * 2000), b"x") + held("c", b"")
             for n in range(1500)]
    said = b"".join(listing(io.BytesIO(ended(*names))))
    assert len(said) < 16 << 20 and b"= complete no\n" in said
    assert b"\n! stopped  -  the lines of its first " in said


def test_escaping_takes_no_time() -> None:
    began = time.process_time()
    for _ in range(500):
        escaped(b"\xff" * 4096)
    assert time.process_time() - began < 1


def test_the_first_form_can_be_made_again() -> None:
    hidden = held(JSON, USED)
    data = ended(held(JSON, SHOWN), block("package/lib", len(hidden), b"5"), hidden)
    newest, first = (one.splitlines() for one in listings(io.BytesIO(data), "a.whl"))
    assert (newest[0], first[0]) == (b"regforensics-listing/2", b"regforensics-listing/1")
    assert paths(data, form=1) == [JSON, "package/lib/"] and told(data, "a.whl", 1) == []
    assert first[-1] == b"-  0644  1024  dir  package/lib/"


@pytest.mark.parametrize(("path", "registry"), [
    (JSON, "npm"), ("x-1.dist-info/METADATA", "pypi"), ("x-1/PKG-INFO", "pypi"),
    ("package/lib/package.json", None), ("package/index.js", None), ("x/METADATA", None)])
def test_where_a_manifest_stands(path: str, registry: str | None) -> None:
    assert manifest_of(path) == registry
