"""Trust between neighbours of a release line, and what lowers it without an attack."""

from typing import Any

from tests.unit.analyze.documents import (
    MIRROR,
    ORIGIN,
    Case,
    claimed,
    npm,
    scope,
    version,
)

CI: dict[str, Any] = {"name": "GitHub Actions", "email": "ci@inbox.example",
                      "trustedPublisher": {"id": "github", "oidcConfigId": "oidc:1"}}
HAND: dict[str, Any] = {"name": "ada", "email": "ada@inbox.example"}
PROVEN: dict[str, Any] = {"attestations": {"provenance": {"predicateType": "https://slsa.example"}}}
RULE = "account.trust-dropped"


def by(number: str, user: dict[str, Any], *, proven: bool = False, **more: Any) -> dict[str, Any]:
    """A version published by a user of this shape."""
    made = version(number, **more) | {"_npmUser": user}
    made["dist"] |= PROVEN if proven else {}
    return made


def case(*versions: tuple[str, str, dict[str, Any]], registry: str = ORIGIN) -> Case:
    """One capture of (version, publish time, version object)."""
    document = npm({v: at for v, at, _ in versions}, {v: made for v, _, made in versions})
    return Case("npm:paint").at("2026-09-01T00:00:00.000Z", document, registry=registry)


def days(*users: tuple[str, dict[str, Any]], proven: tuple[str, ...] = ()) -> Case:
    """Versions a day apart."""
    return case(*((v, f"2026-03-{i + 10}T00:00:00.000Z", by(v, user, proven=v in proven))
                  for i, (v, user) in enumerate(users)))


def test_a_release_by_hand_after_trusted_publishing() -> None:
    (claim,) = claimed(days(("1.0.0", HAND), ("1.1.0", CI), ("1.2.0", HAND)), RULE)
    assert claim.subject.version == "1.2.0"
    assert "carries no trust marker; the version before it in its release line, 1.1.0" \
        in claim.statement
    assert claim.notable
    assert {a.pointer for a in claim.absences} == {
        "/versions/1.2.0/_npmUser/trustedPublisher/id",
        "/versions/1.2.0/dist/attestations/provenance/predicateType"}


def test_trust_that_stays_or_rises_is_silent() -> None:
    approved = CI | {"approver": HAND}
    assert claimed(days(("1.0.0", HAND), ("1.1.0", CI), ("1.2.0", CI), ("1.3.0", approved)),
                   RULE) == []


def test_each_release_line_is_its_own() -> None:
    assert claimed(days(("1.0.0", HAND), ("2.0.0", CI), ("1.0.1", HAND), ("2.0.1", CI)), RULE) == []
    assert claimed(days(("0.1.0", CI), ("0.2.0", HAND)), RULE) == []
    (claim,) = claimed(days(("0.30.3", CI), ("1.14.0", HAND), ("0.30.4", HAND)), RULE)
    assert claim.subject.version == "0.30.4"


def test_nightly_versions_by_another_road_are_silent() -> None:
    assert claimed(days(("1.0.0-a.1", HAND), ("1.0.0", CI), ("1.1.0-a.1", HAND), ("1.1.0", CI),
                        ("1.2.0-a.1", HAND)), RULE) == []
    (claim,) = claimed(days(("6.11.1", CI), ("6.11.2-alpha.1", HAND)), RULE)
    assert claim.subject.version == "6.11.2-alpha.1"


def test_what_keeps_a_marker_is_told_as_routine() -> None:
    approved = CI | {"approver": HAND}
    (claim,) = claimed(days(("1.0.0", approved), ("1.1.0", CI)), RULE)
    assert "carries trusted publisher" in claim.statement
    assert not claim.notable
    kept = days(("1.0.0", CI), ("1.1.0", HAND), proven=("1.0.0", "1.1.0"))
    assert [c.notable for c in claimed(kept, RULE)] == [False]


def test_a_trusted_publisher_without_provenance_is_no_drop() -> None:
    circle = CI | {"trustedPublisher": {"id": "circleci", "oidcConfigId": "oidc:1"}}
    assert claimed(days(("1.0.0", circle), ("1.1.0", circle), proven=("1.0.0",)), RULE) == []


def staged(when: str, client: str) -> Case:
    """A version by a human after one by trusted publishing."""
    return case(("1.0.0", "2026-05-01T00:00:00.000Z", by("1.0.0", CI)),
                ("1.1.0", when, by("1.1.0", HAND, _npmVersion=client)))


def test_the_week_in_which_staging_lost_the_marker() -> None:
    made = staged("2026-05-22T09:00:00.000Z", "11.15.0")
    assert claimed(made, RULE) == []
    (claim,) = claimed(made, RULE, scope=scope("npm:paint@1.1.0"))
    assert "staged publishing with npm 11.15.0 recorded the human who approved" in claim.statement
    assert '"_npmVersion": "11.15.0"' in {c.quote.decode() for c in claim.citations}


def test_another_client_or_another_week_is_no_excuse() -> None:
    for when, client in (("2026-05-22T09:00:00.000Z", "11.14.1"),
                         ("2026-06-02T09:00:00.000Z", "11.15.0"),
                         ("2026-05-19T23:59:59.999Z", "11.15.0")):
        (claim,) = claimed(staged(when, client), RULE)
        assert "staged" not in claim.statement
        assert claim.notable


def test_a_mirror_that_drops_the_marker_is_routine_until_the_version_is_in_question() -> None:
    mirror = case(("1.0.0", "2026-03-10T00:00:00.000Z", by("1.0.0", CI)),
                  ("1.1.0", "2026-03-11T00:00:00.000Z", by("1.1.0", HAND)), registry=MIRROR)
    assert [c.notable for c in claimed(mirror, RULE)] == [False]
    assert [c.notable for c in claimed(mirror, RULE, scope=scope("npm:paint@1.1.0"))] == [True]
