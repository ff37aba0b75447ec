"""The battery: which sign each test gives, what they add up to, and what must not tip it."""

import json
from typing import Any

import pytest

from regforensics.endpoints import NPM_REGISTRY, PYPI_URL
from regforensics.model.claim import Claim
from regforensics.model.origin import TESTS, Tell, score, verdict
from tests.unit.analyze.documents import (
    MIRROR,
    ORIGIN,
    Case,
    claimed,
    file,
    npm,
    pypi,
    stamp,
    version,
)

CLOUD = (("Server", "cloudflare"), ("CF-Ray", "0123-SIM"), ("ETag", f'"{"0a" * 16}"'))
TIMES = {"1.0.0": "06:00", "1.1.0": "07:00"}


def whole(base: str = ORIGIN, listed: tuple[str, ...] = ("1.0.0", "1.1.0"), **more: Any
          ) -> dict[str, Any]:
    """A packument as the public registry gives it, its tarballs at ``base``."""
    epochs = {"1.0.0": "1772431200100", "1.1.0": "1772434800100"}
    shown = {}
    for number in listed:
        one = version(number, _npmOperationalInternal={
            "tmp": f"tmp/paint_{number}_{epochs.get(number, '0' * 13)}_0.5"})
        one["dist"] |= {"signatures": [{"keyid": "k", "sig": "s"}],
                        "tarball": f"{base}paint/-/paint-{number}.tgz"}
        shown[number] = one
    return npm(TIMES, shown, **more)


def told(document: object, *, registry: str = ORIGIN, at: str | None = "09:00", **more: Any
         ) -> dict[tuple[str, str], list[Tell]]:
    """The results on one capture, by test and result."""
    (snapshot,) = Case("npm:paint").at(at, document, registry=registry, **more).snapshots
    found: dict[tuple[str, str], list[Tell]] = {}
    for tell in snapshot.origin:
        found.setdefault((tell.test, tell.result), []).append(tell)
    return found


def looks(document: object, **more: Any) -> str:
    return verdict(tell for tells in told(document, **more).values() for tell in tells)


def products(document: object, **more: Any) -> set[str]:
    return {t.product for tells in told(document, **more).values() for t in tells if t.product}


def rows(case: Case) -> list[Claim]:
    return claimed(case, "integrity.origin-test")


def test_the_public_registrys_own_answer_passes_every_test() -> None:
    found = told(whole(NPM_REGISTRY), registry=NPM_REGISTRY, headers=CLOUD)
    assert not [key for key in found if key[1] == "mirror"]
    assert {test for test, result in found if result == "origin"} == {
        "path", "front", "files", "revision", "times", "signed", "upload"}


@pytest.mark.parametrize(("headers", "product"), [
    ((("X-JFrog-Version", "7"),), "Artifactory"), ((("Server", "Nexus/3.82"),), "Nexus"),
    ((("X-Powered-By", "verdaccio/6"),), "Verdaccio"), ((("X-DEVPI-SERIAL", "3"),), "devpi"),
    ((("X-Gitlab-Meta", "{}"),), "GitLab")])
def test_a_header_of_its_own_names_the_product(headers: Any, product: str) -> None:
    assert products(whole(), headers=headers) == {product}
    assert looks(whole(), headers=headers) == "mirror"


@pytest.mark.parametrize(("path", "product"), [
    ("api/npm/npm-remote/", "Artifactory"), ("repository/npm-proxy/", "Nexus"),
    ("api/v4/projects/7/packages/npm/", "GitLab")])
def test_the_path_of_tarballs_names_the_product(path: str, product: str) -> None:
    assert products(whole(ORIGIN + path), registry=ORIGIN + path) == {product}


@pytest.mark.parametrize(("key", "product"), [
    ("_uplinks", "Verdaccio"), ("_distfiles", "Verdaccio"), ("_source_registry_name", "cnpmcore")])
def test_a_key_of_its_own_names_the_product(key: str, product: str) -> None:
    assert products(whole() | {key: {}}) == {product}
    inside = whole()
    inside["versions"]["1.1.0"][key] = "default"
    assert products(inside) == {product}


def test_products_by_their_documents() -> None:
    null = whole(unpublished=None)
    null["time"]["unpublished"] = None
    assert products(null) == {"Artifactory"}
    assert products(whole() | {"_rev": "0-0000000000000000"}) == {"Verdaccio"}
    spaced = json.dumps(whole(), indent=2, separators=(",", " : ")).encode()
    assert [t.weight for t in told(spaced)["product", "mirror"]] == [3]
    assert products(whole(), registry="https://d-1.d.codeartifact.eu.example/npm/x/") == {
        "AWS CodeArtifact"}


def test_nexus_fills_missing_times_with_the_time_of_the_capture() -> None:
    filled = whole()
    del filled["_id"], filled["_rev"]
    filled["time"] = dict.fromkeys(("created", "modified", "1.0.0", "1.1.0"), stamp("09:00"))
    assert products(filled) == {"Nexus"}
    assert looks(filled) == "mirror"
    assert ("times", "mirror") not in told(filled, at="15:00")
    three = whole(listed=("1.0.0", "1.1.0", "1.2.0"))
    three["time"] = dict.fromkeys(("created", "modified", *three["versions"]), stamp("09:00"))
    (tell,) = told(three, at="15:00")["times", "mirror"]
    assert "regenerated" in tell.sign


def test_a_first_publish_captured_at_once_is_not_called_filled() -> None:
    first = npm({"1.0.0": "2026-03-02T09:00:00.100Z"}, created="2026-03-02T09:00:00.000Z")
    assert ("times", "mirror") not in told(first, at="2026-03-02T09:00:02.000Z")


def test_no_times_is_a_mirror_and_signatures_that_stay_say_which_kind() -> None:
    document = whole()
    del document["time"]
    (tell,) = told(document)["times", "mirror"]
    assert "while registry signatures stay" in tell.sign
    assert tell.absence is not None
    assert tell.absence.pointer == "/time"
    bare = {k: v for k, v in npm(TIMES).items() if k != "time"}
    (tell,) = told(bare)["times", "mirror"]
    assert "signatures" not in tell.sign


def test_upload_times_inside_versions_that_differ_from_the_time_map() -> None:
    moved = whole()
    moved["time"]["1.0.0"] = stamp("04:00")
    (tell,) = told(moved)["upload", "mirror"]
    assert "1 of 2" in tell.sign
    assert tell.weight == 1
    moved["time"]["1.1.0"] = stamp("04:30")
    assert told(moved)["upload", "mirror"][0].weight == 3


def test_signatures_are_asked_of_the_public_registry_only() -> None:
    assert ("signed", "mirror") not in told(npm(TIMES))
    assert told(npm(TIMES))["signed", "neither"][0].weight == 0
    (tell,) = told(npm(TIMES), registry=NPM_REGISTRY)["signed", "mirror"]
    assert "no version carries a registry signature" in tell.sign
    old = told(npm(TIMES), registry=NPM_REGISTRY, at="2021-03-02T09:00:00.000Z")
    assert "signed" in {test for test, result in old if result == "untested"}
    some = whole()
    del some["versions"]["1.0.0"]["dist"]["signatures"]
    (tell,) = told(some)["signed", "mirror"]
    assert tell.absence is not None
    assert tell.absence.pointer == "/versions/1.0.0/dist/signatures"


def test_an_old_version_need_not_name_its_publisher() -> None:
    times = {"0.1.0": "2012-05-01T09:00:00.000Z"}
    old = npm(times, {"0.1.0": version("0.1.0", by=None)}, created=times["0.1.0"])
    assert ("signed", "mirror") not in told(old)
    assert looks(npm(TIMES, {v: version(v, by=None) for v in TIMES})) == "mirror"


def test_fewer_writes_than_versions_is_a_lead_only() -> None:
    document = whole() | {"_rev": "1-abc"}
    assert told(document)["revision", "mirror"][0].weight == 1
    assert looks(document) == "origin"


def test_tarballs_elsewhere_and_tarballs_at_a_private_registrys_own_host() -> None:
    assert looks(whole("https://cdn.example/")) == "mirror"
    private = "https://npm.paint.example/"
    assert looks(whole(private), registry=private) == "origin"
    assert told(whole(private), registry=private)["path", "neither"]
    handed = told(whole("https://cdn.example/"), registry="")
    assert handed["files", "untested"]


def test_a_via_header_alone_and_a_company_authority_alone_tip_nothing() -> None:
    via = (*CLOUD, ("Via", "1.1 proxy.example"))
    assert looks(whole(), headers=via) == "origin"
    assert told(whole(), headers=via)["path", "mirror"][0].weight == 1
    assert ("path", "mirror") not in told(whole(), headers=(("Via", "1.1 varnish"),))
    note = f"TLSv1.3, certificate sha256 {'0a' * 32} issued by O=Paint Works, CN=Paint Proxy CA"
    (tell,) = told(whole(), headers=CLOUD, note=note)["path", "mirror"]
    assert "no public authority" in tell.sign
    assert looks(whole(), headers=CLOUD, note=note) == "origin"
    public = note.replace("Paint Works", "Let's Encrypt")
    assert ("path", "mirror") not in told(whole(), headers=CLOUD, note=public)


def test_a_redirect_to_another_host_is_told() -> None:
    (tell,) = told(whole(), final_url="https://cdn.example/paint")["path", "mirror"]
    assert "cdn.example" in tell.sign
    assert ("path", "mirror") not in told(whole(), final_url=f"{ORIGIN}paint/")


def test_the_front_of_the_public_registry_is_asked_of_it_only() -> None:
    assert told(whole(NPM_REGISTRY), registry=NPM_REGISTRY, headers=(("Server", "nginx"),))[
        "front", "mirror"]
    assert ("front", "mirror") not in told(whole(), headers=(("Server", "nginx"),))


# --- the table and the summary


def test_each_test_of_a_place_is_a_row_that_cites_its_line() -> None:
    case = Case("npm:paint").at("09:00", whole(NPM_REGISTRY), registry=NPM_REGISTRY, headers=CLOUD)
    found = rows(case)
    assert [c.reading.test for c in found if c.reading] == sorted(
        [c.reading.test for c in found if c.reading], key=[*TESTS].index)
    assert {c.reading.test for c in found if c.reading} == {
        "path", "front", "files", "revision", "times", "signed", "upload", "forms", "witness",
        "product"}
    assert all(not c.notable for c in found)
    (claim,) = claimed(case, "integrity.origin")
    assert not claim.notable
    assert "the registry's revision is there" in claim.statement
    assert "and 0 points for a mirror or proxy" in claim.statement
    assert claimed(case, "integrity.mirror", "integrity.origin-unclear") == []


def test_a_mirror_is_one_claim_with_its_signs_and_product() -> None:
    mirrored = {k: v for k, v in whole().items() if k != "_rev"} | {"_uplinks": {}}
    case = Case("npm:paint").at("09:00", mirrored, registry=MIRROR,
                                headers=(("Server", "Nexus/3.70"),))
    case.at("10:00", mirrored, registry=MIRROR)
    (claim,) = claimed(case, "integrity.mirror")
    assert claim.notable
    assert "2 of 2 captures look like" in claim.statement
    assert "Three points for a mirror are enough, whatever speaks for the" in claim.statement
    assert "'_uplinks'" in claim.statement
    assert "The product named is Verdaccio." in claim.statement
    assert "/_rev" in {a.pointer for a in claim.absences}
    assert claimed(case, "integrity.origin") == []
    (once,) = [c for c in rows(case) if "'server' names Nexus" in c.statement]
    assert "(in 1 of 2 captures, the last of" in once.statement
    assert "and not in the newest" in once.statement


def test_captures_that_say_the_same_are_folded() -> None:
    case = Case("npm:paint")
    for hour in range(9, 16):
        case.at(f"{hour}:00" if hour > 9 else "09:00", whole(), headers=CLOUD)
    found = rows(case)
    assert len(found) == len({(c.reading, c.statement) for c in found})
    assert len(found) < 16
    assert any("(in 7 of 7 captures)" in c.statement for c in found)


def test_a_handed_over_file_is_decided_by_nothing() -> None:
    case = Case("npm:paint").at("09:00", whole(), registry="")
    assert claimed(case, "integrity.origin", "integrity.mirror") == []
    (claim,) = claimed(case, "integrity.origin-unclear")
    assert "0 points for the registry itself" in claim.statement
    assert {c.reading.result for c in rows(case) if c.reading} <= {"neither", "untested"}


def test_every_result_rests_on_a_line_and_points_only_where_it_weighs() -> None:
    for document in (whole(), npm(TIMES), {"name": "paint", "versions": {}}, npm({}, {}, tags={})):
        for (_, result), tells in told(document, headers=CLOUD).items():
            for tell in tells:
                assert bool(tell.weight) == (result in ("origin", "mirror")), tell
                assert tell.fact is not None, tell


def test_equal_signs_count_once() -> None:
    one = Tell("path", "mirror", "x", 2)
    assert score([one, one]).mirror == 2
    assert score([]).reads == "unclear"


# --- PyPI


def index(host: str = ORIGIN, path: str = "", **more: Any) -> dict[str, Any]:
    held = [file("paint-2.0.tar.gz", "07:00"), file("paint-2.0-py3.whl", "07:01")]
    for one in held:
        one["url"] = one["url"].replace(f"{ORIGIN}packages/", f"{host}{path}packages/")
        one |= more
    return pypi({"2.0": held})


def asked(document: object, registry: str = ORIGIN, **more: Any) -> tuple[Tell, ...]:
    (snapshot,) = Case("pypi:paint").at("09:00", document, registry=registry, **more).snapshots
    return snapshot.origin


@pytest.mark.parametrize(("document", "headers", "product"), [
    (index(path="api/pypi/pypi-remote/"), (), "Artifactory"),
    (index(path="repository/pypi-proxy/"), (), "Nexus"),
    (index(), (("X-Devpi-Serial", "3"),), "devpi"),
    (pypi({"2.0": [file("p-2.0.tar.gz", "07:00") | {
        "url": f"{ORIGIN}root/pypi/+f/0a1/b2c3/p-2.0.tar.gz"}]}), (), "devpi")])
def test_products_of_indexes(document: object, headers: Any, product: str) -> None:
    tells = asked(document, headers=headers)
    assert {t.product for t in tells if t.product} == {product}
    assert verdict(tells) == "mirror"


def test_pypi_itself_and_an_index_without_upload_times() -> None:
    headers = (("X-PyPI-Last-Serial", "7"), ("X-Served-By", "cache-1"), ("Via", "1.1 varnish"))
    from regforensics.endpoints import PYPI_FILE_HOSTS
    own = asked(index(f"https://{PYPI_FILE_HOSTS[0]}/"), PYPI_URL, headers=headers)
    assert verdict(own) == "origin"
    assert not [t for t in own if t.result == "mirror"]
    lagging = asked(index(f"https://{PYPI_FILE_HOSTS[0]}/"), PYPI_URL,
                    headers=(("X-PyPI-Last-Serial", "9"),))
    assert verdict(lagging) == "mirror"
    bare = asked(index(upload_time_iso_8601=None))
    (tell,) = [t for t in bare if "upload time" in t.sign]
    assert (tell.weight, verdict(bare)) == (1, "origin")


# --- other witnesses


def test_an_age_gate_is_told_from_another_places_answer() -> None:
    late = whole(modified=stamp("07:00"))
    gated = whole(MIRROR, listed=("1.0.0",), modified=stamp("07:00"))
    del gated["time"]["1.1.0"]
    case = Case("npm:paint").at("10:00", late, headers=CLOUD)
    case.at("10:01", gated, registry=MIRROR)
    (row,) = [c for c in rows(case) if c.reading and c.reading.place == MIRROR.rstrip("/")
              and (c.reading.test, c.reading.result) == ("witness", "mirror")]
    assert "as an age-gating proxy leaves young versions out" in row.statement
    assert row.absences[0].pointer == "/versions/1.1.0"
    (claim,) = claimed(case, "integrity.mirror")
    assert claim.notable


def test_a_copy_that_lags_is_not_called_an_age_gate() -> None:
    behind = whole(MIRROR, listed=("1.0.0",), modified=stamp("06:00"))
    del behind["time"]["1.1.0"]
    case = Case("npm:paint").at("10:00", whole(), headers=CLOUD)
    case.at("10:01", behind, registry=MIRROR)
    (row,) = [c for c in rows(case) if "lags behind" in c.statement]
    assert row.reading
    assert row.reading.weight == 2
    fresh = Case("npm:paint").at("07:10", whole(), headers=CLOUD) \
        .at("07:20", behind, registry=MIRROR)
    assert not [c for c in rows(fresh) if "lags behind" in c.statement]


def test_a_cache_that_kept_what_the_registry_took_down() -> None:
    case = Case("npm:paint").at("08:00", whole(listed=("1.0.0",)), headers=CLOUD)
    case.at("12:00", whole(MIRROR), registry=MIRROR)
    (row,) = [c for c in rows(case) if "still lists version 1.1.0" in c.statement]
    assert row.reading
    assert row.reading.result == "mirror"
    agreeing = Case("npm:paint").at("08:00", whole(), headers=CLOUD)
    agreeing.at("12:00", whole(MIRROR), registry=MIRROR)
    assert [c for c in rows(agreeing) if "2 publish times are those that" in c.statement]
    assert claimed(agreeing, "integrity.mirror") == []


@pytest.mark.parametrize(("odd", "result"), [
    ({"dist": []}, "origin"), ({"_npmUser": {}}, "mirror"), ({"_npmUser": None}, "mirror"),
    ({"_npmUser": []}, "mirror")])
def test_an_odd_section_hides_no_publisher_and_no_absence_is_made_up(
        odd: dict[str, Any], result: str) -> None:
    document = whole()
    document["versions"]["1.1.0"] |= odd
    assert [t for t in told(document)["signed", result] if "publisher" in t.sign]
    assert rows(Case("npm:paint").at("09:00", document))  # each absence is looked up


def test_signatures_that_verify_stand_beside_a_sum_that_does_not_count_them(
        monkeypatch: pytest.MonkeyPatch) -> None:
    import regforensics.analyze.custody.origin as module
    from regforensics.analyze.seen import anchor
    from regforensics.analyze.signed.signatures import VERIFY

    monkeypatch.setattr(module, "HISTORY_TESTS", (lambda _history, _part, newest: [Tell(
        "signed", "neither", f"the registry signatures of 2 versions {VERIFY}", 0,
        anchor(newest))],))
    (claim,) = claimed(Case("npm:paint").at("09:00", whole(), registry=""),
                       "integrity.origin-unclear")
    assert "0 points for the registry itself" in claim.statement
    assert "not of the place" in claim.statement
    assert f"2 versions {VERIFY}." in claim.statement
