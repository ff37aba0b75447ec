"""npm's search for the packages of one maintainer (npm/registry docs/REGISTRY-API.md, search).

It is the only public way to list an account's packages: ranked by relevance, eventually
consistent, and without packages whose every version is deprecated. It is no inventory.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from regforensics.endpoints import NPM_REGISTRY
from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.jsonraw import Raw, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.model.account import AccountAnswer, Reached
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.registries.base import ABSENT, Part, Query, Wanted

KIND = "npm-search"
PAGE = 250  # the most that one answer holds
MOST_PAGES = 20
_FROM = re.compile(r"[?&]from=(\d{1,6})(?:&|$)")


class NpmUser:
    """What an npm account can publish: ``npm-user:LOGIN``."""

    name = "npm-user"
    default_url = NPM_REGISTRY

    def queries(self, package: PackageRef, base_url: str) -> tuple[Query, ...]:
        """The first page."""
        return (self._page(package, base_url, 0),)

    def follow_ups(self, package: PackageRef, base_url: str, answered: Sequence[Part],
                   _wanted: Wanted, /) -> tuple[Query, ...]:
        """The further pages, as long as pages hold anything, at most MOST_PAGES in all."""
        last = answered[-1] if answered and len(answered) < MOST_PAGES else None
        document = last.document if last is not None else None
        if last is None or document is None or not items_of(document.top.get("objects")):
            return ()
        following = _start(last) + PAGE
        total = _number(document.at("/total"))
        return (self._page(package, base_url, following),) if following < total else ()

    def _page(self, account: PackageRef, base_url: str, start: int) -> Query:
        url = f"{base_url.rstrip('/')}/-/v1/search?text=maintainer%3A" \
              f"{quote(account.name, safe='')}&size={PAGE}&from={start}"
        return Query(url, "application/json", KIND, "search", account)


def read(package: PackageRef, part: Part) -> Iterator[AccountAnswer | Gap]:
    """The rows of one page: all of them for the account, those of ``package`` for a package.

    Raises UnreadableInput where it is no page of search results.
    """
    account, document = part.subject, part.document
    if account is None or (package.is_account and package != account):
        return
    if part.observation.status in ABSENT:
        if package.is_account:
            yield Gap("what the account can publish", "the registry does not answer searches"
                      " (mirrors and private registries often do not)", account)
        return
    if document is None or "objects" not in document.top:
        raise UnreadableInput("no page of search results was answered", offset=0)
    if not package.is_account and package.name.encode() not in document.body:
        return  # the usual case, where many packages are in the evidence
    rows = items_of(document.top["objects"])
    found = [row for index, raw in enumerate(rows[:PAGE])
             if (row := _row(account, document, f"/objects/{index}/package",
                             members_of(members_of(raw).get("package"))))]
    mine = tuple(r for r in found if package.is_account or r.package == package.at(None))
    total = document.at("/total")
    if package.is_account and len(found) < len(rows):
        yield Gap("whether the account can publish more of the packages that the search found",
                  f"{len(rows) - len(found)} of {len(rows)} results do not name it as a"
                  " maintainer", account)
    if package.is_account or mine:
        yield AccountAnswer(
            account=account, observation=part.observation, packages=mine, start=_start(part),
            run=(part.entry.run or "") if part.entry else "", held=len(rows),
            total=total if total is not None and type(total.value) is int else None)


def _row(account: PackageRef, document: Document, at: str,
         inside: dict[str, Raw]) -> Reached | None:
    name, role = _text(document, at, inside, "name"), _role(account, document, at, inside)
    try:
        package = PackageRef.parse(f"npm:{name.value}") if name is not None else None
    except WrongUsage:
        package = None
    if name is None or package is None or role is None:
        return None
    publisher = members_of(inside.get("publisher"))
    stated = _text(document, at, inside, "date")
    try:
        moment = Instant.parse(stated.value) if stated else None
    except ValueError:
        moment = None
    return Reached(
        package.at(None), name, role, _text(document, at, inside, "version"),
        document.leaf(inside["date"], at, "date", moment) if moment else None,
        _text(document, f"{at}/publisher", publisher, "username"))


def _role(account: PackageRef, document: Document, at: str,
          inside: dict[str, Raw]) -> Fact[str] | None:
    for index, raw in enumerate(items_of(inside.get("maintainers"))[:1000]):
        person = members_of(raw)
        for key in ("username", "name"):
            if key in person and decoded(person[key]) == account.name:
                return document.leaf(person[key], f"{at}/maintainers/{index}", key)
    return None


def _text(document: Document, at: str, inside: dict[str, Raw], key: str) -> Fact[str] | None:
    fact: Fact[str] | None = document.leaf(inside[key], at, key) if key in inside else None
    return fact if fact is not None and isinstance(fact.value, str) and fact.value \
        and len(fact.value) <= 1 << 12 else None


def _start(part: Part) -> int:
    asked = _FROM.search((part.entry.url or "") if part.entry else "")
    return int(asked[1]) if asked else 0


def _number(fact: Fact[object] | None) -> int:
    return fact.value if fact is not None and type(fact.value) is int else 0
