"""Marks of the publisher: a new address, configuration, approver; an old client; no commit."""

from typing import Any

from tests.unit.analyze.documents import Case, claimed, npm, quotes, scope, version

CI: dict[str, Any] = {"name": "GitHub Actions", "email": "ci@inbox.example"}
TIMES = ("06:00", "07:00", "08:00", "09:00")


def case(*versions: dict[str, Any]) -> Case:
    """Versions 1.0.0, 1.1.0, ... with these members, an hour apart."""
    listed = {f"1.{i}.0": version(f"1.{i}.0") | more for i, more in enumerate(versions)}
    return Case("npm:paint").at("10:00", npm(dict(zip(listed, TIMES, strict=False)), listed))


def user(name: str, email: str) -> dict[str, Any]:
    """A version by this account."""
    return {"_npmUser": {"name": name, "email": email}}


def ci(config: str, approver: str | None = None) -> dict[str, Any]:
    """A version by trusted publishing."""
    made = CI | {"trustedPublisher": {"id": "github", "oidcConfigId": config}}
    return {"_npmUser": made | ({"approver": {"name": approver}} if approver else {})}


def test_another_address_of_one_account() -> None:
    (claim,) = claimed(case(user("ada", "a@x.example"), user("ben", "b@x.example"),
                            user("ada", "a@y.example")), "account.address-changed")
    assert claim.subject.version == "1.2.0"
    assert "by ada with the address a@y.example; the version that this account published before" \
        " it, 1.0.0" in claim.statement
    assert {'"email": "a@x.example"', '"email": "a@y.example"'} <= set(quotes(claim))
    assert not claim.notable


def test_an_address_that_was_there_before_and_another_account_are_silent() -> None:
    rule = "account.address-changed"
    old, new = user("ada", "a@x.example"), user("ada", "a@y.example")
    assert [c.subject.version for c in claimed(case(old, new, old, new), rule)] == ["1.1.0"]
    assert claimed(case(old, user("ben", "b@x.example"), old), rule) == []


def test_a_copy_that_was_redacted_in_another_way_is_no_change() -> None:
    def shown(mail: str, *numbers: str) -> dict[str, Any]:
        return npm({v: TIMES[i] for i, v in enumerate(numbers)},
                   {v: version(v) | user("ada", mail) for v in numbers})

    copies = Case("npm:paint").at("08:30", shown("one@redacted.example", "1.0.0")) \
        .at("09:30", shown("two@redacted.example", "1.0.0", "1.1.0"))
    assert claimed(copies, "account.address-changed") == []


def test_a_new_configuration_of_trusted_publishing() -> None:
    (claim,) = claimed(case(ci("oidc:1"), ci("oidc:1"), ci("oidc:2"), ci("oidc:1")),
                       "account.config-changed")
    assert claim.subject.version == "1.2.0"
    assert "configuration oidc:2, the first of those listed" in claim.statement
    assert claim.notable
    assert claimed(case(user("ada", "a@x.example"), ci("oidc:1"), ci("oidc:1")),
                   "account.config-changed") == []


def test_a_new_approver() -> None:
    (claim,) = claimed(case(ci("oidc:1", "ada"), ci("oidc:1"), ci("oidc:1", "mallory")),
                       "account.approver-changed")
    assert "is the first of those listed that mallory approved" in claim.statement
    assert claimed(case(ci("oidc:1"), ci("oidc:1", "ada"), ci("oidc:1", "ada")),
                   "account.approver-changed") == []


def tools(npm_version: str | None, node: str | None) -> dict[str, Any]:
    """A version published with these clients."""
    both = {"_npmVersion": npm_version, "_nodeVersion": node}
    return {key: value for key, value in both.items() if value is not None}


def test_an_older_client_altogether() -> None:
    (claim,) = claimed(case(tools("10.2.4", "20.1.0"), tools("8.19.4", "16.20.2")),
                       "account.client-changed")
    assert "with npm 8.19.4 and Node 16.20.2, the same account's version before it" \
        in claim.statement
    assert not claim.notable
    (claim,) = claimed(case(tools("10.2.4", "20.1.0"), tools(None, None)), "account.client-changed")
    assert "a client that names no version of itself" in claim.statement
    assert len(claim.absences) == 2


def test_clients_come_and_go() -> None:
    rule = "account.client-changed"
    assert claimed(case(tools("10.2.4", "20.1.0"), tools("8.19.4", "20.1.0")), rule) == []
    assert claimed(case(tools("8.19.4", "16.1.0"), tools("11.0.0", "24.1.0")), rule) == []
    assert claimed(case(tools(None, None), tools("8.19.4", "16.1.0")), rule) == []
    other = user("ben", "b@x.example") | tools("8.19.4", "16.1.0")
    assert claimed(case(tools("10.2.4", "20.1.0"), other), rule) == []


def test_no_commit_where_three_siblings_have_one() -> None:
    head = {"gitHead": "0123abcd"}
    (claim,) = claimed(case(head, head, head, {}), "account.commit-missing")
    assert claim.subject.version == "1.3.0"
    assert "states no commit that it was made from; the 3 versions before it" in claim.statement
    assert claim.absences[0].pointer == "/versions/1.3.0/gitHead"
    assert not claim.notable
    (claim,) = claimed(case(head, head, head, {}), "account.commit-missing",
                       scope=scope("npm:paint@1.3.0"))
    assert claim.notable


def test_a_publisher_who_seldom_states_commits_is_silent() -> None:
    head = {"gitHead": "0123abcd"}
    assert claimed(case(head, {}, head, {}), "account.commit-missing") == []
    assert claimed(case(head, head, {}), "account.commit-missing") == []
