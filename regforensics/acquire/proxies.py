"""Which proxy a URL goes through: curl's and npm's variables and the NO_PROXY rules.

As in Go and Node clients, loopback is never proxied: the proxy's loopback is not ours.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from regforensics.acquire.zones import Zone, literal_address, zone_of_host


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxy URLs per scheme (they may hold credentials) and the hosts that go without."""

    http: str | None = field(default=None, repr=False)
    https: str | None = field(default=None, repr=False)
    bypass: tuple[str, ...] = ()

    def proxy_for(self, url: str) -> str | None:
        """The proxy URL for ``url``, or None for a direct connection."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        proxy = self.https if parts.scheme == "https" else self.http
        if proxy is None or zone_of_host(host) is Zone.LOOPBACK:
            return None
        return None if any(_covers(rule, host, parts) for rule in self.bypass) else proxy

    @property
    def secrets(self) -> frozenset[str]:
        """Passwords that the proxy URLs hold."""
        held = (urlsplit(url).password for url in (self.http, self.https) if url)
        return frozenset(password for password in held if password)


def from_environment(env: Mapping[str, str]) -> Proxies:
    """HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY in either case; lower case wins."""
    def value(name: str) -> str | None:
        return env.get(name.lower()) or env.get(name) or None

    everything = value("ALL_PROXY")
    return Proxies(with_scheme(value("HTTP_PROXY") or everything),
                   with_scheme(value("HTTPS_PROXY") or everything),
                   rules(value("NO_PROXY") or ""))


def with_scheme(proxy: str | None) -> str | None:
    """``host:port`` as curl takes it becomes ``http://host:port``."""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def rules(text: str) -> tuple[str, ...]:
    """The rules of a comma- or space-separated NO_PROXY value."""
    return tuple(rule.lower() for rule in text.replace(",", " ").split())


def _covers(rule: str, host: str, parts: SplitResult) -> bool:
    """True where the rule (``*``, host, ``.suffix``, ``host:port``, address, CIDR) names it."""
    if rule == "*":
        return True
    address = literal_address(host)
    if address is not None:
        try:
            return ipaddress.ip_address(address) in ipaddress.ip_network(rule, strict=False)
        except ValueError:
            pass
    name, colon, port = rule.rpartition(":")
    if colon and port.isdigit() and not name.endswith(":"):
        default = 443 if parts.scheme == "https" else 80
        if int(port) != (parts.port or default):
            return False
        rule = name.strip("[]")
    suffix = rule.removeprefix("*").removeprefix(".")
    return bool(suffix) and (host == suffix or host.endswith("." + suffix))
