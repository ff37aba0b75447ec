"""Packuments in their historical and odd shapes."""

import time
from typing import Any

import pytest

from tests.support.documents import answers, encoded, holds, packument, read


def test_every_leaf_is_cited_by_its_own_bytes() -> None:
    body = encoded(packument(versions={"1.0.0": {"deprecated": "use 2"}, "2.0.0": {}}))
    release = read(body).releases["1.0.0"]
    file = release.artifacts[0]
    facts = [release.anchor, release.published, release.publisher, release.owners,
             release.deprecated, file.url, *file.digests.values()]
    for fact in facts:
        assert fact is not None
        assert all(holds(c, body) for c in fact.citations)
    assert release.publisher and release.publisher.citations[0].quote == b'"name":"ada"'
    assert release.publisher.citations[0].where == "/versions/1.0.0/_npmUser/name"


@pytest.mark.parametrize(("value", "expected"), [
    ("text", "text"), ("", None), (False, None), (True, "True"), (None, None)])
def test_deprecated_is_a_text_and_nothing_else(value: Any, expected: str | None) -> None:
    release = read(encoded(packument(versions={"1.0.0": {"deprecated": value}}))).releases["1.0.0"]
    assert (release.deprecated.value if release.deprecated else None) == expected


@pytest.mark.parametrize("odd", [
    {"dist": "gone"}, {"_npmUser": "ada"}, {"maintainers": "ada <ada@paint.example>"},
    {"maintainers": [None, 3]}, {"scripts": []}, {"version": 7}, {"_npmUser": {"name": 9}}])
def test_a_manifest_of_another_shape_gives_fewer_facts(odd: dict[str, Any]) -> None:
    document = packument()
    document["versions"]["1.0.0"] |= odd
    body = encoded(document)
    release = read(body).releases["1.0.0"]
    assert all(holds(c, body) for c in release.anchor.citations)


@pytest.mark.parametrize("versions", [[], "x", None, 7])
def test_versions_and_time_of_another_type(versions: Any) -> None:
    snapshot = read(encoded({"name": "paint", "versions": versions, "time": versions}))
    assert list(snapshot.releases) == []
    assert snapshot.state == "present"


def test_a_version_may_be_any_text() -> None:
    body = encoded(packument(versions={"../../etc/passwd": {}, "<script>": {}, "a/b~c": {}}))
    snapshot = read(body)
    for release in snapshot.releases.values():
        assert all(holds(c, body) for c in release.anchor.citations)
    assert snapshot.releases["a/b~c"].anchor.citations[0].where == "/versions/a~1b~0c/version"


def test_unpublished_null_is_a_mirrors_habit_and_no_tombstone() -> None:
    document = packument()
    document["time"]["unpublished"] = None
    snapshot = read(encoded(document))
    assert snapshot.state == "present"
    assert any("null" in tell.sign for tell in snapshot.origin)


@pytest.mark.parametrize(("unpublished", "by"), [
    ({"time": "2025-01-02T00:00:00.000Z", "versions": ["1.0.0"]}, None),
    ({"name": "ada", "time": "2025-01-02T00:00:00.000Z", "tags": {"latest": "1.0.0"},
      "maintainers": [], "versions": ["1.0.0"]}, "ada"),
    ("2025-01-02T00:00:00.000Z", None)])
def test_the_three_shapes_of_a_tombstone(unpublished: Any, by: str | None) -> None:
    body = encoded({"_id": "paint", "name": "paint", "time": {
        "created": "2024-01-01T00:00:00.000Z", "1.0.0": "2024-01-01T00:00:00.100Z",
        "unpublished": unpublished}})
    stone = read(body).tombstone
    assert stone and stone.at and stone.at.value.text == "2025-01-02T00:00:00.000Z"
    assert (stone.by.value if stone.by else None) == by
    assert all(holds(c, body) for c in (*stone.at.citations, *stone.anchor.citations))


def test_a_missing_time_map_is_said() -> None:
    document = packument()
    del document["time"]
    snapshot = read(encoded(document))
    assert snapshot.releases["1.0.0"].published is None
    assert any("no time map" in gap.reason for gap in snapshot.gaps)


def test_an_unreadable_time_is_a_gap_with_its_line() -> None:
    document = packument()
    document["time"]["1.0.0"] = "yesterday"
    snapshot = read(encoded(document))
    assert snapshot.releases["1.0.0"].published is None
    assert [g.citations[0].quote for g in snapshot.gaps] == [b'"1.0.0":"yesterday"']


def test_repeated_keys_are_said_with_both_lines() -> None:
    body = encoded(packument()).replace(
        b'"versions":{', b'"versions":{"1.0.0":{"version":"1.0.0"},', 1)
    gaps = [g for g in read(body).gaps if "more than once" in g.reason]
    assert [c.where for c in gaps[0].citations] == ["/versions/1.0.0", "/versions/1.0.0"]
    assert all(holds(c, body) for c in gaps[0].citations)


@pytest.mark.parametrize("status", [404, 410, 451])
def test_an_answer_that_there_is_nothing_is_the_state_absent(status: int) -> None:
    snapshot = answers("npm:paint", ("packument", status, b'{"error":"Not found"}'))
    assert snapshot.state == "absent"
    assert snapshot.state_fact and snapshot.state_fact.citations[0].quote == b'"error":"Not found"'


def test_an_answer_about_another_package_is_not_read_as_this_one() -> None:
    snapshot = answers("npm:paint", ("packument", 200, encoded(packument("pain"))))
    assert snapshot.state == "unreadable"
    assert "npm:pain" in snapshot.gaps[0].reason


def test_thousands_of_loose_spellings_are_told_apart_at_once() -> None:
    document = packument(versions={f"1.0.{n}-beta": {} for n in range(10_000)})
    document["time"] |= {f"1.0.{n}beta": "2024-01-01T00:00:00.000Z" for n in range(10_000)}
    document["time"] |= {"1.0.0" + "-" * 300: "2024-01-01T00:00:00.000Z"}
    snapshot = read(encoded(document))
    start = time.process_time()
    assert len(snapshot.respelled) == 10_000
    assert snapshot.withdrawn == ("1.0.0" + "-" * 300,)
    assert time.process_time() - start < 1.0
