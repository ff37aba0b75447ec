"""Packuments with odd keys go through every command; nothing else in the case is held up."""

from pathlib import Path

import pytest

from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore
from tests.support.command import run
from tests.support.documents import encoded, packument


def answer(store: EvidenceStore, name: str, body: bytes, at: str) -> None:
    """One captured packument."""
    store.record(Entry(
        how="http", kind="packument", what="packument", subject=f"pkg:npm/{name}", status=200,
        url=f"https://registry.example/{name}", registry="https://registry.example/", run=at,
        requested_at=f"2026-03-02T{at}:00.000Z", observed_at=f"2026-03-02T{at}:00.250Z"), body)


@pytest.fixture(params=[b"\xff", rb"\ud800", b"\xed\xa0\x80"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Two captures: two odd versions, of which the second is gone in the later one."""
    root = tmp_path / "evidence"
    store = EvidenceStore.create_or_open(root, name="odd", operator="ann")
    odd: bytes = request.param
    for at, versions in (("10:00", ("1.0.0", "1.0.1-ODDA", "1.0.1-ODDB")),
                         ("11:00", ("1.0.0", "1.0.1-ODDA", "2.0.0"))):
        document = packument(versions={v: {"deprecated": f"say {v}"} for v in versions})
        document["time"]["1.0.1-ODDB"] = "2024-01-09T00:00:00.000Z"
        answer(store, "paint", encoded(document).replace(b"ODD", odd), at)
    answer(store, "brush", encoded(packument("brush")), "12:00")
    return root


def test_odd_keys_reach_every_document(case: Path, tmp_path: Path) -> None:
    for form in ("json", "md", "html"):
        report = tmp_path / f"report.{form}"
        done = run("timeline", "report", "-e", case, "-o", report)
        assert done.code in (0, 6), done.err
        report.read_bytes().decode("ascii" if form == "json" else "utf-8")
    assert run("timeline", "check", tmp_path / "report.json", "-e", case).code == 0
    assert run("timeline", "show", "-e", case).code in (0, 6)
    assert run("drift", "-e", case).code in (0, 6)
    changes = run("diff", "npm:paint", "-e", case, "--json")
    assert changes.code == 10
    kinds = [change["kind"] for change in changes.document["changes"]]
    assert "version-removed" in kinds
    assert run("diff", "npm:paint", "-e", case, "--all").code == 10
