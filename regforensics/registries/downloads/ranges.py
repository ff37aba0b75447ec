"""What the readers of all counting services share: windows of days, numbers, absences."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from regforensics.evidence.jsonraw import Raw
from regforensics.evidence.jsontree import Document, Leaf
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.downloads import Days
from regforensics.model.package import PackageRef
from regforensics.registries.base import ABSENT, Part

#: Rows that are longer than this together are not quoted as one (bytes).
MOST_QUOTED = 1 << 17
_MOST_DIGITS = 18
_YEARS = range(1990, 2100)
_SHOWN = 5


def windows(days: Days, most: int) -> Iterator[Days]:
    """``days`` in order, cut into stretches of ``most`` days at the most."""
    first = days.first
    while first <= days.last:
        last = min(days.last, first + timedelta(most - 1))
        yield Days(first, last)
        first = last + timedelta(1)


def day_of(value: Any) -> date | None:
    """A day as ``YYYY-MM-DD``, also at the head of a time; None for anything else.

    Days far from those of any registry are nothing else: no answer makes a reader walk centuries.
    """
    if not isinstance(value, str) or len(value) < 10 or value[10:11] not in ("", "T", " "):
        return None
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return None
    return day if value[4] == value[7] == "-" and day.year in _YEARS else None


def number_of(value: Any) -> int | None:
    """A count, also one in quotes (64-bit integers come so); None for anything else."""
    if isinstance(value, str):
        plain = value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS
        return int(value) if plain else None
    return value if type(value) is int and 0 <= value < 10 ** _MOST_DIGITS else None


def spanned(days: Iterable[date]) -> Days | None:
    """From the first to the last of some days, or None where there is none."""
    known = list(days)
    return Days(min(known), max(known)) if known else None


def block(document: Document, raw: Raw, parent: str, key: str | None) -> Leaf | None:
    """All rows as one fact, where they are short enough to quote."""
    return document.leaf(raw, parent, key, None) if len(memoryview(raw)) <= MOST_QUOTED else None


def parameters(part: Part) -> Mapping[str, str]:
    """What was asked for, by the names in the address; the last of a name counts."""
    url = part.entry.url if part.entry else None
    return {name: values[-1] for name, values in parse_qs(urlsplit(url or "").query).items()}


def absent(package: PackageRef, part: Part) -> Gap | None:
    """That a service knows no such name, where the answer is that."""
    if part.observation.status not in ABSENT:
        return None
    line = part.observation.line
    return Gap(f"how often {package.target} was downloaded ({part.kind})",
               f"the service answered {part.observation.status}: it does not know the name, or no"
               " longer does", package, "the registry's operator", line.citations if line else ())


def unread(package: PackageRef, part: Part, why: str, *facts: Fact[Any]) -> Gap:
    """That an answer, or a part of it, could not be read as counts; some of it is quoted."""
    return Gap(f"what {part.observation.label} ({part.kind}) counts", why, package,
               citations=tuple(c for fact in facts[:_SHOWN] for c in fact.citations))
