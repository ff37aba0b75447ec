"""Whatever bytes an archive holds: a listing, in time, that is the same when it is made again."""

import io
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regforensics.archives.compare import differences, paired, side
from regforensics.archives.contents import manifest
from regforensics.archives.listing import listing
from regforensics.archives.text import escaped, unescaped
from simulator.archives import tarball, wheel
from tests.unit.archives.crafted import hidden_member, several, tar, two_headers, zipped

SEEDS = (
    tarball({"package.json": '{"name":"x"}', "index.js": "1"}), wheel({"x/a.py": "1"}),
    tar(("a" * 200, b"1"), ("b", b"2"), form="w"), tar(("a\u00fc", b"1"), form="w", pax=True),
    zipped(("a", b"1" * 500), ("b", b"")), two_headers("a.py", "b.py", b"1"),
    hidden_member("a.py", "b.py"), several(b"1", b"2"), tar(("a", b"1"), form="w:bz2"),
    tar(("a", b"1"), form="w:xz"))
PATCHES = st.lists(st.tuples(st.integers(0, 12_000), st.binary(max_size=12)), max_size=6)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), PATCHES, st.integers(0, 12_000), st.binary(max_size=40))
def test_mutated_archives(seed: bytes, patches: list[tuple[int, bytes]], cut: int,
                          tail: bytes) -> None:
    data = bytearray(seed)
    for at, patch in patches:
        start = at % (len(data) + 1)
        data[start:start + len(patch)] = patch
    body = bytes(data[:cut] if cut < len(data) else data) + tail
    began = time.process_time()
    one = b"".join(listing(io.BytesIO(body)))
    assert time.process_time() - began < 1
    assert one == b"".join(listing(io.BytesIO(body)))
    assert one.isascii() and one.endswith(b"\n")
    for registry in ("npm", "pypi"):
        manifest(io.BytesIO(body), registry)
    before, after = side(io.BytesIO(seed)), side(io.BytesIO(body))
    if before is not None and after is not None:
        differences(io.BytesIO(seed), io.BytesIO(body), *paired(before, after), 20)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes(data: bytes) -> None:
    assert b"".join(listing(io.BytesIO(data))).startswith(b"regforensics-listing/2\n")


@given(st.binary(max_size=300))
def test_a_path_and_back(path: bytes) -> None:
    assert unescaped(escaped(path)) == path
