"""Which key a signature names."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.registries.openpgp import block, key_of
from simulator.maven import fingerprint, signature


def armoured(packet: bytes, header: str = "") -> bytes:
    text = base64.encodebytes(packet).decode()
    return (f"-----BEGIN PGP SIGNATURE-----\n{header}\n{text}=abcd\n"
            "-----END PGP SIGNATURE-----\n").encode()


ID = bytes(range(8))
V4 = bytes([4, 0, 1, 10, 0, 6, 5, 2, 0, 0, 0, 0, 0, 10, 9, 16]) + ID + b"\x00\x00\x00\x00"


def test_a_fingerprint_is_named() -> None:
    body = b"comment\n" + signature("ada")
    assert key_of(body) == fingerprint("ada")
    start, end = block(body) or (0, 0)
    assert body[start:end] == signature("ada").strip()


@pytest.mark.parametrize("packet", [
    bytes([0x88, len(V4)]) + V4,
    bytes([0x89]) + len(V4).to_bytes(2) + V4,
    bytes([0xC2, len(V4)]) + V4,
    bytes([0xC2, 255]) + len(V4).to_bytes(4) + V4,
])
def test_an_old_signature_names_the_key_id_outside_of_what_is_signed(packet: bytes) -> None:
    assert key_of(armoured(packet)) == "0001020304050607"
    assert key_of(armoured(packet, "Version: GnuPG v2\nComment: a: b\n")) == "0001020304050607"


def test_version_three_has_a_fixed_layout() -> None:
    packet = bytes([3, 5, 0]) + b"\x00" * 4 + ID + b"\x01\x02\x00\x00"
    assert key_of(armoured(bytes([0x88, len(packet)]) + packet)) == "0001020304050607"


@pytest.mark.parametrize("packet", [
    b"", b"\x00", b"\x88", b"\x88\xff", b"\x88\x05\x04\x00\x01", b"\xc2\xe1" + V4,
    b"\x8b" + V4, b"\x99\x00\x10" + V4, bytes([0x88, 3, 9, 9, 9]),
    bytes([0x88, 8, 4, 0, 1, 10, 0, 2, 255, 255]),
])
def test_what_names_no_key_is_none(packet: bytes) -> None:
    assert key_of(armoured(packet)) is None


@given(st.binary(max_size=200))
def test_any_packet_is_a_key_or_none(packet: bytes) -> None:
    key = key_of(armoured(packet))
    assert key is None or int(key, 16) >= 0


@pytest.mark.parametrize("body", [
    b"-----BEGIN PGP SIGNATURE-----\n" * 50_000,
    b"-----BEGIN PGP SIGNATURE-----\n" + b":" * 65_000,
    b"-----BEGIN PGP SIGNATURE-----\nx" + b":" * 65_000,
    b"-----BEGIN PGP SIGNATURE-----\n" + b"a:-----BEGIN PGP SIGNATURE-----\n" * 2_000,
    b"-----BEGIN PGP SIGNATURE-----\n" + b" " * 65_000, b"a:" * 500_000,
    b"-----BEGIN PGP SIGNATURE-----" + b"\nx:" * 300_000,
    b"-----BEGIN PGP SIGNATURE-----\n\n" + b"A" * 1_000_000])
def test_hostile_text_costs_little(body: bytes) -> None:
    began = time.process_time()
    assert key_of(body) is None
    assert block(body) is None
    assert time.process_time() - began < 1


@given(st.lists(st.sampled_from([b":", b"x", b" ", b"\t", b"\r", b"\n", b"=", b"A", b"-",
                                 b"-----BEGIN PGP SIGNATURE-----\n"]), min_size=1, max_size=6))
def test_any_repeated_text_costs_little(pattern: list[bytes]) -> None:
    once = b"".join(pattern)
    body = b"-----BEGIN PGP SIGNATURE-----\n" + once * ((1 << 16) // len(once))
    began = time.process_time()
    block(body)
    assert time.process_time() - began < 1


def test_a_header_without_a_name_is_no_header() -> None:
    assert key_of(armoured(bytes([0x88, len(V4)]) + V4, ": a\n")) is None
