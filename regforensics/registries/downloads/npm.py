"""The npm downloads API: ranges, counts per version, registry-wide days.

npm/registry docs/download-counts.md: one name and 18 months at once, or 128 unscoped names and
365 days; counts begin on 2015-01-10. A longer range is moved or cut without a word, so the start
and end of each answer are held against the address that was asked.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from urllib.parse import quote

from regforensics.evidence.jsonraw import Raw, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document, Leaf
from regforensics.evidence.pointers import escape
from regforensics.model.citation import derive
from regforensics.model.claim import Gap
from regforensics.model.downloads import Count, Days, DownloadCounts, LastWeek, RegistryDay
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part, Query
from regforensics.registries.downloads.ranges import block, day_of, number_of, unread, windows

RANGE, VERSIONS, TOTAL = "npm-downloads", "npm-version-downloads", "npm-total-downloads"
EARLIEST = date(2015, 1, 10)
MOST_DAYS, MOST_DAYS_BULK, MOST_NAMES = 547, 365, 128
_ACCEPT = "application/json"
_ASKED = re.compile(r"/downloads/(?:range|point)/(\d{4}-\d\d-\d\d):(\d{4}-\d\d-\d\d)(?:/|$)")


def version_queries(packages: Iterable[PackageRef], base_url: str) -> tuple[Query, ...]:
    """The counts per version of the last seven days, one question a package."""
    root = base_url.rstrip("/")
    return tuple(
        Query(f"{root}/versions/{quote(p.full_name, safe='@')}/last-week", _ACCEPT, VERSIONS,
              VERSIONS, p.at(None), optional=True, base_url=base_url) for p in packages)


def range_queries(packages: Sequence[PackageRef], days: Days, base_url: str,
                  most_days: int = MOST_DAYS) -> tuple[Query, ...]:
    """The daily counts of every package: unscoped names together, scoped and single ones singly.

    Days before the first that npm counted are not asked for.
    """
    days = Days(max(days.first, EARLIEST), days.last)
    alone = [p for p in packages if p.namespace is not None]
    plain = [p for p in packages if p.namespace is None]
    found = []
    for start in range(0, len(plain), MOST_NAMES):
        group = plain[start:start + MOST_NAMES]
        if len(group) == 1:
            alone += group
            continue
        names = ",".join(quote(p.name, safe="") for p in group)
        found += [_range(base_url, part, names, None) for part in windows(days, MOST_DAYS_BULK)]
    found += [_range(base_url, part, quote(p.full_name, safe="@/"), p.at(None))
              for p in alone for part in windows(days, most_days)]
    return tuple(found)


def total_queries(days: Iterable[date], base_url: str) -> tuple[Query, ...]:
    """The downloads of the whole registry on each of some days."""
    root = base_url.rstrip("/")
    return tuple(Query(f"{root}/downloads/point/{day}:{day}", _ACCEPT, TOTAL, TOTAL, None,
                       base_url=base_url) for day in days)


def _range(base_url: str, days: Days, names: str, subject: PackageRef | None) -> Query:
    url = f"{base_url.rstrip('/')}/downloads/range/{days.first}:{days.last}/{names}"
    return Query(url, _ACCEPT, RANGE, RANGE, subject, optional=True, base_url=base_url)


def asked(part: Part) -> Days | None:
    """The days in the address that was asked, or None for a handed-over file."""
    found = _ASKED.search(part.entry.url or "") if part.entry else None
    first, last = (day_of(found[1]), day_of(found[2])) if found else (None, None)
    return Days(first, last) if first and last else None


def names_in(document: Document) -> tuple[str, ...]:
    """The packages that an answer is about: one, none, or those of a bulk answer."""
    if "downloads" in document.top and ("start" in document.top or "package" in document.top):
        name = decoded(document.top["package"]) if "package" in document.top else None
        return (name,) if isinstance(name, str) else ()
    return tuple(document.top)


def recognises(document: Document) -> str | None:
    """The kind of a saved answer, by its shape."""
    top = document.top
    if {"downloads", "start", "end"} <= set(top):
        return RANGE if "package" in top else TOTAL
    if set(top) == {"package", "downloads"} and members_of(top["downloads"]):
        return VERSIONS
    inside = [members_of(raw) for raw in top.values()]
    told = [{"downloads", "start", "end", "package"} <= set(m) for m in inside]
    empty = [bytes(raw) == b"null" for raw in top.values()]
    return RANGE if any(told) and all(map(any, zip(told, empty, strict=True))) else None


def counts(package: PackageRef, part: Part, document: Document
           ) -> Iterator[DownloadCounts | Gap]:
    """The daily counts of ``package`` in a single or a bulk answer."""
    top, name = document.top, package.full_name
    if "downloads" in top and "start" in top:
        if names_in(document) == (name,):
            yield from _series(package, part, document, top, "")
        elif part.subject is not None:
            yield unread(package, part, "the answer is about another package",
                         *_leaf(document, top, "", "package"))
    elif members_of(top.get(name)):
        yield from _series(package, part, document, members_of(top[name]), "/" + escape(name))
    elif name in top:
        yield Gap(f"how often {package.target} was downloaded ({part.kind})",
                  "a bulk answer holds nothing under its name: the service does not know it, or no"
                  " longer does", package, "the registry's operator",
                  document.leaf(top[name], "", name).citations)
    elif part.subject is not None:
        yield unread(package, part, "the answer holds no counts of the package")


def _series(package: PackageRef, part: Part, document: Document, members: dict[str, Raw],
            at: str) -> Iterator[DownloadCounts | Gap]:
    start, end = (_leaf(document, members, at, key) for key in ("start", "end"))
    first, last = (day_of(f[0].value) if f else None for f in (start, end))
    listed = members.get("downloads")
    if listed is None or first is None or last is None:
        yield unread(package, part, "it does not say from which day to which it counts")
        return
    rows, odd = _rows(document, listed, f"{at}/downloads")
    if odd:
        yield unread(package, part, f"{len(odd)} of its days cannot be read", *odd)
    wanted, covers, bounds = asked(part), Days(first, last), derive(None, *start, *end)
    yield DownloadCounts(
        package=package.at(None), service="npm", observation=part.observation, asked=wanted,
        covers=covers, rows=rows, bounds=bounds, whole=block(document, listed, at, "downloads"),
        lists_zeros=True)


def _rows(document: Document, listed: Raw, at: str) -> tuple[tuple[Count, ...], list[Leaf]]:
    """Each day with its object as the citation, and the objects that are none."""
    rows, odd = [], []
    for index, raw in enumerate(items_of(listed)):
        value = decoded(raw)
        value = value if isinstance(value, dict) else {}
        day, count = day_of(value.get("day")), number_of(value.get("downloads"))
        fact = document.leaf(raw, f"{at}/{index}", None, count)
        if day is None or count is None:
            odd.append(fact)
        else:
            rows.append(Count(day, fact))
    return tuple(rows), odd


def last_week(package: PackageRef, part: Part, document: Document
              ) -> Iterator[LastWeek | Gap]:
    """The counts per version."""
    named = document.top.get("package")
    if named is None or decoded(named) != package.full_name:
        yield unread(package, part, "the answer is about another package, or names none")
        return
    listed, found, odd = document.top.get("downloads"), {}, []
    for version, raw in members_of(listed).items():
        fact = document.leaf(raw, "/downloads", version, number_of(decoded(raw)))
        if fact.value is None:
            odd.append(fact)
        else:
            found[version] = fact
    if odd:
        yield unread(package, part, f"{len(odd)} of its counts are no numbers", *odd)
    yield LastWeek(package=package.at(None), observation=part.observation, versions=found,
                   whole=block(document, listed, "", "downloads") if listed else None)


def registry_day(package: PackageRef, part: Part, document: Document
                 ) -> Iterator[RegistryDay]:
    """The registry-wide count of one day (of none, where the answer is about more than one)."""
    if "package" in document.top or package.registry != "npm":
        return
    first, last = (_leaf(document, document.top, "", key) for key in ("start", "end"))
    day = day_of(first[0].value) if first else None
    listed = document.top.get("downloads")
    count = number_of(decoded(listed)) if listed is not None else None
    if day and last and day == day_of(last[0].value) and listed is not None and count is not None:
        fact = document.leaf(listed, "", "downloads", count)
        yield RegistryDay(day=day, downloads=derive(count, fact, *first, *last),
                          observation=part.observation)


def _leaf(document: Document, members: dict[str, Raw], at: str, key: str) -> tuple[Leaf, ...]:
    """The fact at a key, or none."""
    return (document.leaf(members[key], at, key),) if key in members else ()
