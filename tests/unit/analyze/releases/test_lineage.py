"""Which version a version is compared with."""

import pytest

from regforensics.analyze.releases.lineage import line, steps
from regforensics.analyze.seen import series
from tests.unit.analyze.documents import MIRROR, Case, claimed, npm, version


@pytest.mark.parametrize(("version", "expected"), [
    ("1.2.3", (1,)), ("0.30.4", (0, 30)), ("0", (0,)), ("10.0.0-rc.1", (10,)), ("v2.1", (2,)),
    ("latest", None), ("", None)])
def test_lines(version: str, expected: tuple[int, ...] | None) -> None:
    assert line(version) == expected


def test_neighbours_go_by_publish_time_within_a_line() -> None:
    order = ("1.0.0", "2.0.0-a.1", "2.0.0", "1.0.1", "2.1.0-a.1", "2.1.0")
    case = Case("npm:paint").at("10:00", npm({v: f"0{i}:00" for i, v in enumerate(order)}))
    found = {s.version: s for part in series(case.history()) for s in steps(part)}
    before = {v: s.before.version if s.before else None for v, s in found.items()}
    assert before == {"1.0.0": None, "2.0.0-a.1": None, "2.0.0": None, "1.0.1": "1.0.0",
                      "2.1.0-a.1": "2.0.0-a.1", "2.1.0": "2.0.0"}
    assert [s.last.version if s.last else None for s in found.values()] == [None, *order[:-1]]


def test_a_second_place_tells_only_what_the_first_does_not_list_but_compares_all() -> None:
    def by(config: str) -> dict[str, object]:
        return {"_npmUser": {"name": "ci", "trustedPublisher": {"oidcConfigId": config}}}

    times = {"1.0.0": "06:00", "1.1.0": "06:10", "1.2.0": "06:20", "1.3.0": "06:30"}
    every = {v: version(v) | by(f"oidc:{c}") for v, c in zip(times, "1223", strict=True)}
    short = {v: made for v, made in every.items() if v in ("1.0.0", "1.1.0")}
    case = Case("npm:paint").at("10:00", npm({v: times[v] for v in short}, short)) \
        .at("10:05", npm(times, every), registry=MIRROR)
    assert [c.subject.version for c in claimed(case, "account.config-changed")] == [
        "1.1.0", "1.3.0"]
