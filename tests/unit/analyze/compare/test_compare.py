"""What changed between two observations, and what only looks different."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from regforensics.analyze.compare.compare import compare
from regforensics.model.change import KINDS, Change
from tests.support.documents import encoded, holds, packument, read

Edit = Callable[[dict[str, Any]], object]
TWO: dict[str, dict[str, Any]] = {"1.0.0": {}, "1.1.0": {}}


def changed(edit: Edit, **top: Any) -> list[Change]:
    old, new = packument(versions=TWO, **top), packument(versions=TWO, **top)
    edit(new)
    one, other = encoded(old), encoded(new)
    found = list(compare(read(one, "OLD"), read(other, "NEW")))
    for change in found:
        assert change.kind in KINDS
        assert all(holds(c, one if c.exhibit == "OLD" else other) for c in change.citations)
    return found


def dist(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["versions"]["1.0.0"]["dist"]
    return found


def remove(document: dict[str, Any]) -> None:
    del document["versions"]["1.1.0"]


@pytest.mark.parametrize(("kind", "version", "edit"), [
    ("hash-drift", "1.0.0", lambda d: dist(d).update(integrity="sha512-other==")),
    ("hash-drift", "1.0.0", lambda d: dist(d).update(shasum="f" * 40)),
    ("version-removed", "1.1.0", remove),
    ("time-removed", "1.1.0", lambda d: d["time"].pop("1.1.0")),
    ("time-changed", "1.0.0", lambda d: d["time"].update({"1.0.0": "2024-05-05T00:00:00.000Z"})),
    ("deprecated-set", "1.0.0", lambda d: d["versions"]["1.0.0"].update(deprecated="no")),
    ("publisher-changed", "1.0.0",
     lambda d: d["versions"]["1.0.0"]["_npmUser"].update(name="mallory")),
    ("trust-changed", "1.0.0",
     lambda d: d["versions"]["1.0.0"]["_npmUser"].update(trustedPublisher={"id": "github"})),
    ("scripts-changed", "1.0.0",
     lambda d: d["versions"]["1.0.0"].update(scripts={"postinstall": "node x"})),
    ("dependencies-changed", "1.0.0",
     lambda d: d["versions"]["1.0.0"].update(dependencies={"evil": "*"})),
    ("dist-tag-moved", "1.0.0", lambda d: d["dist-tags"].update(latest="1.0.0")),
    ("dist-tag-added", "1.0.0", lambda d: d["dist-tags"].update(beta="1.0.0")),
    ("dist-tag-removed", "1.1.0", lambda d: d["dist-tags"].clear()),
    ("owner-added", None, lambda d: d["maintainers"].append({"name": "mallory"})),
    ("owner-removed", None, lambda d: d["maintainers"].clear()),
    ("metadata-changed", "1.0.0", lambda d: d["versions"]["1.0.0"].update(gitHead="abc")),
    ("metadata-changed", None, lambda d: d.update(description="new")),
])
def test_one_edit_is_one_change(kind: str, version: str | None, edit: Edit) -> None:
    found = changed(edit)
    assert [(c.kind, c.version) for c in found] == [(kind, version)]


@pytest.mark.parametrize("edit", [
    lambda d: dist(d).update(signatures=[{"keyid": "k", "sig": "s"}]),
    lambda d: dist(d).update(sha512="new kind"),
    lambda d: dist(d).update(tarball=dist(d)["tarball"].replace("https", "http")),
    lambda d: d.update({"a-new-key": []}),
    lambda d: d.update(_rev="4-def"),
    lambda d: d.update(users={"ada": True})])
def test_a_change_of_representation_is_no_drift(edit: Edit) -> None:
    found = changed(edit)
    assert "hash-drift" not in {c.kind for c in found}
    assert all(c.representation or c.kind == "metadata-changed" for c in found)


def test_an_added_integrity_is_a_second_kind_and_no_drift() -> None:
    old = packument(versions=TWO)
    del dist(old)["integrity"]
    found = compare(read(encoded(old)), read(encoded(packument(versions=TWO))))
    assert [(c.kind, c.where, c.representation) for c in found] == [
        ("hash-added", "integrity", True)]


def test_order_and_white_space_never_matter() -> None:
    document = packument(versions=TWO)
    backwards = json.loads(json.dumps(document),
                           object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    loose = json.dumps(backwards, indent=3).encode()
    assert compare(read(encoded(document)), read(loose)) == ()


def test_a_takeover_shows_publisher_hook_and_tag() -> None:
    def take_over(document: dict[str, Any]) -> None:
        evil = {**document["versions"]["1.1.0"], "version": "1.1.1",
                "_npmUser": {"name": "mallory"}, "scripts": {"postinstall": "node drop.js"}}
        document["versions"]["1.1.1"] = evil
        document["time"]["1.1.1"] = "2025-02-02T00:00:00.000Z"
        document["dist-tags"]["latest"] = "1.1.1"

    found = changed(take_over)
    assert {(c.kind, c.version) for c in found} == {
        ("version-added", "1.1.1"), ("time-added", "1.1.1"), ("publisher-changed", "1.1.1"),
        ("scripts-changed", "1.1.1"), ("dist-tag-moved", "1.1.1")}
    publisher = next(c for c in found if c.kind == "publisher-changed")
    assert (publisher.before, publisher.after) == ("ada", "mallory")
    assert {c.exhibit for c in publisher.citations} == {"OLD", "NEW"}


def test_a_removed_version_is_absent_where_the_change_says() -> None:
    change = changed(remove)[0]
    assert change.absences[0].pointer == "/versions/1.1.0"
    assert change.note == "its time is still in the time map"


def test_a_whole_package_that_went_is_one_change() -> None:
    old = packument(versions=TWO)
    stone = {"_id": "paint", "name": "paint", "time": {
        **old["time"], "unpublished": {"time": "2025-03-03T00:00:00.000Z", "versions": []}}}
    found = compare(read(encoded(old)), read(encoded(stone)))
    assert [(c.kind, c.after) for c in found] == [("tombstoned", "2025-03-03T00:00:00.000Z")]


def test_a_version_that_lost_its_tarball_has_lost_a_file() -> None:
    def lose(document: dict[str, Any]) -> None:
        for member in ("tarball", "shasum", "integrity"):
            dist(document).pop(member)

    change, = [c for c in changed(lose) if not c.representation and c.kind != "metadata-changed"]
    assert (change.kind, change.version) == ("file-removed", "1.0.0")
    assert [a.pointer for a in change.absences] == ["/versions/1.0.0/dist/tarball"]


def test_an_unreadable_tarball_is_not_called_absent() -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["versions"]["1.0.0"]["dist"] = {"tarball": 7}

    assert not [a for c in changed(spoil) for a in c.absences if a.pointer.endswith("/tarball")]


@pytest.mark.parametrize("edit", [
    lambda d: dist(d).update(integrity="sha512-other=="), remove,
    lambda d: d["dist-tags"].update(latest="1.0.0"), lambda d: d["maintainers"].clear(),
    lambda d: d["versions"]["1.0.0"].update(gitHead="abc"), lambda d: d.update(description="new"),
    lambda d: d["time"].update({"1.0.0": "2024-05-05T00:00:00.000Z"}),
    lambda d: d["versions"]["1.0.0"]["_npmUser"].update(name="mallory")])
def test_what_was_before_is_marked(edit: Edit) -> None:
    for change in changed(edit):
        was = set(change.was)
        assert was == {c for c in change.citations if c.exhibit == "OLD"}
        assert bool(was) == (change.before is not None)
