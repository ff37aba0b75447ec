"""No hostile text becomes markup in any form of the report."""

import json
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from regforensics.evidence.schemas import validate
from regforensics.report import html, jsondoc, markdown
from regforensics.report.text import cell, fenced, md
from tests.support.hostile_report import hostile_report
from tests.support.hostile_texts import PAYLOADS

FIXED = re.compile(r"#(B-)?([ACN][0-9]+|key|(publish|account|distribution|integrity)(-[0-9]+)?"
                   r"|gaps|lines|commands)")
TEXTS = st.lists(st.one_of(st.text(max_size=30), st.sampled_from(PAYLOADS),
                           st.tuples(st.sampled_from(PAYLOADS), st.sampled_from(PAYLOADS))
                           .map("".join)).filter(bool), min_size=1, max_size=4)
SLOW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Markup(HTMLParser):
    """The elements and attributes of a document, and what of them could fetch or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, tuple[str, ...]]] = set()
        self.links: set[str] = set()
        self.open: list[str] = []
        self.declared: list[str] = []
        self.values: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add((tag, tuple(name for name, _ in attrs)))
        self.values |= {value or "" for _, value in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}
        if tag not in {"meta", "line", "circle", "rect"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        self.declared.append(decl)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def elements_of(text: str) -> set[tuple[str, tuple[str, ...]]]:
    found = Markup(text)
    assert found.open == []
    assert found.declared == ["DOCTYPE html"]
    assert all(FIXED.fullmatch(link) for link in found.links)
    assert not any("evil" in value for value in found.values)
    return found.elements


ALLOWED = elements_of(html.render(hostile_report(list("abcdefghijklmnopqrstuvwx"))))


def assert_shown_text_is_seen(text: str) -> None:
    odd = {c for c in text if c != "\n" and unicodedata.category(c) in
           {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}}
    assert odd == set()


def test_there_are_payloads_enough() -> None:
    assert len(set(PAYLOADS)) >= 200


def test_every_payload_at_once_in_html() -> None:
    text = html.render(hostile_report(PAYLOADS))
    assert elements_of(text) - {("span", ("class",))} <= ALLOWED
    assert_shown_text_is_seen(text)
    assert "\\u202e" in text
    assert '<span class="esc">\\x1b</span>' in text


@SLOW
@given(TEXTS)
def test_any_text_in_html(texts: list[str]) -> None:
    text = html.render(hostile_report(texts))
    assert elements_of(text) - {("span", ("class",))} <= ALLOWED
    assert_shown_text_is_seen(text)


GFM = MarkdownIt("commonmark").enable(["table", "strikethrough"])
AUTOLINKED = re.compile(r"(https?|ftp)://|www\.|@|\w\.\w", re.IGNORECASE)


def tokens_of(text: str) -> list[Token]:
    """All tokens of a document, outer and inner."""
    flat = []
    for token in GFM.parse(text):
        flat += [token, *(token.children or ())]
    return flat


INERT = {"text", "code_inline", "paragraph_open", "paragraph_close", "inline"}


def assert_no_markup(tokens: list[Token], allowed: set[str]) -> None:
    for token in tokens:
        assert token.type in allowed, (token.type, token.content)
        assert token.type != "text" or not AUTOLINKED.search(token.content), token.content
        for link in (token.attrGet("href"), token.attrGet("src")):
            assert link is None or re.fullmatch(r"#[acn][0-9]+", str(link)), link


@pytest.mark.parametrize("payload", PAYLOADS)
def test_each_payload_in_markdown_prose_cell_and_block(payload: str) -> None:
    assert_no_markup(tokens_of(md(payload)), INERT)
    assert_no_markup(tokens_of(f"before {md(payload)} after {md(payload)}"), INERT)
    table = tokens_of(f"| a | b |\n|---|---|\n| {cell(payload)} | end |")
    assert [t.type for t in table].count("td_open") == 2
    assert_no_markup(table, INERT | {
        f"{name}_{end}" for name in ("table", "thead", "tbody", "tr", "th", "td")
        for end in ("open", "close")})
    assert [t.type for t in tokens_of(fenced(payload))] == ["fence"]


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="`\\|<>[]()!*_~#-+.:/@&w 1a\n\"'=")))
def test_any_text_in_markdown(text: str) -> None:
    assert_no_markup(tokens_of(md(text)), INERT)
    assert_no_markup(tokens_of(f"x {md(text)} y"), INERT)
    assert [t.type for t in tokens_of(fenced(text))] == ["fence"]
    assert [t.type for t in tokens_of(f"| a |\n|---|\n| {cell(text)} |")].count("td_open") == 1


def kinds_of(texts: list[str]) -> list[str]:
    """The block structure of the Markdown report (inline words differ, blocks may not)."""
    return [token.type for token in GFM.parse(markdown.render(hostile_report(texts)))]


@SLOW
@given(TEXTS)
def test_any_text_in_a_markdown_report(texts: list[str]) -> None:
    text = markdown.render(hostile_report(texts))
    tokens = tokens_of(text)
    assert not {t.type for t in tokens} & {"html_block", "html_inline", "image", "code_block",
                                           "blockquote_open", "hr", "ordered_list_open", "em_open",
                                           "strong_open", "s_open", "softbreak", "hardbreak"}
    links = {str(t.attrGet("href")) for t in tokens if t.type == "link_open"}
    assert all(re.fullmatch(r"#[acn][0-9]+", link) for link in links)
    assert_shown_text_is_seen(text)


def test_the_blocks_of_a_markdown_report_do_not_depend_on_the_text() -> None:
    harmless = [f"plain{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(len(PAYLOADS))]
    shapes = [sorted(kinds_of(list(texts))) for texts in (PAYLOADS, harmless)]
    assert shapes[0] == shapes[1]


@SLOW
@given(TEXTS)
def test_any_text_in_json(texts: list[str]) -> None:
    text = jsondoc.render(hostile_report(texts))
    assert text.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    validate("timeline-report", json.loads(text))
