"""Networks of addresses: those that are known, and which network an address counts to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from regforensics.model.citation import Fact
from regforensics.model.events import Events
from regforensics.model.placing import Placed

Network = IPv4Network | IPv6Network
_V4, _V6 = 24, 48  # prefix lengths by which addresses count as one network


@lru_cache(maxsize=8192)
def inside(address: str, networks: tuple[Network, ...]) -> bool:
    """True where an address lies in one of the networks."""
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False


@lru_cache(maxsize=1 << 17)
def network_of(address: str) -> str:
    """The network that an address counts to: /24, or /48 of IPv6; itself where it is no address."""
    try:
        length = _V4 if ip_address(address).version == 4 else _V6
    except ValueError:
        return address
    return str(ip_network(f"{address}/{length}", strict=False))


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is new about some addresses: themselves, their networks, and (where offline tables say
    it) their autonomous systems, of all of which the logs hold no earlier request."""

    addresses: tuple[str, ...]
    networks: tuple[str, ...]
    systems: tuple[str, ...]
    placed: tuple[Fact[Placed], ...]

    @property
    def of(self) -> tuple[str, ...]:
        """The systems and countries of the new addresses, by the tables."""
        return tuple(dict.fromkeys(filter(None, (where(f.value) for f in self.placed))))


def fresh(asked: Iterable[str], events: Events, before: datetime) -> Fresh:
    """What the logs do not hold before a moment of the addresses given."""
    known = events.addresses(before)
    new = tuple(a for a in asked if a not in known)
    old = {network_of(a) for a in known} if new else set()
    networks = dict.fromkeys(n for n in map(network_of, new) if n not in old)
    placed = [f for a in new if (f := events.placed(a)) is not None]
    systems = {f.value.asn: f.value.system for f in placed if f.value.asn is not None}
    if systems:
        seen = {f.value.asn for a in known if (f := events.placed(a)) is not None}
        systems = {asn: name for asn, name in systems.items() if asn not in seen}
    return Fresh(new, tuple(networks), tuple(filter(None, systems.values())), tuple(placed))


def where(placed: Placed) -> str | None:
    """An address's system and country as a sentence names them."""
    return " in ".join(filter(None, (placed.system, placed.country))) or None


def tables(placed: Iterable[Fact[Placed]]) -> str:
    """The tables that say where addresses are."""
    return ", ".join(dict.fromkeys(name for f in placed for name in f.value.tables))
