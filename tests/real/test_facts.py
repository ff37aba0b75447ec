"""The facts of real registry documents come out exactly."""

from collections import Counter

import pytest

from regforensics.analyze.compare.compare import compare
from regforensics.model.change import Change
from tests.support.documents import SHARED, holds, shared

pytestmark = pytest.mark.shared_data


def changes(old: str, new: str) -> list[Change]:
    found = list(compare(shared(old, "EX-000001"), shared(new, "EX-000002")))
    bodies = {"EX-000001": (SHARED / old).read_bytes(), "EX-000002": (SHARED / new).read_bytes()}
    for change in found:
        assert all(holds(c, bodies[c.exhibit]) for c in change.citations)
    assert "hash-drift" not in {c.kind for c in found}
    return found


def kinds(found: list[Change]) -> Counter[str]:
    return Counter(c.kind for c in found if not c.representation and c.kind != "metadata-changed")


@pytest.mark.parametrize(("name", "ghosts"), [
    ("chalk", {"5.6.1": "2025-09-08T13:13:05.239Z"}),
    ("debug", {"4.4.2": "2025-09-08T13:12:39.973Z"}),
    ("lodash", {}), ("left-pad", {})])
def test_withdrawn_versions(name: str, ghosts: dict[str, str]) -> None:
    snapshot = shared(f"npm/{name}/2026-08-02.json")
    times = {v: snapshot.times[v].value for v in snapshot.withdrawn}
    assert {v: t.text for v, t in times.items() if t} == ghosts


def test_loose_spellings_are_the_same_version() -> None:
    snapshot = shared("npm/express/2020-11-06.json")
    assert len(snapshot.respelled) == 28
    assert snapshot.respelled["1.0.0beta"] == "1.0.0-beta"
    assert set(snapshot.withdrawn) == {"2.0.0-pre", "3.0.0beta5"}


def test_tombstones() -> None:
    new, old = shared("npm/nethix/2026-08-02.json"), shared("npm/cjhooker-test/2026-08-02.json")
    for snapshot in (new, old):
        assert snapshot.state == "unpublished"
        assert snapshot.withdrawn == ()
    assert new.tombstone and new.tombstone.at and new.tombstone.by is None
    assert new.tombstone.at.value.text == "2022-03-11T21:21:03.814Z"
    assert new.modified and new.modified.value.utc.year == 2026
    assert old.tombstone and old.tombstone.by and old.tombstone.by.value == "cjhooker"
    assert old.tombstone.versions and old.tombstone.versions.value == ("0.0.1",)
    assert set(old.times) == {"0.0.1", "0.0.2"}


def test_security_holder_created_after_a_version() -> None:
    snapshot = shared("npm/flatmap-stream/2026-08-02.json")
    assert snapshot.state == "held"
    assert snapshot.withdrawn == ("11.1.1",)
    time = snapshot.times["11.1.1"].value
    assert snapshot.created and time and snapshot.created.value.utc > time.utc


def test_babylon_a_real_unpublish() -> None:
    found = changes("npm/babylon/2017-02-27.json", "npm/babylon/2017-03-28.json")
    counted = kinds(found)
    assert counted["version-added"] == 5
    assert [c.version for c in found if c.kind == "version-removed"] == ["7.0.0-beta.0-ranges"]
    assert [c.before for c in found if c.kind == "dist-tag-removed"] == [
        "7.0.0-beta.0-ranges"]
    assert counted["owner-removed"] == 7
    assert "owner-added" not in counted


def test_pinkie_publishers_rewritten() -> None:
    found = changes("npm/pinkie/2017-03-28.json", "npm/pinkie/2020-10.json")
    assert kinds(found) == {"publisher-changed": 9, "time-added": 1}
    assert {c.after for c in found if c.kind == "publisher-changed"} == {"npm"}
    assert [c.version for c in found if c.kind == "time-added"] == ["2.0.5"]


def test_lodash_deprecations_cleared() -> None:
    counted = kinds(changes("npm/lodash/2016-09-07.json", "npm/lodash/2016-10-12.json"))
    assert counted["deprecated-cleared"] == 42
    assert counted["version-added"] == 5


def test_lodash_a_control_pair() -> None:
    found = changes("npm/lodash/2024-08-04.json", "npm/lodash/2026-08-02.json")
    assert {c.version for c in found if c.kind == "version-added"} == {
        "4.17.23", "4.18.0", "4.18.1"}
    assert {c.before for c in found if c.kind == "owner-removed"} == {"bnjmnt4n", "mathias"}
    assert [(c.before, c.after) for c in found if c.kind == "dist-tag-moved"] == [
        ("4.17.21", "4.18.1")]
    assert [c.version for c in found if c.kind == "deprecated-set"] == ["4.18.0"]


def test_flask_is_representation_only() -> None:
    found = changes("pypi/flask/simple-a.json", "pypi/flask/simple-b.json")
    assert [(c.kind, c.where, c.representation) for c in found] == [
        ("metadata-changed", "/alternate-locations", True)]


def test_django_and_celery() -> None:
    assert kinds(changes("pypi/django/simple-earlier.json",
                         "pypi/django/simple-later.json")) == {"version-added": 7}
    counted = kinds(changes("pypi/celery/2019-12.json", "pypi/celery/2023-06.json"))
    assert counted["version-added"] == 47
    assert counted["yanked"] == 4


@pytest.mark.parametrize(("old", "new"), [
    ("npm/chalk/2020-09-22.json", "npm/chalk/2026-08-02.json"),
    ("npm/left-pad/2016-09-07.json", "npm/left-pad/2026-08-02.json"),
    ("npm/lodash/2016-10-12.json", "npm/lodash/2024-08-04.json")])
def test_years_of_backfilled_hashes_and_signatures_are_no_drift(old: str, new: str) -> None:
    found = changes(old, new)
    assert all(c.representation for c in found if c.kind == "hash-added")
    assert [c for c in found if c.where == "signatures" and not c.representation] == []
