"""The upload time inside a version against the time map."""

from typing import Any

from regforensics.model.instant import Instant
from tests.unit.analyze.documents import MIRROR, ORIGIN, Case, claimed, npm, quotes, stamp, version

RULE = "integrity.upload-time"


def uploaded(number: str, when: str) -> dict[str, Any]:
    """A version that the registry took in at that time."""
    epoch = round(Instant.parse(stamp(when)).utc.timestamp() * 1000)
    return version(number, _npmOperationalInternal={
        "tmp": f"tmp/paint_{number}_{epoch}_0.25", "host": "s3://packages"})


def case(*versions: tuple[str, str], registry: str = ORIGIN) -> Case:
    """Versions 1.N.0 with (publish time, upload time)."""
    listed = {f"1.{i}.0": (at, up) for i, (at, up) in enumerate(versions)}
    document = npm({v: at for v, (at, _) in listed.items()},
                   {v: uploaded(v, up) for v, (_, up) in listed.items()})
    return Case("npm:paint").at("2026-09-01T00:00:00.000Z", document, registry=registry)


def test_an_upload_hours_before_the_publish_time() -> None:
    (claim,) = claimed(case(("06:00", "06:00"), ("09:00", "07:00")), RULE)
    assert claim.subject.version == "1.1.0"
    assert "2 h earlier: it waited for an approval, was restored, or its publish time was made up" \
        in claim.statement
    assert any(q.startswith('"tmp": "tmp/paint_1.1.0_') for q in quotes(claim))
    assert claim.notable


def test_an_upload_after_the_publish_time() -> None:
    (claim,) = claimed(case(("06:00", "06:05")), RULE)
    assert "5 min later: one of the two times was made up or changed" in claim.statement


def test_seconds_apart_and_no_upload_time_are_silent() -> None:
    assert claimed(case(("06:00", "2026-03-02T05:59:55.000Z")), RULE) == []
    assert claimed(Case("npm:paint").at("10:00", npm({"1.0.0": "06:00"})), RULE) == []


def test_a_mirror_that_makes_up_its_times_is_one_routine_claim() -> None:
    (claim,) = claimed(case(*(("06:00", f"0{i}:00") for i in range(5)), registry=MIRROR), RULE)
    assert "publish times of 5 versions disagree" in claim.statement
    assert claim.statement.startswith("At https://mirror.example")
    assert not claim.notable


def test_a_mirror_is_told_beside_the_registry_that_agrees() -> None:
    both = case(("06:00", "06:00"))
    both.at("10:05", npm({"1.0.0": "09:00"}, {"1.0.0": uploaded("1.0.0", "06:00")}) |
            {"_uplinks": {}}, registry=MIRROR)
    (claim,) = claimed(both, RULE)
    assert "which looks like a mirror" in claim.statement
