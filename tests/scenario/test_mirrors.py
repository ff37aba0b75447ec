"""One package asked of its registry and through each mirror product: what snapshot and report say.

Each product is played as it behaves (``examples/simulator/mirrors.py``), and beside each stands a
registry that only resembles it.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator import Clock, Npm, PyPI, serve
from simulator.web import Request, Response
from tests.support.command import run

NAMED = {"artifactory": "Artifactory", "nexus": "Nexus", "verdaccio": "Verdaccio",
         "cnpm": "cnpmcore", "gitlab": "GitLab"}


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Npm:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    registry = Npm(Clock("2026-03-01T12:00:00+00:00"))
    for version, days in (("1.0.0", 300), ("1.1.0", 30), ("1.2.0", 2)):
        registry.publish("paint", version, by="ada", at=registry.clock.ago(days=days))
    return registry


def captured(npm: Npm, evidence: Path, *mirrors: Npm) -> list[dict[str, Any]]:
    """The rows of one snapshot of the registry and of each mirror."""
    rows = []
    with serve(npm, None, *mirrors) as urls:
        for url in (urls.npm, *urls.mirrors):
            done = run("snapshot", "npm:paint", "--npm-registry", url, "--json", "-e", evidence)
            assert done.code == 0, done.err
            rows += done.document["captures"]
    return rows


def report(evidence: Path, *form: str) -> Any:
    done = run("timeline", "report", *(form or ("--format", "json")), "-e", evidence)
    assert done.code == 0, done.err
    return done.out if form else done.document


def results(document: Any, place: str) -> dict[str, set[str]]:
    """The results of each test at the place whose table this is."""
    found: dict[str, set[str]] = {}
    for claim in document["claims"]:
        reading = claim.get("reading")
        if reading and reading["place"] == place.rstrip("/"):
            found.setdefault(reading["test"], set()).add(reading["result"])
    return found


@pytest.mark.parametrize("product", NAMED)
def test_a_product_is_named_on_its_own_tell_tale(npm: Npm, tmp_path: Path, product: str) -> None:
    mirror = npm.through(product)
    own, other = captured(npm, tmp_path / "e", mirror)
    assert (own["origin"], other["origin"]) == ("origin", "mirror")
    assert other["signs"]
    document = report(tmp_path / "e")
    (claim,) = [c for c in document["claims"] if c["rule"] == "integrity.mirror"]
    assert f"The product named is {NAMED[product]}." in claim["statement"]
    assert mirror.base_url.rstrip("/") in claim["statement"]
    assert "mirror" not in set().union(*results(document, npm.base_url).values())


def test_a_content_network_that_strips_times_and_names_no_product(
        npm: Npm, tmp_path: Path) -> None:
    mirror = npm.through("cdn")
    assert captured(npm, tmp_path / "e", mirror)[1]["origin"] == "mirror"
    (claim,) = [c for c in report(tmp_path / "e")["claims"] if c["rule"] == "integrity.mirror"]
    assert "as content networks strip it" in claim["statement"]
    assert "The product named" not in claim["statement"]


def test_an_age_gate_shows_against_the_registrys_own_answer(npm: Npm, tmp_path: Path) -> None:
    gate = npm.through("agegate")
    captured(npm, tmp_path / "e", gate)
    document = report(tmp_path / "e")
    assert "mirror" in results(document, gate.base_url)["witness"]
    (claim,) = [c for c in document["claims"] if c["rule"] == "integrity.mirror"]
    assert "an age-gating proxy" in claim["statement"]
    assert claim["absences"][0]["pointer"] == "/versions/1.2.0"


class Passing:
    """A registry behind something that only adds headers."""

    def __init__(self, npm: Npm, *headers: tuple[str, str]) -> None:
        self._npm, self._headers = npm, headers
        self.base_url = npm.base_url

    def respond(self, request: Request) -> Response:
        self._npm.base_url = self.base_url
        answer = self._npm.respond(request)
        return Response(answer.status, (*answer.headers, *self._headers), answer.body)


def test_a_via_header_over_true_bytes_is_a_lead_and_no_verdict(npm: Npm, tmp_path: Path) -> None:
    passing: Any = Passing(npm, ("Via", "1.1 proxy.example"))
    (row,) = captured(passing, tmp_path / "e")
    assert row["origin"] == "origin"
    assert any("'via'" in sign for sign in row["signs"])
    document = report(tmp_path / "e")
    assert not [c for c in document["claims"] if c["rule"] == "integrity.mirror"]
    (claim,) = [c for c in document["claims"] if c["rule"] == "integrity.origin"]
    assert "as leads only: the answer's header 'via'" in claim["statement"]


def test_a_private_registry_with_its_own_packages_is_no_mirror(tmp_path: Path, npm: Npm) -> None:
    private: Any = Passing(npm, ("Server", "nginx"))
    (row,) = captured(private, tmp_path / "e")
    assert (row["origin"], row["signs"]) == ("origin", [])


def table(document: str) -> str:
    return document.partition("Origin or mirror:")[2]


@pytest.mark.parametrize("form", ["md", "html"])
def test_the_table_stands_in_every_form_and_is_checked(npm: Npm, tmp_path: Path, form: str
                                                       ) -> None:
    mirror = npm.through("artifactory")
    captured(npm, tmp_path / "e", mirror)
    text = report(tmp_path / "e", "--format", form)
    for url in (npm.base_url, mirror.base_url):
        assert url.rstrip("/") in table(text)
    assert "not testable" in table(text)
    assert text.count("Each test of origin is a sign and no verdict.") == 1
    stored = tmp_path / "r.json"
    assert run("timeline", "report", "-o", stored, "-e", tmp_path / "e").code == 0
    assert run("timeline", "check", stored, "-e", tmp_path / "e").code == 0
    forged = stored.read_text("utf-8").replace('"result": "mirror"', '"result": "origin"')
    stored.write_text(forged, "utf-8")
    assert run("timeline", "check", stored, "-e", tmp_path / "e").code == 4


@pytest.mark.parametrize("change", [
    lambda pypi: pypi.through("devpi"), lambda pypi: pypi.through("artifactory")])
def test_mirrors_of_pypi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                         change: Callable[[PyPI], PyPI]) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    pypi = PyPI()
    pypi.upload("paint", "1.0", by="ada")
    mirror = change(pypi)
    with serve(None, pypi, mirror) as urls:
        for url, looks in ((urls.pypi, "origin"), (urls.mirrors[0], "mirror")):
            done = run("snapshot", "pypi:paint", "--pypi-url", url, "--json", "-e", tmp_path / "e")
            assert {row["origin"] for row in done.document["captures"]} == {looks}


def both_forms(npm: Npm, evidence: Path) -> Any:
    with serve(npm) as urls:
        done = run("snapshot", "npm:paint", "--both-forms", "--npm-registry", urls.npm, "--json",
                   "-e", evidence)
        assert done.code == 0, done.err
        assert [row["kind"] for row in done.document["captures"]] == [
            "packument", "npm-abbreviated"]
    assert run("verify", "-e", evidence).code == 0
    return report(evidence)


def test_both_forms_of_a_registry_agree(npm: Npm, tmp_path: Path) -> None:
    document = both_forms(npm, tmp_path / "e")
    assert results(document, npm.base_url)["forms"] == {"origin"}
    assert not [c for c in document["claims"] if c["rule"] == "integrity.mirror"]


class OneForm(Passing):
    """A filter that leaves young versions out of the form that installers take."""

    def respond(self, request: Request) -> Response:
        answer = super().respond(request)
        if "install-v1" not in request.header("Accept"):
            return answer
        short = answer.json()
        del short["versions"]["1.2.0"]
        short["dist-tags"]["latest"] = "1.1.0"
        body = json.dumps(short).encode()
        return Response(200, (*answer.headers[:2], ("Content-Length", str(len(body)))), body)


def test_a_filter_of_one_form_shows_against_the_other(npm: Npm, tmp_path: Path) -> None:
    filtered: Any = OneForm(npm)
    document = both_forms(filtered, tmp_path / "e")
    assert results(document, filtered.base_url)["forms"] == {"mirror"}
    (claim,) = [c for c in document["claims"] if c["rule"] == "integrity.mirror"]
    assert "the full document alone lists version 1.2.0" in claim["statement"]
    assert "/versions/1.2.0" in {a["pointer"] for a in claim["absences"]}


def test_a_publish_between_the_forms_says_nothing(npm: Npm, tmp_path: Path) -> None:
    class Publishing(Passing):
        def respond(self, request: Request) -> Response:
            if "install-v1" in request.header("Accept"):
                npm.publish("paint", "1.3.0", by="ada")
            return super().respond(request)

    late: Any = Publishing(npm)
    document = both_forms(late, tmp_path / "e")
    assert results(document, late.base_url)["forms"] == {"neither"}


def test_a_place_that_ignores_what_form_is_asked_gets_no_point_for_it(
        npm: Npm, tmp_path: Path) -> None:
    class Deaf(Passing):
        def respond(self, request: Request) -> Response:
            return super().respond(replace(request, headers={
                k: v for k, v in request.headers.items() if k.lower() != "accept"}))

    deaf: Any = Deaf(npm)
    document = both_forms(deaf, tmp_path / "e")
    assert results(document, deaf.base_url)["forms"] == {"mirror"}
    assert not [c for c in document["claims"] if c["rule"] == "integrity.mirror"]
