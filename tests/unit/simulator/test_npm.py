"""The simulated npm registry keeps the real one's rules and document shapes."""

import hashlib
import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from simulator import Clock, Npm, Refused, Request, Response, signing
from simulator.npm_manifest import Person
from simulator.signing import KEYID

SHORT = {"Accept": "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"}
SHARED = Path(os.environ.get("REGFORENSICS_SHARED_DATA",
                             Path(__file__).parents[4] / "shared" / "data"))


@pytest.fixture
def npm() -> Npm:
    registry = Npm(Clock("2026-03-01T12:00:00.250+00:00"))
    for version, days in (("1.0.0", 30), ("1.1.0", 20), ("1.2.0-rc.1", 10)):
        registry.publish("paint", version, by="ada", at=registry.clock.ago(days=days),
                         tag="next" if "-" in version else "latest")
    return registry


def get(npm: Npm, path: str, **headers: str) -> Response:
    return npm.respond(Request(path, {k.replace("_", "-"): v for k, v in headers.items()}))


def doc(npm: Npm, name: str = "paint") -> dict[str, Any]:
    answer = get(npm, "/" + name.replace("/", "%2F"))
    assert answer.status == 200
    value: dict[str, Any] = answer.json()
    return value


def test_first_publish_dates_created_before_the_version(npm: Npm) -> None:
    time = doc(npm)["time"]
    assert list(time)[:2] == ["created", "1.0.0"]
    assert time["1.0.0"] == "2026-01-30T12:00:00.250Z"
    assert time["created"] < time["1.0.0"] < time["modified"]
    assert time["modified"] == "2026-02-19T12:00:00.250Z"


def test_dist_is_of_the_tarball_that_is_served(npm: Npm) -> None:
    section = doc(npm)["versions"]["1.1.0"]["dist"]
    assert section["tarball"] == npm.base_url + "paint/-/paint-1.1.0.tgz"
    answer = get(npm, section["tarball"].removeprefix(npm.base_url.rstrip("/")))
    assert answer.header("content-type") == "application/octet-stream"
    assert section["shasum"] == hashlib.sha1(answer.body).hexdigest()
    digest = b64encode(hashlib.sha512(answer.body).digest()).decode()
    assert section["integrity"] == f"sha512-{digest}"


def test_signature_verifies_with_the_key_that_is_served(npm: Npm) -> None:
    key = get(npm, "/-/npm/v1/keys").json()["keys"][0]
    section = doc(npm)["versions"]["1.1.0"]["dist"]
    assert key["keyid"] == KEYID == section["signatures"][0]["keyid"]
    message = f"paint@1.1.0:{section['integrity']}".encode()
    assert signing.verify(key["key"], message, section["signatures"][0]["sig"])
    assert not signing.verify(key["key"], message + b"x", section["signatures"][0]["sig"])


def test_every_write_moves_revision_etag_and_modified(npm: Npm) -> None:
    before, first = doc(npm), get(npm, "/paint")
    npm.tick(60)
    npm.deprecate("paint", "1.0.0", "use 1.1.0")
    after, second = doc(npm), get(npm, "/paint")
    generations = [int(d["_rev"].partition("-")[0]) for d in (before, after)]
    assert generations[1] == generations[0] + 1
    assert after["time"]["modified"] == "2026-03-01T12:01:00.250Z"
    assert first.header("etag") == f'"{hashlib.md5(first.body).hexdigest()}"'
    assert first.header("etag") != second.header("etag")
    assert second.header("last-modified") == "Sun, 01 Mar 2026 12:01:00 GMT"


def test_conditional_requests(npm: Npm) -> None:
    full, short = get(npm, "/paint"), npm.respond(Request("/paint", SHORT))
    etag = full.header("etag") or ""
    fresh = get(npm, "/paint", If_None_Match=etag)
    assert (fresh.status, fresh.body, fresh.header("etag")) == (304, b"", etag)
    assert get(npm, "/paint", If_None_Match=f'W/{etag}, "other"').status == 304
    assert get(npm, "/paint", If_None_Match=short.header("etag") or "").status == 200
    modified = full.header("last-modified") or ""
    assert get(npm, "/paint", If_Modified_Since=modified).status == 304
    assert get(npm, "/paint", If_Modified_Since="Thu, 01 Jan 2015 00:00:00 GMT").status == 200
    assert get(npm, "/paint", If_Modified_Since="no date").status == 200
    assert get(npm, "/paint", If_None_Match='"x"', If_Modified_Since=modified).status == 200


def test_abbreviated_form_lacks_times_people_and_scripts(npm: Npm) -> None:
    npm.publish("paint", "1.3.0", by="ada", scripts={"postinstall": "node x.js"})
    answer = npm.respond(Request("/paint", SHORT))
    document = answer.json()
    assert answer.header("content-type") == "application/vnd.npm.install-v1+json"
    assert set(document) == {"name", "dist-tags", "versions", "modified"}
    assert document["versions"]["1.3.0"]["hasInstallScript"] is True
    assert not {"_npmUser", "maintainers", "scripts"} & set(document["versions"]["1.3.0"])
    assert "hasInstallScript" not in document["versions"]["1.1.0"]


def test_scoped_names_are_one_encoded_segment() -> None:
    npm = Npm(Clock("2026-03-01T12:00:00+00:00"))
    npm.publish("@works/paint", "1.0.0", by="ada")
    assert doc(npm, "@works/paint")["name"] == "@works/paint"
    tarball = doc(npm, "@works/paint")["versions"]["1.0.0"]["dist"]["tarball"]
    assert tarball == npm.base_url + "@works/paint/-/paint-1.0.0.tgz"
    assert get(npm, "/@works/paint/-/paint-1.0.0.tgz").status == 200
    assert get(npm, "/@works%2fpaint/1.0.0").json()["version"] == "1.0.0"


@pytest.mark.parametrize("path", ["/none", "/", "/paint/-/paint-9.9.9.tgz", "/-/nothing",
                                  "/-/npm/v1/attestations/paint@1.0.0", "/a/b/c/d", "/@works"])
def test_unknown_is_the_registrys_own_404(npm: Npm, path: str) -> None:
    answer = get(npm, path)
    assert (answer.status, answer.body) == (404, b'{"error":"Not found"}')
    assert answer.header("content-type") == "application/json"
    assert answer.header("etag") is None


def test_manifest_by_version_and_tag(npm: Npm) -> None:
    assert get(npm, "/paint/1.0.0").json()["version"] == "1.0.0"
    assert get(npm, "/paint/next").json()["version"] == "1.2.0-rc.1"
    assert get(npm, "/paint/9.9.9").json() == "version not found: 9.9.9"


def test_writes_over_http_are_not_taken(npm: Npm) -> None:
    before = npm.documents["paint"]
    assert npm.respond(Request("/paint", method="PUT")).status == 405
    assert npm.documents["paint"] is before


def test_a_version_is_burnt_even_when_unpublished(npm: Npm) -> None:
    npm.unpublish("paint", "1.1.0")
    with pytest.raises(Refused, match="burnt"):
        npm.publish("paint", "1.1.0", by="ada")


def test_only_owners_publish(npm: Npm) -> None:
    with pytest.raises(Refused, match="no maintainer"):
        npm.publish("paint", "2.0.0", by="mallory")
    npm.add_owner("paint", "mallory")
    npm.publish("paint", "2.0.0", by="mallory")
    document = doc(npm)
    assert [p["name"] for p in document["maintainers"]] == ["ada", "mallory"]
    assert [p["name"] for p in document["versions"]["1.0.0"]["maintainers"]] == ["ada"]
    assert document["versions"]["2.0.0"]["_npmUser"]["name"] == "mallory"


def test_unpublish_leaves_the_time_key_alone(npm: Npm) -> None:
    times = doc(npm)["time"]
    npm.unpublish("paint", "1.1.0")
    document = doc(npm)
    assert document["time"]["1.1.0"] == times["1.1.0"]
    assert set(document["versions"]) == {"1.0.0", "1.2.0-rc.1"}
    assert document["dist-tags"] == {"next": "1.2.0-rc.1", "latest": "1.0.0"}
    assert get(npm, "/paint/-/paint-1.1.0.tgz").status == 404
    assert get(npm, "/paint/-/paint-1.0.0.tgz").status == 200


def test_unpublishing_the_last_version_is_a_tombstone() -> None:
    npm = Npm(Clock("2026-03-01T12:00:00+00:00"))
    npm.publish("paint", "1.0.0", by="ada")
    npm.unpublish("paint", "1.0.0")
    assert doc(npm)["time"]["unpublished"]["versions"] == ["1.0.0"]


@pytest.mark.parametrize("shape", ["current", "named", "date"])
def test_tombstones(npm: Npm, shape: str) -> None:
    npm.unpublish_all("paint", by="ben", shape=shape)
    document = doc(npm)
    gone, now = document["time"]["unpublished"], "2026-03-01T12:00:00.250Z"
    assert not {"versions", "dist-tags"} & set(document)
    versions = ["1.0.0", "1.1.0", "1.2.0-rc.1"]
    assert set(versions) < set(document["time"])
    assert gone == {"current": {"time": now, "versions": versions}, "date": now, "named": {
        "name": "ben", "time": now, "tags": {"latest": "1.1.0", "next": "1.2.0-rc.1"},
        "versions": versions, "maintainers": [Person.of("ada").entry()]}}[shape]
    assert npm.tarballs == {}


def test_unknown_tombstone_shape(npm: Npm) -> None:
    with pytest.raises(ValueError, match="tombstone shape 'new'"):
        npm.unpublish_all("paint", shape="new")
    assert "versions" in doc(npm)


def test_a_name_comes_back_after_a_day_with_created_reset(npm: Npm) -> None:
    npm.unpublish_all("paint")
    with pytest.raises(Refused, match="24 hours"):
        npm.publish("paint", "2.0.0", by="mallory")
    npm.tick(25 * 3600)
    with pytest.raises(Refused, match="burnt"):
        npm.publish("paint", "1.0.0", by="mallory")
    npm.publish("paint", "2.0.0", by="mallory")
    document = doc(npm)
    assert document["time"]["1.0.0"] < document["time"]["created"] < document["time"]["2.0.0"]
    assert "unpublished" not in document["time"]
    assert [p["name"] for p in document["maintainers"]] == ["mallory"]


def test_security_holder(npm: Npm) -> None:
    npm.security_hold("paint")
    document = doc(npm)
    holder = document["versions"]["0.0.1-security"]
    assert list(document["versions"]) == ["0.0.1-security"]
    assert document["dist-tags"] == {"latest": "0.0.1-security"}
    assert holder["_npmUser"]["name"] == "npm"
    assert document["description"] == "security holding package"
    assert document["time"]["1.1.0"] < document["time"]["created"]
    assert get(npm, "/paint/-/paint-1.1.0.tgz").status == 404


def test_republish_changes_bytes_and_hashes_only(npm: Npm) -> None:
    before = doc(npm)
    npm.republish("paint", "1.1.0", {"index.js": "evil();\n"})
    after = doc(npm)
    old, new = (d["versions"]["1.1.0"] for d in (before, after))
    assert old["dist"]["integrity"] != new["dist"]["integrity"]
    assert {k: v for k, v in old.items() if k != "dist"} == {
        k: v for k, v in new.items() if k != "dist"}
    assert before["time"]["1.1.0"] == after["time"]["1.1.0"]
    served = get(npm, "/paint/-/paint-1.1.0.tgz").body
    assert hashlib.sha1(served).hexdigest() == new["dist"]["shasum"]


def test_deprecation_comes_and_goes(npm: Npm) -> None:
    npm.deprecate("paint", "1.0.0", "old")
    assert doc(npm)["versions"]["1.0.0"]["deprecated"] == "old"
    npm.undeprecate("paint", "1.0.0")
    assert doc(npm)["versions"]["1.0.0"]["deprecated"] == ""
    npm.undeprecate("paint", "1.0.0", drop=True)
    assert "deprecated" not in doc(npm)["versions"]["1.0.0"]


def test_owners_and_tags(npm: Npm) -> None:
    npm.add_owner("paint", "ben")
    npm.remove_owner("paint", "ada")
    assert [person.name for person in npm.owners("paint")] == ["ben"]
    with pytest.raises(Refused, match="ada is no maintainer"):
        npm.remove_owner("paint", "ada")
    npm.move_tag("paint", "latest", "1.0.0")
    npm.move_tag("paint", "next", None)
    assert get(npm, "/-/package/paint/dist-tags").json() == {"latest": "1.0.0"}
    with pytest.raises(Refused, match=r"paint@9 is not published"):
        npm.move_tag("paint", "latest", "9")


def test_trusted_publishing_hides_the_account(npm: Npm) -> None:
    npm.publish("paint", "2.0.0", by="ada", trusted_publisher="github", approver="ben",
                provenance=True)
    manifest = doc(npm)["versions"]["2.0.0"]
    assert manifest["_npmUser"]["name"] == "GitHub Actions"
    assert manifest["_npmUser"]["trustedPublisher"]["id"] == "github"
    assert manifest["_npmUser"]["approver"]["name"] == "ben"
    assert manifest["dist"]["attestations"]["url"].startswith(npm.base_url)


def test_upload_epoch_agrees_with_the_publish_time(npm: Npm) -> None:
    name = doc(npm)["versions"]["1.1.0"]["_npmOperationalInternal"]["tmp"]
    assert name.startswith("tmp/paint_1.1.0_1770638400250_0.")


def test_a_frozen_clock_makes_equal_bytes() -> None:
    def played() -> bytes:
        npm = Npm(Clock("2026-03-01T12:00:00+00:00"))
        npm.publish("paint", "1.0.0", by="ada", files={"index.js": "x"})
        return get(npm, "/paint").body + get(npm, "/paint/-/paint-1.0.0.tgz").body

    assert played() == played()


@pytest.mark.shared_data
def test_keys_are_those_of_real_documents(npm: Npm) -> None:
    real = json.loads((SHARED / "npm/chalk/2026-08-02.json").read_bytes())
    manifest = real["versions"]["5.6.2"]
    npm.publish("paint", "2.0.0", by="ada", scripts={"test": "x"}, dependencies={"a": "1"})
    document = doc(npm)
    made = document["versions"]["2.0.0"]
    assert set(document) <= set(real)
    assert set(made) - set(manifest) <= {"dependencies"}
    assert set(made["dist"]) == set(manifest["dist"])
    assert set(made["_npmOperationalInternal"]) == set(manifest["_npmOperationalInternal"])


@pytest.mark.shared_data
@pytest.mark.parametrize(("shape", "name"), [("current", "nethix"), ("named", "cjhooker-test")])
def test_tombstones_have_the_keys_of_real_ones(npm: Npm, shape: str, name: str) -> None:
    real = json.loads((SHARED / f"npm/{name}/2026-08-02.json").read_bytes())
    npm.unpublish_all("paint", shape=shape)
    document = doc(npm)
    assert set(document) == set(real)
    assert set(document["time"]["unpublished"]) == set(real["time"]["unpublished"])
