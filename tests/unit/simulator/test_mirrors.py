"""What a mirror does to a document is what the product is known to do."""

from typing import Any

import pytest

from simulator import Clock, Npm, Request, Response


@pytest.fixture
def npm() -> Npm:
    registry = Npm(Clock("2026-03-01T12:00:00+00:00"))
    for version, days in (("1.0.0", 300), ("1.1.0", 30), ("1.2.0", 2)):
        registry.publish("paint", version, by="ada", at=registry.clock.ago(days=days))
    return registry


def ask(registry: Npm, path: str = "/paint") -> tuple[Response, dict[str, Any]]:
    answer = registry.respond(Request(path))
    assert answer.status == 200
    return answer, answer.json()


def test_artifactory(npm: Npm) -> None:
    mirror = npm.through("artifactory")
    answer, document = ask(mirror)
    assert document["time"]["unpublished"] is None
    assert answer.header("x-jfrog-version")
    assert answer.header("cf-ray") is None
    assert b'"dist" : {' in answer.body
    tarball = document["versions"]["1.1.0"]["dist"]["tarball"]
    assert tarball == mirror.base_url + "api/npm/npm-remote/paint/-/paint-1.1.0.tgz"
    assert "signatures" not in ask(mirror, "/paint/1.1.0")[1]["dist"]
    assert "signatures" in document["versions"]["1.1.0"]["dist"]
    assert "unpublished" not in ask(npm)[1]["time"]


def test_artifactory_keeps_a_real_tombstone(npm: Npm) -> None:
    npm.unpublish_all("paint")
    document = ask(npm.through("artifactory"))[1]
    assert document["time"]["unpublished"]["versions"] == ["1.0.0", "1.1.0", "1.2.0"]


def test_a_mirror_below_a_path_answers_there(npm: Npm) -> None:
    base = "https://mirror.example/api/npm/npm-remote/"
    mirror = npm.through("artifactory", base_url=base)
    document = ask(mirror, "/api/npm/npm-remote/paint")[1]
    tarball = document["versions"]["1.1.0"]["dist"]["tarball"]
    assert tarball == base + "paint/-/paint-1.1.0.tgz"
    assert mirror.respond(Request(tarball.removeprefix("https://mirror.example"))).status == 200


def test_nexus_fills_times_with_now(npm: Npm) -> None:
    del npm.documents["paint"]["time"]["1.1.0"]
    answer, document = ask(npm.through("nexus"))
    assert not {"_id", "_rev"} & set(document)
    assert document["time"]["1.1.0"] == "2026-03-01T12:00:00.000Z"
    assert (answer.header("server") or "").startswith("Nexus/")


@pytest.mark.parametrize("product", ["verdaccio", "cnpm"])
def test_caches_keep_what_the_origin_took_down(npm: Npm, product: str) -> None:
    mirror = npm.through(product)
    ask(mirror)
    npm.unpublish("paint", "1.2.0")
    npm.publish("paint", "1.3.0", by="ada")
    document = ask(mirror)[1]
    assert set(document["versions"]) == {"1.0.0", "1.1.0", "1.2.0", "1.3.0"}
    assert set(ask(npm)[1]["versions"]) == {"1.0.0", "1.1.0", "1.3.0"}


def test_verdaccio_has_its_own_revision(npm: Npm) -> None:
    document = ask(npm.through("verdaccio"))[1]
    assert document["_rev"] == "0-0000000000000000"
    assert "_uplinks" in document
    assert "description" not in document


def test_gitlab_and_cdn_have_no_times(npm: Npm) -> None:
    gitlab, cdn = ask(npm.through("gitlab"))[1], ask(npm.through("cdn"))[1]
    assert "time" not in gitlab
    assert "time" not in cdn
    assert "_npmUser" not in gitlab["versions"]["1.0.0"]
    assert "signatures" in cdn["versions"]["1.0.0"]["dist"]


def test_age_gate_hides_young_versions_twice(npm: Npm) -> None:
    document = ask(npm.through("agegate"))[1]
    assert set(document["versions"]) == {"1.0.0", "1.1.0"}
    assert "1.2.0" not in document["time"]
    assert document["dist-tags"] == {"latest": "1.1.0"}
    assert document["time"]["modified"] > document["time"]["1.1.0"]


def test_unknown_product(npm: Npm) -> None:
    with pytest.raises(ValueError, match="mirror product 'other'"):
        npm.through("other").respond(Request("/paint"))
