"""What a 404 of the JSON API means, by the answers that were asked for with it."""

from xmlrpc.client import Fault, dumps

import pytest

from regforensics.errors import UnreadableInput
from regforensics.model.roles import RolesAnswer
from tests.unit.analyze.documents import Case, claimed, file, pypi, simple

RELEASES = {"1.0": [file("paint-1.0.tar.gz", "08:00")]}
ADA = [["Owner", "ada"]]


def case(page: object, roles: list[list[str]] | Fault | None) -> Case:
    """A capture whose JSON API answered 404."""
    made = Case("pypi:paint").at("10:00", None, page)
    if roles is not None:
        body = dumps(roles if isinstance(roles, Fault) else (roles,), methodresponse=True)
        made.beside("10:01", "pypi-absence", body.encode())
    return made


@pytest.mark.parametrize(("page", "roles", "meaning"), [
    (simple({}, status="quarantined"), ADA, "So the project is quarantined, not deleted."),
    (None, [], "So the project was deleted, or there never was one of that name."),
    (None, ADA, "So the project was not deleted long ago"),
    (simple(RELEASES), ADA, "So the project is there: the answers are out of step")])
def test_the_answers_together_tell_the_states_apart(
        page: object, roles: list[list[str]], meaning: str) -> None:
    (claim,) = claimed(case(page, roles), "publish.absence-means")
    assert meaning in claim.statement
    assert ("ada (Owner)" in claim.statement) == bool(roles)
    assert len({c.exhibit for c in claim.citations}) >= 2


def test_without_roles_and_for_a_project_that_is_there_nothing_is_concluded() -> None:
    assert claimed(case(None, None), "publish.absence-means") == []
    there = Case("pypi:paint").at("10:00", pypi(RELEASES), simple(RELEASES))
    assert claimed(there, "publish.absence-means") == []


@pytest.mark.parametrize("body", [
    dumps(Fault(1, "no"), methodresponse=True).encode(), b"<a", b"<methodResponse/>",
    b'<!DOCTYPE x [<!ENTITY a "b">]><methodResponse>&a;</methodResponse>'])
def test_faults_and_hostile_xml_are_refused(body: bytes) -> None:
    made = Case("pypi:paint").at("10:00", None, None).beside("10:01", "pypi-absence", body)
    with pytest.raises(UnreadableInput):
        made.history().of(RolesAnswer)


def test_it_is_told_once_while_it_stays_so() -> None:
    made = Case("pypi:paint")
    for hour in ("10", "11", "12"):
        made.at(f"{hour}:00", None, None)
        made.beside(f"{hour}:01", "pypi-absence", dumps(([],), methodresponse=True).encode())
    assert len(claimed(made, "publish.absence-means")) == 1


def test_a_project_that_an_earlier_capture_shows_was_deleted() -> None:
    made = Case("pypi:paint").at("09:00", pypi(RELEASES), simple(RELEASES)).at("10:00", None, None)
    made.beside("10:01", "pypi-absence", dumps(([],), methodresponse=True).encode())
    (claim,) = claimed(made, "publish.absence-means")
    assert "So the project was deleted: the capture of " in claim.statement
    assert "never was" not in claim.statement
