"""What a claim rests on: "evidenced" only where the sentence restates the cited lines."""

from regforensics.analyze.running import ANALYZERS
from tests.unit.analyze.documents import Case, claimed, file, npm, pypi, run, simple, stamp, version

EVIDENCED = {
    "publish.journal", "account.journal-role", "publish.delivered",
    "publish.published", "publish.unpublished", "publish.absent", "integrity.failed",
    "integrity.digest-disagrees", "integrity.yank-disagrees", "integrity.state-disagrees",
    "integrity.artifact-danger", "publish.advisory-withdrawn"}


def test_the_rules_that_restate_are_these_and_every_other_infers() -> None:
    stated = {rule.id: rule.basis for analyzer in ANALYZERS for rule in analyzer.rules}
    assert {rule for rule, basis in stated.items() if basis == "evidenced"} == EVIDENCED
    assert set(stated.values()) == {"evidenced", "inferred"}


def test_whatever_compares_two_captures_is_inferred() -> None:
    one = npm({"1.0.0": "07:00", "1.1.0": "07:10"}, owners=("ada", "ben"))
    other = npm({"1.0.0": "07:00", "1.1.0": "07:10", "1.2.0": "08:40"},
                {"1.0.0": version("1.0.0", bytes_of="x"),
                 "1.2.0": version("1.2.0", by="eve", scripts={"postinstall": "x"})},
                owners=("eve",))
    stone = npm({"1.0.0": "07:00"}, unpublished={"versions": ["1.0.0"]})
    case = Case("npm:paint").at("08:00", one).at("09:00", other).at("10:00", None) \
        .at("11:00", stone)
    claims, _ = run(case)
    for claim in claims:
        captures = {c.quote for c in claim.citations if c.exhibit == "custody.jsonl"}
        exhibits = {c.exhibit for c in claim.citations} - {"custody.jsonl"}
        if len(captures) > 1 or len(exhibits) > 1:
            assert claim.basis == "inferred", claim
    assert {c.basis for c in claims if c.rule == "publish.published"} == {"evidenced"}
    assert {c.basis for c in claims if c.rule in ("publish.unpublished", "publish.absent")} == {
        "inferred"}


def test_what_two_answers_of_one_capture_state_is_evidenced() -> None:
    mine = {"2.0": [file("paint-2.0.tar.gz", "07:00")]}
    theirs = {"2.0": [file("paint-2.0.tar.gz", "07:00", bytes_of="other")]}
    case = Case("pypi:paint").at("09:00", pypi(mine), simple(theirs))
    (claim,) = claimed(case, "integrity.digest-disagrees")
    assert claim.basis == "evidenced"
    (first,) = claimed(Case("npm:paint").at("10:00", None), "publish.absent")
    assert first.basis == "evidenced"
    assert stamp("10:00") in first.statement
