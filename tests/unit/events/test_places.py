"""Offline tables of addresses: what they say, and that damaged or hostile ones end in one line."""

import io
import random
from pathlib import Path
from typing import Any

import pytest

from regforensics.errors import UnreadableInput
from regforensics.events.places import Table, placed
from tests.support.places import table as made

CITY: dict[str, Any] = {"country": {"iso_code": "PT"},
                        "location": {"latitude": 38.7, "longitude": -9.1}}
SYSTEM: dict[str, Any] = {"autonomous_system_number": 64500,
                          "autonomous_system_organization": "Example Net"}


@pytest.fixture
def body(tmp_path: Path) -> bytes:
    return made(tmp_path / "t.mmdb", "Test-City", {
        "203.0.113.0/24": CITY, "2001:db8::/32": CITY | SYSTEM}, version=6).read_bytes()


def test_a_record_is_placed(body: bytes) -> None:
    table = Table.of(io.BytesIO(body), "t.mmdb")
    assert table.name.startswith("Test-City of 20")
    found = placed([(table.name, table.record("203.0.113.9"))])
    assert (found.country, found.coordinates, found.asn) == ("PT", (38.7, -9.1), None)
    found = placed([(table.name, table.record("2001:db8::1"))])
    assert found.system == "AS64500 (Example Net)" and found.tables == (table.name,)


@pytest.mark.parametrize("address", ["198.51.100.1", "::1", "no address", "", "10.0.0.1:80"])
def test_an_address_that_no_table_has_is_nowhere(body: bytes, address: str) -> None:
    assert Table.of(io.BytesIO(body), "t.mmdb").record(address) == {}


def test_two_tables_answer_together_and_the_first_word_counts() -> None:
    found = placed([("a", SYSTEM), ("b", {}), ("c", CITY | SYSTEM | {
        "autonomous_system_number": 1})])
    assert (found.asn, found.country, found.tables) == (64500, "PT", ("a", "c"))


@pytest.mark.parametrize("record", [
    {"country": 7}, {"country": {"iso_code": ["PT"]}}, {"location": {"latitude": "38"}},
    {"location": {"latitude": float("nan"), "longitude": 0.0}}, {"location": [1, 2]},
    {"location": {"latitude": 91.0, "longitude": 0.0}}, {"location": {"latitude": True}},
    {"autonomous_system_number": -1}, {"autonomous_system_number": "64500"},
    {"autonomous_system_organization": b"x"}])
def test_members_of_another_shape_say_nothing(record: dict[str, object]) -> None:
    found = placed([("t", record)])
    assert (found.country, found.coordinates, found.system, found.organisation) == (None,) * 4


@pytest.mark.parametrize("damage", ["empty", "text", "no end", "no tree", "marker alone"])
def test_what_is_no_table_ends_in_one_line(body: bytes, damage: str) -> None:
    bodies = {"empty": b"", "text": b"203.0.113.0/24,PT\n" * 99, "no end": body[:-40],
              "no tree": body[-600:], "marker alone": b"\xab\xcd\xefMaxMind.com"}
    with pytest.raises(UnreadableInput, match=r"^t\.mmdb is no MaxMind DB file") as caught:
        Table.of(io.BytesIO(bodies[damage]), "t.mmdb")
    assert "\n" not in str(caught.value)


def test_any_flipped_bytes_give_an_answer_or_one_clear_error(body: bytes) -> None:
    chance = random.Random(20260302)
    for _ in range(400):
        torn = bytearray(body)
        for _ in range(chance.randint(1, 12)):
            torn[chance.randrange(len(torn))] = chance.randrange(256)
        try:
            table = Table.of(io.BytesIO(bytes(torn)), "t.mmdb")
            for address in ("203.0.113.9", "2001:db8::1", "192.0.2.1"):
                placed([(table.name, table.record(address))])
        except UnreadableInput as error:
            assert "\n" not in str(error)
