"""What only looks like an attack: the same releases seen through a mirror, and put back ones."""

import pytest

from regforensics.analyze.running import ANALYZERS
from simulator import Clock, Npm, Request
from simulator.npm_manifest import Json
from tests.unit.analyze.documents import MIRROR, ORIGIN, Case, claimed, run

LEADS = {rule.id for analyzer in ANALYZERS for rule in analyzer.rules if rule.lead} | {
    "integrity.upload-time", "distribution.tag-back"}
PRODUCTS = ("artifactory", "nexus", "verdaccio", "cnpm", "gitlab", "cdn", "agegate")
NOON = "2026-03-01T12:00:00.000Z"


def registry() -> Npm:
    """A registry with four releases of one kind."""
    npm = Npm(Clock("2026-03-01T11:00:00+00:00"), base_url=ORIGIN)
    for number, days in (("1.0.0", 300), ("1.1.0", 200), ("1.2.0", 100), ("1.2.1", 2)):
        npm.publish("paint", number, by="ada", at=npm.clock.ago(days=days), provenance=True,
                    trusted_publisher="github", dependencies={"line": "^2.0.0"})
    return npm


def seen(npm: Npm) -> Json:
    """The packument as the registry answers it now."""
    document: Json = npm.respond(Request("/paint")).json()
    return document


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("first", ["registry", "mirror alone"])
def test_no_mirror_makes_a_lead_that_stands_out(product: str, first: str) -> None:
    npm = registry()
    case = Case("npm:paint")
    if first == "registry":
        case.at(NOON, seen(npm))
    case.at("2026-03-01T12:05:00.000Z", seen(npm.through(product, base_url=MIRROR)),
            registry=MIRROR)
    claims, _ = run(case)
    assert not [c.statement for c in claims if c.rule in LEADS and c.notable]


def test_a_mirror_that_keeps_what_the_registry_took_down_is_no_restored_version() -> None:
    npm = registry()
    kept = seen(npm.through("verdaccio", base_url=MIRROR))
    npm.unpublish("paint", "1.2.0")
    case = Case("npm:paint").at(NOON, seen(npm)).at("2026-03-01T12:05:00.000Z", kept,
                                                   registry=MIRROR)
    assert claimed(case, "publish.returned", "publish.restored") == []


def restored(published: str | None) -> Case:
    """1.2.0 is taken down and put back by the operator, at its old publish time or a new one."""
    npm = registry()
    case = Case("npm:paint").at(NOON, seen(npm))
    manifest = npm.documents["paint"]["versions"]["1.2.0"]
    npm.tick(7200)
    npm.unpublish("paint", "1.2.0")
    case.at("2026-03-01T14:00:00.000Z", seen(npm))
    npm.tick(7200)
    npm.restore("paint", manifest, published=npm.clock.now() if published else None)
    return case.at("2026-03-01T16:00:00.000Z", seen(npm))


def test_a_version_put_back_at_a_new_time_contradicts_its_line_and_its_upload() -> None:
    case = restored("now")
    (claim,) = claimed(case, "publish.restored")
    assert "later than the higher 1.2.1 of the same line" in claim.statement
    assert claimed(case, "publish.republished")
    (claim,) = claimed(case, "integrity.upload-time")
    assert claim.subject.version == "1.2.0"


def test_a_version_put_back_at_its_old_time_is_only_back() -> None:
    claims, _ = run(restored(None))
    assert "publish.returned" in {c.rule for c in claims}
    assert not [c.statement for c in claims if c.rule in LEADS | {"publish.restored"}]
