"""The identity card: only of versions in question, each member cited or absent."""

from typing import Any

from tests.unit.analyze.documents import Case, claimed, npm, quotes, scope, version

RULE = "account.identity-card"
FULL: dict[str, Any] = {
    "_npmUser": {"name": "GitHub Actions", "email": "ci@inbox.example",
                 "trustedPublisher": {"id": "github", "oidcConfigId": "oidc:1"},
                 "approver": {"name": "ada", "email": "ada@inbox.example"}},
    "_npmVersion": "11.16.0", "_nodeVersion": "24.1.0", "gitHead": "0123abcd",
    "maintainers": [{"name": "ada"}, {"name": "ben"}], "scripts": {"postinstall": "node s.js"},
    "dependencies": {"line": "^2.0.0"}}


def case(**more: Any) -> Case:
    """A plain version and one with these members."""
    made = version("1.1.0") | more
    if more:
        made["dist"] |= {"attestations": {"provenance": {"predicateType": "slsa"}}}
    return Case("npm:paint").at("10:00", npm({"1.0.0": "06:00", "1.1.0": "07:00"}, {
        "1.0.0": version("1.0.0"), "1.1.0": made}))


def test_every_member_in_one_claim() -> None:
    (claim,) = claimed(case(**FULL), RULE, scope=scope("npm:paint@1.1.0"))
    assert claim.statement == (
        'Version 1.1.0, published at 2026-03-02T07:00:00.000Z by "GitHub Actions" with the address'
        " ci@inbox.example, through the trusted publisher github, with its configuration oidc:1,"
        " approved by ada, advertising provenance (slsa). The publishing client declares npm"
        " 11.16.0, Node 24.1.0, commit 0123abcd. Owners at its publish: ada, ben. At install time"
        ' it runs postinstall: "node s.js". It depends on line ^2.0.0, which 1.0.0 before it did'
        " not.")
    assert [a.pointer for a in claim.absences] == ["/versions/1.0.0/dependencies/line"]
    assert '"gitHead": "0123abcd"' in quotes(claim)


def test_what_a_version_lacks_is_said_with_its_absence() -> None:
    (claim,) = claimed(case(), RULE, scope=scope("npm:paint@1.0.0"))
    assert claim.statement.endswith(
        "by ada with the address ada@inbox.example, without trusted publisher, approver or"
        " provenance. No commit is stated.")
    assert [a.pointer.removeprefix("/versions/1.0.0/") for a in claim.absences] == [
        "_npmUser/trustedPublisher/id", "_npmUser/approver/name",
        "dist/attestations/provenance/predicateType", "_npmVersion", "_nodeVersion", "gitHead"]


def test_no_version_in_question_no_card() -> None:
    assert claimed(case(**FULL), RULE) == []
    assert claimed(case(**FULL), RULE, scope=scope("npm:paint@9.9.9", "npm:other@1.1.0")) == []
