"""Who published by account logs, which accounts may be theirs, and the addresses that join them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.analyze.accounts import activity
from regforensics.analyze.accounts.publishers import Match, match
from regforensics.model.claim import Claim
from regforensics.model.history import Scope
from tests.support.logged import Stored, events, log
from tests.unit.analyze.accounts.test_activity import OSAKA, of, signed
from tests.unit.analyze.accounts.test_activity import told as of_ada
from tests.unit.analyze.documents import Case, npm, scope, version
from tests.unit.analyze.logs.test_logged import CI, NPM
from tests.unit.analyze.logs.test_logged import row as request

OFFICE, ELSEWHERE = "203.0.113.77", "198.51.100.9"


def github(action: str = "packages.package_version_published", *, actor: str = "dev-gh",
           address: str | None = OFFICE, minute: int = 0, **more: Any) -> str:
    """One row of an organisation's audit log, minutes after 07:00."""
    return json.dumps({
        "@timestamp": 1772434800000 + minute * 60_000, "action": action, "actor": actor,
        "org": "acme", "actor_ip": address, "package": "paint", "version": "1.1.0",
        "ecosystem": "npm", "_document_id": f"{action}{actor}{minute}"} | more) + "\n"


def nameless(*logs: Stored, on: Scope | None = None) -> list[Claim]:
    """What is said about paint 1.1.0, of which the registry names no publisher."""
    times = {"1.0.0": "06:00", "1.1.0": "07:00", "1.2.0": "07:30"}
    shown = {v: version(v, by="owl" if v == "1.2.0" else None) for v in times}
    document = npm(times, shown, owners=("owl",))
    made = Case("npm:paint").at("08:00", document)
    history = replace(made.history(), events=events(*logs))
    found = activity.run(history, on or scope("npm:paint@1.1.0"))
    return [f for f in found if isinstance(f, Claim)]


def test_the_publisher_by_an_account_log_is_nobody_else() -> None:
    claims = nameless(log("audit.json", github() + github(
        "personal_access_token.create", minute=-30, package=None, version=None, ecosystem=None)))
    (around,) = of(claims, "around-publish")
    assert ("the identity logs have of dev-gh, which published it by a row of an account log:"
            ) in around.statement and around.notable
    (changed,) = of(claims, "changed-near-publish")
    assert "a token of dev-gh, which published it" in changed.statement
    assert "lead only" not in changed.statement
    assert not of(claims, "others-around-publish") and not of(claims, "no-activity")


def test_a_mail_address_of_that_name_is_a_possible_match() -> None:
    claims = nameless(log("audit.json", github(address=None)), log("okta.log", signed(
        "06:30:00.000", "dev-gh@corp.example", kind="user.mfa.factor.activate"), "EX-000102"))
    (changed,) = of(claims, "changed-near-publish")
    assert ("whose name before the @ is that of dev-gh, which published it by a row of an account"
            " log (a possible match, no more)") in changed.statement


@pytest.mark.parametrize("row", [
    github(ecosystem="rubygems"), github(version="1.0.0"),
    github("packages.package_version_deleted")], ids=["another registry", "version", "deleted"])
def test_rows_that_publish_something_else_name_no_publisher(row: str) -> None:
    claims = nameless(log("audit.json", row))
    assert not of(claims, "around-publish") and of(claims, "others-around-publish")


def test_without_a_known_publisher_any_account_may_matter() -> None:
    rows = (signed("05:00:00.000", "bob@corp.example")
            + signed("06:00:00.000", "bob@corp.example", place=OSAKA, address=ELSEWHERE)
            + signed("06:50:00.000", "bob@corp.example", kind="user.mfa.factor.activate"))
    claims = nameless(log("okta.log", rows))
    (changed,) = of(claims, "changed-near-publish")
    assert "bob@corp.example, of whom nothing says that it belongs to the package" \
        in changed.statement
    assert changed.statement.endswith("so any account may matter: a lead only.")
    assert of(claims, "travel")
    (others,) = of(claims, "others-around-publish")
    assert "names who published it" in others.statement
    known, _ = of_ada(log("okta.log", rows))
    assert not of(known, "changed-near-publish") and not of(known, "travel")


def test_an_address_joins_a_sign_in_and_an_account_logs_publish() -> None:
    audit = log("audit.json", github())
    (claim,) = of(nameless(audit, log("okta.log", signed("06:30:00.000", "eve@corp.example"),
                                      "EX-000102")), "same-address")
    assert (f"The address {OFFICE} stands in a row of eve@corp.example (user.session.start,"
            " success) at 2026-03-02T06:30:00.000Z and in a row of an account log about the package"
            " (packages.package_version_published by dev-gh) at") in claim.statement
    assert not of(nameless(audit, log("okta.log", signed(
        "06:30:00.000", "eve@corp.example", address=ELSEWHERE), "EX-000102")), "same-address")
    assert not of(nameless(audit), "same-address")  # the publish is no second row


def test_an_address_joins_a_sign_in_and_a_fetch_before_the_publish() -> None:
    signs = log("okta.log", signed("06:30:00.000", "eve@corp.example"), "EX-000102")
    (claim,) = of(nameless(log("proxy.log", request("06:50:00.000", OFFICE)), signs),
                  "same-address")
    assert "in a request for a file of that version (download), before its publish, at" \
        " 2026-03-02T06:50:00.000Z" in claim.statement
    for other in (request("07:10:00.000", OFFICE), request("06:50:00.000", OFFICE, of="1.0.0"),
                  request("06:50:00.000", OFFICE, agent="guarddog/2.1"),
                  request("06:59:59.500", OFFICE)):
        assert not of(nameless(log("proxy.log", other), signs), "same-address")
    assert of(nameless(log("proxy.log", request("06:50:00.000", OFFICE, agent=CI)), signs),
              "same-address")
    known = replace(scope("npm:paint@1.1.0"), known_networks=("203.0.113.0/24",))
    (quiet,) = of(nameless(log("proxy.log", request("06:50:00.000", OFFICE, agent=NPM)), signs,
                           on=known), "same-address")
    assert not quiet.notable


@pytest.mark.parametrize(("actor", "names", "found"), [
    ("Ada", ("ada",), Match("ada", True)), ("ada@corp.example", ("ada",), Match("ada", False)),
    ("ada", ("ada@corp.example",), Match("ada@corp.example", False)),
    ("ada@corp.example", ("ada", "ADA@corp.example"), Match("ADA@corp.example", True)),
    ("ada@corp.example", ("ada@other.example",), None), ("adam@corp.example", ("ada",), None),
    ("@corp.example", ("",), None), ("corp.example", ("ada",), None), (None, ("ada",), None)])
def test_names_that_match(actor: str | None, names: tuple[str, ...], found: Match | None) -> None:
    assert match(actor, names) == found


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=4))
def test_a_match_is_always_one_of_the_names(actor: str, names: list[str]) -> None:
    found = match(actor, names)
    assert found is None or found.name in names
    assert match(actor, [actor]) == Match(actor, True)
