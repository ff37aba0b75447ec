"""What a capture brought, for people: what matters line by line, what is alike in one line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from regforensics.cli.console import Talk, out, size
from regforensics.cli.holding import warn, words

_ALIKE = 4  # so many rows of one sort are named one by one


def show(rows: Iterable[Mapping[str, Any]], told: dict[tuple[str, ...], str] | None = None
         ) -> None:
    """Print the rows of one target; ``told`` keeps which signs were told in full, and of whom."""
    told = {} if told is None else told
    for (_, whole), group in groupby(sorted(rows, key=_sort), key=_sort):
        alike = list(group)
        for line in _folded(alike) if not whole and len(alike) > _ALIKE else map(_line, alike):
            out(line)
        for row in alike:
            warn(row)
            for line in _signs(row, told):
                Talk.say(line)
            if row.get("note"):
                Talk.say(f"note: {row['target']}: {row['note']}")


def _signs(row: Mapping[str, Any], told: dict[tuple[str, ...], str]) -> Iterator[str]:
    """The signs of a mirror, in full for the first target that shows them."""
    signs = tuple(row.get("signs", ()))
    if signs and signs in told:
        yield f"    mirror? {row['target']}: as for {told[signs]} above"
        return
    told[signs] = row["target"]
    for sign in signs:
        yield f"    mirror? {row['target']}: {sign}"


def _sort(row: Mapping[str, Any]) -> tuple[str, bool]:
    """(what folds together, whether it never folds): states, failures and findings never do."""
    if row.get("error") or "state" in row or row.get("oddities") or row.get("advisories") \
            or row.get("check") in ("mismatch", "unchecked"):
        return "", True
    return f"{row.get('kind')} {row['outcome']}", False


def _line(row: Mapping[str, Any]) -> str:
    start = f"{row['outcome']:<10}{row['target']}  "
    if row.get("error"):
        return f"{start}{row['error']}"
    if "check" in row:
        return f"{start}{row['exhibit']}  {words(row)}"
    looks = f"  looks like: {row['origin']}" if "origin" in row else ""
    held = f"  {_advisories(row)}" if "advisories" in row else ""
    return (f"{start}{row['exhibit']}  {row['kind']}  {row['status']}  {size(row['size'])}{looks}"
            f"{held}")


def _advisories(row: Mapping[str, Any]) -> str:
    count, malware = row["advisories"], row["malware"]
    return (f"{count or 'no'} advisor{'y' if count == 1 else 'ies'}"
            + (f" ({malware} malware)" if malware else ""))


def _folded(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One line for many; ``list`` and ``--json`` name each."""
    first = rows[0]
    whole = sum(row["size"] or 0 for row in rows)
    held = "; each matches every digest that is stated for it" if "check" in first else ""
    yield (f"{first['outcome']:<10}{first['target']}  {len(rows)} documents, {first['kind']}"
           f"  {first['status']}  {size(whole)}{held}")
