"""Maven: what is asked, and what single answers mean."""

from dataclasses import replace
from typing import Any

import pytest

from regforensics.model.origin import verdict
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot
from regforensics.registries import registry_named
from regforensics.registries.base import Wanted
from regforensics.registries.maven import MOST_AGAIN, MOST_NEW, Maven
from simulator import Clock, Request
from simulator import Maven as Repository
from tests.support.documents import Exchange, answers, exchanged

NAME, BASE = "example.paint:lines", "https://maven.example/"
TARGET = f"maven:{NAME}"
REF = PackageRef.parse(TARGET)


def repository(*versions: str, **more: Any) -> Repository:
    made = Repository(Clock("2025-01-01T00:00:00Z"), base_url=BASE)
    for version in versions:
        made.deploy(NAME, version, **more)
    return made


def asked(made: Repository) -> list[Exchange]:
    return exchanged(TARGET, BASE, lambda q: made.respond(Request("/" + q.url[len(BASE):])))


def read(exchanges: list[Exchange]) -> Snapshot:
    return Maven().snapshot(REF, [one.part(n) for n, one in enumerate(exchanges, 1)])


def test_the_small_files_of_a_version() -> None:
    found = asked(repository("1.0"))
    assert [one.query.url.removeprefix(BASE) for one in found] == [
        "example/paint/lines/maven-metadata.xml", *(
            f"example/paint/lines/1.0/lines-1.0.{ending}" for ending in (
                "pom", "pom.sha1", "pom.asc", "jar.sha1", "jar.sha512"))]
    release = read(found).releases["1.0"]
    assert release.published is None
    assert release.delivered is not None
    assert release.delivered.value.text == "Wed, 01 Jan 2025 00:00:00 GMT"
    assert {f.filename: sorted(f.digests) for f in release.artifacts} == {
        "lines-1.0.pom": ["sha1", "sha256"], "lines-1.0.jar": ["sha1", "sha512"]}
    urls = {f.filename: f.url.value for f in release.artifacts if f.url}
    assert urls == {"lines-1.0.jar": f"{BASE}example/paint/lines/1.0/lines-1.0.jar"}


@pytest.mark.parametrize(("packaging", "count"), [("pom", 4), ("war", 6), ("odd/../x", 6)])
def test_the_packaging_says_which_file_there_is(packaging: str, count: int) -> None:
    found = asked(repository("1.0", packaging=packaging))
    assert len(found) == count
    assert all("/../" not in one.query.url for one in found)


def test_only_new_versions_and_the_newest_are_asked_about() -> None:
    made = repository(*(f"1.{n}" for n in range(30)))
    metadata = asked(made)[0].part(1)
    poms = Maven().follow_ups(REF, BASE, [metadata], Wanted())
    assert len(poms) == MOST_NEW
    assert poms[0].subject == REF.at("1.29")
    again = Maven().follow_ups(REF, BASE, [metadata], Wanted(answered=lambda _: True))
    assert [q.subject.version for q in again if q.subject] == ["1.29", "1.28", "1.27"]
    assert len(again) == MOST_AGAIN
    assert len(Maven().follow_ups(REF, BASE, [metadata], Wanted(artifacts="all"))) == 30


@pytest.mark.parametrize("version", ["1-SNAPSHOT", "..", "../../x", "a b", "", "x" * 300, "1%2e"])
def test_odd_versions_are_listed_and_not_asked_about(version: str) -> None:
    made = repository("1.0")
    made.rebuild(NAME, "1.0", version)
    found = asked(made)
    assert {one.query.subject for one in found} == {REF, REF.at("1.0")}
    snapshot = read(found)
    assert snapshot.releases[version].unasked
    assert "no plain text" in snapshot.gaps[0].reason


def test_a_checksum_that_the_pom_does_not_have_is_said() -> None:
    made = repository("1.0")
    made.replace_file(NAME, "1.0", b"<project/>", ending=".pom", checksums=False)
    gap, = read(asked(made)).gaps
    assert "SHA-1" in gap.reason
    assert {c.exhibit for c in gap.citations} == {"EX-000003", "custody.jsonl"}
    assert read(asked(repository("1.0"))).gaps == ()


@pytest.mark.parametrize(("text", "digest"), [
    (b"A" * 40, "A" * 40), (b"\n" + b"a" * 40 + b"  lines-1.0.jar\n", "a" * 40),
    (b"a" * 39, None), (b"<html>", None), (b"", None), (b"\xff" * 40, None)])
def test_checksum_files_in_the_wild(text: bytes, digest: str | None) -> None:
    found = [replace(one, body=text) if one.query.url.endswith("jar.sha1") else one
             for one in asked(repository("1.0", sha512=False))]
    snapshot = read(found)
    stated = [f.digests["sha1"].value for f in snapshot.releases["1.0"].artifacts
              if f.filename.endswith(".jar")]
    assert stated == ([digest] if digest else [])
    assert len(snapshot.gaps) == (0 if digest else 1)


def test_metadata_of_another_artifact_is_not_believed() -> None:
    body = asked(repository("1.0"))[0].body
    other = answers("maven:example.paint:other", ("maven-metadata", 200, body))
    assert other.state == "unreadable"
    assert TARGET in other.gaps[0].reason


@pytest.mark.parametrize("updated", [b"", b"x", b"20251301000000", b"2025"])
def test_a_last_update_that_is_no_time_is_left_out(updated: bytes) -> None:
    body = asked(repository("1.0"))[0].body
    start, end = body.index(b"<lastUpdated>") + 13, body.index(b"</lastUpdated>")
    snapshot = answers(TARGET, ("maven-metadata", 200, body[:start] + updated + body[end:]))
    assert snapshot.state == "present"
    assert snapshot.modified is None


def test_it_is_one_of_the_registries() -> None:
    assert registry_named("maven") is not None


CENTRAL_LIKE = "issued by CN=R3, O=Let's Encrypt"
COMPANY = "issued by CN=Inspection, O=Paint Works"


def looks(*, dated: bool, issuer: str, base: str = BASE) -> tuple[str, set[str]]:
    """The verdict on a repository's answers, and the mirror products named."""
    found = asked(repository("1.0") if dated else undated("1.0"))
    parts = [one.part(n) for n, one in enumerate(found, 1)]
    parts = [replace(p, observation=replace(p.observation, registry=base),
                     entry=replace(p.entry, note=f"certificate sha256 {'0' * 64} {issuer}")
                     if p.entry else None) for p in parts]
    tells = Maven().snapshot(REF, parts).origin
    return verdict(tells), {t.product for t in tells if t.product}


def undated(*versions: str) -> Repository:
    made = repository(*versions)
    made.dated = False
    return made


def test_tls_ended_on_the_way_and_stripped_headers_make_a_mirror() -> None:
    assert looks(dated=False, issuer=COMPANY)[0] == "mirror"


@pytest.mark.parametrize(("dated", "issuer"), [(True, COMPANY), (False, CENTRAL_LIKE)])
def test_one_of_them_alone_does_not(dated: bool, issuer: str) -> None:
    assert looks(dated=dated, issuer=issuer)[0] != "mirror"


@pytest.mark.parametrize(("path", "product"), [
    ("artifactory/libs-release/", "Artifactory"), ("repository/maven-central/", "Nexus"),
    ("maven2/", None), ("my-repository/", None)])
def test_a_products_address_names_it(path: str, product: str | None) -> None:
    said, named = looks(dated=True, issuer=CENTRAL_LIKE, base=f"https://maven.example/{path}")
    assert (said == "mirror", named) == (product is not None, {product} - {None})
