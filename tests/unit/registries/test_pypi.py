"""PyPI's two answers, alone and together."""

import time
from typing import Any

import pytest

from regforensics.registries.pypi_files import VersionNames
from tests.support.documents import answers, encoded, holds, read

NOT_FOUND = b'{"message":"Not Found"}'


def file(name: str, **extra: Any) -> dict[str, Any]:
    return {"filename": name, "digests": {"sha256": "a" * 64, "md5": "b" * 32},
            "upload_time": "2024-01-01T00:00:00", "size": 3, "yanked": False,
            "upload_time_iso_8601": "2024-01-01T00:00:00Z", "yanked_reason": None,
            "url": f"https://files.pypi.example/{name}", **extra}


def project(releases: dict[str, list[dict[str, Any]]], **top: Any) -> bytes:
    return encoded({"info": {"name": "Brush", "version": "1.0"}, "last_serial": 7,
                    "releases": releases, "urls": [], **top})


def simple(files: list[dict[str, Any]], versions: list[str], status: str = "active") -> bytes:
    return encoded({"meta": {"api-version": "1.4", "_last-serial": 7}, "name": "brush",
                    "project-status": {"status": status}, "versions": versions, "files": files})


def test_upload_times_without_a_fraction_and_releases_without_files() -> None:
    body = project({"1.0": [file("brush-1.0.tar.gz")], "0.9": []})
    snapshot = read(body)
    published = snapshot.releases["1.0"].published
    assert published and published.value.text == "2024-01-01T00:00:00Z"
    assert published.value.precision == 1.0
    empty = snapshot.releases["0.9"]
    assert empty.artifacts == ()
    assert empty.anchor.citations[0].quote == b'"0.9":[]'
    assert all(holds(c, body) for c in (*published.citations, *empty.anchor.citations))


def test_a_yank_cites_its_reason() -> None:
    snapshot = read(project({"1.0": [file("brush-1.0.tar.gz", yanked=True,
                                          yanked_reason="bad")]}))
    yanked = snapshot.releases["1.0"].yanked
    assert yanked and yanked.value == "bad"
    assert yanked.citations[0].quote == b'"yanked_reason":"bad"'


def test_quarantine_is_told_from_deletion() -> None:
    quarantined = answers("pypi:brush", ("pypi-json", 404, NOT_FOUND),
                          ("pypi-simple", 200, simple([], [], "quarantined")))
    deleted = answers("pypi:brush", ("pypi-json", 404, NOT_FOUND),
                      ("pypi-simple", 404, b"404 Not Found"))
    assert quarantined.state == "quarantined"
    assert quarantined.state_fact and quarantined.state_fact.value == "quarantined"
    assert deleted.state == "absent"


def test_both_answers_are_one_state() -> None:
    listed = {"filename": "brush-1.0.tar.gz", "hashes": {"sha256": "a" * 64}, "yanked": False,
              "url": "https://files.pypi.example/brush-1.0.tar.gz",
              "upload-time": "2024-01-01T00:00:00Z", "provenance": "https://pypi.example/p"}
    snapshot = answers(
        "pypi:brush", ("pypi-json", 200, project({"1.0": [file("brush-1.0.tar.gz")]})),
        ("pypi-simple", 200, simple([listed], ["1.0"])))
    artifact = snapshot.releases["1.0"].artifacts[0]
    assert set(artifact.digests) == {"sha256", "md5"}
    assert artifact.provenance and artifact.provenance.value == "https://pypi.example/p"
    assert snapshot.status and snapshot.status.value == "active"
    assert len(snapshot.parts) == 2


def test_roles_that_are_not_stated_are_not_empty_roles() -> None:
    roles = {"roles": [{"role": "Owner", "user": "ada"}], "organization": None}
    assert read(project({})).owners is None
    with_roles = read(project({}, ownership=roles)).owners
    assert with_roles is not None
    assert {user: fact.value for user, fact in with_roles.items()} == {"ada": "Owner"}


@pytest.mark.parametrize(("filename", "version"), [
    ("Django-1.1.3.tar.gz", "1.1.3"), ("django-4.2-py3-none-any.whl", "4.2"),
    ("Django-1.1.tar.gz", "1.1"), ("django-4.2rc1.tar.gz", "4.2rc1"),
    ("Django-1.1.3.win32-py2.7.exe", "1.1.3"), ("Django-1.1.3-py2.7.egg", "1.1.3"),
    ("Django-04.2.0.tar.gz", "4.2")])
def test_the_version_in_a_file_name(filename: str, version: str) -> None:
    assert VersionNames("django", ["1.1", "1.1.3", "4.2", "4.2rc1"]).version_of(filename) == version


def test_thousands_of_odd_files_and_versions_are_sorted_out_at_once() -> None:
    names = VersionNames("brush", [f"1.{n}" for n in range(20_000)])
    start = time.process_time()
    found = [names.version_of(f"brush-{n}x.exe") for n in range(20_000)]
    assert names.version_of("brush-01.7.0.zip") == "1.7"
    assert names.version_of("brush-" + "9" * 5000 + ".zip") is None
    assert time.process_time() - start < 1.0
    assert set(found) == {None}


@pytest.mark.parametrize("odd", [
    {"releases": []}, {"releases": {"1.0": "x"}}, {"releases": {"1.0": [None, 3, {}]}},
    {"releases": {"1.0": [{"filename": 7}]}}, {"info": {"name": "brush"}, "urls": {}}])
def test_documents_of_another_shape(odd: dict[str, Any]) -> None:
    document = {"info": {"name": "brush", "version": "1.0"}, "releases": {}, **odd}
    assert read(encoded(document)).state == "present"


@pytest.mark.parametrize(("old", "new", "pointer"), [
    (b'"releases":', b'"releases":{},"releases":', "/releases"),
    (b'"releases":{', b'"releases":{"1.0":[],', "/releases/1.0"),
    (b'"info":{', b'"info":{"name":"other",', "/info/name"),
    (b'"info":', b'"\\u0069nfo":{},"info":', "/info")])
def test_repeated_keys_of_the_json_api_are_gaps(old: bytes, new: bytes, pointer: str) -> None:
    body = project({"1.0": [file("brush-1.0.tar.gz")]})
    assert read(body).gaps == ()
    (gap,) = read(body.replace(old, new, 1)).gaps
    assert [c.where for c in gap.citations] == [pointer, pointer]


def test_repeated_keys_of_the_simple_api_are_gaps() -> None:
    body = simple([file("brush-1.0.tar.gz")], ["1.0"])
    assert read(body).gaps == ()
    (gap,) = read(body.replace(b'"files":', b'"files":[],"files":')).gaps
    assert gap.citations[0].quote == b'"files":[]'
