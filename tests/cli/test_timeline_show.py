"""timeline show: one line a claim, by time over all sections."""

import pytest

from regforensics.cli import reporting
from regforensics.model.claim import Claim
from regforensics.model.package import PackageRef
from tests.support.report_case import PACKAGE, Evidence, at, claims_of, report


def test_the_claims_stand_by_time_over_all_sections(capsys: pytest.CaptureFixture[str]) -> None:
    reporting.show(report(), as_json=False)
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown[:5]] == ["C4", "C1", "C2", "C5", "C3"]
    assert shown[0].startswith("C4  2026-03-01 09:00:00.000Z  publish       npm:@acme/widget@1.0.0")
    assert "  distribution  " in shown[3]
    assert shown[5].startswith("Account activity: ")


def test_long_numbers_keep_their_distance(capsys: pytest.CaptureFixture[str]) -> None:
    cited = claims_of(Evidence())[0].citations
    claims = [Claim("publish", "publish", PACKAGE, at("2026-03-01T09:00:00Z"), f"Said {n}.", cited)
              for n in range(1001)]
    reporting.show(report(claims=claims), as_json=False)
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("C")]
    assert len(shown) == 1001
    assert {line.index("2026-03-01") for line in shown} == {7}


def test_targets_and_key_choose_lines(capsys: pytest.CaptureFixture[str]) -> None:
    made = report()
    reporting.show(made, as_json=False, about=[PackageRef.parse("npm:other")])
    assert capsys.readouterr().out == ""
    reporting.show(made, as_json=False, about=[PACKAGE.at(None)])
    whole = capsys.readouterr().out.splitlines()
    reporting.show(made, as_json=False, key=True)
    keyed = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in keyed} == {one.id for one in made.key_findings}
    assert len(whole) == len(made.claims)
