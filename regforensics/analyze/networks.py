"""Networks of addresses: those that are known, and which network an address counts to."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
_V4, _V6 = 24, 48  # prefix lengths by which addresses count as one network


@lru_cache(maxsize=8192)
def inside(address: str, networks: tuple[Network, ...]) -> bool:
    """True where an address lies in one of the networks."""
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False


def network_of(address: str) -> str:
    """The network that an address counts to: /24, or /48 of IPv6; itself where it is no address."""
    try:
        length = _V4 if ip_address(address).version == 4 else _V6
    except ValueError:
        return address
    return str(ip_network(f"{address}/{length}", strict=False))
