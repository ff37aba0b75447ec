"""Odd and hostile documents: defined behaviour, never a crash, spans that stay exact."""

import pytest

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsonraw import members_of
from regforensics.evidence.jsontree import Document
from regforensics.evidence.jsonwalk import locate


def read(body: bytes) -> Document:
    return Document("EX-000001", "0" * 64, body)


def quote(document: Document, pointer: str) -> bytes:
    leaf = document.at(pointer)
    assert leaf is not None
    citation = leaf.citations[0]
    assert document.body[citation.start:citation.end] == citation.quote
    return citation.quote


def test_a_member_is_quoted_with_its_key_and_an_item_without() -> None:
    document = read(b'{ "time" : { "1.0.0" : "2020" }, "files" : [ {"a":1} , 2 ] }')
    assert quote(document, "/time/1.0.0") == b'"1.0.0" : "2020"'
    assert quote(document, "/files/1") == b"2"
    assert quote(document, "/files/0/a") == b'"a":1'
    assert document.at("/files/2") is None
    assert document.at("/files/x") is None
    assert document.at("/time/1.0.0/deeper") is None


def test_keys_with_quotes_backslashes_and_slashes() -> None:
    document = read(rb'{"a\"b":1,"c\\":2,"d/e":3,"f~g":4,"\\\"":5}')
    assert quote(document, '/a"b') == rb'"a\"b":1'
    assert quote(document, "/c\\") == rb'"c\\":2'
    assert quote(document, "/d~1e") == b'"d/e":3'
    assert quote(document, "/f~0g") == b'"f~g":4'
    assert quote(document, '/\\"') == rb'"\\\"":5'


def test_of_duplicate_keys_the_last_counts_and_all_are_found() -> None:
    document = read(b'{"v":{"1":"a","1":"b","2":"c"}}')
    assert quote(document, "/v/1") == b'"1":"b"'
    level = document.top["v"]
    twice = document.repeated("/v", level, members_of(level))
    assert [c.quote for c in twice] == [b'"1":"a"', b'"1":"b"']
    assert document.repeated("", None, document.top) == ()


def test_a_byte_order_mark_and_lone_surrogates_leave_every_offset_as_it_is() -> None:
    body = b'\xef\xbb\xbf{"d":"cut \\ud83d","ok":"\\ud83d\\ude00","time":{"1":"x"}}'
    document = read(body)
    assert quote(document, "/d") == b'"d":"cut \\ud83d"'
    assert quote(document, "/time/1") == b'"1":"x"'
    smile = document.at("/ok")
    assert smile is not None
    assert smile.value == "\U0001f600"


def test_invalid_utf8_is_kept_in_the_quote() -> None:
    document = read(b'{"a":"\xff\xfe","\xff":"key","b":"fine"}')
    assert quote(document, "/a") == b'"a":"\xff\xfe"'
    assert quote(document, "/b") == b'"b":"fine"'


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("bad", [b"\xff", rb"\ud800", rb"\udcff", b"\xed\xa0\x80", rb"\\\ud800"])
def test_odd_keys_have_pointers_that_the_second_reader_finds(bad: bytes, mark: bytes) -> None:
    body = mark + b'{"v" : {"a%s" : {"n":1}, "b":[2,"%s"] }, "%s": "top"}' % (bad, bad, bad)
    document = read(body)
    odd = next(key for key in members_of(document.top["v"]) if key.startswith("a"))
    top = next(key for key in document.top if key != "v")
    for pointer, shown in ((f"/v/{odd}/n", b'"n":1'), (f"/{top}", b'"%s": "top"' % bad),
                           ("/v/b/1", b'"%s"' % bad)):
        assert quote(document, pointer) == shown
        (start, end), = locate(body, [pointer])[pointer]
        assert shown.endswith(body[start:end])
    assert document.repeated("", None, document.top) == ()
    level = document.top["v"]
    assert document.repeated("/v", level, members_of(level)) == ()


def test_odd_keys_that_differ_stay_apart_and_equal_ones_are_found() -> None:
    body = rb'{"v":{"a\ud800":1,"a\ud801":2,"b\ud800":3,"b\ud800":4}}'
    level = read(body).top["v"]
    assert list(members_of(level)) == ["a\ud800", "a\ud801", "b\ud800"]
    twice = read(body).repeated("/v", level, members_of(level))
    assert [c.quote for c in twice] == [rb'"b\ud800":3', rb'"b\ud800":4']


def test_a_document_is_read_at_any_depth_of_our_own_stack() -> None:
    document = read(b'{"v":' * 600 + b"1" + b"}" * 600)

    def deeper(levels: int) -> dict[str, object]:
        return deeper(levels - 1) if levels else dict(members_of(document.top["v"]))

    assert list(deeper(700)) == ["v"]


def test_numbers_are_never_rounded_in_silence() -> None:
    document = read(b'{"big":%s,"real":1e400,"huge":%s}' % (b"12345678901234567890", b"9" * 6000))
    big, real, huge = (document.at(p) for p in ("/big", "/real", "/huge"))
    assert big is not None and big.value == 12345678901234567890
    assert real is not None and real.value == "1e400"
    assert huge is not None and huge.value == "9" * 6000


@pytest.mark.parametrize(("body", "offset", "words"), [
    (b"", 0, "empty"),
    (b"<!DOCTYPE html><html>", 0, "HTML"),
    (b'{"a":1} x', 8, "trailing"),
    (b'{"a":1', 6, "too early"),
    (b'{"a":tru}', None, "not JSON"),
    (b'{"a":NaN}', 5, "not JSON"),
    (b"\xff\xfe{\x00}\x00", 0, "not JSON"),
    (b'{"a":"' + b"\x01" + b'"}', 6, "not JSON"),
])
def test_what_is_not_json_is_refused_with_its_offset(
        body: bytes, offset: int | None, words: str) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read(body)
    assert words in caught.value.message
    if offset is not None:
        assert caught.value.offset is not None
        assert abs(caught.value.offset - offset) <= 1


@pytest.mark.parametrize("body", [
    b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}"])
def test_nesting_without_end_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableInput, match=r"nested deeper|too early"):
        read(body)


def test_scalars_and_arrays_are_documents_without_members() -> None:
    assert read(b'"Not found"').top == {}
    assert len(read(b"[1,2]").items) == 2
