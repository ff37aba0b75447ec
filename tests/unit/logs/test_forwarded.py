"""Forwarded addresses: what our own proxies wrote is believed, and never what a client wrote."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.logs.fields import address
from regforensics.logs.forwarded import believed
from regforensics.model.event import AccessEvent

OURS = (ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"))
CLIENT, PROXY, EDGE = "203.0.113.9", "10.0.0.1", "10.0.0.2"


def event(peer: str | None, *chain: str) -> AccessEvent:
    return AccessEvent(layer="server", at=None, remote_addr=peer, chain=chain)


@pytest.mark.parametrize(("peer", "chain", "client"), [
    (PROXY, (CLIENT,), CLIENT),
    (PROXY, (CLIENT, EDGE), CLIENT),
    (PROXY, ("1.2.3.4", CLIENT, EDGE), CLIENT),
    (PROXY, (EDGE, "10.9.9.9"), EDGE),
    (PROXY, ("203.0.113.9:5050",), CLIENT),
    ("2001:db8:1::5", ("::ffff:203.0.113.9",), CLIENT)])
def test_the_client_is_the_first_from_the_right_that_is_not_ours(
        peer: str, chain: tuple[str, ...], client: str) -> None:
    found = believed(event(peer, *chain), OURS)
    assert (found.remote_addr, found.addr_kind, found.extra["peer"]) == (client, "forwarded", peer)
    assert found.chain == chain


@pytest.mark.parametrize("peer", [CLIENT, None, "192.0.2.1"])
def test_a_peer_that_is_not_ours_is_not_believed(peer: str | None) -> None:
    assert believed(event(peer, "198.51.100.1"), OURS) == event(peer, "198.51.100.1")


def test_nobody_is_believed_by_default() -> None:
    assert believed(event(PROXY, CLIENT), ()) == event(PROXY, CLIENT)


@pytest.mark.parametrize("hop", ["unknown", "evil\"|x", "", "_secret"])
def test_a_hop_that_is_no_address_leaves_the_peer_with_a_doubt(hop: str) -> None:
    found = believed(event(PROXY, CLIENT, hop), OURS)
    assert found.remote_addr == PROXY and "no address" in found.doubts[-1]


@given(st.lists(st.sampled_from([CLIENT, "198.51.100.7", PROXY, EDGE, "junk"]), max_size=6))
def test_what_a_client_puts_in_front_changes_nothing(forged: list[str]) -> None:
    plain = believed(event(PROXY, CLIENT, EDGE), OURS)
    assert believed(event(PROXY, *forged, CLIENT, EDGE), OURS).remote_addr == plain.remote_addr
    assert address(plain.remote_addr).value == CLIENT
