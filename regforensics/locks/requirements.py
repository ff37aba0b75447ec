"""requirements.txt and constraints.txt: what is pinned with == or ===.

Source: pip's requirements file format, PEP 508 and PEP 440.
"""

import re
from collections.abc import Iterator

from regforensics.evidence.lines import Line, LineFact
from regforensics.locks.base import Entry, Kind, Source, elsewhere_of, entry
from regforensics.model.locked import LockedFile, Passed

_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]{0,1000}\])?\s*(.*)",
                   re.DOTALL)
_PINNED = re.compile(r"\(?\s*(===?)\s*([^\s;,#)\\]+)\s*\)?\s*(?:;.*|--.*|#.*)?", re.DOTALL)
_HASH = re.compile(r"--hash[= ](md5|sha1|sha256|sha384|sha512):([0-9a-fA-F]+)")
_EGG = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9._-]+)")
_ADDRESS = re.compile(r"(?:[a-z]+\+)?[a-z]+:/|\.{0,2}/", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_LONGEST = 1 << 16  # characters of a line
_INCLUDES = ("-r", "--requirement", "-c", "--constraint")
_OPTIONS = {**dict.fromkeys(_INCLUDES, "another file is named: hand that over too"),
            **dict.fromkeys(("-e", "--editable"), "an editable folder or repository")}


def read(source: Source) -> Iterator[Entry]:
    """Each logical line: a backslash at the end of a line goes on in the next."""
    joined: list[tuple[Line, str]] = []
    for line, text in source.lines():
        joined.append((line, text[:_LONGEST]))
        if not text.endswith("\\"):
            yield from _logical(source, joined)
            joined = []
    yield from _logical(source, joined)


def _logical(source: Source, joined: list[tuple[Line, str]]) -> Iterator[Entry]:
    texts = [_COMMENT.sub("", text.rstrip("\\")).strip() for _, text in joined]
    text = " ".join(filter(None, texts)).lstrip("\ufeff")
    if not text:
        return
    numbers = [line.number for (line, _), part in zip(joined, texts, strict=True) if part]
    whole = source.rows(numbers[0], numbers[-1], "")
    option = re.split(r"[\s=]", text, maxsplit=1)[0]
    if option in _OPTIONS:
        yield Passed(text[:200], _OPTIONS[option], whole)
        return
    if option.startswith("-"):
        return
    if _ADDRESS.match(text):
        egg, away = _EGG.search(text), elsewhere_of(text) or "it comes from an address of its own"
        yield entry("pypi", egg[1], None, whole, elsewhere=away) if egg else Passed(
            text[:200], away, whole)
        return
    named = _NAME.fullmatch(text)
    if named is None:
        yield Passed(text[:200], "a line that is no requirement", whole)
        return
    yield _requirement(named[1], named[2], joined, whole)


def _requirement(name: str, rest: str, joined: list[tuple[Line, str]],
                 whole: LineFact[str]) -> Entry:
    if rest.startswith("@"):
        return entry("pypi", name, None, whole, elsewhere=elsewhere_of(rest[1:].strip())
                     or "it comes from an address of its own")
    pinned = _PINNED.fullmatch(rest)
    version = pinned[2] if pinned and (pinned[1] == "===" or not pinned[2].endswith(".*")) else None
    files = [LockedFile(None, {found[1]: LineFact(found[2], line)})
             for line, text in joined for found in _HASH.finditer(text)]
    return entry("pypi", name, version, LineFact(version or "", whole.line), files=files)


def _shaped(head: bytes) -> bool:
    """Known by its name, or by hashes: a list of names may be anything."""
    return b" --hash=sha256:" in head and re.search(
        rb"^[A-Za-z0-9._-]+(?:\[[^\]\n]*\])?==", head, re.MULTILINE) is not None


KIND = Kind("requirements", "requirements and constraints files with pinned versions",
            re.compile(r"[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in|pip|lock)|requirements"
                       r"|requirements/[^/]+\.(?:txt|in)"), read, _shaped, ".txt",
            ("*requirements*", "*constraints*", "requirements/*.txt", "requirements/*.in"))
