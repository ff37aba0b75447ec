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

_HEADER = re.compile(rb"\[\[?\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*([.\]])")
_HASH = re.compile(rb"[0-9a-fA-F]{32,128}")
_ADDRESS = re.compile(rb"https?://[^\"'\s]+")
_LONGEST = 1 << 20  # bytes of one table
_DEEP = re.compile(rb"\.(?:[A-Za-z0-9_\-\s\"']{0,80}\.){60}")  # keys below keys, which cost most


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
    for block in _blocks(source, name.encode()):
        first, last = block[0], block[-1]
        whole = source.rows(first.number, last.number, "")
        data = whole.line.data
        if len(data) > _LONGEST or _DEEP.search(data):
            yield Passed("", f"a table of more than {_LONGEST} bytes, or of very long keys", whole)
            continue
        try:
            held = tomllib.loads(data.decode("utf-8"))[name][0]
        except (ValueError, RecursionError, KeyError, IndexError, TypeError) as error:
            yield Passed("", f"a table that cannot be read: {str(error)[:200]}", whole)
            continue
        if not isinstance(held.get("name"), str) or not held["name"]:
            yield Passed("", "a table without a name", whole)
            continue
        yield Table(held, whole, dict(_places(block)))


def _blocks(source: Source, name: bytes) -> Iterator[list[Line]]:
    block: list[Line] = []
    for line, _ in source.lines():
        header = _HEADER.match(line.data)
        if header is None:
            if block and line.data.strip() and not line.data.lstrip().startswith(b"#"):
                block.append(line)
        elif header[1] == name and header[2] == b"." and block:
            block.append(line)
        else:
            if block:
                yield block
            block = [line] if header[1] == name and line.data.startswith(b"[[") else []
    if block:
        yield block


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
