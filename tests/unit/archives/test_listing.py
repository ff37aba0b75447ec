"""What a listing says of archives, honest and hostile."""

import gzip
import hashlib
import io
import lzma
import tarfile
import time
import tracemalloc
import zipfile
from typing import Any

import pytest

from regforensics.archives.contents import derived, manifest, member
from regforensics.archives.listing import listing
from regforensics.archives.text import escaped, unescaped
from simulator.archives import tarball, wheel
from tests.unit.archives.crafted import (
    bomb,
    hidden_member,
    several,
    special,
    tar,
    two_headers,
    zipped,
)

SHA = {name: hashlib.sha256(name).hexdigest() for name in (b"1", b"2", b"{}")}


def lines(data: bytes) -> list[str]:
    return b"".join(listing(io.BytesIO(data))).decode("ascii").splitlines()


def members(data: bytes) -> list[str]:
    return [line for line in lines(data)[1:] if line[0] not in "=!"]


def findings(data: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines(data):
        if line.startswith("! "):
            kind, path = line[2:].split("  ")[:2]
            found.setdefault(kind, []).append(path)
    return found


def test_a_listing_states_the_digests_and_each_member() -> None:
    data = tarball({"package.json": "{}", "index.js": "1"})
    said = lines(data)
    assert said[0] == "regforensics-listing/2"
    assert said[1:3] == [f"= size {len(data)}", "= form tar.gz"]
    assert f"= sha512 {hashlib.sha512(data).hexdigest()}" in said
    assert f"= blake2b_256 {hashlib.blake2b(data, digest_size=32).hexdigest()}" in said
    assert said[-3:] == ["= complete yes", f"{SHA[b'{}']}  0644  2  file  package/package.json",
                         f"{SHA[b'1']}  0644  1  file  package/index.js"]


@pytest.mark.parametrize("form", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("pax", [True, False])
def test_every_form_of_tar_is_read_as_the_standard_library_reads_it(form: str, pax: bool) -> None:
    name = "p/" + "long" * 60 + "/\u00fc.js"
    data = tar((name, b"1"), ("p/b", b""), special("p/l", tarfile.SYMTYPE, "x" * 150),
               special("p/d", tarfile.DIRTYPE), form=form, pax=pax)
    assert members(data) == [
        f"{SHA[b'1']}  0644  1  file  {escaped(name.encode())}",
        f"{hashlib.sha256(b'').hexdigest()}  0644  0  file  p/b",
        f"-  0644  0  symlink  p/l  {'x' * 150}", "-  0644  0  dir  p/d/" if members(data)[3][-1]
        == "/" else "-  0644  0  dir  p/d"]


def test_wheels_stored_and_packed_are_read_alike() -> None:
    files = {"x/__init__.py": "1", "x-1.dist-info/METADATA": "Name: x\n"}
    packed = zipped(*((name, text.encode()) for name, text in files.items()))
    assert [m.split("  ")[::4] for m in members(wheel(files))] == \
        [m.split("  ")[::4] for m in members(packed)]
    assert findings(packed) == {} == findings(wheel(files))


def test_paths_lead_back_to_their_bytes() -> None:
    for path in (b"plain/a.js", b"with space", b"\\x41", b"\xff\x00\n", "\u202e".encode()):
        assert unescaped(escaped(path)) == path
        assert escaped(path).isascii() and " " not in escaped(path)


def test_names_that_lead_outside() -> None:
    data = tar(("package/../../etc/cron.d/x", b"1"), ("/etc/passwd", b"1"), ("C:/x", b"1"),
               ("package\\..\\..\\x", b"1"))
    assert len(findings(data)["traversal"]) == 4
    assert "traversal" not in findings(tar(("package/..hidden", b"1"), ("package/a..b", b"1")))


def test_links_devices_setuid_and_twins() -> None:
    data = tar(special("package/l", tarfile.SYMTYPE, "/etc/passwd"),
               special("package/h", tarfile.LNKTYPE, "package/l"),
               special("package/d", tarfile.CHRTYPE), special("package/f", tarfile.FIFOTYPE),
               special("package/s", tarfile.REGTYPE, mode=0o4755),
               ("package/a.js", b"1"), ("package/a.js", b"2"), ("package/A.js", b"2"))
    found = findings(data)
    assert found == {
        "link": ["package/l", "package/h"], "device": ["package/d", "package/f"],
        "setuid": ["package/s"], "duplicate": ["package/a.js"], "collision": ["package/A.js"]}
    assert "-  0644  0  symlink  package/l  /etc/passwd" in members(data)


def test_unicode_twins_and_text_that_cannot_be_seen() -> None:
    data = tar(("package/caf\u00e9.js", b"1"), ("package/cafe\u0301.js", b"2"),
               ("package/a\u202ejs.txt", b"1"), ("package/e\x1b[2J", b"1"))
    assert len(findings(data)["collision"]) == 1
    assert len(findings(data)["unseen"]) == 2
    assert all(line.isprintable() for line in lines(data))


def test_directories_stated_twice_are_no_twins() -> None:
    assert findings(tar(special("p/", tarfile.DIRTYPE), special("p/", tarfile.DIRTYPE))) == {}


def test_a_bomb_stops_early_and_says_where() -> None:
    data = bomb(600 << 20)
    tracemalloc.start()
    began = time.process_time()
    said = lines(data)
    taken = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "= complete no" in said
    assert "-  0644  629145600  file  package/zeros" in said
    assert said[-1].startswith("! stopped  package/zeros  it unpacks to more than ")
    assert taken < 2 and peak < 8 << 20


def test_many_empty_members_stop_early() -> None:
    data = tar(*(special(f"p/{n}", tarfile.REGTYPE) for n in range(8000)))
    assert findings(data)["stopped"] == ["-"]


def test_an_honest_package_of_many_small_files_is_read_whole() -> None:
    files = {f"icons/{n}.svg": hashlib.sha512(b"%d" % n).hexdigest() for n in range(6000)}
    assert "= complete yes" in lines(tarball(files))


def test_a_pax_header_of_great_size_is_not_read() -> None:
    info = special("p/x", tarfile.XHDTYPE)
    info.size = 4 << 20
    raw = info.tobuf() + bytes(4 << 20)
    assert findings(gzip.compress(raw)) == {"stopped": ["-"]}


def test_an_archive_inside_is_named_and_not_opened() -> None:
    assert findings(tar(("package/inner.tgz", bomb(1 << 20))))["nested"] == ["package/inner.tgz"]


def test_bytes_behind_the_end_and_several_streams() -> None:
    plain = gzip.decompress(tar(("p/a", b"1")))
    assert findings(several(plain[:512], plain[512:])) == {"parts": ["-"]}
    assert findings(gzip.compress(plain) + b"#!/bin/sh\n") == {"trailing": ["-"]}
    assert findings(gzip.compress(plain + b"hidden")) == {"trailing": ["-"]}
    assert findings(gzip.compress(plain + bytes(10240))) == {}


def test_a_member_behind_an_empty_block_is_listed_and_told() -> None:
    first, second = (gzip.decompress(tar((name, b"1"))) for name in ("p/a", "p/b"))
    data = gzip.compress(first[:1024] + bytes(512) + second)
    assert [m.split("  ")[-1] for m in members(data)] == ["p/a", "p/b"]
    assert findings(data) == {"disagreement": ["-"]}


def test_cut_and_broken_archives_are_listed_as_far_as_they_go() -> None:
    data = tarball({"a.js": "1" * 3000, "b.js": "2" * 3000})
    cut = lines(data[:5500])
    assert "= complete no" in cut and cut[-1].startswith("! damaged  package/b.js")
    assert lines(b"no archive at all")[2:3] == ["= form unknown"]
    assert lines(b"")[1:3] == ["= size 0", "= form unknown"]


def test_zip_headers_that_disagree() -> None:
    found = findings(two_headers("x/good.py", "x/evil.py", b"1"))
    assert found == {"disagreement": ["x/evil.py"]}
    assert findings(hidden_member("x/a.py", "x/b.py")) == {"unlisted": ["-"]}
    assert findings(zipped(("a", b"1")) + b"more") == {"trailing": ["-"]}
    assert findings(b"#!/usr/bin/env python\n" + zipped(("a", b"1"))) == {"leading": ["-"]}


def test_a_zip_with_data_descriptors_is_no_disagreement() -> None:
    class Forward(io.RawIOBase):
        """Cannot seek, so that zipfile writes data descriptors."""

        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

    raw = Forward()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/a.py", b"1" * 100)
        archive.writestr("x/b.py", b"2" * 100)
    assert len(members(raw.data)) == 2 and findings(raw.data) == {}


def test_zip_members_that_cannot_be_read_say_why() -> None:
    data = zipped(("a", b"1" * 100), packed=zipfile.ZIP_LZMA)
    assert findings(data) == {"unread": ["a"]} and members(data)[0].startswith("-  ")
    broken = zipped(("a", b"1"), packed=zipfile.ZIP_STORED).replace(b"a1", b"a2", 1)
    assert findings(broken) == {"damaged": ["a"]}


def test_the_manifest_inside_is_the_last_one_of_its_name() -> None:
    data = tar(("package/package.json", b'{"name":"shown"}'), ("package/lib/package.json", b"{}"),
               ("package/package.json", b'{"name":"used"}'))
    assert manifest(io.BytesIO(data), "npm") == ("package/package.json", b'{"name":"used"}')
    assert derived(io.BytesIO(data), "package/package.json") == b'{"name":"used"}'
    assert manifest(io.BytesIO(tarball({"index.js": "1"})), "npm") is None
    built = wheel({"x-1.dist-info/METADATA": "Name: x\n", "x/METADATA": "Name: y\n"})
    assert manifest(io.BytesIO(built), "pypi") == ("x-1.dist-info/METADATA", b"Name: x\n")


def test_a_member_of_great_size_is_not_taken() -> None:
    data = tar(("package/package.json", b" " * (9 << 20)))
    assert manifest(io.BytesIO(data), "npm") is None
    assert member(io.BytesIO(data), "package/package.json", 10 << 20) == b" " * (9 << 20)
    assert manifest(io.BytesIO(tar(("package/package.json", b" " * (2 << 20)))), "npm")


def test_an_xz_bomb_within_its_memory_limit() -> None:
    data = lzma.compress(gzip.decompress(bomb(40 << 20)))
    assert findings(data)["stopped"] == ["package/zeros"]
