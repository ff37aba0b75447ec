"""Whatever a registry's document holds, every analyzer comes to an end, and what it cites holds."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.analyze.compare.drift import find_drift
from regforensics.analyze.custody.inventory import inventory
from regforensics.analyze.running import run_all
from tests.unit.analyze.documents import (
    MIRROR,
    Case,
    check,
    file,
    npm,
    pypi,
    scope,
    simple,
    version,
)

PACKUMENT = npm(
    {"1.0.0": "06:00", "1.0.1": "07:00", "1.2.0": "08:00"},
    {v: version(v, scripts={"install": "x"}, deprecated="old", maintainers=[{"name": who}],
                dependencies={"line": "ada/line", v: "1"}, gitHead="0123", _npmVersion="11.15.0",
                _nodeVersion="22.1.0", _npmOperationalInternal={
                    "tmp": f"tmp/paint_{v}_1772431200000_0.5"}, _npmUser={
                    "name": who, "email": f"{who}@inbox.example", "approver": {"name": who},
                    "trustedPublisher": {"id": "github", "oidcConfigId": f"oidc:{v}"}})
     for v, who in (("1.0.0", "ada"), ("1.0.1", "ben"))})
RELEASES = {"2.0": [file("paint-2.0.tar.gz", "07:00", yanked="bad"),
                    file("paint-2.0-py3-none-any.whl", "2026-04-01T00:00:00Z")], "0.1": []}
JSON, SIMPLE = pypi(RELEASES, roles={"ada": "Owner"}), simple(RELEASES)
IN_QUESTION = scope("npm:paint@1.0.1", "pypi:paint@2.0")
ODD: st.SearchStrategy[Any] = st.sampled_from([
    None, True, False, 0, -1, 1.5, "", "x", "1.0.0", "{braces} {0}", "a/b~c",
    "2026-03-02T00:00:00.000Z", "\ud800", [], [None], [[]], {}, {"name": 1}, {"": {}},
    {"time": "x", "versions": [1]}])


def places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything below a value."""
    pairs: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [p for k, v in pairs for p in ((*at, k), *places(v, (*at, k)))]


def bent(document: dict[str, Any], changes: list[tuple[int, Any, bool]]) -> dict[str, Any]:
    """The document with odd values in some places, or without them."""
    made = copy.deepcopy(document)
    for index, odd, drop in changes:
        paths = [p for p in places(made) if p != ("name",)]
        *above, last = paths[index % len(paths)]
        holder: Any = made
        for step in above:
            holder = holder[step]
        if drop:
            del holder[last]
        else:
            holder[last] = copy.deepcopy(odd)
        if not places(made):
            break
    return made


CHANGES = st.lists(st.tuples(st.integers(0, 10_000), ODD, st.booleans()), max_size=4)


def holds(case: Case) -> None:
    """No analyzer fails, and every claim holds."""
    claims, _, failed = run_all([case.history()], IN_QUESTION)
    assert failed == ()
    for claim in claims:
        check(case, claim)
    find_drift([case.history()])
    inventory([case.history()], IN_QUESTION)


@settings(max_examples=150, deadline=None)
@given(CHANGES, CHANGES, CHANGES, st.booleans())
def test_bent_packuments(one: Any, two: Any, three: Any, mirrored: bool) -> None:
    case = Case("npm:paint").at("09:00", bent(PACKUMENT, one)).at("10:00", bent(PACKUMENT, two))
    case.at(None, bent(PACKUMENT, three), registry=MIRROR if mirrored else "")
    holds(case)


@settings(max_examples=100, deadline=None)
@given(CHANGES, CHANGES, CHANGES, CHANGES)
def test_bent_pypi_answers(one: Any, two: Any, three: Any, four: Any) -> None:
    case = Case("pypi:paint").at("09:00", bent(JSON, one), bent(SIMPLE, two))
    holds(case.at("10:00", bent(JSON, three), bent(SIMPLE, four)))


def test_the_documents_that_are_bent_are_whole() -> None:
    assert json.loads(json.dumps(bent(PACKUMENT, []))) == PACKUMENT
