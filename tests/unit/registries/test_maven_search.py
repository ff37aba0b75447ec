"""The search index: what is read of any answer."""

from typing import Any

import pytest

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import Line, LineFact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation
from regforensics.registries import maven_search
from regforensics.registries.base import Part
from tests.support.documents import encoded

PACKAGE = PackageRef.parse("maven:example.paint:lines")


def part(document: Any) -> Part:
    body = encoded(document)
    line = LineFact("t", Line("custody.jsonl", "0" * 64, 1, 0, b"{}"))
    return Part(maven_search.SEARCH, Document("EX-000001", "0" * 64, body),
                Observation(label="EX-000001", sha256="0" * 64, line=line), PACKAGE)


def row(version: Any, at: Any = 1_772_445_600_000, artifact: str = "lines") -> dict[str, Any]:
    return {"g": "example.paint", "a": artifact, "v": version, "timestamp": at}


def test_versions_with_the_times_that_the_index_gives() -> None:
    answer, = maven_search.read(PACKAGE, part({"response": {"numFound": 3, "docs": [
        row("1.0"), row("1.1", "x"), row("2.0", artifact="other")]}}))
    assert answer.found.value == 3
    assert {v: f.value.text if f.value else None for v, f in answer.versions.items()} == {
        "1.0": "2026-03-02T10:00:00.000Z", "1.1": None}


@pytest.mark.parametrize("docs", [None, 7, {}, [None], [[]], [row(None)], [row("")], [row(7)],
                                  [row("1", 10**30)], [row("1", -10**30)], [row("1", True)]])
def test_odd_rows_are_left_out_or_undated(docs: Any) -> None:
    answer, = maven_search.read(PACKAGE, part({"response": {"numFound": 1, "docs": docs}}))
    assert all(fact.value is None for fact in answer.versions.values())


@pytest.mark.parametrize("document", [{}, [], {"response": {}}, {"response": {"numFound": "1"}},
                                      {"response": []}, {"error": {"code": 500}}])
def test_what_is_no_answer_is_refused(document: Any) -> None:
    with pytest.raises(UnreadableInput):
        list(maven_search.read(PACKAGE, part(document)))
