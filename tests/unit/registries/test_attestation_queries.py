"""Which addresses of provenance are asked."""

import pytest

from regforensics.endpoints import PYPI_URL
from regforensics.model.package import PackageRef
from regforensics.registries.attestation_queries import ask
from regforensics.registries.base import Part, Query, Wanted
from tests.support.documents import encoded
from tests.unit.analyze.documents import Case, file, simple

INDEX = "https://index.example/"
NAME = "paint-1.0.tar.gz"
END = f"paint/1.0/{NAME}/provenance"


def asked(address: str, base: str = INDEX) -> list[Query]:
    page = simple({"1.0": [file(NAME, "10:00")]})
    page["files"][0]["provenance"] = address
    case = Case("pypi:paint")
    part: Part = case._part("10:00", "pypi-simple", True, encoded(page), 200, base, (),
                            complete=True)
    return list(ask(PackageRef.parse("pypi:paint"), base, [part], Wanted(attestations=True)))


@pytest.mark.parametrize("address", [
    f"{INDEX}integrity/{END}", f"https://INDEX.example:443/integrity/{END}",
    f"{INDEX}root/pypi/integrity/{END}", f"{PYPI_URL}integrity/{END}"])
def test_the_integrity_api_of_the_index_is_asked(address: str) -> None:
    (query,) = asked(address)
    assert (query.refused, query.found, query.let_pass) == ("", True, True)


@pytest.mark.parametrize("address", [
    f"https://inner.example/integrity/{END}", f"https://index.example:8443/integrity/{END}",
    f"http://index.example/integrity/{END}", f"{INDEX}admin/restart", f"{INDEX}admin/provenance",
    f"{INDEX}integrity/../admin/provenance", f"{INDEX}integrity/%2e%2e/admin/provenance",
    f"{INDEX}integrity/..%2Fadmin/provenance", f"{INDEX}integrity/..%5cadmin/provenance",
    f"{INDEX}integrity/{END}?delete=1", f"{INDEX}integrity/{END}#x", f"/integrity/{END}",
    f"https://index.example@inner.example/integrity/{END}", "https://index.example:x/integrity/",
    f"https://ada:pw@index.example/integrity/{END}", "file:///integrity/x/provenance", "http://["])
def test_any_other_address_is_not_asked_and_recorded_as_such(address: str) -> None:
    (query,) = asked(address)
    assert query.refused.startswith("not asked: ")
    assert not query.let_pass


def test_over_http_the_index_itself_is_asked() -> None:
    base = "http://index.example/"
    assert [q.refused for q in asked(f"{base}integrity/{END}", base)] == [""]
