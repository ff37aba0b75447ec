"""For any JSON and any log bytes, a quote is the stored bytes at its span."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsontree import Document, Leaf
from regforensics.evidence.jsonwalk import locate
from regforensics.evidence.lines import custody_lines, line_at, lines_of
from regforensics.evidence.pointers import escape

KEYS = st.text(max_size=6) | st.sampled_from(["a/b", "~", 'q"uote', "back\\slash", "\\", "é", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5)
STYLES = st.sampled_from([
    {"separators": (",", ":")}, {"indent": 2}, {"separators": (" , ", " : "), "indent": "\t"}])


def pointers(value: object, at: str = "") -> list[tuple[str, object]]:
    """Every (pointer, value) below a document's root."""
    if isinstance(value, dict):
        pairs = [(f"{at}/{escape(k)}", v) for k, v in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{at}/{i}", v) for i, v in enumerate(value)]
    else:
        return []
    return pairs + [found for pointer, inner in pairs for found in pointers(inner, pointer)]


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, STYLES, st.booleans(), st.sampled_from([b"", b"\n", b" \r\n"]), st.booleans())
def test_every_value_of_any_document_is_quoted_exactly(
        value: dict[str, object], style: dict[str, Any], escaped: bool, space: bytes,
        mark: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped, **style)
    body = (b"\xef\xbb\xbf" if mark else b"") + space + text.encode() + space
    document = Document("EX-000001", "0" * 64, body)
    for pointer, expected in pointers(value):
        leaf = document.at(pointer)
        assert leaf is not None
        assert leaf.value == expected
        citation = leaf.citations[0]
        assert body[citation.start:citation.end] == citation.quote
        (value_start, value_end), = locate(body, [pointer])[pointer]
        assert citation.start <= value_start
        assert value_end == citation.end
        assert json.loads(body[value_start:value_end]) == expected


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\u1dentrfals0.e-', max_size=40)
       .map(str.encode))
def test_any_bytes_are_read_or_refused_with_an_offset(body: bytes) -> None:
    try:
        document = Document("EX-000001", "0" * 64, body)
    except UnreadableInput as error:
        assert error.offset is None or 0 <= error.offset <= len(body)
        return
    for key, raw in document.top.items():
        leaf = document.leaf(raw, "", key)
        assert isinstance(leaf, Leaf)
        assert body[leaf.citations[0].start:leaf.citations[0].end] == leaf.citations[0].quote


@given(st.binary(max_size=200))
def test_lines_are_those_of_sed_for_any_bytes(data: bytes) -> None:
    lines = list(lines_of("EX-000001", "0" * 64, data))
    assert b"\n".join(line.data for line in lines) == data.removesuffix(b"\n")
    for line in lines:
        if line.data:
            citation = line.citation
            assert data[citation.start:citation.end] == citation.quote
            assert line_at(data, citation.start) == (line.number, citation.start, citation.end)
    assert [line.data for line in custody_lines(data)] == [line.data for line in lines]
