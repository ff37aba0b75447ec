"""Which part of the network an address belongs to, and from where a request may lead there.

A registry answer is hostile input, and a redirect is the part of it that makes us connect
somewhere. The rule: a redirect leads to public space, or stays in the zone that it comes from; it
never leads from a public host to a private or loopback address, nor from this machine into the
network that it stands in. Link-local, multicast and reserved space is never asked at all, be it
as a base URL (cloud metadata services live there). Address blocks are those of the IANA
special-purpose registries.
"""

import ipaddress
import socket
from enum import Enum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
# Cloud metadata and wire servers that stand outside link-local space.
_METADATA = frozenset(map(ipaddress.ip_address, (
    "fd00:ec2::254", "100.100.100.200", "168.63.129.16")))


class Zone(Enum):
    """Where an address stands, as seen from this machine."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    SPECIAL = "link-local, multicast or reserved"


ANYWHERE = frozenset(Zone) - {Zone.SPECIAL}
_REACH = {
    Zone.PUBLIC: frozenset({Zone.PUBLIC}),
    Zone.PRIVATE: frozenset({Zone.PUBLIC, Zone.PRIVATE}),
    Zone.LOOPBACK: frozenset({Zone.PUBLIC, Zone.LOOPBACK}),
    Zone.SPECIAL: frozenset({Zone.PUBLIC}),
}


def reach(zone: Zone) -> frozenset[Zone]:
    """The zones that a redirect sent from ``zone`` may lead to."""
    return _REACH[zone]


def zone_of(address: str) -> Zone:
    """The zone of a textual IP address. Raises ValueError where ``address`` is none."""
    ip = _innermost(ipaddress.ip_address(address))
    if ip.is_loopback:
        return Zone.LOOPBACK
    if ip in _METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified \
            or ip.is_reserved or _odd(ip):
        return Zone.SPECIAL
    return Zone.PUBLIC if ip.is_global else Zone.PRIVATE


def _odd(ip: Address) -> bool:
    return ip.is_site_local if ip.version == 6 else ip in _THIS_NETWORK


def _innermost(ip: Address) -> Address:
    """The IPv4 address that an IPv6 address carries (mapped, 6to4, Teredo, NAT64), or ``ip``."""
    if ip.version == 4:
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


def literal_address(host: str) -> str | None:
    """The address that ``host`` spells, or None for a name.

    Takes the spellings that a resolver takes: ``2130706433``, ``0x7f.1``, ``017700000001``.
    """
    bare = host.strip("[]").rstrip(".")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except (OSError, UnicodeError, ValueError):
        return None


def zone_of_host(host: str) -> Zone | None:
    """The zone that ``host`` states by itself (an address or localhost), or None for a name."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return Zone.LOOPBACK
    address = literal_address(host)
    return None if address is None else zone_of(address)
