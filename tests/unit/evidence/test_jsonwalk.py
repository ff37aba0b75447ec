"""The second reader of JSON: the same places as a full parse, on odd bytes too."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.evidence.jsonwalk import Malformed, locate

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12)


def places(value: Any, pointer: str = "") -> dict[str, Any]:
    """Every value below ``value`` by pointer."""
    found = {pointer: value}
    members = (value.items() if isinstance(value, dict)
               else enumerate(value) if isinstance(value, list) else ())
    for key, below in members:
        step = str(key).replace("~", "~0").replace("/", "~1")
        found |= places(below, f"{pointer}/{step}")
    return found


@given(JSON, st.booleans(), st.sampled_from([None, 2]))
def test_each_pointer_leads_to_its_value(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    data = text.encode("utf-8", "surrogatepass")
    wanted = places(value)
    found = locate(data, wanted)
    for pointer, expected in wanted.items():
        (start, end), = found[pointer]
        assert json.loads(data[start:end].decode("utf-8", "surrogatepass")) == expected


@given(JSON, st.text())
def test_what_is_not_there_is_not_found(value: Any, key: str) -> None:
    data = json.dumps(value).encode()
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    assert bool(locate(data, [pointer])[pointer]) == (pointer in places(value))


def test_a_key_that_stands_twice_gives_both() -> None:
    data = b'{"a": {"x": 1}, "a": {"x": 2}}'
    assert [data[s:e] for s, e in locate(data, ["/a/x"])["/a/x"]] == [b"1", b"2"]


@pytest.mark.parametrize(("data", "pointer", "value"), [
    (b'\xef\xbb\xbf{"a": 1}', "/a", b"1"),
    (b'{"\\u0061\\ud83d": "\\ud83d"}', "/a\ud83d", b'"\\ud83d"'),
    (b'{"x": "\xff\xfe", "a": 1e400}', "/a", b"1e400"),
    (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b', "a": true}', "/a", b"true"),
    (b'[0, [1, {"a": -0.5}]]', "/1/1/a", b"-0.5"),
    (b'{"": {"": []}}', "//", b"[]"),
    (b' "s" ', "", b'"s"'),
    (b'{"s": "}]\\"{", "a": {}}', "/a", b"{}"),
])
def test_odd_documents(data: bytes, pointer: str, value: bytes) -> None:
    (start, end), = locate(data, [pointer])[pointer]
    assert data[start:end] == value


def test_an_array_index_has_no_leading_zero() -> None:
    assert locate(b"[[7]]", ["/0/00", "/00", "/-"]) == {"/0/00": (), "/00": (), "/-": ()}


@pytest.mark.parametrize("data", [
    b"", b"{", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,}', b"[1,]", b'{"a" 1}', b"{1:2}", b"<html>",
    b'{"a":1}}', b'{"a":1} x', b'{"b":[1}', b'{"a":1]', b'"', b'{"b":"', b'{"a\\q":1}', b":",
    b'{"b":[1,2', b"{,}", b'{"a":1 "b":2}',
])
def test_what_is_no_json_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        locate(data, ["/a", "/a/b", "/0/0"])


def test_a_bad_pointer_is_refused() -> None:
    with pytest.raises(ValueError, match="not a JSON pointer"):
        locate(b"{}", ["a"])


@given(st.binary(max_size=40))
def test_no_bytes_give_another_error(data: bytes) -> None:
    try:
        locate(data, ["/a/b", "/0"])
    except Malformed as error:
        assert 0 <= error.offset <= len(data)
