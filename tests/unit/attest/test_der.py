"""Certificates of a time-stamp in another order: the same elements, and nothing else touched."""

from hypothesis import given
from hypothesis import strategies as st

from regforensics.attest.der import with_sorted_certificates


def element(tag: int, *inside: bytes) -> bytes:
    data = b"".join(inside)
    if len(data) < 0x80:
        return bytes([tag, len(data)]) + data
    size = len(data).to_bytes(2)
    return bytes([tag, 0x82]) + size + data


def reply(*certificates: bytes, status: bytes = element(0x30, b"\x02\x01\x00")) -> bytes:
    signed = element(0x30, b"\x02\x01\x03", element(0x31, b"\x30\x00"), element(0x30, b"\x06\x01*"),
                     element(0xA0, *certificates), element(0x31, b"\x30\x00"))
    return element(0x30, status, element(0x30, b"\x06\x01*", element(0xA0, signed)))


@given(st.lists(st.tuples(st.binary(max_size=4), st.sampled_from((0, 120, 300))), max_size=4))
def test_elements_are_sorted_and_nothing_else_is_touched(bodies: list[tuple[bytes, int]]) -> None:
    made = [element(0x30, body + bytes(more)) for body, more in bodies]
    assert with_sorted_certificates(reply(*made)) == reply(*sorted(made))


@given(st.binary(max_size=60))
def test_any_other_bytes_stay_what_they_are_in_number(data: bytes) -> None:
    assert sorted(with_sorted_certificates(data)) == sorted(data)
    assert sorted(with_sorted_certificates(reply() + data)) == sorted(reply() + data)


def test_a_refusal_without_a_token_stays_as_it_is() -> None:
    refused = element(0x30, element(0x30, b"\x02\x01\x02"))
    assert with_sorted_certificates(refused) == refused
