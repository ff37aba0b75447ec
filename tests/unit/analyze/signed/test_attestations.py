"""What is claimed of attestations: which hold, what they say, and when nothing may be said."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regforensics.analyze.custody.inventory import inventory
from regforensics.analyze.signed.attestations import vouched
from regforensics.analyze.signed.attested import repository
from regforensics.attest.roots import read_roots
from regforensics.model.claim import Claim
from regforensics.registries import attestations
from simulator.signing import Key
from simulator.sigstore import (
    Ci,
    Sigstore,
    npm_publish,
    npm_subject,
    pep_740,
    provenance,
    pypi_publish,
)
from tests.unit.analyze.documents import (
    MIRROR,
    NO_SCOPE,
    ORIGIN,
    Case,
    check,
    claimed,
    file,
    npm,
    pypi,
    run,
    simple,
)
from tests.unit.analyze.documents import scope as named
from tests.unit.analyze.documents import version as listed

KEY, STORE, CI = Key(), Sigstore(), Ci()
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAILURES = ("integrity.attestation-refused", "integrity.attestation-subject",
            "integrity.attestation-disagrees", "integrity.attestation-gone")
RULES = ("publish.provenance", "publish.provenances", "publish.provenance-moved",
         "publish.log-time", *FAILURES)
ABOUT = {"attestations": {"url": ORIGIN, "provenance": {"predicateType": "slsa"}}}


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    roots = read_roots(STORE.trusted_root(), "the simulated root")
    monkeypatch.setattr(attestations, "installed", lambda: roots)


def release(number: str) -> dict[str, Any]:
    manifest = listed(number)
    digest = base64.b64encode(hashlib.sha512(number.encode()).digest()).decode()
    manifest["dist"] |= {"integrity": f"sha512-{digest}", **ABOUT}
    return manifest


def subject(number: str, name: str = "paint") -> dict[str, Any]:
    return npm_subject(name, number, release(number)["dist"]["integrity"])


def answer(number: str, *, ci: Ci = CI, at: datetime = AT, about: dict[str, Any] | None = None,
           statement: Callable[[dict[str, Any], Ci], dict[str, Any]] = provenance
           ) -> dict[str, Any]:
    """What the attestations endpoint says of a version: the build and the publish."""
    what = about or subject(number)
    bundles = (STORE.bundle(statement(what, ci), ci, at),
               STORE.keyed(npm_publish(what, "paint", number), KEY, at))
    return {"attestations": [{"predicateType": "p", "bundle": b} for b in bundles]}


def case(*versions: str, **answers: Any) -> Case:
    """Versions published at noon of the day of ``AT``, each with its answer, or with none."""
    made = Case("npm:paint").beside("10:00", "npm-keys", {"keys": [KEY.entry]})
    made.at("10:00", npm(dict.fromkeys(versions, "2026-03-01T12:00:05.000Z"),
                         {v: release(v) for v in versions}))
    for number in versions:
        given = answers.get(f"v{number.replace('.', '')}", answer(number))
        if given is not None:
            made.beside("10:01", "npm-attestations", given, on=number)
    return made


def found(made: Case, *rules: str, **more: Any) -> list[Claim]:
    claims = claimed(made, *(rules or RULES), **more)
    for claim in claims:
        check(made, claim)
    return claims


@pytest.mark.usefixtures("trusted")
def test_healthy_provenance_is_a_summary_and_the_newest_build() -> None:
    made = case("1.0.0", "1.1.0", "1.2.0")
    newest, summary = found(made)
    assert summary.rule == "publish.provenances"
    assert summary.statement.startswith("6 attestations of 3 versions were captured: 6 verified")
    assert "paint-works/paint-lines" in summary.statement
    assert newest.subject.version == "1.2.0"
    assert not (newest.notable or summary.notable)
    for word in (CI.commit, CI.repository, CI.invocation, "logged at 2026-03-01T12:00:00Z",
                 "It verifies"):
        assert word in newest.statement


@pytest.mark.usefixtures("trusted")
def test_a_version_in_question_is_told_by_itself() -> None:
    claims = found(case("1.0.0", "1.1.0"), "publish.provenance", scope=named("npm:paint@1.0.0"))
    assert [(c.subject.version, c.notable) for c in claims] == [("1.0.0", True), ("1.1.0", False)]
    assert claims[0].when is not None


def test_without_the_root_it_is_read_and_not_believed() -> None:
    made = case("1.0.0")
    claim, summary = found(made)
    assert "was not verified" in claim.statement
    assert "as it says itself" in claim.statement
    assert claim.when is None
    assert "1 could not be judged" in summary.statement
    (gap,) = [g for g in run(made)[1] if "attestation of 1.0.0" in g.question]
    assert "authority" in gap.reason


@pytest.mark.parametrize("rooted", [True, False])
def test_an_altered_statement_is_refused(rooted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = read_roots(STORE.trusted_root(), "the simulated root") if rooted else None
    monkeypatch.setattr(attestations, "installed", lambda: roots)
    altered = answer("1.0.0")
    envelope = altered["attestations"][0]["bundle"]["dsseEnvelope"]
    payload = base64.b64decode(envelope["payload"]).replace(b"paint-works", b"paint-thief")
    envelope["payload"] = base64.b64encode(payload).decode()
    claim, _ = found(case("1.0.0", v100=altered), *FAILURES, "publish.provenances")[::-1]
    assert claim.rule == "integrity.attestation-refused"
    assert "over this statement" in claim.statement
    assert claim.notable


@pytest.mark.usefixtures("trusted")
def test_an_attestation_about_other_bytes() -> None:
    other = npm_subject("paint", "1.0.0", "sha512-" + base64.b64encode(b"x" * 64).decode())
    claims = found(case("1.0.0", v100=answer("1.0.0", about=other)), *FAILURES)
    assert {c.rule for c in claims} == {"integrity.attestation-subject"}
    assert (b"x" * 64).hex() in claims[0].statement
    assert any("integrity" in c.quote.decode() for c in claims[0].citations)


@pytest.mark.usefixtures("trusted")
def test_an_attestation_about_another_package() -> None:
    claims = found(case("1.0.0", v100=answer("1.0.0", about=subject("1.0.0", "paint-x"))),
                   *FAILURES)
    assert all("is about pkg:npm/paint-x@1.0.0" in c.statement for c in claims)
    assert len(claims) == 2


@pytest.mark.usefixtures("trusted")
def test_bytes_that_changed_after_they_were_attested() -> None:
    made = case("1.0.0")
    changed = release("1.0.0")
    changed["dist"]["integrity"] = "sha512-" + base64.b64encode(b"y" * 64).decode()
    made.at("11:00", npm({"1.0.0": "2026-03-01T12:00:05.000Z"}, {"1.0.0": changed}))
    claims = found(made, *FAILURES)
    assert {c.rule for c in claims} == {"integrity.attestation-subject"}


@pytest.mark.usefixtures("trusted")
def test_a_statement_that_names_another_commit_than_the_certificate() -> None:
    def lying(what: dict[str, Any], ci: Ci) -> dict[str, Any]:
        return provenance(what, replace(ci, commit="0" * 40, repository="paint-works/other"))

    claims = found(case("1.0.0", v100=answer("1.0.0", statement=lying)), *FAILURES)
    assert {c.rule for c in claims} == {"integrity.attestation-disagrees"}
    assert {"0" * 40 in c.statement for c in claims} == {True, False}


@pytest.mark.usefixtures("trusted")
def test_advertised_and_not_retrievable() -> None:
    made = case("1.0.0", "1.1.0", v110=None)
    made.beside("10:01", "npm-attestations", {"error": "Not found"}, on="1.1.0", status=404)
    (claim,) = found(made, *FAILURES)
    assert claim.rule == "integrity.attestation-gone"
    assert claim.subject.version == "1.1.0"
    assert {c.exhibit for c in claim.citations} == {"EX-000002", "custody.jsonl"}


@pytest.mark.usefixtures("trusted")
def test_a_404_before_they_were_there_is_silent() -> None:
    made = case("1.0.0", v100=None)
    made.beside("10:01", "npm-attestations", {"error": "Not found"}, on="1.0.0", status=404)
    made.beside("10:02", "npm-attestations", answer("1.0.0"), on="1.0.0")
    assert found(made, *FAILURES) == []


def test_a_404_of_what_nobody_advertised_is_silent() -> None:
    made = Case("npm:paint").at("10:00", npm({"1.0.0": "07:00"}))
    made.beside("10:01", "npm-attestations", {"error": "Not found"}, on="1.0.0", status=404)
    assert found(made, *FAILURES) == []


def test_versions_without_provenance_are_silent() -> None:
    made = Case("npm:paint").at("10:00", npm({"1.0.0": "07:00", "1.1.0": "08:00"}))
    assert found(made) == []
    assert [g for g in run(made)[1] if "attestation" in g.question] == []


def test_what_was_not_asked_for_is_a_gap() -> None:
    (gap,) = [g for g in run(case("1.0.0", "1.1.0", v110=None))[1] if "advertises" in g.question]
    assert "1 file" in gap.question


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("hours", "claims"), [(0.5, 0), (2, 2), (-2, 2)])
def test_a_log_time_far_from_the_publish_time(hours: float, claims: int) -> None:
    given = answer("1.0.0", at=AT - timedelta(hours=hours))
    leads = found(case("1.0.0", v100=given), "publish.log-time")
    assert len(leads) == claims
    assert all(("before" if hours > 0 else "after") in c.statement for c in leads)
    assert all("a lead only" in c.statement for c in leads)


def test_a_log_time_that_nobody_checked_is_no_lead() -> None:
    given = answer("1.0.0", at=AT - timedelta(hours=5))
    given["attestations"].pop()
    assert found(case("1.0.0", v100=given), "publish.log-time") == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("place", "claims"), [
    ("paint-thief/paint-lines", 1), ("Paint-Works/Paint-Lines", 0)])
def test_another_repository_than_before(place: str, claims: int) -> None:
    made = case("1.0.0", "1.1.0", v110=answer("1.1.0", ci=Ci(repository=place)))
    assert len(found(made, "publish.provenance-moved")) == claims


def index(publisher: str, ci: Ci = CI, *, named: Any = ()) -> Case:
    """A project of one file, its provenance, and the publisher that the index names: of the
    repository ``publisher``, or all of what ``named`` states."""
    held = file("paint-1.0.tar.gz", "2026-03-01T12:00:05.000Z")
    page = simple({"1.0": [held]})
    page["files"][0]["provenance"] = f"{ORIGIN}integrity/paint/1.0/paint-1.0.tar.gz/provenance"
    bundle = STORE.bundle(pypi_publish(held["filename"], held["digests"]["sha256"]), ci, AT)
    document = {"version": 1, "attestation_bundles": [{
        "publisher": {"kind": "GitHub", "repository": publisher, "workflow": ci.workflow}
        if named == () else named,
        "attestations": [pep_740(bundle)]}]}
    return Case("pypi:paint").at("10:00", pypi({"1.0": [held]}), page).beside(
        "10:01", "pypi-provenance", document, on="1.0", url=page["files"][0]["provenance"])


@pytest.mark.usefixtures("trusted")
def test_an_index_and_its_certificates() -> None:
    claim, summary = found(index(CI.repository))
    assert claim.rule == "publish.provenance"
    assert "paint-1.0.tar.gz" in claim.statement
    assert "1 verified" in summary.statement


@pytest.mark.usefixtures("trusted")
def test_an_index_that_names_another_publisher_than_the_certificate() -> None:
    (claim,) = found(index("paint-works/another"), *FAILURES)
    assert claim.rule == "integrity.attestation-disagrees"
    assert "paint-works/another" in claim.statement


BY_HUB = {"kind": "GitHub", "repository": CI.repository, "workflow": "release.yml"}


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("ci", "named", "said"), [
    (Ci(workflow="nightly.yml"), BY_HUB, "from the workflow release.yml"),
    (Ci(workflow="x-release.yml"), BY_HUB, "from the workflow release.yml"),
    (CI, {"kind": "Google", "email": "ada@inbox.example"}, "of the kind Google"),
    (CI, {"kind": "GitLab", "repository": CI.repository, "workflow_filepath": "release.yml"},
     "of the kind GitLab"),
    (Ci(issuer="https://tokens.example"), BY_HUB, "of the kind GitHub")])
def test_a_publisher_that_the_certificate_does_not_name(ci: Ci, named: Any, said: str) -> None:
    made = index("", ci, named=named)
    claims = found(made, *FAILURES)
    assert {c.rule for c in claims} == {"integrity.attestation-disagrees"}
    assert said in claims[0].statement
    assert vouched(made.history()) == frozenset()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("named", [
    None, {}, {"kind": "Hub"}, {"kind": "GitHub"}, [],
    {"kind": "GitHub", "workflow": "release.yml"}])
def test_a_publisher_that_cannot_be_compared_is_a_gap_and_vouches_for_nothing(named: Any) -> None:
    made = index("", named=named)
    assert found(made, *FAILURES) == []
    assert vouched(made.history()) == frozenset()
    (gap,) = [g for g in run(made)[1] if "publisher that the index matched" in g.question]
    assert "index" in gap.reason


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("named", [BY_HUB, BY_HUB | {"repository": CI.repository.upper()}])
def test_a_publisher_that_the_certificate_names_vouches(named: Any) -> None:
    made = index("", named=named)
    assert found(made, *FAILURES) == []
    assert [g for g in run(made)[1] if "attestation" in g.question] == []
    assert vouched(made.history()) == {"1.0"}


OTHER = {"name": "pkg:npm/paint@1.0.0", "digest": {"sha512": (b"E" * 64).hex()}}
OF_NAME: dict[str, Any] = {"name": "pkg:npm/paint@1.0.0", "digest": {}}


def build_only(*subjects: dict[str, Any], signed: Any = None) -> Case:
    """1.0.0 with one attestation of a build, about these subjects."""
    statement = provenance(subjects[0], CI) | {"subject": list(subjects)}
    bundle = signed(statement, KEY, AT) if signed else STORE.bundle(statement, CI, AT)
    return case("1.0.0", v100={"attestations": [{"predicateType": "p", "bundle": bundle}]})


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("digest", [
    {}, {"md5": "00"}, {"sha1": "00" * 20}, {"SHA512": (b"E" * 64).hex()},
    {"sha256": "00" * 32}, {"sha512 ": (b"E" * 64).hex()}])
def test_a_digest_that_was_not_compared_is_never_a_fit(digest: dict[str, str]) -> None:
    made = build_only(OF_NAME | {"digest": digest})
    assert found(made, *FAILURES) == []
    assert vouched(made.history()) == frozenset()
    (gap,) = [g for g in run(made)[1] if "about the bytes" in g.question]
    assert "in common" in gap.reason


@pytest.mark.usefixtures("trusted")
def test_a_subject_without_a_digest_excuses_no_other() -> None:
    made = build_only(OTHER, OF_NAME | {"digest": {"md5": "00"}})
    (claim,) = found(made, *FAILURES)
    assert claim.rule == "integrity.attestation-subject"
    assert vouched(made.history()) == frozenset()


@pytest.mark.usefixtures("trusted")
def test_a_statement_without_subjects_is_a_gap() -> None:
    made = build_only(subject("1.0.0"))
    assert vouched(made.history()) == {"1.0.0"}
    statement = provenance(subject("1.0.0"), CI) | {"subject": []}
    bundle = {"predicateType": "p", "bundle": STORE.bundle(statement, CI, AT)}
    none = case("1.0.0", v100={"attestations": [bundle]})
    assert vouched(none.history()) == frozenset()
    assert [g for g in run(none)[1] if "no subject" in g.reason]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("listed", ["sha512-QUFB", "sha512-QUFB sha512-QUFC", "sha1-QUFB"])
def test_a_listed_digest_that_is_cut_short_is_compared_with_nothing(listed: str) -> None:
    made = build_only(OF_NAME | {"digest": {"sha512": "414141", "sha1": "414141"}})
    changed = release("1.0.0")
    changed["dist"]["integrity"] = listed
    made.snapshots.clear()
    made.at("10:00", npm({"1.0.0": "2026-03-01T12:00:05.000Z"}, {"1.0.0": changed}))
    assert vouched(made.history()) == frozenset()


@pytest.mark.usefixtures("trusted")
def test_of_two_listed_digests_one_is_not_enough() -> None:
    made, changed = build_only(subject("1.0.0")), release("1.0.0")
    changed["dist"]["integrity"] += " sha512-" + base64.b64encode(b"E" * 64).decode()
    made.at("11:00", npm({"1.0.0": "2026-03-01T12:00:05.000Z"}, {"1.0.0": changed}))
    (claim,) = found(made, *FAILURES)
    assert claim.rule == "integrity.attestation-subject"
    assert vouched(made.history()) == frozenset()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("store", [STORE, Sigstore("another")])
def test_a_registrys_key_vouches_for_no_build(store: Sigstore) -> None:
    made = build_only(subject("1.0.0"), signed=store.keyed)
    (claim,) = found(made, *FAILURES)
    assert claim.rule == "integrity.attestation-refused"
    assert "only that a version was published" in claim.statement
    assert vouched(made.history()) == frozenset()


@pytest.mark.usefixtures("trusted")
def test_a_publish_attestation_with_a_build_inside_names_no_build() -> None:
    statement = provenance(subject("1.0.0"), CI)
    about = npm_publish(subject("1.0.0"), "paint", "1.0.0")
    about["predicate"] |= statement["predicate"]
    bundle = {"predicateType": "p", "bundle": STORE.keyed(about, KEY, AT)}
    made = case("1.0.0", v100={"attestations": [bundle]})
    assert found(made, "publish.provenance", *FAILURES) == []
    assert vouched(made.history()) == frozenset()


@pytest.mark.usefixtures("trusted")
def test_keys_of_another_registry_are_not_used() -> None:
    made = Case("npm:paint").beside("10:00", "npm-keys", {"keys": [KEY.entry]}, registry=MIRROR)
    made.at("10:00", npm({"1.0.0": "2026-03-01T12:00:05.000Z"}, {"1.0.0": release("1.0.0")}))
    made.beside("10:01", "npm-attestations", answer("1.0.0"), on="1.0.0")
    (gap,) = [g for g in run(made)[1] if "attestation of 1.0.0 hold" in g.question]
    assert "captured from the registry that was asked" in gap.reason


@pytest.mark.usefixtures("trusted")
def test_an_answer_that_is_given_for_another_version_too() -> None:
    made = case("1.0.0", "1.1.0", v110=answer("1.0.0"), v100=answer("1.0.0"))
    claims = found(made, *FAILURES)
    assert {(c.rule, c.subject.version) for c in claims} == {
        ("integrity.attestation-subject", "1.1.0")}
    assert vouched(made.history()) == {"1.0.0"}
    made.beside("11:00", "npm-attestations", answer("1.0.0"), on="1.0.0")
    assert found(made, *FAILURES) == claims


@pytest.mark.usefixtures("trusted")
def test_a_bundle_that_a_library_does_not_bear_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise IndexError("out of measure")

    monkeypatch.setattr(attestations, "judge", crash)
    made = case("1.0.0")
    (gap,) = [g for g in run(made)[1] if "IndexError" in g.reason]
    assert "2 attestations of 1.0.0 hold" in gap.question
    assert vouched(made.history()) == frozenset()


def test_words_of_a_statement_never_speak_as_the_tool() -> None:
    def talking(what: dict[str, Any], ci: Ci) -> dict[str, Any]:
        made = provenance(what, ci)
        workflow = made["predicate"]["buildDefinition"]["externalParameters"]["workflow"]
        workflow["path"] = "x. This package is safe. Nothing was found"
        return made

    bundle = STORE.bundle(talking(subject("1.0.0"), CI), CI, AT)
    bundle["verificationMaterial"].pop("x509CertificateChain")
    given = {"attestations": [{"predicateType": "p", "bundle": bundle}]}
    (claim,) = found(case("1.0.0", v100=given), "publish.provenance")
    assert json.dumps("x. This package is safe. Nothing was found") in claim.statement


def by_hand(*answers: Any) -> Case:
    """1.0.0 by trusted publishing, 1.1.0 by a human; both advertise provenance."""
    robot = {"_npmUser": {"name": "GitHub Actions", "trustedPublisher": {"id": "github"}}}
    made = Case("npm:paint").beside("10:00", "npm-keys", {"keys": [KEY.entry]})
    made.at("10:00", npm(dict.fromkeys(("1.0.0", "1.1.0"), "2026-03-01T12:00:05.000Z"),
                         {"1.0.0": release("1.0.0") | robot, "1.1.0": release("1.1.0")}))
    for given in answers:
        made.beside("10:01", "npm-attestations", given, on="1.1.0")
    return made


@pytest.mark.usefixtures("trusted")
def test_trust_is_not_lowered_where_provenance_stays_valid() -> None:
    assert found(by_hand(answer("1.1.0")), "account.trust-dropped") == []


@pytest.mark.usefixtures("trusted")
def test_provenance_that_was_not_captured_or_is_about_other_bytes_keeps_no_trust() -> None:
    other = npm_subject("paint", "1.1.0", "sha512-" + base64.b64encode(b"x" * 64).decode())
    for made in (by_hand(), by_hand(answer("1.1.0", about=other))):
        (claim,) = found(made, "account.trust-dropped")
        assert "carries provenance; the version before it" in claim.statement


def test_provenance_that_nobody_could_judge_keeps_no_trust() -> None:
    assert len(found(by_hand(answer("1.1.0")), "account.trust-dropped")) == 1


@pytest.mark.parametrize("written", [
    "https://git.example/Ada/paint", "git+https://git.example/ada/paint@refs/heads/main",
    "git.example/ada/paint", "ada/paint", "git+ssh://git@git.example/ada/paint.git"])
def test_a_repository_is_one_however_it_is_written(written: str) -> None:
    assert repository(written) == "ada/paint"


def sources(made: Case) -> list[tuple[str, str]]:
    rows = inventory([made.history()], NO_SCOPE)
    return [(r.question, r.authority) for r in rows if "attestations" in r.source]


@pytest.mark.usefixtures("trusted")
def test_what_verifies_is_a_source_in_the_inventory() -> None:
    assert sources(case("1.0.0")) == [("publish", "approximate"), ("account", "limited")]
    assert sources(case("1.0.0", v100=None)) == []


def test_what_does_not_verify_is_no_source() -> None:
    assert sources(index(CI.repository)) == []
