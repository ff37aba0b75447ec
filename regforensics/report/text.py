r"""Hostile text on its way out: visible on a terminal, inert in Markdown, harmless in a table.

The evidence keeps the exact bytes; what is shown is for reading. A character that a reader
cannot see, or that moves the ones beside it, is shown as an escape: ``\x1b`` below U+0080 and
for a byte that is no UTF-8, ``\u202e`` or ``\U000e0041`` above. A backslash stays as it is, so
an escape in the shown text may also be one that stands in the source; HTML marks its own.
"""

import re
from collections.abc import Iterator
from functools import cache

# Unicode general categories Cc, Cf, Cs, Co, Zl, Zp and Zs without U+0020; characters that are
# drawn as nothing (variation selectors, fillers, joiners, braille blank); the noncharacters.
_UNSEEN = (
    "\x00-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164"
    "\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
_HIDDEN = re.compile(f"[{_UNSEEN}]")
_PLAIN = re.compile(r"(?!https?\b)[^\W\d_]+(?:['/-][^\W\d_]+)*|\d+", re.IGNORECASE)
_LIST = re.compile(r"\d+[.)]")
_STOPS = ".,;:)\"'?"
#: A digest as registries print it: ``sha512-`` and base64, or 64 to 128 hex digits.
DIGEST = re.compile(r"\bsha(?:256|384|512)-[A-Za-z0-9+/]{43,86}={0,2}"
                    r"|(?<![0-9A-Za-z])[0-9a-fA-F]{64,128}(?![0-9A-Za-z])")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")


@cache
def _hidden_but_line_feed() -> re.Pattern[str]:
    return re.compile(f"(?!\n)[{_UNSEEN}]")


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that decoding could not read (surrogateescape)
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _decoded(text: str | bytes) -> str:
    return text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text


def pieces(text: str | bytes, *, lines: bool = False) -> Iterator[tuple[bool, str]]:
    """(is an escape, text to show) in order; ``lines`` leaves line feeds as they are."""
    source, done = _decoded(text), 0
    for found in (_hidden_but_line_feed() if lines else _HIDDEN).finditer(source):
        if done < found.start():
            yield False, source[done:found.start()]
        yield True, _escape(found[0])
        done = found.end()
    if done < len(source):
        yield False, source[done:]


def visible(text: str | bytes, *, lines: bool = False) -> str:
    """``text`` with every unseen or moving character as an escape: safe on a terminal."""
    pattern = _hidden_but_line_feed() if lines else _HIDDEN
    return pattern.sub(lambda found: _escape(found[0]), _decoded(text))


def code(text: str | bytes) -> str:
    """``text`` as one Markdown code span, in which nothing is markup (CommonMark 6.1)."""
    shown = visible(text)
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if not shown.strip(" ") or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(text: str | bytes) -> str:
    """``text`` as a Markdown code block whose fence is longer than any in the text."""
    shown = visible(text, lines=True)
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}\n{shown}\n{fence}"


def md(text: str | bytes) -> str:
    """``text`` as a run of Markdown prose that holds no markup (CommonMark, GFM).

    A word of letters or of digits stands as it is, and so do brackets, quote marks and stops
    around a word; other words become code spans, because GFM links addresses after it has
    removed backslashes, so that escaping does not stop it.
    """
    done, coded = list[str](), ""
    for head, body, tail in map(_word, filter(None, visible(text).split(" "))):
        started = bool(done or coded)
        plain = (not body or _PLAIN.fullmatch(body) is not None
                 or (started and body == "-"))  # a list marker where the run starts a line
        if coded and (plain or head):
            done.append(code(coded))
            coded = ""
        if plain and not started and _LIST.fullmatch(body + tail):
            done.append(f"{body}\\{tail}")  # so are "1." and "1)"
        elif plain:
            done.append(head + body + tail)
        elif tail or head:
            done.append(head + code(f"{coded} {body}".lstrip(" ")) + tail)
            coded = ""
        else:
            coded = f"{coded} {body}".lstrip(" ")
    return " ".join(done + [code(coded)] * bool(coded))


def brief(text: str) -> str:
    """``text`` with each digest shortened in its middle; whole ones stand in appendix A."""
    return DIGEST.sub(lambda found: short_digest(found[0]), text)


def short_digest(digest: str) -> str:
    """The two ends of a digest: 20 characters of its start, 8 of its end."""
    return f"{digest[:20]}\u2026{digest[-8:]}"


def cell(text: str | bytes) -> str:
    r"""``md`` for a table cell: a pipe is shown as ``\x7c``, since renderers disagree on it."""
    return md(text).replace("|", "\\x7c")


def csv_cell(text: str | bytes) -> str:
    """``text`` for a CSV cell that no spreadsheet takes for a formula (a leading quote mark)."""
    decoded = _decoded(text)
    return ("'" if _FORMULA.match(decoded) else "") + visible(decoded)


def _word(word: str) -> tuple[str, str, str]:
    """A word without the brackets, quote marks and stops around it, which are no markup."""
    rest = word.lstrip("(\"'")
    body = rest.rstrip(_STOPS)
    while body.count("(") > body.count(")") and rest[len(body):].startswith(")"):
        body += ")"  # the bracket was opened inside the word: f()
    return word[:len(word) - len(rest)], body, rest[len(body):]


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def bar(count: int | None, most: int, width: int) -> str:
    """``count`` as marks, of which ``most`` has ``width``; a count above zero has one at least."""
    if not count or most <= 0:
        return ""
    return "#" * max(1, round(width * count / most))
