"""The simulated PyPI keeps the real one's rules and document shapes."""

import hashlib
import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from simulator import Clock, PyPI, Refused, Request, Response

SIMPLE = "application/vnd.pypi.simple.v1+json"
WHEEL = "paint_lines-2.0.0-py3-none-any.whl"
SHARED = Path(os.environ.get("REGFORENSICS_SHARED_DATA",
                             Path(__file__).parents[4] / "shared" / "data"))


@pytest.fixture
def pypi() -> PyPI:
    index = PyPI(Clock("2026-03-01T12:00:00.000250+00:00"))
    index.upload("Paint.Lines", "1.0.0", by="ada", at=index.clock.ago(days=300))
    index.upload("Paint.Lines", "2.0.0", by="ada", at=index.clock.ago(days=9))
    index.upload("Paint.Lines", "2.0.0", WHEEL, by="ada", at=index.clock.ago(days=9, seconds=-3))
    return index


def get(pypi: PyPI, path: str, **headers: str) -> Response:
    return pypi.respond(Request(path, {k.replace("_", "-"): v for k, v in headers.items()}))


def simple(pypi: PyPI) -> dict[str, Any]:
    value: dict[str, Any] = get(pypi, "/simple/paint-lines/", Accept=SIMPLE).json()
    return value


def whole(pypi: PyPI) -> dict[str, Any]:
    answer = get(pypi, "/pypi/paint-lines/json")
    assert answer.status == 200
    value: dict[str, Any] = answer.json()
    return value


def test_both_apis_tell_the_same_files(pypi: PyPI) -> None:
    files = {e["filename"]: e for entries in whole(pypi)["releases"].values() for e in entries}
    entries = {e["filename"]: e for e in simple(pypi)["files"]}
    assert set(files) == set(entries) == {"paint_lines-1.0.0.tar.gz", "paint_lines-2.0.0.tar.gz",
                                          WHEEL}
    for name, entry in files.items():
        assert entry["digests"]["sha256"] == entries[name]["hashes"]["sha256"]
        assert entry["url"] == entries[name]["url"]
        assert entry["upload_time_iso_8601"] == entries[name]["upload-time"]
        served = get(pypi, entry["url"].removeprefix(pypi.base_url.rstrip("/"))).body
        assert len(served) == entry["size"]
        assert hashlib.sha256(served).hexdigest() == entry["digests"]["sha256"]
        blake = entry["digests"]["blake2b_256"]
        assert f"/packages/{blake[:2]}/{blake[2:4]}/{blake[4:]}/{name}" in entry["url"]


def test_serial_headers_and_etag(pypi: PyPI) -> None:
    answer = get(pypi, "/pypi/paint-lines/json")
    serial = answer.json()["last_serial"]
    assert answer.header("x-pypi-last-serial") == str(serial)
    assert simple(pypi)["meta"] == {"api-version": "1.4", "_last-serial": serial}
    digest = b64encode(hashlib.md5(answer.body).digest()).decode().rstrip("=")
    assert answer.header("etag") == f'"{digest}"'
    again = get(pypi, "/pypi/paint-lines/json", If_None_Match=f'"{digest}"')
    assert (again.status, again.body) == (304, b"")
    pypi.yank("paint-lines", "1.0.0")
    assert get(pypi, "/pypi/paint-lines/json", If_None_Match=f'"{digest}"').status == 200
    assert whole(pypi)["last_serial"] > serial


def test_upload_time_without_fraction() -> None:
    pypi = PyPI(Clock("2026-03-01T12:00:00+00:00"))
    pypi.upload("paint-lines", "1.0.0", by="ada")
    entry = whole(pypi)["urls"][0]
    assert entry["upload_time_iso_8601"] == "2026-03-01T12:00:00Z"
    assert entry["upload_time"] == "2026-03-01T12:00:00"


def test_names_that_are_not_normalised_are_moved(pypi: PyPI) -> None:
    for path, to in (("/pypi/Paint.Lines/json", "/pypi/paint-lines/json"),
                     ("/simple/Paint_Lines/", "/simple/paint-lines/"),
                     ("/simple/paint-lines", "/simple/paint-lines/")):
        answer = get(pypi, path)
        assert (answer.status, answer.header("location")) == (301, to)


def test_404_bodies_are_pypis_own(pypi: PyPI) -> None:
    assert get(pypi, "/pypi/none/json").body == b'{"message":"Not Found"}'
    assert get(pypi, "/pypi/paint-lines/9.9/json").status == 404
    for path in ("/simple/none/", "/nowhere", "/packages/aa/bb/cc/x.whl"):
        answer = get(pypi, path)
        assert (answer.status, answer.body) == (404, b"404 Not Found")


def test_a_release_of_its_own_lacks_the_release_list(pypi: PyPI) -> None:
    document = get(pypi, "/pypi/paint-lines/1.0.0/json").json()
    assert document["info"]["version"] == "1.0.0"
    assert "releases" not in document
    assert [e["filename"] for e in document["urls"]] == ["paint_lines-1.0.0.tar.gz"]


def test_html_without_the_json_accept(pypi: PyPI) -> None:
    pypi.yank("paint-lines", "1.0.0", 'a "bad" <b>release</b>')
    answer = get(pypi, "/simple/paint-lines/")
    assert answer.header("content-type") == "text/html; charset=UTF-8"
    assert b'data-yanked="a &quot;bad&quot; &lt;b&gt;release&lt;/b&gt;"' in answer.body
    assert answer.body.endswith(f"<!--SERIAL {whole(pypi)['last_serial']}-->".encode())


def test_yank_and_back(pypi: PyPI) -> None:
    pypi.yank("paint-lines", "2.0.0", "broken")
    document = whole(pypi)
    assert document["info"]["version"] == "1.0.0"
    assert {e["yanked_reason"] for e in document["releases"]["2.0.0"]} == {"broken"}
    assert [e["yanked"] for e in simple(pypi)["files"]] == [False, "broken", "broken"]
    pypi.unyank("paint-lines", "2.0.0")
    assert whole(pypi)["info"]["version"] == "2.0.0"
    pypi.yank("paint-lines", "2.0.0")
    assert [e["yanked"] for e in simple(pypi)["files"]] == [False, True, True]
    assert [row.action for row in pypi.journal[-3:]] == [
        "yank release", "unyank release", "yank release"]


def test_file_names_are_used_once(pypi: PyPI) -> None:
    pypi.delete_file("paint-lines", WHEEL)
    with pytest.raises(Refused, match="was used by a file before"):
        pypi.upload("paint-lines", "2.0.0", WHEEL, by="ada")
    pypi.delete_project("paint-lines")
    with pytest.raises(Refused, match="was used by a file before"):
        pypi.upload("paint-lines", "1.0.0", by="ada")


def test_a_release_without_files_is_in_one_api_only(pypi: PyPI) -> None:
    pypi.delete_file("paint-lines", "paint_lines-1.0.0.tar.gz")
    assert whole(pypi)["releases"]["1.0.0"] == []
    assert simple(pypi)["versions"] == ["2.0.0"]


def test_deleting_a_release_is_one_journal_row(pypi: PyPI) -> None:
    rows = len(pypi.journal)
    pypi.delete_release("paint-lines", "2.0.0")
    assert [row.action for row in pypi.journal[rows:]] == ["remove release"]
    assert list(whole(pypi)["releases"]) == ["1.0.0"]
    assert simple(pypi)["versions"] == ["1.0.0"]


def test_deleted_project_leaves_its_files_in_storage(pypi: PyPI) -> None:
    url = whole(pypi)["urls"][0]["url"]
    pypi.delete_project("paint-lines", prohibit=True)
    assert get(pypi, "/pypi/paint-lines/json").status == 404
    assert get(pypi, "/simple/paint-lines/", Accept=SIMPLE).status == 404
    assert get(pypi, url.removeprefix(pypi.base_url.rstrip("/"))).status == 200
    with pytest.raises(Refused, match="prohibited"):
        pypi.upload("paint-lines", "3.0.0", by="ada")


def test_quarantine(pypi: PyPI) -> None:
    pypi.quarantine("paint-lines")
    assert get(pypi, "/pypi/paint-lines/json").status == 404
    document = simple(pypi)
    assert (document["files"], document["versions"]) == ([], [])
    assert document["project-status"] == {"status": "quarantined"}
    assert get(pypi, "/simple/", Accept=SIMPLE).json()["projects"] == []
    with pytest.raises(Refused, match="is quarantined"):
        pypi.upload("paint-lines", "3.0.0", by="ada")
    pypi.clear("paint-lines")
    assert len(simple(pypi)["files"]) == 3
    assert pypi.journal[-1].action == "project quarantine cleared"


def test_quarantined_release(pypi: PyPI) -> None:
    pypi.quarantine_release("paint-lines", "2.0.0")
    assert list(whole(pypi)["releases"]) == ["1.0.0"]
    assert simple(pypi)["versions"] == ["1.0.0"]
    assert simple(pypi)["project-status"] == {"status": "active"}
    pypi.quarantine_release("paint-lines", "1.0.0")
    assert get(pypi, "/pypi/paint-lines/json").status == 404
    pypi.clear_release("paint-lines", "1.0.0")
    assert list(whole(pypi)["releases"]) == ["1.0.0"]


def test_archiving_moves_no_serial(pypi: PyPI) -> None:
    serial = whole(pypi)["last_serial"]
    pypi.archive("paint-lines")
    assert simple(pypi)["project-status"] == {"status": "archived"}
    assert len(simple(pypi)["files"]) == 3
    assert whole(pypi)["last_serial"] == serial
    pypi.unarchive("paint-lines")
    assert simple(pypi)["project-status"] == {"status": "active"}


def test_roles(pypi: PyPI) -> None:
    with pytest.raises(Refused, match="mallory has no role"):
        pypi.upload("paint-lines", "3.0.0", by="mallory")
    pypi.add_owner("paint-lines", "zoe", role="Maintainer")
    pypi.add_owner("paint-lines", "mallory")
    assert whole(pypi)["ownership"]["roles"] == [
        {"role": "Owner", "user": "ada"}, {"role": "Owner", "user": "mallory"},
        {"role": "Maintainer", "user": "zoe"}]
    pypi.set_owner("paint-lines", "mallory")
    assert [e["user"] for e in whole(pypi)["ownership"]["roles"]] == ["mallory"]
    with pytest.raises(Refused, match="ada has no role"):
        pypi.remove_owner("paint-lines", "ada")


def test_late_files_are_refused_since_the_rule() -> None:
    pypi = PyPI(Clock("2026-06-01T00:00:00+00:00"))
    pypi.upload("paint-lines", "2.0.0", by="ada")
    pypi.tick(30 * 86400)
    pypi.upload("paint-lines", "2.0.0", WHEEL)
    pypi.tick(30 * 86400)
    with pytest.raises(Refused, match="older than 14 days"):
        pypi.upload("paint-lines", "2.0.0", "paint_lines-2.0.0-1-py3-none-any.whl")
    pypi.upload("paint-lines", "2.0.0", "paint_lines-2.0.0-1-py3-none-any.whl", allow_late=True)
    assert len(whole(pypi)["urls"]) == 3


def test_replaced_file_has_other_digests_under_one_name(pypi: PyPI) -> None:
    before = {e["filename"]: e["digests"] for e in whole(pypi)["urls"]}
    pypi.replace_file("paint-lines", WHEEL, b"other")
    after = {e["filename"]: e["digests"] for e in whole(pypi)["urls"]}
    assert {name for name in before if before[name] != after[name]} == {WHEEL}
    assert after[WHEEL]["sha256"] == hashlib.sha256(b"other").hexdigest()


def test_provenance(pypi: PyPI) -> None:
    pypi.upload("paint-lines", "3.0.0", provenance=True)
    url = simple(pypi)["files"][-1]["provenance"]
    answer = get(pypi, url.removeprefix(pypi.base_url.rstrip("/")))
    assert answer.json()["attestation_bundles"][0]["publisher"]["kind"] == "GitHub"
    assert simple(pypi)["files"][0]["provenance"] is None
    assert get(pypi, f"/integrity/paint-lines/2.0.0/{WHEEL}/provenance").status == 404


def test_first_upload_writes_the_journal_in_order() -> None:
    pypi = PyPI(Clock("2026-03-01T12:00:00+00:00"))
    pypi.upload("Paint.Lines", "1.0.0", by="ada")
    assert [row.action for row in pypi.journal] == [
        "create", "add Owner ada", "new release", "add source file paint_lines-1.0.0.tar.gz"]
    assert {row.name for row in pypi.journal} == {"paint-lines"}


@pytest.mark.parametrize("product", ["artifactory", "nexus", "devpi"])
def test_mirrors_know_no_serial(pypi: PyPI, product: str) -> None:
    mirror = pypi.through(product)
    answer = get(mirror, "/pypi/paint-lines/json")
    assert answer.header("x-pypi-last-serial") is None
    assert answer.header("x-served-by") is None
    entry = simple(mirror)["files"][0]
    assert entry["url"].startswith(mirror.base_url)
    assert ("upload-time" in entry) == (product == "devpi")


@pytest.mark.shared_data
def test_keys_are_those_of_real_documents(pypi: PyPI) -> None:
    real = json.loads((SHARED / "pypi/celery/2023-06.json").read_bytes())
    made = whole(pypi)
    since = {"dynamic", "license_expression", "license_files", "provides_extra"}
    assert set(made) - set(real) == {"ownership"}
    assert set(made["info"]) - since == set(real["info"])
    assert set(made["urls"][0]) - {"core-metadata"} == set(real["urls"][0])
    listing = json.loads((SHARED / "pypi/flask/simple-b.json").read_bytes())
    assert set(simple(pypi)) == set(listing) - {"alternate-locations"}
    assert set(simple(pypi)["files"][0]) == set(listing["files"][0])
    assert set(simple(pypi)["meta"]) == set(listing["meta"])
