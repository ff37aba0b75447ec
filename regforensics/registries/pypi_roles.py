"""Who has a role in a project that the JSON API does not know: the question that a 404 leads to.

A quarantined project still answers it, a deleted one answers with an empty list (warehouse
legacy/api/xmlrpc/views.py, ``package_roles``); the answer is cached for up to 48 hours.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from regforensics.model.package import PackageRef
from regforensics.model.roles import Held, RolesAnswer
from regforensics.registries import xmlrpc
from regforensics.registries.base import ABSENT, Part, Query, Wanted

KIND = "pypi-absence"


def ask(package: PackageRef, base_url: str, answered: Sequence[Part],
        wanted: Wanted) -> Iterator[Query]:
    """One call, where the JSON API answered that there is no such project; with the journal the
    roles are asked for anyway."""
    if package.registry == "pypi" and not wanted.journal and any(
            part.kind == "pypi-json" and part.observation.status in ABSENT for part in answered):
        body = xmlrpc.call("package_roles", f"<string>{escape(package.name)}</string>")
        yield xmlrpc.query(package, base_url, KIND, "roles", body, spare=True)


def read(package: PackageRef, part: Part) -> Iterator[RolesAnswer]:
    """The roles. Raises UnreadableInput where the answer is no list."""
    if part.observation.status in ABSENT:  # a mirror that does not take such calls
        return
    found = xmlrpc.listed(part)
    yield RolesAnswer(package=package, observation=part.observation, anchor=found,
                      roles=tuple(Held(user, role) for role, user in xmlrpc.pairs(found)))
