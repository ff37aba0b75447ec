"""XML with byte spans: what is read, what is refused, and that a second reader agrees."""

import time
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.evidence import xmltree, xmlwalk
from regforensics.evidence.places import Malformed, locate
from regforensics.evidence.pointers import named
from regforensics.evidence.xmltree import Element, XmlDocument

METADATA = (b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n<!-- <versions/> -->\n'
            b'<metadata xmlns="urn:m" a=">">\n <versioning><versions>\n  <version> 1.0 </version>'
            b'<version><![CDATA[1.1]]></version><version/><version note="/">1.&#50;</version>'
            b'</versions></versioning>\n</metadata>\n')


def document(body: bytes) -> XmlDocument:
    return XmlDocument("EX-000001", "0" * 64, body)


def test_elements_know_their_text_their_path_and_their_bytes() -> None:
    versions = document(METADATA).find("metadata", "versioning", "versions")
    assert versions is not None
    found = list(versions.children("version"))
    assert [e.text for e in found] == ["1.0", "1.1", "", "1.2"]
    assert [e.path for e in found] == [
        f"/metadata/versioning/versions/version[{n}]" for n in (1, 2, 3, 4)]
    assert [e.citations[0].quote for e in found] == [
        b"<version> 1.0 </version>", b"<version><![CDATA[1.1]]></version>", b"<version/>",
        b'<version note="/">1.&#50;</version>']
    assert versions.path == "/metadata/versioning/versions"
    assert versions.find("version", "none") is None


def test_a_path_leads_back_to_its_element() -> None:
    read = document(METADATA)
    for path in ("/metadata", "/metadata/versioning/versions/version[4]"):
        element = read.at(path)
        assert element is not None
        assert element.path == path
    for path in ("/metadata[2]", "/metadata/x", "metadata", "/metadata/versioning[0]", "/", ""):
        assert read.at(path) is None


def test_the_second_reader_finds_paths_texts_and_nothing_where_nothing_is() -> None:
    at = "/metadata/versioning/versions"
    wanted = [named(at, "version"), f"{at}/version[3]", named(at, "version", "1.1"),
              named(at, "version", "1.2"), named(at, "version", " 1.0"),
              named(at, "version", "9"), f"{at}/version[5]", "/versions"]
    found = {path: [METADATA[s:e] for s, e in spans]
             for path, spans in locate(METADATA, wanted).items()}
    assert len(found[f"{at}/version"]) == 4
    assert found[f"{at}/version[3]"] == [b"<version/>"]
    assert found[named(at, "version", "1.1")] == [b"<version><![CDATA[1.1]]></version>"]
    assert found[named(at, "version", "1.2")] == [b'<version note="/">1.&#50;</version>']
    assert found[named(at, "version", "1.0")] == [b"<version> 1.0 </version>"]
    assert [found[path] for path in wanted[-3:]] == [[], [], []]


@pytest.mark.parametrize(("body", "offset"), [
    (b"", 0),
    (b"plain", 0),
    (b"<a><b></a>", 8),
    (b"<a>\xff</a>", 3),
    (b"\xff\xfe<\x00a\x00/\x00>\x00", 0),
    (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xc3\xa4</a>', 0),
    (b"<a>&nbsp;</a>", 3),
    (b'<!DOCTYPE a><a/>', 11),
    (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 12),
    (b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', 41),
    (b"<a/><b/>", 4),
    (b"<a>\x00</a>", 3),
    (b"<x:a/>", 0),
    (b"<a>" * 200_000, 300),
])
def test_hostile_and_broken_bytes_are_one_error_with_an_offset(body: bytes, offset: int) -> None:
    began = time.process_time()
    with pytest.raises(UnreadableInput) as caught:
        document(body)
    assert caught.value.offset == offset
    assert "EX-000001" in caught.value.message
    assert time.process_time() - began < 1


def test_more_elements_than_memory_should_hold_are_refused(monkeypatch: pytest.MonkeyPatch
                                                           ) -> None:
    monkeypatch.setattr(xmltree, "MOST_ELEMENTS", 10)
    with pytest.raises(UnreadableInput, match="more than 10 elements"):
        document(b"<a>" + b"<b/>" * 10 + b"</a>")


def test_many_pieces_of_text_are_read_in_linear_time() -> None:
    began = time.process_time()
    read = document(b"<a>" + b"x<b/>" * 100_000 + b"</a>")
    assert read.root.text == "x" * 100_000
    assert time.process_time() - began < 2


@pytest.mark.parametrize("body", [
    b"<a>", b"<a></b>", b"</a>", b"<a/><b/>", b"<a", b"<!-- ", b"<a><![CDATA[x</a>", b"<?x",
    b"<!--" * 100_000, b"<a b='" * 100_000, b"<a>" * 100_000, b"x<a/>y"])
def test_the_second_reader_stops_at_what_is_no_xml(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Malformed):
        xmlwalk.locate(body, ["/a/b", "/a"])
    assert time.process_time() - began < 1


TEXT = st.text(st.characters(codec="utf-8", min_codepoint=0x20, exclude_characters="\x7f",
                             exclude_categories=("Cs", "Cc", "Cn")), max_size=6)
NAMES = st.sampled_from(["a", "b", "version", "p:a", "\u00e9"])
TREES: st.SearchStrategy[Any] = st.recursive(
    st.tuples(NAMES, TEXT, st.just([])),
    lambda inner: st.tuples(NAMES, TEXT, st.lists(inner, max_size=4)), max_leaves=12)


def written(tree: Any, *, top: bool = True) -> str:
    name, text, inside = tree
    about = ' xmlns:p="urn:p" q="&gt;/>"' if top else ""
    if not text and not inside:
        return f"<{name}{about}/>"
    return (f"<{name}{about}>{escape(text)}<!-- <x> -->"
            + "".join(written(one, top=False) for one in inside) + f"</{name} >")


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_both_readers_find_every_element_at_the_same_bytes(tree: Any) -> None:
    body = written(tree).encode()
    read = document(body)
    elements = [Element(read, index) for index in range(len(read.names))]
    places = locate(body, [e.path for e in elements])
    assert len({e.path for e in elements}) == len(elements)
    for element in elements:
        assert places[element.path] == (element.span,)
        again = read.at(element.path)
        assert again is not None
        assert again.index == element.index
        if element.index:
            above = element.path.rpartition("/")[0]
            by_text = named(above, element.name, element.text)
            assert element.span in locate(body, [by_text])[by_text]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text("<>/ab!?-[]CDATA &;x'\"=", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_and_both_readers_agree(body: bytes) -> None:
    try:
        read = document(body)
    except UnreadableInput as error:
        assert error.offset is not None
        return
    paths = [Element(read, index).path for index in range(len(read.names))]
    assert [s for p in paths for s in locate(body, [p])[p]] == [
        Element(read, index).span for index in range(len(read.names))]
