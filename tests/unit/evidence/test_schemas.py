"""The shipped schemas are sound, say yes to each kind's document and no to its mistakes."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from regforensics.errors import UnreadableInput
from regforensics.evidence.lines import Place
from regforensics.evidence.schemas import KINDS, schema, validate

SHA, TIME = "ab" * 32, "2026-03-07T22:14:05.511Z"
CITATION = {"exhibit": "EX-000001", "sha256": SHA, "start": 2, "end": 5, "where": "/time/1.0.1",
            "quote": '"a"'}
CAPTURE = {"exhibit": "EX-000001", "sha256": SHA, "observed_at": TIME}
GAP = {"question": "publish", "reason": "the document holds no time map"}
CHECKPOINT = {"schema": "regforensics/checkpoint/1",
              "case": {"name": "widget", "created": TIME, "sha256": SHA},
              "custody": {"lines": 6, "bytes": 4000, "head": SHA, "sha256": SHA},
              "manifest": {"sha256": SHA}, "sealed_at": TIME, "tool": "regforensics/0.1.0"}
GOOD: dict[str, dict[str, Any]] = {
    "checkpoint": CHECKPOINT,
    "case": {"schema": "regforensics/case/1", "name": "widget", "created": TIME, "format": 1,
             "tool": "regforensics 0.1.0"},
    "citation": CITATION,
    "custody-line": {
        "seq": 1, "how": "http", "kind": "packument", "what": "packument", "subject": "pkg:npm/a",
        "request": {"method": "GET", "url": "https://registry.example/a",
                    "headers": [["accept", "*/*"]]},
        "status": 200, "headers": [["ETag", "x"]], "requested_at": TIME, "observed_at": TIME,
        "recorded_at": TIME, "exhibit": "EX-000001", "sha256": SHA, "size": 3,
        "tool": "regforensics 0.1.0", "operator": "ada", "prev": "0" * 64},
    "diff": {"schema": "regforensics/diff/1", "subject": "pkg:npm/a", "from": CAPTURE,
             "to": CAPTURE, "changes": [{
                 "kind": "deprecated-set", "version": "1.0.1", "before": None, "after": "no",
                 "representation": False,
                 "citations": [CITATION],
                 "absences": [{"exhibit": "EX-000001", "sha256": SHA, "pointer": "/a~1b"}]}]},
    "downloads": {"schema": "regforensics/downloads/1", "series": [{
        "subject": "pkg:npm/a", "service": "npm", "counted": "all", "source": "an API",
        "from": "2026-03-07", "to": "2026-03-07", "by": "day", "total": 0, "points": [{
            "start": "2026-03-07", "downloads": None, "missing": True,
            "missing_days": ["2026-03-07"]}],
        "citations": [CITATION], "gaps": [GAP | {"citations": [CITATION]}]}],
        "last_week": [{"subject": "pkg:npm/a", "observed_at": TIME, "versions": {"1.0.0": 1},
                       "citations": [CITATION]}]},
    "diff-artifacts": {
        "schema": "regforensics/diff-artifacts/1",
        "from": {"name": "a.tgz", "exhibit": None, "path": "a.tgz", "sha256": SHA, "size": 9,
                 "form": "tar.gz", "members": 1, "whole": True, "oddities": []},
        "to": {"name": "EX-000001", "exhibit": "EX-000001", "path": None, "sha256": SHA, "size": 9,
               "form": "tar.gz", "members": 0, "whole": False, "oddities": ["stopped"]},
        "files": [{"path": "package/a.js", "rank": "removed", "change": "removed", "after": None,
                   "before": {"kind": "file", "size": 1, "mode": 420, "sha256": SHA,
                              "target": None}, "diff": None, "left_out": 0}]},
    "drift": {"schema": "regforensics/drift/1", "drifts": [{
        "subject": "pkg:npm/a", "version": "1.0.0", "file": "a-1.0.0.tgz", "grade": "confirmed",
        "observations": [{"algorithm": "shasum", "value": v, "source": "registry",
                          "observed_at": TIME, "citation": CITATION} for v in ("a", "b")]}]},
    "exposure": {"schema": "regforensics/exposure/1", "exposures": [{
        "subject": "pkg:npm/a@1.0.0", "version": "1.0.0", "layer": "proxy", "grade": "confirmed",
        "consumer": {"address": "192.0.2.1", "user": None, "user_agent": "npm/10"}, "first": TIME,
        "last": TIME, "count": 1, "citations": [CITATION]}],
        "coverage": [{"source": "a.log", "first": TIME, "last": TIME, "gaps": []}]},
    "hand-over": {"schema": "regforensics/hand-over/1", "case": "widget", "tool": "regforensics/1",
                  "custody": {"lines": 2, "bytes": 400, "head": SHA}, "targets": ["npm:a"],
                  "left_out": ["EX-000002"]},
    "export": {"schema": "regforensics/export/1", "format": "zip", "path": "c.zip", "lines": 2,
               "targets": [], "exhibits": 1, "left_out": 0, "custody_head": SHA},
    "ingest": {"schema": "regforensics/ingest/1", "files": [{
        "path": "a.log", "exhibit": "EX-000001", "sha256": SHA, "format": "packument", "lines": 1,
        "events": 0, "unparsed": 0, "first": None, "last": TIME, "gaps": [GAP]}]},
    "inventory": {"schema": "regforensics/inventory/1", "rows": [{
        "subject": "pkg:npm/a", "question": "account", "authority": "unavailable",
        "source": "identity log", "ask": "the identity provider"}]},
    "requests": {"schema": "regforensics/requests/1", "subject": "pkg:npm/a", "version": None,
                 "cited": False, "repeated": 0, "challenged": 0, "kinds": [{
                     "layer": "proxy", "log": "artifactory-request", "consumers": 1,
                     "unlisted": 1, "ungrouped": 0, "counts": [{
                         "by": "client", "action": "download", "outcome": "transferred",
                         "count": 2}]}], "files": [{
                     "path": "a.log", "sha256": None, "size": 9, "rows": 2, "unparsed": 0,
                     "coverage": {
                         "lines": 9, "read": 9, "unparsed": 0, "formats": ["combined"],
                         "first": TIME, "last": TIME, "silences": [], "share": None},
                     "problems": [], "stopped": []}], "groups": [{
                         "address": "192.0.2.1", "user_agent": None, "user": None, "version": None,
                         "by": "client", "action": "download", "layer": "proxy",
                         "log": "artifactory-request", "outcome": "transferred", "count": 2,
                         "first": TIME, "last": TIME,
                         "rows": [{"file": 0, "where": "line 1", "start": 0, "end": 9}]}]},
    "list": {"schema": "regforensics/list/1", "exhibits": [{
        "exhibit": "EX-000001", "file": "exhibits/EX-000001.npm.a.packument.json", "sha256": SHA,
        "size": 3, "kind": "packument", "status": 200, "observations": 2, "first": TIME,
        "last": TIME}]},
    "pack": {"schema": "regforensics/pack/1", "before": 9, "after": 3, "custody_head": SHA,
             "exhibits": [{"exhibit": "EX-000001", "file": "exhibits/EX-000001.a.json.zst",
                           "size": 3, "keyframe": None}],
             "left": [{"reason": "packed before", "exhibits": 1}]},
    "cat": {"schema": "regforensics/cat/1", "exhibit": "EX-000001", "size": 0, "sha256": SHA,
            "file": "exhibits/EX-000001.npm.a.packument.json", "content_base64": ""},
    "seal": {"schema": "regforensics/seal/1", "checkpoint": CHECKPOINT, "sha256": SHA,
             "file": "c.json", "signature": None, "exhibit": "EX-000003", "custody_head": SHA,
             "time_stamp": {"file": "c.json.tsr", "time": TIME, "checked": False}},
    "show": {"schema": "regforensics/show/1", "citation": CITATION},
    "snapshot": {"schema": "regforensics/snapshot/1", "custody_head": SHA, "captures": [{
        "target": "npm:a", "status": None, "exhibit": None, "sha256": None, "size": None,
        "outcome": "failed", "error": "no route"}]},
    "status": {
        "schema": "regforensics/status/1", "case": "widget", "at": TIME, "custody_head": SHA,
        "targets": [{"target": "npm:a", "captures": 1, "first": TIME, "last": TIME,
                     "changed": TIME, "age_seconds": 1.5, "failed_runs": 0, "failing_runs": 0,
                     "state": "ok", "overdue_since": None, "rhythm_seconds": None,
                     "absent_since": None, "handed_over": {"count": 0, "by": []},
                     "longest_gap": {"after": TIME, "before": None, "seconds": 1.5},
                     "last_failure": None}],
        "runs": {"count": 0, "last": None, "last_success": None, "failed": 0, "stopped": [],
                 "without_end": []}},
    "timeline-check": {"schema": "regforensics/timeline-check/1", "report": "r.json", "ok": False,
                       "claims": 1, "citations": 1, "mismatches": [{
                           "claim": "C1", "kind": "quote", "exhibit": "EX-000001",
                           "where": "/a", "detail": "byte 3 differs"}]},
    "timeline-report": {
        "schema": "regforensics/timeline-report/1", "case": "widget", "generated_at": TIME,
        "custody_head": SHA, "gaps": [{**GAP, "subject": None, "ask": None, "citations": [],
                                       "appendix": []}],
        "claims": [{
            "id": "C1", "rule": "publish", "section": "publish", "subject": "pkg:npm/a@1.0.1",
            "when": {"after": TIME, "before": None}, "statement": "Published.",
            "basis": "evidenced", "citations": [CITATION], "absences": [], "appendix": ["A1"],
            "rerun": ["sed -n 1p f"]}],
        "appendix": {"lines": [{**CITATION, "id": "A1", "file": "f", "commands": ["a", "b"]}],
                     "absences": [], "recompute": "regforensics timeline report"}},
    "audit-event": {"timestamp": TIME, "event_type": "npm.package.download", "registry": "npm",
                    "action": "download", "package": "a", "status_code": 200, "extra": None},
    "verify": {"schema": "regforensics/verify/1", "ok": False, "exhibits": 3, "custody_head": SHA,
               "damage": [{"kind": "changed", "path": "exhibits/x", "detail": "sha256 differs"}]},
}
WRONG: list[tuple[str, tuple[Any, ...], Any]] = [
    ("checkpoint", ("custody", "lines"), 0),
    ("export", ("format",), "tar"),
    ("hand-over", ("left_out",), ["x"]),
    ("seal", ("time_stamp", "time"), "now"),
    ("audit-event", ("status_code",), "200"),
    ("case", ("format",), 0),
    ("citation", ("start",), -1),
    ("citation", ("quote",), ""),
    ("citation", ("quote_base64",), "YQ=="),
    ("citation", ("where",), "somewhere"),
    ("citation", ("sha256",), "AB" * 32),
    ("custody-line", ("prev",), None),
    ("custody-line", ("headers", 0), ["ETag"]),
    ("diff", ("changes", 0, "kind"), "renamed"),
    ("diff", ("changes", 0, "citations"), []),
    ("diff", ("changes", 0, "absences", 0, "pointer"), "a"),
    ("downloads", ("series", 0, "points", 0, "start"), "today"),
    ("downloads", ("series", 0, "total"), -1),
    ("drift", ("drifts", 0, "observations", 1, "citation"), None),
    ("ingest", ("files", 0, "first"), "yesterday"),
    ("inventory", ("rows", 0, "authority"), "certain"),
    ("list", ("exhibits", 0, "exhibit"), "EX-1"),
    ("snapshot", ("captures", 0, "outcome"), "fine"),
    ("status", ("targets", 0, "last"), "yesterday"),
    ("status", ("runs", "count"), -1),
    ("timeline-check", ("ok",), True),
    ("timeline-report", ("claims", 0, "citations"), []),
    ("timeline-report", ("claims", 0, "when"), "2026-03-07"),
    ("timeline-report", ("claims", 0, "section"), "other"),
    ("timeline-report", ("appendix", "lines", 0, "extra"), 1),
    ("verify", ("damage",), []),
    ("verify", ("damage", 0, "kind"), "odd"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_schema_is_sound_and_takes_its_document(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))
    validate(kind, GOOD[kind])


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"citation", "audit-event"}))
def test_an_unknown_or_missing_field_is_a_mistake(kind: str) -> None:
    with pytest.raises(UnreadableInput, match=r"at \$"):
        validate(kind, {**GOOD[kind], "unknown": 1})
    for name in schema(kind)["required"]:
        with pytest.raises(UnreadableInput, match=name):
            validate(kind, {k: v for k, v in GOOD[kind].items() if k != name})


@pytest.mark.parametrize(("kind", "path", "value"), WRONG)
def test_a_wrong_value_is_named_by_its_path(kind: str, path: tuple[Any, ...], value: Any) -> None:
    document: Any = copy.deepcopy(GOOD[kind])
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(UnreadableInput, match=f"no valid {kind} document: at"):
        validate(kind, document)


def test_a_name_that_is_no_kind() -> None:
    with pytest.raises(KeyError):
        schema("../case")


@given(st.integers(1, 10**9), st.none() | st.text())
def test_every_place_that_a_line_may_have_can_be_cited(number: int, member: str | None) -> None:
    validate("citation", CITATION | {"where": str(Place(number, member))})


@pytest.mark.parametrize("where", ["line 0", "line 3 of", "line 3 of member x", "lines 3",
                                   'line 3 of member "a"b"', "line 3 of the bytes"])
def test_other_words_are_cited_by_no_document(where: str) -> None:
    with pytest.raises(UnreadableInput):
        validate("citation", CITATION | {"where": where})
