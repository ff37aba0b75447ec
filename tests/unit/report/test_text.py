"""What leaves the tool: nothing unseen, nothing that a terminal or a spreadsheet obeys."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.report.text import brief, cell, code, csv_cell, fenced, md, pieces, visible

UNSEEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def test_every_character_of_an_unseen_category_is_escaped() -> None:
    left = [hex(n) for n in range(sys.maxunicode + 1)
            if (unicodedata.category(chr(n)) in UNSEEN_CATEGORIES
                or (unicodedata.category(chr(n)) == "Zs" and n != 0x20))
            and chr(n) in visible(chr(n))]
    assert left == []


@pytest.mark.parametrize(("text", "shown"), [
    ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
    ("a\u202eb", "a\\u202eb"),
    ("a\u2066b\u2069\u200b\ufeff", "a\\u2066b\\u2069\\u200b\\ufeff"),
    ("x\ufe0f\U000e0041", "x\\ufe0f\\U000e0041"),
    ("one\ntwo\r\n\u2028\x85", "one\\x0atwo\\x0d\\x0a\\u2028\\u0085"),
    ("\ud83d", "\\ud83d"),
    (b"\xff\x00ok\x9b", "\\xff\\x00ok\\x9b"),
    ("caf\u00e9 \u65e5\u672c", "caf\u00e9 \u65e5\u672c"),
    ("C:\\x1b", "C:\\x1b"),
])
def test_visible(text: str | bytes, shown: str) -> None:
    assert visible(text) == shown


def test_pieces_tell_an_escape_from_the_same_text_in_the_source() -> None:
    assert list(pieces("\\x1b \x1b")) == [(False, "\\x1b "), (True, "\\x1b")]
    assert list(pieces("a\nb\r", lines=True)) == [(False, "a\nb"), (True, "\\x0d")]


@given(st.one_of(st.text(), st.binary()))
def test_shown_text_is_printable_and_encodes(text: str | bytes) -> None:
    shown = visible(text)
    assert shown.isprintable() or {unicodedata.category(c) for c in shown
                                   if not c.isprintable()} <= {"Cn"}
    shown.encode("utf-8")
    assert visible(shown) == shown
    assert "".join(part for _, part in pieces(text)) == shown


@pytest.mark.parametrize(("text", "prose"), [
    ("Version 1.0.1 of left-pad was published.", "Version `1.0.1` of left-pad was published."),
    ("by (mallory@mail.example), twice", "by (`mallory@mail.example`), twice"),
    ("1. not a list", "1\\. not a list"),
    ("1) not a list", "1\\) not a list"),
    ("(see 2), or 4). Or 5. And 6) too", "(see 2), or 4). Or 5. And 6) too"),
    ("replaced by String.prototype.padStart().",
     "replaced by `String.prototype.padStart()`."),
    ('the text "use f(x), (g(y))" (v2.0.0).', 'the text "use `f(x)`, (`g(y)`)" (`v2.0.0`).'),
    ("ends here... 'quoted'", "ends here... 'quoted'"),
    ("- nor this", "`-` nor this"),
    ("but this - it is in a line", "but this - it is in a line"),
    ("# nor this", "`#` nor this"),
    ("two ``ticks``", "two ``` ``ticks`` ```"),
    ("www.site.example", "`www.site.example`"),
    ("   ", ""),
])
def test_md(text: str, prose: str) -> None:
    assert md(text) == prose


def test_a_pipe_in_a_table_cell_is_shown_as_an_escape() -> None:
    assert cell("a\\|b") == "`a\\\\x7cb`"


def test_code_of_nothing_but_blanks_and_ticks() -> None:
    assert code("`") == "`` ` ``"
    assert code("") == "`  `"


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert fenced("````\nx\r\n").splitlines() == ["`````", "````", "x\\x0d", "", "`````"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\r@", "\uff1d"])
def test_a_formula_is_no_formula(start: str) -> None:
    assert csv_cell(start + "cmd|' /C calc'!A0").startswith("'")


def test_an_ordinary_cell_is_left_alone() -> None:
    assert csv_cell("left-pad 1.0.1") == "left-pad 1.0.1"


def test_code_words_that_stand_together_share_a_span() -> None:
    assert md("at 2026-03-11 08:00:00Z, by a@b.example <b> (x_y z_z) end") == (
        "at `2026-03-11 08:00:00Z`, by `a@b.example <b>` (`x_y` `z_z`) end")


@pytest.mark.parametrize(("text", "shown"), [
    ("from sha512-" + "Ab1+" * 21 + "Zw== to x", "from sha512-Ab1+Ab1+Ab1+A\u2026Ab1+Zw== to x"),
    ("(" + "0123456789abcdef" * 4 + ")", "(0123456789abcdef0123\u202689abcdef)"),
    ("a" * 40, "a" * 40), ("x" * 64, "x" * 64), ("a" * 64 + "z", "a" * 64 + "z"),
    ("sha512-" + "A" * 20, "sha512-" + "A" * 20),
])
def test_a_digest_is_shortened_in_its_middle_and_nothing_else_is(text: str, shown: str) -> None:
    assert brief(text) == shown
