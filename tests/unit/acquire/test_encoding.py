"""Every encoding gives the bytes back, in bounded pieces; damage and bombs are said."""

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.acquire.encoding import CHUNK, decoder_for, names_of
from regforensics.acquire.failures import Broken

zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
PLAIN = os.urandom(5000) + bytes(3 * CHUNK + 17)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "deflate": zlib.compress, "raw": raw_deflate, "zstd": zstd.compress}


def decoded(header: str, wire: bytes, step: int) -> Iterator[bytes]:
    decoder = decoder_for(names_of(header))
    assert decoder is not None
    for start in range(0, len(wire), step):
        yield from decoder.feed(wire[start:start + step])
    decoder.finish()


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("step", [1, 100, 1 << 20])
def test_round_trip_in_bounded_pieces(name: str, step: int) -> None:
    parts = list(decoded(name.replace("raw", "deflate"), ENCODERS[name](PLAIN), step))
    assert b"".join(parts) == PLAIN
    assert max(map(len, parts)) <= CHUNK


@given(st.binary(max_size=2000), st.sampled_from(sorted(ENCODERS)), st.integers(1, 50))
def test_any_bytes_come_back(data: bytes, name: str, step: int) -> None:
    wire = ENCODERS[name](data)
    assert b"".join(decoded(name.replace("raw", "deflate"), wire, step)) == data


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_further_members_are_part_of_the_body(name: str) -> None:
    wire = ENCODERS[name](b"one") + ENCODERS[name](b"two")
    assert b"".join(decoded(name, wire, 7)) == b"onetwo"


@pytest.mark.parametrize("name", ENCODERS)
def test_a_cut_stream_is_broken(name: str) -> None:
    with pytest.raises(Broken, match="ends early"):
        list(decoded(name.replace("raw", "deflate"), ENCODERS[name](PLAIN)[:-3], 1000))


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_nonsense_is_broken(name: str) -> None:
    with pytest.raises(Broken, match=f"not valid {name}"):
        list(decoded(name, b"\xff\xfe this is not compressed", 100))


def test_layers_are_taken_off_in_reverse() -> None:
    wire = zlib.compress(gzip.compress(PLAIN))
    assert b"".join(decoded("x-gzip, identity, deflate", wire, 50)) == PLAIN


def test_what_cannot_be_decoded_is_said_to_be_so() -> None:
    assert decoder_for(("rot13",)) is None
    assert decoder_for(("gzip", "rot13")) is None
    assert decoder_for(("gzip",) * 4) is None


def test_an_empty_body_is_an_empty_body() -> None:
    assert list(decoded("gzip", b"", 1)) == []


class FakeBrotli:
    """A brotli library whose code is the identity, two bytes at a time."""

    class error(Exception):
        """As brotli.error."""

    class Decompressor:
        def __init__(self) -> None:
            self.held = b""

        def process(self, data: bytes, output_buffer_limit: int) -> bytes:
            if data == b"bad":
                raise FakeBrotli.error("corrupt")
            self.held += data
            out, self.held = self.held[:2], self.held[2:]
            return out

        def can_accept_more_data(self) -> bool:
            return not self.held

        def is_finished(self) -> bool:
            return not self.held


def test_brotli_where_a_library_can_bound_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", FakeBrotli)
    assert list(decoded("br", b"hello", 5)) == [b"he", b"ll", b"o"]
    with pytest.raises(Broken, match="not valid br: corrupt"):
        list(decoded("br", b"bad", 5))
    monkeypatch.delattr(FakeBrotli.Decompressor, "can_accept_more_data")
    assert decoder_for(("br",)) is None
