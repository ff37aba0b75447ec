"""Offline tables of addresses, from the option to the claims that cite their digests."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.schemas import validate
from simulator.log_story import BAD, incident
from simulator.told import PACKAGE
from tests.support.command import one_clear_line, run
from tests.support.places import table

LISBON = {"country": {"iso_code": "PT"}, "location": {"latitude": 38.7, "longitude": -9.1}}
OSAKA = {"country": {"iso_code": "JP"}, "location": {"latitude": 34.7, "longitude": 135.5}}
CROWD = {"autonomous_system_number": 64500, "autonomous_system_organization": "Crowd Net"}
INCIDENT = ("--incident", f"npm:{PACKAGE}@{BAD}",
            "--announced", "2026-03-02T12:30:00Z")


@pytest.fixture
def case(tmp_path: Path) -> Path:
    for name, body in incident().items():
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body if name != "okta.json" else without_places(body))
        assert run("ingest", path, "-e", tmp_path / "e").code == 0
    return tmp_path / "e"


def without_places(body: bytes) -> bytes:
    rows = [json.loads(line) for line in body.splitlines()]
    for row in rows:
        row["client"]["geographicalContext"] = None
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    return (table(tmp_path / "city.mmdb", "Test-City", {
                "10.20.30.0/24": LISBON, "192.0.2.0/24": OSAKA, "203.0.113.0/24": LISBON}),
            table(tmp_path / "asn.mmdb", "Test-ASN", {"203.0.113.0/24": CROWD}))


def claims(case: Path, out: Path, *words: object) -> list[dict[str, Any]]:
    ended = run("timeline", "report", *INCIDENT, *words, "--format", "json", "-o", out, "-e", case)
    assert ended.code == 0, ended.err
    found: list[dict[str, Any]] = json.loads(out.read_text())["claims"]
    return found


def of(found: list[dict[str, Any]], rule: str) -> list[dict[str, Any]]:
    return [claim for claim in found if claim["rule"] == rule]


def test_nothing_is_placed_without_a_table(case: Path, tmp_path: Path) -> None:
    found = claims(case, tmp_path / "r.json")
    assert not of(found, "account.travel")
    assert not any("Test-" in claim["statement"] for claim in found)


def test_a_table_tells_networks_and_journeys_and_is_cited(
        case: Path, places: tuple[Path, Path], tmp_path: Path) -> None:
    city, asn = places
    out = tmp_path / "r.json"
    found = claims(case, out, "--mmdb", city, "--mmdb", asn)
    burst, = {c["statement"]: c for c in of(found, "distribution.burst")
              if "registry proxy" in c["statement"]}.values()
    assert "1 network (203.0.113.0/24) were not in the logs before" in burst["statement"]
    assert 'the new addresses are of "AS64500 (Crowd Net) in PT"' in burst["statement"]
    assert 'not in the logs before: "AS64500 (Crowd Net)"' in burst["statement"]
    travel, = of(found, "account.travel")
    assert "in JP by Test-City of" in travel["statement"]
    assert "km apart in 1 h, which would take" in travel["statement"]
    for claim, file in ((burst, asn), (travel, city)):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert any(digest in c["quote"] for c in claim["citations"]
                   if c["exhibit"] == "custody.jsonl")
    assert run("timeline", "check", out, "-e", case).code == 0
    assert run("verify", "-e", case).code == 0


def test_a_table_in_place_is_used_and_taken_once(
        case: Path, places: tuple[Path, Path], tmp_path: Path) -> None:
    ended = run("ingest", "--in-place", places[0], "-e", case, "--json")
    validate("ingest", ended.document)
    assert ended.document["files"][0]["format"] == "mmdb"
    before = (case / "custody.jsonl").read_bytes()
    assert of(claims(case, tmp_path / "r.json", "--mmdb", places[0]), "account.travel")
    assert (case / "custody.jsonl").read_bytes() == before
    places[0].write_bytes(b"changed")
    assert run("timeline", "report", *INCIDENT, "-e", case).code == 4


def test_exposure_says_where_addresses_are(case: Path, places: tuple[Path, Path]) -> None:
    ended = run("exposure", f"npm:{PACKAGE}@{BAD}", "--mmdb", places[1],
                "-e", case, "--json")
    assert ended.code == 10
    validate("exposure", ended.document)
    found = [e["consumer"].get("place") for e in ended.document["exposures"]
             if e["consumer"] and str(e["consumer"].get("address")).startswith("203.0.113.")]
    assert found and all(str(p).startswith("AS64500 (Crowd Net) by Test-ASN of") for p in found)


@pytest.mark.parametrize("body", [b"", b"no table\n", b"\xab\xcd\xefMaxMind.com" * 9])
def test_what_is_no_table_is_one_clear_line(case: Path, tmp_path: Path, body: bytes) -> None:
    bad = tmp_path / "bad.mmdb"
    bad.write_bytes(body)
    before = (case / "custody.jsonl").read_bytes()
    ended = run("timeline", "report", "--mmdb", bad, "-e", case)
    assert ended.code == 5
    assert "no MaxMind DB file" in one_clear_line(ended)
    assert (case / "custody.jsonl").read_bytes() == before


def test_known_networks_may_stand_in_a_file(case: Path, tmp_path: Path) -> None:
    listed = tmp_path / "ours.txt"
    listed.write_text("# our offices\n203.0.113.0/24   # Lisbon\n\n2001:db8::/32\n")
    assert of(claims(case, tmp_path / "a.json"), "distribution.burst")
    known = claims(case, tmp_path / "b.json", "--known-networks", listed)
    assert not of(known, "distribution.burst")
    assert run("timeline", "check", tmp_path / "b.json", "-e", case).code == 0
    listed.write_text("203.0.113.0/24\nour office\n")
    ended = run("timeline", "report", "--known-networks", listed, "-e", case)
    assert ended.code == 2
    assert "line 2: 'our office' is no network" in one_clear_line(ended)
