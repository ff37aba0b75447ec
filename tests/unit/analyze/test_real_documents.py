"""The facts that real documents are known to hold come out, and no alarm where there is none."""

import pytest

from regforensics.analyze.compare.drift import find_drift
from regforensics.analyze.running import ANALYZERS
from regforensics.model.claim import Claim
from tests.unit.analyze.documents import SHARED, Case, claimed, quotes, run

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.parent.is_dir(), reason="no ../shared beside the checkout"),
]
PAIRS = {
    "npm:chalk": ("npm/chalk/2020-09-22.json", "npm/chalk/2026-08-02.json"),
    "npm:debug": ("npm/debug/2026-08-02.json",),
    "npm:babylon": ("npm/babylon/2017-02-27.json", "npm/babylon/2017-03-28.json"),
    "npm:pinkie": ("npm/pinkie/2017-03-28.json", "npm/pinkie/2020-10.json"),
    "npm:lodash": ("npm/lodash/2016-09-07.json", "npm/lodash/2016-10-12.json",
                   "npm/lodash/2024-08-04.json", "npm/lodash/2026-08-02.json"),
    "npm:left-pad": ("npm/left-pad/2016-09-07.json", "npm/left-pad/2026-08-02.json"),
    "npm:express": ("npm/express/2020-11-06.json",),
    "npm:nethix": ("npm/nethix/2026-08-02.json",),
    "npm:cjhooker-test": ("npm/cjhooker-test/2026-08-02.json",),
    "npm:flatmap-stream": ("npm/flatmap-stream/2026-08-02.json",),
    "pypi:flask": ("pypi/flask/simple-a.json", "pypi/flask/simple-b.json"),
    "pypi:pyyaml": ("pypi/pyyaml/simple.json",),
    "pypi:celery": ("pypi/celery/2019-12.json", "pypi/celery/2023-06.json"),
    "pypi:requests": ("pypi/requests/2022-01.json",),
    "pypi:django": ("pypi/django/simple-earlier.json", "pypi/django/simple-later.json"),
}


def case(target: str, *, only: int | None = None) -> Case:
    """The captures of a package, dated at the end of the day or month that their name states."""
    made = Case(target)
    for name in PAIRS[target][slice(only, None if only is None else only + 1)]:
        day = name.rpartition("/")[2].removesuffix(".json")
        day += "-30" if len(day) == 7 else ""
        made.file(SHARED / name, f"{day}T23:59:59Z" if day[0].isdigit() else None)
    return made


def of(target: str, *rules: str) -> list[Claim]:
    """The claims of some rules about a package."""
    return claimed(case(target), *rules)


@pytest.mark.parametrize("target", PAIRS)
def test_every_claim_holds_and_no_pair_drifts(target: str) -> None:
    made = case(target)
    claims, _ = run(made)
    assert claims
    assert find_drift([made.history()]) == ()
    assert not [c for c in claims if c.rule in (
        "publish.drift", "publish.drift-across", "publish.digests-contradict",
        "publish.republished", "publish.times-rewritten", "publish.removed", "integrity.mirror",
        "publish.returned", "publish.file-removed", "account.trust-dropped")]


@pytest.mark.parametrize(("target", "ghosts"), [
    ("npm:chalk", {"5.6.1": "2025-09-08T13:13:05.239Z"}),
    ("npm:debug", {"4.4.2": "2025-09-08T13:12:39.973Z"}),
    ("npm:lodash", {}), ("npm:left-pad", {}), ("npm:pinkie", {"2.0.5": "2018-01-06T18:50:54.900Z"}),
    ("npm:babylon", {"5.8.4": "2015-07-24T20:32:28.942Z",
                     "7.0.0-beta.0-ranges": "2017-02-15T23:43:49.112Z"}),
    ("npm:flatmap-stream", {"11.1.1": "2018-11-28T22:09:45.947Z"}),
    ("npm:nethix", {}), ("npm:cjhooker-test", {})])
def test_ghosts(target: str, ghosts: dict[str, str]) -> None:
    found = {c.subject.version: c for c in of(target, "publish.withdrawn")}
    assert found.keys() == ghosts.keys()
    for version, published in ghosts.items():
        assert f'"{version}":"{published}"' in [q.replace(" ", "") for q in quotes(found[version])]
        assert found[version].absences[0].pointer == f"/versions/{version}"


def test_two_of_thirty_express_ghosts_are_withdrawn_and_the_rest_are_spellings() -> None:
    gone = of("npm:express", "publish.withdrawn")
    assert {c.subject.version for c in gone} == {"2.0.0-pre", "3.0.0beta5"}
    spelled = [c for c in of("npm:express", "publish.published") if "spells it" in c.statement]
    assert len(spelled) == 28
    (snapshot,) = case("npm:express").snapshots
    assert (len(snapshot.times), len(snapshot.publishes)) == (294, 266)


def test_chalk_and_debug_are_superseded_which_is_not_the_takedown() -> None:
    (chalk,) = of("npm:chalk", "publish.superseded")
    assert "5.6.2, published at 2025-09-08T14:47:54.486Z" in chalk.statement
    (debug,) = of("npm:debug", "publish.superseded")
    assert "4.4.3, published at 2025-09-13T17:25:19.732Z" in debug.statement


def test_babylon_loses_seven_owners_a_tag_and_a_version() -> None:
    owners = of("npm:babylon", "account.owner-removed")
    assert [c.statement.split()[0] for c in owners] == [
        "amasad", "gabelevi", "hzoo", "jmm", "loganfsmyth", "sebmck", "thejameskyle"]
    assert any("test, which pointed at 7.0.0-beta.0-ranges, was removed" in c.statement
               for c in of("npm:babylon", "distribution.tag-moved"))
    assert len(of("npm:babylon", "publish.published")) == 88


def test_pinkie_has_nine_publishers_rewritten_and_no_other_bytes() -> None:
    (claim,) = of("npm:pinkie", "account.publisher-rewritten")
    assert "of 9 published versions" in claim.statement
    assert "from floatdrop to npm" in claim.statement


def test_lodash_loses_owners_and_deprecations_and_nothing_worse() -> None:
    removed = {c.statement.split()[0] for c in of("npm:lodash", "account.owner-removed")}
    assert removed == {"phated", "mathias", "bnjmnt4n"}
    (cleared,) = of("npm:lodash", "publish.undeprecated")
    assert "of 42 versions" in cleared.statement
    assert any("version 4.18.0" in c.statement for c in of("npm:lodash", "publish.deprecated"))
    moved = [c.statement for c in of("npm:lodash", "distribution.tag-moved")]
    assert any("latest moved from 4.17.21 to 4.18.1" in text for text in moved)


@pytest.mark.parametrize("target", [t for t in PAIRS if t != "npm:debug"])
def test_the_only_leads_that_stand_out_are_new_publishers(target: str) -> None:
    leads = {rule.id for a in ANALYZERS for rule in a.rules if rule.lead}
    found = [c for c in run(case(target))[0] if c.notable and (
        c.rule in leads or c.rule in ("integrity.upload-time", "distribution.tag-back"))]
    assert {c.rule for c in found} <= {"account.first-publish"}


def test_debug_was_woken_up_by_an_owner_who_had_just_come() -> None:
    leads = ("publish.woke-up", "account.owners-at-publish", "account.first-publish")
    lifted = [c for c in of("npm:debug", *leads[:2]) if c.notable]
    assert {(c.rule, c.subject.version) for c in lifted} == {(r, "2.3.0") for r in leads[:2]}


def test_lodash_slept_for_almost_five_years() -> None:
    woken = {c.subject.version: c for c in of("npm:lodash", "publish.woke-up")}
    assert "came 1796 days" in woken["4.17.23"].statement
    assert of("npm:lodash", "account.address-changed")


def test_real_uploads_agree_with_their_publish_times() -> None:
    assert all(of(t, "integrity.upload-time") == [] for t in PAIRS)


def test_left_pad_was_restored() -> None:
    (claim,) = of("npm:left-pad", "publish.restored")
    assert claim.subject.version == "0.0.3"
    assert all(of(t, "publish.restored") == [] for t in PAIRS if t != "npm:left-pad")


def test_tombstones() -> None:
    (nethix,) = of("npm:nethix", "publish.unpublished")
    assert "at 2022-03-11T21:21:03.814Z; by whom is not recorded" in nethix.statement
    (written,) = of("npm:nethix", "publish.tombstone-written")
    assert "2026-08-01T13:20:20.416Z" in written.statement
    assert of("npm:nethix", "publish.tombstone-omits") == []
    (hooker,) = of("npm:cjhooker-test", "publish.unpublished")
    assert "at 2018-03-19T05:30:18.190Z by cjhooker" in hooker.statement
    (omitted,) = of("npm:cjhooker-test", "publish.tombstone-omits")
    assert "lists 0.0.1 and leaves out 0.0.2" in omitted.statement


def test_a_security_holder_and_its_later_creation() -> None:
    (held,) = of("npm:flatmap-stream", "publish.held")
    assert "0.0.1-security" in held.statement
    (created,) = of("npm:flatmap-stream", "publish.created-later")
    assert "2018-11-29T16:56:02.864Z" in created.statement
    assert all(of(t, "publish.created-later") == [] for t in PAIRS if t != "npm:flatmap-stream")


def test_flask_differs_in_representation_only() -> None:
    one, both = (run(made)[0] for made in (case("pypi:flask", only=0), case("pypi:flask")))
    assert [c.statement for c in one if c.section != "integrity"] == [
        c.statement for c in both if c.section != "integrity"]
