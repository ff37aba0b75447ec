"""The projects in which a PyPI account has a role of its own (XML-RPC ``user_packages``).

Roles through organisations and teams are not in it (warehouse legacy/api/xmlrpc/views.py).
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from xml.sax.saxutils import escape

from regforensics.endpoints import PYPI_URL
from regforensics.errors import WrongUsage
from regforensics.model.account import AccountAnswer, Reached
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.registries import xmlrpc
from regforensics.registries.base import ABSENT, Part, Query, Wanted

KIND = "pypi-user-packages"


class PypiUser:
    """What a PyPI account can publish: ``pypi-user:LOGIN``."""

    name = "pypi-user"
    default_url = PYPI_URL

    def queries(self, package: PackageRef, base_url: str) -> tuple[Query, ...]:
        """One call."""
        body = xmlrpc.call("user_packages", f"<string>{escape(package.name)}</string>")
        return (xmlrpc.query(package, base_url, KIND, "projects", body, optional=False),)

    def follow_ups(self, _package: PackageRef, _base_url: str, _answered: Sequence[Part],
                   _wanted: Wanted, /) -> tuple[Query, ...]:
        """Nothing: the answer is whole."""
        return ()


def read(package: PackageRef, part: Part) -> Iterator[AccountAnswer | Gap]:
    """All projects for the account, or ``package`` alone for a package.

    Raises UnreadableInput where the answer is no list.
    """
    account = part.subject
    if account is None or (package.is_account and package != account):
        return
    if part.observation.status in ABSENT:
        if package.is_account:
            yield Gap("what the account can publish", "the index does not take such questions",
                      account)
        return
    data, found = xmlrpc.listed(part), []
    for role, name in xmlrpc.pairs(data):
        if package.is_account or _same(name.value, package):
            with suppress(WrongUsage):
                found.append(Reached(PackageRef.parse(f"pypi:{name.value}").at(None), name, role))
    unread = sum(1 for _ in xmlrpc.items(data)) - len(found)
    if unread and package.is_account:
        yield Gap("what else the account can publish",
                  f"{unread} rows of the answer name no project, or stand beyond the limit of this"
                  " tool", account)
    if found or package.is_account:
        yield AccountAnswer(account=account, observation=part.observation, packages=tuple(found),
                            run=(part.entry.run or "") if part.entry else "", held=len(found))


def _same(name: str, package: PackageRef) -> bool:
    return re.sub(r"[-_.]+", "-", name).lower() == package.name and package.registry == "pypi"
