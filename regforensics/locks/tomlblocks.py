"""The ``[[package]]`` tables of a TOML lockfile, each read by itself with the lines it stands in.

Why by table: TOML readers give values and no places. A table ends where the next one that is not
below it begins, so that its lines are known, and one broken table does not hide the others.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from regforensics.evidence.lines import Line, LineFact
from regforensics.locks.base import Source, stated
from regforensics.model.citation import Fact
from regforensics.model.locked import LockedFile, Passed

_HEADER = re.compile(rb"(\[\[?)[ \t]*+([A-Za-z0-9_-]++)[ \t]*+"
                     rb"(?:(\.)|\]\]?[ \t]*+(?:#|\r?$))")
_ODD = re.compile(rb"\[\[?[ \t]*+[\"']")  # a header that needs a TOML reader, or a value of a list
_HASH = re.compile(rb"[0-9a-fA-F]{32,128}")
_ADDRESS = re.compile(rb"https?://[^\"'\s]+")
_LONGEST = 1 << 20  # bytes of one table
_WHOLE = 4 << 20  # bytes that are read as a whole
_LONGEST_HEADER = 1000  # bytes of a header in an odd form, and how many such are looked at
_MOST_ODD = 10_000
_KEYS = re.compile(rb"[A-Za-z0-9_\-\s\"'.]{60,}+")  # keys below keys, which cost most
_DEEPEST = 60
_OTHER = "read as a whole it has"


@dataclass(slots=True)
class Table:
    """One table: its values, the whole of it as a fact, and where digests and addresses stand."""

    values: Mapping[str, Any]
    line: LineFact[str]
    places: dict[str, Line] = field(default_factory=dict)

    def word(self, *keys: str) -> str | None:
        """The text at a way of keys, or None."""
        here: Any = self.values
        for key in keys:
            here = here.get(key) if isinstance(here, dict) else None
        return here if isinstance(here, str) and here else None

    def fact(self, text: str | None) -> Fact[str] | None:
        """A digest or address with the line that it stands in."""
        line = self.places.get((text or "").lower())
        return LineFact(text, line) if text and line is not None else None

    def files(self, *lists: object) -> Iterator[LockedFile]:
        """The files that lists of tables name: ``file``, ``name`` or ``url``, and their hashes."""
        for held in lists:
            for one in held if isinstance(held, list) else [held]:
                if isinstance(one, dict):
                    yield self._file(one)

    def _file(self, one: Mapping[str, Any]) -> LockedFile:
        url = one.get("url") if isinstance(one.get("url"), str) else None
        name = next((one[k] for k in ("file", "name") if isinstance(one.get(k), str)), None)
        if name is None and url:
            name = re.split(r"[?#]", url)[0].rpartition("/")[2] or None
        texts = one.get("hash"), one.get("hashes")
        pairs = [found for text in texts if isinstance(text, str) and (found := stated(text))]
        for held in texts:
            if isinstance(held, dict):
                pairs += [(k, v) for k, v in held.items() if isinstance(v, str)]
        digests = {kind: fact for kind, value in pairs if (fact := self.fact(value)) is not None}
        return LockedFile(name, digests, self.fact(url))


def tables(source: Source, name: str) -> Iterator[Table | Passed]:
    """Every table of a name; what is none that can be read as Passed."""
    found = blocks = 0
    for block in _blocks(source, name):
        blocks += 1
        first, last = block[0], block[-1]
        whole = source.cut(first.start, last.start + len(last.data), "")
        data = whole.line.data
        if len(data) > _LONGEST or _is_deep(data):
            yield Passed("", f"a table of more than {_LONGEST} bytes, or of very long keys", whole)
            continue
        try:
            every = tomllib.loads(data.decode("utf-8"))[name]
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            yield Passed("", f"a table that cannot be read: {str(error)[:200]}", whole)
            continue
        for held in every:
            found += 1
            if not isinstance(held, dict) or not isinstance(held.get("name"), str) \
                    or not held["name"]:
                yield Passed("", "a table without a name", whole)
            else:
                yield Table(held, whole, dict(_places(block)))
    if (why := _otherwise(source, name, found)) is not None and (blocks or why.startswith(_OTHER)):
        yield Passed("", why)


def _otherwise(source: Source, name: str, found: int) -> str | None:
    """Why the tables that were found line by line may not be those of the file. They are, unless
    text over several lines holds what looks like a header, or a value before the first header
    lists them."""
    body = source.body
    if b'"""' not in body and b"'''" not in body:
        at = next((line.start for line, _ in source.lines() if line.data.lstrip()[:1] == b"["),
                  len(body))
        body = body[:at]
        if not re.search(rb"(?m)^[ \t]*+[^#\s]", body):
            return None
        found = 0
    try:
        if len(body) > _WHOLE or _is_deep(body):
            return f"text over several lines in more than {_WHOLE} bytes, or very long keys"
        every = tomllib.loads(body.decode("utf-8")).get(name, [])
    except (ValueError, RecursionError) as error:
        return f"it is not TOML throughout: {str(error)[:200]}"
    count = len(every) if isinstance(every, list) else 1
    return None if count == found else \
        f"{_OTHER} {count} tables of this name, and line by line {found}"


def _blocks(source: Source, name: str) -> Iterator[list[Line]]:
    block: list[Line] = []
    odd = _MOST_ODD
    for line, _ in source.lines():
        text = line.data.lstrip()
        plain = _HEADER.match(text)
        header = (plain[2].decode(), plain[1] == b"[[" and plain[3] is None,
                  plain[3] is not None) if plain else None
        if header is None and _ODD.match(text):
            odd -= 1
            if odd < 0 or len(text) > _LONGEST_HEADER:
                raise source.refused(f"line {line.number}: too many headers, or too long a one, in"
                                     " a form that no tool writes")
            header = _header(text)
        if header is None:
            if block and text.strip() and not text.startswith(b"#"):
                block.append(line)
        elif header[0] == name and header[2] and block:
            block.append(line)
        else:
            if block:
                yield block
            block = [line] if header[0] == name and header[1] else []
    if block:
        yield block


def _header(text: bytes) -> tuple[str, bool, bool] | None:
    """Of a line that may be a header: its first key, whether it begins a table of a list of that
    name, and whether it is below it; None where it is none."""
    try:
        held = tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    key, value = next(iter(held.items()), ("", None))
    return key, isinstance(value, list), bool(value) and isinstance(value, dict)


def _is_deep(data: bytes) -> bool:
    return any(found[0].count(b".") >= _DEEPEST for found in _KEYS.finditer(data))


def _places(block: Iterable[Line]) -> Iterator[tuple[str, Line]]:
    """Where each digest and each address is first written."""
    seen = set[bytes]()
    for line in block:
        for found in (*_HASH.findall(line.data), *_ADDRESS.findall(line.data)):
            if found not in seen:
                seen.add(found)
                yield found.decode("utf-8", "replace").lower(), line


def ending(source: Source, name: str) -> Mapping[str, Any]:
    """The table ``[name]`` at the end of a file; empty where there is none that can be read."""
    at = source.body.rfind(b"\n[" + name.encode() + b"]")
    try:
        held = tomllib.loads(source.body[at:].decode("utf-8")) if at >= 0 \
            and len(source.body) - at <= 8 * _LONGEST else {}
    except (ValueError, RecursionError):
        return {}
    for part in name.split("."):
        held = held.get(part, {})
        if not isinstance(held, dict):
            return {}
    return held
