"""A YAML file's mappings, each entry with the lines that it stands in. No I/O.

Why events and not documents: they come one at a time, so that depth is bounded and aliases are
refused before anything is multiplied.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from regforensics.locks.base import DEEPEST, Source

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Branch:
    """A value: its text where it is a scalar, its members where it is a mapping, and the first
    and the last line (1-based) that it stands in, its key included."""

    first: int
    last: int
    text: str | None = None
    inside: dict[str, "Branch"] = field(default_factory=dict)

    def at(self, *keys: str) -> "Branch | None":
        """What stands at a way of keys, or None."""
        here: Branch | None = self
        for key in keys:
            here = here.inside.get(key) if here is not None else None
        return here

    def word(self, *keys: str) -> str | None:
        """The text that stands there, or None."""
        found = self.at(*keys)
        return found.text if found is not None else None


def tree(source: Source) -> Branch:
    """The first document of the file. Raises UnreadableInput for what is no YAML, is nested too
    deep, or holds aliases, which lockfiles do not have."""
    if "\x00" in source.path or b"\x00" in source.body:
        raise source.refused("it is not YAML: it holds a NUL byte")
    try:
        return _read(source)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        why = getattr(error, "problem", None) or str(error)[:200] or type(error).__name__
        raise source.refused(f"it is not YAML{where}: {why}") from error


@dataclass(slots=True)
class _Open:
    """A mapping or a list that is being read; ``key`` is the one whose value comes next."""

    branch: Branch
    mapping: bool
    flow: bool
    key: str | None = None
    line: int = 0


def _read(source: Source) -> Branch:
    root, way = Branch(1, 1), list[_Open]()
    for event in yaml.parse(source.body, Loader=_Loader):
        first, last = _lines(event)
        if isinstance(event, yaml.AliasEvent):
            raise source.refused(f"line {first}: an alias, which no lockfile has")
        if isinstance(event, yaml.CollectionEndEvent):
            done = way.pop()
            _shut(way, done.branch, last if done.flow else 0)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(way) >= DEEPEST:
                raise source.refused(f"line {first}: nested deeper than {DEEPEST} levels")
            made = _grown(way, first) if way else root
            way.append(_Open(made, isinstance(event, yaml.MappingStartEvent),
                             bool(event.flow_style)))
        elif isinstance(event, yaml.ScalarEvent):
            if way and way[-1].mapping and way[-1].key is None:
                way[-1].key, way[-1].line = event.value, first
            elif way:
                made = _grown(way, first)
                made.text = event.value
                _shut(way, made, last)
    return root


def _lines(event: Any) -> tuple[int, int]:
    """The first and the last line (1-based) of an event."""
    end = event.end_mark
    return event.start_mark.line + 1, end.line + (1 if end.column else 0)


def _grown(way: list[_Open], line: int) -> Branch:
    """A new value below the last of those that are open."""
    above = way[-1]
    made = Branch(above.line if above.mapping else line, line)
    if above.mapping:
        if above.key in above.branch.inside:
            raise yaml.YAMLError(f"the key {above.key[:80]!a} stands twice, again in line {line}")
        above.branch.inside[above.key or ""] = made
    return made


def _shut(way: list[_Open], done: Branch, last: int) -> None:
    """A value is complete: what holds it reaches as far, and a key comes next."""
    done.last = max(done.last, last)
    if way:
        way[-1].branch.last = max(way[-1].branch.last, done.last)
        way[-1].key = None
