"""Every citation is read again; whatever is wrong is named with its claim."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import IntegrityError, UnreadableInput
from regforensics.evidence.schemas import validate
from regforensics.report import jsondoc
from regforensics.report.check import check_claims, check_document, ensure
from regforensics.report.document import Report
from regforensics.report.text import visible
from tests.support.report_case import BEFORE, EXHIBITS, Evidence, report

DOCUMENT = jsondoc.parse(jsondoc.render(report()).encode())
Change = Callable[[dict[str, Any]], object]


def kinds(document: Any, evidence: Evidence | None = None) -> set[tuple[str, str]]:
    return {(m.claim, m.kind) for m in check_claims(document, evidence or Evidence())}


def test_a_true_report_holds_composed_and_read_back() -> None:
    assert check_claims(report(), Evidence()) == ()
    assert check_claims(DOCUMENT, Evidence()) == ()
    ensure(report(), Evidence())


def test_the_document_is_ascii_and_valid() -> None:
    text = jsondoc.render(report())
    text.encode("ascii")
    validate("timeline-report", json.loads(text))
    claim = DOCUMENT["claims"][1]
    assert claim["when"] == {"after": "2026-03-08T06:00:00.000Z",
                             "before": "2026-03-09T06:00:00.000Z"}
    assert DOCUMENT["claims"][4]["citations"][0]["quote_base64"]
    assert DOCUMENT["claims"][2]["when"] is None


@pytest.mark.parametrize("offset", [0, 40, BEFORE.index(b"22:14"), len(BEFORE) - 2])
def test_one_changed_byte_names_the_claims_that_rest_on_it(offset: int) -> None:
    evidence = Evidence()
    data = bytearray(BEFORE)
    data[offset] ^= 1
    evidence.exhibits["EX-000001"] = bytes(data)
    found = {m.claim for m in check_claims(DOCUMENT, evidence)}
    assert {"C1", "C3", "C4", "A1"} <= found
    assert "C5" not in found
    with pytest.raises(IntegrityError, match=r"no report is written: C1: \w+: EX-000001"):
        ensure(report(), evidence)


def change_quote(document: dict[str, Any]) -> None:
    for place in (document["claims"][0]["citations"][0], document["appendix"]["lines"][0]):
        place["quote"] = place["quote"].replace("22:14", "22:15")


def shift(document: dict[str, Any]) -> None:
    document["claims"][0]["citations"][0]["start"] += 1
    document["claims"][0]["citations"][0]["end"] += 1


CHANGES: list[tuple[Change, tuple[str, str]]] = [
    (change_quote, ("C1", "quote")),
    (shift, ("C1", "quote")),
    (lambda d: d["claims"][0]["citations"][0].update(end=10 ** 30), ("C1", "quote")),
    (lambda d: d["claims"][0]["citations"][0].update(quote="\ud800"), ("C1", "quote")),
    (lambda d: d["claims"][4]["citations"][0].update(quote_base64="AAAAA"), ("C5", "quote")),
    (lambda d: d["claims"][0]["citations"][0].update(exhibit="EX-000099"), ("C1", "exhibit")),
    (lambda d: d["claims"][0]["citations"][0].update(exhibit="../../etc/passwd"),
     ("C1", "exhibit")),
    (lambda d: d["claims"][0]["citations"][0].update(sha256="0" * 64), ("C1", "digest")),
    (lambda d: d["claims"][0]["citations"][0].update(where="/time/1.0.0"), ("C1", "where")),
    (lambda d: d["claims"][0]["citations"][0].update(where="/time/9"), ("C1", "where")),
    (lambda d: d["claims"][0]["citations"][0].update(where="line 1"), ("C1", "where")),
    (lambda d: d["claims"][4]["citations"][0].update(where="line 1"), ("C5", "where")),
    (lambda d: d["claims"][4]["citations"][0].update(where="/x"), ("C5", "where")),
    (lambda d: d["claims"][1]["citations"][1].update(sha256="0" * 64), ("C2", "digest")),
    (lambda d: d["claims"][1]["absences"][0].update(pointer="/time/1.0.1"), ("C2", "absence")),
    (lambda d: d["claims"][1]["absences"][0].update(sha256="0" * 64), ("C2", "digest")),
    (lambda d: d["appendix"]["absences"][0].update(pointer="/versions"), ("N1", "absence")),
    (lambda d: d["appendix"]["lines"][0].update(sha256="0" * 64), ("A1", "digest")),
    (lambda d: d["claims"][0].update(appendix=["A1", "A99"]), ("C1", "appendix")),
    (lambda d: d["claims"][0].update(appendix=["A1"]), ("C1", "appendix")),
    (lambda d: d["claims"][1].update(id="C1"), ("C1", "appendix")),
    (lambda d: d.update(custody_head="0" * 64), ("report", "custody-head")),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_what_the_report_says_wrongly_is_found(change: Change, expected: tuple[str, str]) -> None:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    assert expected in kinds(document)


def test_a_broken_chain_and_a_lost_custody_are_found() -> None:
    evidence = Evidence()
    evidence.custody = evidence.custody.replace(b'"seq": 2', b'"seq": 7')
    assert ("report", "custody-head") in kinds(DOCUMENT, evidence)
    assert ("C2", "quote") in kinds(DOCUMENT, evidence)
    evidence.custody = b""
    assert ("report", "custody-head") in kinds(DOCUMENT, evidence)


def test_custody_may_have_grown_since() -> None:
    evidence = Evidence()
    evidence.custody += json.dumps({"prev": evidence.head}).encode() + b"\n"
    assert check_claims(DOCUMENT, evidence) == ()


def test_no_absence_is_shown_by_something_that_is_no_json() -> None:
    evidence = Evidence({**EXHIBITS, "EX-000002": b"<html>down</html>"})
    claim = copy.deepcopy(DOCUMENT["claims"][1])
    claim["absences"][0]["sha256"] = evidence.absent("EX-000002", "").sha256
    document = {**DOCUMENT, "claims": [claim]}
    assert ("C2", "absence") in kinds(document, evidence)


@pytest.mark.parametrize(("pointer", "holds"), [
    ("/maintainers/eve", True), ("/maintainers/mallory", False), ("/maintainers/0", True),
    ("/list/b", True), ("/list/a", False), ("/files/x.whl", False), ("/roles/ada", False),
    ("/roles/ada/x", True), ("", False), ("/roles", False),
])
def test_an_absence_from_an_array_is_of_a_name(pointer: str, holds: bool) -> None:
    body = json.dumps({"maintainers": [{"name": "mallory"}, 3, None], "list": ["a"],
                       "files": [{"filename": "x.whl"}], "roles": [{"user": "ada"}]}).encode()
    evidence = Evidence({**EXHIBITS, "EX-000004": body})
    absence = jsondoc.absence_document(evidence.absent("EX-000004", pointer))
    document = {**DOCUMENT, "custody_head": evidence.head, "claims": [],
                "appendix": {**DOCUMENT["appendix"], "absences": [
                    {**absence, "id": "N1", "file": "f", "commands": ["jq"]}]}}
    assert kinds(document, evidence) == (set() if holds else {("N1", "absence")})


def test_the_check_document_is_valid_both_ways() -> None:
    good = check_document("report.json", DOCUMENT, Evidence(), report)
    validate("timeline-check", good)
    assert (good["ok"], good["claims"], good["citations"]) == (True, 5, 8)
    bad = check_document("report.json", {**DOCUMENT, "custody_head": "1" * 64}, Evidence(),
                         report)
    validate("timeline-check", bad)
    assert bad["ok"] is False


def test_what_cannot_be_computed_again_does_not_hold() -> None:
    def lost() -> Report:
        raise IntegrityError("EX-000009 is gone")

    found = check_document("report.json", DOCUMENT, Evidence(), lost)
    validate("timeline-check", found)
    assert [(m["claim"], m["kind"]) for m in found["mismatches"]] == [("report", "again")]


@pytest.mark.parametrize(("data", "says"), [
    (b"", "not JSON at byte 0"),
    (b"\xff{}", "not UTF-8 at byte 0"),
    (b'{"a": NaN}', "NaN"),
    (b"[" * 100_000, "nested too deep"),
    (b'{"a": [{"b": 1, "c": 2, "b": 3}]}', "the key 'b' stands twice"),
    ('{"é": }'.encode(), "at byte 7"),
    (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read"),
])
def test_garbage_is_refused_with_what_is_wrong(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableInput, match=says):
        jsondoc.parse(data)


@pytest.mark.parametrize("document", [
    None, [], 3, {}, {"schema": "regforensics/diff/1"},
    {**DOCUMENT, "claims": [{**DOCUMENT["claims"][0], "citations": []}]},
    {**DOCUMENT, "claims": [{**DOCUMENT["claims"][0], "citations": [None]}]},
    {**DOCUMENT, "surprise\x1b": 1},
    {**DOCUMENT, "custody_head": "xyz"},
])
def test_a_document_of_another_form_is_refused(document: Any) -> None:
    with pytest.raises(UnreadableInput, match="timeline-report document: at") as caught:
        check_claims(document, Evidence())
    assert caught.value.message.isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8)
PATHS = [("claims",), ("claims", 0), ("claims", 0, "citations", 0), ("appendix", "lines", 0),
         ("claims", 1, "absences", 0), ("gaps", 0), ("appendix",)]


@given(st.sampled_from(PATHS), st.data(), JSON)
def test_no_document_gives_a_traceback(path: tuple[Any, ...], data: st.DataObject,
                                       value: Any) -> None:
    document = copy.deepcopy(DOCUMENT)
    place = document
    for step in path:
        place = place[step]
    key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict)
                                    else list(range(len(place)))))
    place[key] = value
    try:
        found = check_claims(document, Evidence())
    except UnreadableInput as error:
        assert visible(error.message) == error.message
    else:
        assert all(visible(str(one)) == str(one) for one in found)


@pytest.mark.parametrize(("pointer", "fault"), [
    ('/m/versions/version[.="2"]', set()),
    ('/m/versions/version[.="1"]', {("C2", "absence")}),
    ('/m/versions/version', {("C2", "absence")}),
    ('/m/gone/version[.="2"]', set()),
    ('/other/version[.="2"]', {("C2", "absence")}),
    ('/m/versions/version[.="2', {("C2", "absence")}),
])
def test_absences_in_xml_are_looked_for_again(pointer: str, fault: set[tuple[str, str]]) -> None:
    evidence = Evidence({**EXHIBITS, "EX-000002": b"<m><versions><version> 1 </version></versions>"
                                                  b"</m>"})
    claim = copy.deepcopy(DOCUMENT["claims"][1])
    claim["absences"][0] |= {"sha256": evidence.absent("EX-000002", "").sha256, "pointer": pointer}
    found = kinds({**DOCUMENT, "claims": [claim]}, evidence)
    assert {one for one in found if one[1] == "absence"} == fault
