"""Who published a version and with what: every member cited, odd shapes read as less."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.evidence.jsontree import Document
from regforensics.model.identity import Identity
from regforensics.registries.npm_identity import read_identity

FULL: dict[str, Any] = {
    "_npmUser": {"name": "GitHub Actions", "email": "ci@inbox.example",
                 "trustedPublisher": {"id": "github", "oidcConfigId": "oidc:1"},
                 "approver": {"name": "ada", "email": "ada@inbox.example"}},
    "dist": {"attestations": {"provenance": {"predicateType": "https://slsa.example/v1"}}},
    "_npmVersion": "11.4.2", "_nodeVersion": "22.17.0", "gitHead": "0123abcd",
    "_npmOperationalInternal": {"tmp": "tmp/a_b_1.0.0_1641290346888_0.25"}}


def identity(manifest: Any) -> tuple[Identity, bytes]:
    body = json.dumps({"versions": {"1.0.0": manifest}}).encode()
    document = Document("EX-000001", "0" * 64, body)
    leaf = document.at("/versions/1.0.0")
    assert leaf is not None
    return read_identity(document, "/versions/1.0.0", leaf.raw), body


def test_each_member_is_read_and_cited() -> None:
    found, body = identity(FULL)
    assert {name: fact.value for name, fact in found._asdict().items()
            if name not in ("absent", "uploaded")} == {
        "email": "ci@inbox.example", "trusted": "github", "config": "oidc:1", "approver": "ada",
        "provenance": "https://slsa.example/v1", "client": "11.4.2", "runtime": "22.17.0",
        "commit": "0123abcd"}
    assert found.uploaded
    assert found.uploaded.value.text == "2022-01-04T09:59:06.888Z"
    for fact in (found.approver, found.provenance, found.uploaded):
        assert fact
        cited = fact.citations[0]
        assert body[cited.start:cited.end] == cited.quote
    assert found.approver
    assert found.approver.citations[0].where == "/versions/1.0.0/_npmUser/approver/name"


def test_what_is_not_there_is_absent_at_its_place() -> None:
    found, _ = identity({})
    assert {v for k, v in found._asdict().items() if k != "absent"} == {None}
    pointers = [a.pointer for field in ("commit", "uploaded") for a in found.absent(field)]
    assert pointers == ["/versions/1.0.0/gitHead", "/versions/1.0.0/_npmOperationalInternal/tmp"]
    odd, _ = identity({"gitHead": None})
    assert (odd.commit, odd.absent("commit")) == (None, ())


@pytest.mark.parametrize("name", [
    "", "tmp/a_1.0.0_1641290346888", "tmp/a_99999999999999_0.5", "_1641290346888_x", 7, None, []])
def test_an_upload_name_of_another_shape_gives_no_time(name: Any) -> None:
    assert identity({"_npmOperationalInternal": {"tmp": name}})[0].uploaded is None


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                           lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                               st.sampled_from([*FULL, "name", "trustedPublisher", "tmp"]),
                               inner, max_size=4), max_leaves=12)


@given(json_values)
def test_any_shape_is_read(manifest: Any) -> None:
    found, body = identity(manifest)
    for name, fact in found._asdict().items():
        if name != "absent" and fact is not None:
            assert all(body[c.start:c.end] == c.quote for c in fact.citations)
