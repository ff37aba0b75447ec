"""requirements.txt and constraints.txt: what is pinned with == or ===.

Source: pip's requirements file format (its lines end where ``str.splitlines`` ends them, a
backslash joins two without a blank, and a comment goes to the end of what is joined), PEP 508 and
PEP 440. Every pattern here takes time in proportion to its text.
"""

import re
from collections.abc import Iterator, Sequence

from regforensics.evidence.lines import Line, LineFact, lines_of
from regforensics.locks.base import Entry, Kind, Source, elsewhere_of, entry
from regforensics.model.locked import LockedFile, Passed

_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*+(?:\[[^\]]*+\])?\s*+(.*)",
                   re.DOTALL)
_REST = re.compile(r";|(?:^|\s)-")  # where the versions end: a marker, or options
_HASH = re.compile(r"--hash[= ](md5|sha1|sha256|sha384|sha512):([0-9a-fA-F]+)")
_EGG = re.compile(r"(?:^|&)egg=([A-Za-z0-9._-]+)")
_ADDRESS = re.compile(r"(?:[a-z]+\+)?[a-z]+:/|\.{0,2}/", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)#")
_WHOLE = re.compile(r"\s*+#")  # a line that is nothing else goes on in no other
_CODING = re.compile(rb"#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_PLAIN = re.compile(rb"utf-?8(?:-sig)?|u8|(?:us-)?ascii|latin-?1|iso-?8859-\d+"
                    rb"|(?:cp|windows-)125\d", re.IGNORECASE)
#: What ends a line to ``str.splitlines`` beside LF, in UTF-8.
_END = re.compile(rb"[\r\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]")
_LONGEST = 1 << 20  # characters of a line with those that it goes on in
_INCLUDES = ("-r", "--requirement", "-c", "--constraint")
_OPTIONS = {**dict.fromkeys(_INCLUDES, "another file is named: hand that over too"),
            **dict.fromkeys(("-e", "--editable"), "an editable folder or repository")}


def read(source: Source) -> Iterator[Entry]:
    """Each logical line: a backslash at the end of a line goes on in the next."""
    for start in source.body[:4096].split(b"\n")[:2]:
        coding = _CODING.match(start.lstrip(b"\xef\xbb\xbf"))
        if coding and not _PLAIN.fullmatch(coding[1]):
            raise source.refused(f"it says that it is written in {coding[1][:40].decode()}:"
                                 " write it as UTF-8")
    joined, size = list[tuple[Line, str]](), 0
    for line, text in _lines(source):
        joined.append((line, text))
        size += len(text)
        if size > _LONGEST and len(joined) > 1:
            del joined[1:]
        if not text.endswith("\\") or _WHOLE.match(text):
            yield from _logical(source, joined, size)
            joined, size = [], 0
    yield from _logical(source, joined, size)


def _lines(source: Source) -> Iterator[tuple[Line, str]]:
    """Every line as pip cuts them. Why each is cited by itself: many of them may stand in what is
    one line to sed and grep, and be cited each with all of that."""
    for line in lines_of(source.label, source.sha256, source.body):
        start = 0
        for end in _END.finditer(line.data):
            yield _part(line, start, end.start())
            start = end.end()
        if not start:
            yield line, _text(line.data)
        elif start < len(line.data):
            yield _part(line, start, len(line.data))


def _part(line: Line, start: int, end: int) -> tuple[Line, str]:
    data = line.data[start:end]
    return Line(line.exhibit, line.sha256, line.number, line.start + start, data), _text(data)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def _logical(source: Source, joined: Sequence[tuple[Line, str]], size: int) -> Iterator[Entry]:
    if size > _LONGEST:
        first = joined[0][0]
        yield Passed("", f"a line of more than {_LONGEST} characters",
                     source.cut(first.start, first.start + min(len(first.data), 200), ""))
        return
    ends = [text.rstrip("\\") for _, text in joined[:-1]] + [text for _, text in joined[-1:]]
    text = _COMMENT.split("".join(ends).removesuffix("\\"), maxsplit=1)[0].strip()
    if not text:
        return
    told = [line for line, part in joined if part.strip()]
    whole = source.cut(told[0].start, told[-1].start + len(told[-1].data), "")
    option = re.split(r"[\s=]", text, maxsplit=1)[0]
    if option in _OPTIONS:
        yield Passed(text[:200], _OPTIONS[option], whole)
        return
    if option.startswith("-"):
        return
    if _ADDRESS.match(text):
        egg, away = _EGG.search(text.partition("#")[2]), elsewhere_of(text) \
            or "it comes from an address of its own"
        yield entry("pypi", egg[1], None, whole, elsewhere=away) if egg else Passed(
            text[:200], away, whole)
        return
    named = _NAME.fullmatch(text)
    if named is None:
        yield Passed(text[:200], "a line that is no requirement", whole)
        return
    yield _requirement(named[1], named[2], joined, whole)


def _requirement(name: str, rest: str, joined: Sequence[tuple[Line, str]],
                 whole: LineFact[str]) -> Entry:
    if rest.startswith("@"):
        return entry("pypi", name, None, whole, elsewhere=elsewhere_of(rest[1:].strip())
                     or "it comes from an address of its own")
    asked = _REST.split(rest, maxsplit=1)[0].strip()
    if asked.startswith("("):
        asked = asked[1:].removesuffix(")")
    pins = [pin for clause in asked.split(",") if (pin := _pin(clause.strip())) is not None]
    if any(re.search(r"\s", pin) for pin in pins):
        return Passed("", f"a version that cannot be read: {asked[:80]!a}", whole)
    files = [LockedFile(None, {found[1]: LineFact(found[2], line)})
             for found in _HASH.finditer(_COMMENT.split(rest, maxsplit=1)[0])
             if (line := next((line for line, text in joined if found[0] in text), None))]
    version = pins[0] if pins else None
    return entry("pypi", name, version, LineFact(version or "", whole.line), files=files)


def _pin(clause: str) -> str | None:
    """The version that a clause pins, or None for one that leaves a choice."""
    exact = clause.startswith("===")
    version = clause[3 if exact else 2:].strip() if clause.startswith("==") else ""
    return version if version and (exact or not version.endswith(".*")) else None


def _shaped(head: bytes) -> bool:
    """Known by its name, or by hashes: a list of names may be anything."""
    return b" --hash=sha256:" in head and re.search(
        rb"^[A-Za-z0-9._-]+(?:\[[^\]\n]*\])?==", head, re.MULTILINE) is not None


KIND = Kind("requirements", "requirements and constraints files with pinned versions",
            re.compile(r"[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in|pip|lock)|requirements"
                       r"|requirements/[^/]+\.(?:txt|in)"), read, _shaped, ".txt",
            ("*requirements*", "*constraints*", "requirements/*.txt", "requirements/*.in"))
