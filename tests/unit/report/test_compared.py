"""A forged report over true citations: whatever was changed is named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from regforensics.report import jsondoc
from regforensics.report.compared import compare
from tests.support.report_case import report

DOCUMENT = jsondoc.parse(jsondoc.render(report()).encode())
Change = Callable[[dict[str, Any]], object]


def forged(change: Change) -> list[str]:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return [str(m) for m in compare(DOCUMENT, document).mismatches]


def extra(document: dict[str, Any]) -> None:
    document["claims"].append({**document["claims"][0], "id": "C6", "statement": "It was Ben."})


def renumbered(document: dict[str, Any]) -> None:
    del document["claims"][1]
    for number, claim in enumerate(document["claims"], 1):
        claim["id"] = f"C{number}"


FORGERIES: list[tuple[Change, str]] = [
    (lambda d: d["claims"][1].update(statement="Nothing happened."),
     "C2: statement: the evidence gives Version 1.0.1 was taken down: it has a publish time and is"
     " no longer listed., the report says Nothing happened."),
    (lambda d: d["claims"][0].update(when="2020-01-01T00:00:00Z"),
     "C1: when: the evidence gives 2026-03-07T22:14:05.511Z, the report says 2020"),
    (lambda d: d["claims"][0].update(when=None), "C1: when: the evidence gives 2026"),
    (lambda d: d["claims"][0].update(subject="pkg:npm/other@1"), "C1: subject: "),
    (lambda d: d["claims"][1].update(basis="evidenced"), "C2: basis: the evidence gives inferred"),
    (lambda d: d["claims"][0].update(rule="publish.other"), "C1: rule: "),
    (lambda d: d["claims"][0].update(notable=False), "C1: notable: the evidence gives true"),
    (lambda d: d["claims"][0].update(incident=False), "C1: incident: "),
    (lambda d: d["claims"][0].update(section="account"), "C1: section: "),
    (lambda d: d["claims"][0].update(rerun=["rm -r ."]), "C1: rerun: "),
    (lambda d: d["claims"][1].update(absences=[]), "C2: absences: "),
    (lambda d: d["claims"][0]["citations"].pop(), "C1: citations: "),
    (lambda d: d["claims"][0].pop("when_text"), "C1: when_text: the evidence gives"),
    (lambda d: d["claims"].pop(2), "C3: claim: the evidence gives this claim, the report leaves"),
    (renumbered, "C2: claim: the evidence gives this claim, the report leaves it out: Version"),
    (extra, "C6: claim: the evidence gives no such claim, the report says: It was Ben."),
    (lambda d: d["claims"].reverse(), "report: claims: they stand in another order"),
    (lambda d: d.update(gaps=[]), "gap 1: gap: the evidence gives this gap, the report leaves"),
    (lambda d: d["gaps"][0].update(reason="all is well"), "gap 1: reason: "),
    (lambda d: d["gaps"].append({**d["gaps"][0], "reason": "new"}), "gap 3: gap: "),
    (lambda d: d["coverage"].pop(), "source 3: source: the evidence gives this source"),
    (lambda d: d["coverage"][1].update(authority="authoritative"), "source 2: authority: "),
    (lambda d: d.pop("coverage"), "source 1: source: the evidence gives this source"),
    (lambda d: d["silences"].update(publish=["Nothing."]), "report: silences: "),
    (lambda d: d["appendix"]["lines"][0].update(commands=["echo fine", "true"]), "A1: commands: "),
    (lambda d: d["appendix"]["lines"][0].update(file="exhibits/other"), "A1: file: "),
    (lambda d: d["appendix"]["absences"].clear(), "N1: appendix entry: the evidence gives this"),
    (lambda d: d["appendix"].update(recompute="true"), "report: recompute: "),
    (lambda d: d.update(case="another"), "report: case: the evidence gives widget takeover"),
    (lambda d: d.update(left_out=3), "report: left_out: the evidence gives 0"),
    (lambda d: d.update(incidents=[]), "report: incidents: "),
]


@pytest.mark.parametrize(("change", "expected"), FORGERIES)
def test_each_forgery_is_named(change: Change, expected: str) -> None:
    found = forged(change)
    assert any(line.startswith(expected) for line in found), found


def test_one_forgery_is_named_once_and_nothing_else() -> None:
    assert len(forged(lambda d: d["claims"][1].update(statement="Nothing happened."))) == 1
    assert forged(lambda d: d.update(generated_at="2020-01-01T00:00:00Z")) == []


def test_a_claim_taken_out_leaves_the_later_ones_their_words() -> None:
    assert {line.split(": ")[1] for line in forged(renumbered)} == {"claim", "id"}


def test_another_version_may_word_it_otherwise_but_not_say_something_else() -> None:
    def older(document: dict[str, Any]) -> None:
        document["tool"] = "regforensics 0.0.1"
        document["claims"][1]["statement"] = "1.0.1 is gone."
        document["appendix"]["lines"][0]["commands"] = ["cat f", "true"]

    document = copy.deepcopy(DOCUMENT)
    older(document)
    compared = compare(DOCUMENT, document)
    assert (compared.mismatches, compared.reworded) == ((), ("C2", "A1"))
    document["claims"][0]["when"] = None
    assert [m.claim for m in compare(DOCUMENT, document).mismatches] == ["C1"]
    document = {**DOCUMENT, "tool": "regforensics 0.0.1"}
    assert compare(DOCUMENT, document).reworded == ()


def test_a_report_that_names_no_version_is_held_to_every_word() -> None:
    def nameless(document: dict[str, Any]) -> None:
        del document["tool"]
        document["claims"][1]["statement"] = "Nothing happened."

    assert len(forged(nameless)) == 1
