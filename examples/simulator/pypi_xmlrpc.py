"""XML-RPC of a simulated PyPI: the journal and the roles, made from its own list of events."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xmlrpc.client import Fault, dumps, loads

from simulator.web import Request

if TYPE_CHECKING:
    from simulator.pypi import PyPI

PATHS = frozenset({("pypi",), ("pypi", ""), ("RPC2",)})


def answer(pypi: "PyPI", request: Request) -> bytes:
    """The response document; a fault is one too."""
    parameters, method = loads(request.body)
    if pypi.journal_fault:
        return dumps(Fault(-32500, pypi.journal_fault)).encode()
    calls: dict[str, Callable[..., Any]] = {
        "changelog_since_serial": _changes, "changelog_last_serial": _last,
        "package_roles": _roles, "user_packages": _projects}
    if method is None or method not in calls:
        return dumps(Fault(-32601, f"server error; requested method not found: {method}")).encode()
    result = calls[method](pypi, *parameters)
    return dumps((result,), methodresponse=True, allow_none=True).encode()


def _changes(pypi: "PyPI", since: Any) -> list[list[Any]]:
    rows = [[row.name, row.version, int(row.at.timestamp()), row.action, row.serial]
            for row in pypi.journal if row.serial > since]
    return rows[:pypi.journal_page]


def _last(pypi: "PyPI") -> int:
    return pypi.serial


def _projects(pypi: "PyPI", user: Any) -> list[list[str]]:
    return [[project.roles[user], project.name] for project in pypi.projects.values()
            if user in project.roles]


def _roles(pypi: "PyPI", name: Any) -> list[list[str]]:
    project = pypi.projects.get(re.sub(r"[-_.]+", "-", str(name)).lower())
    return [[role, user] for user, role in project.roles.items()] if project else []
