"""Where an address stands, and where a redirect may lead."""

import asyncio
from collections.abc import Sequence

import pytest

from regforensics.acquire.guard import GuardedBackend, RefusedAddress, Unresolved
from regforensics.acquire.zones import ANYWHERE, Zone, reach, zone_of, zone_of_host


@pytest.mark.parametrize(("address", "zone"), [
    ("8.8.8.8", Zone.PUBLIC), ("2606:4700::1", Zone.PUBLIC),
    ("10.0.0.1", Zone.PRIVATE), ("192.168.1.1", Zone.PRIVATE), ("100.64.0.1", Zone.PRIVATE),
    ("fd12::1", Zone.PRIVATE), ("::ffff:10.0.0.1", Zone.PRIVATE), ("192.0.2.1", Zone.PRIVATE),
    ("127.0.0.1", Zone.LOOPBACK), ("::1", Zone.LOOPBACK), ("::ffff:127.0.0.1", Zone.LOOPBACK),
    ("64:ff9b::7f00:1", Zone.LOOPBACK), ("2002:7f00:1::", Zone.LOOPBACK),
    ("169.254.169.254", Zone.SPECIAL), ("fe80::1%eth0", Zone.SPECIAL), ("fe80::1", Zone.SPECIAL),
    ("64:ff9b::a9fe:a9fe", Zone.SPECIAL), ("fd00:ec2::254", Zone.SPECIAL),
    ("0.0.0.0", Zone.SPECIAL), ("0.1.2.3", Zone.SPECIAL), ("224.0.0.1", Zone.SPECIAL),
    ("255.255.255.255", Zone.SPECIAL), ("::", Zone.SPECIAL), ("fec0::1", Zone.SPECIAL),
])
def test_zone_of(address: str, zone: Zone) -> None:
    assert zone_of(address) is zone


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0x7f.1", "127.1", "017700000001",
                                  "[::1]", "localhost", "LOCALHOST.", "a.localhost", "127.0.0.1."])
def test_every_spelling_of_loopback(host: str) -> None:
    assert zone_of_host(host) is Zone.LOOPBACK


def test_a_name_states_no_zone() -> None:
    assert zone_of_host("registry.example") is None


def test_a_redirect_leads_to_public_space_or_stays_in_its_zone() -> None:
    assert all(Zone.SPECIAL not in reach(zone) for zone in Zone)
    assert Zone.SPECIAL not in ANYWHERE
    assert [zone for zone in Zone if Zone.LOOPBACK in reach(zone)] == [Zone.LOOPBACK]
    assert [zone for zone in Zone if Zone.PRIVATE in reach(zone)] == [Zone.PRIVATE]
    assert all(Zone.PUBLIC in reach(zone) for zone in Zone)
    assert reach(Zone.PUBLIC) == {Zone.PUBLIC}


def resolver(*addresses: str) -> GuardedBackend:
    async def answer(host: str, port: int) -> Sequence[str]:
        return addresses

    return GuardedBackend(reach(Zone.PUBLIC), answer)


def test_a_name_with_only_inner_addresses_is_refused() -> None:
    backend = resolver("127.0.0.1", "::ffff:10.0.0.1")
    with pytest.raises(RefusedAddress, match=r"^inner.example is at 127.0.0.1 \(loopback\), "):
        asyncio.run(backend.connect_tcp("inner.example", 80, 1.0))


def test_a_name_without_address_does_not_resolve() -> None:
    with pytest.raises(Unresolved, match=r"^host name none.example has no address$"):
        asyncio.run(resolver().connect_tcp("none.example", 80, 1.0))
