"""Route: where a request stands on its way through redirects, and whether it may go on.

Behind a proxy the proxy resolves the names, so that no address of ours is checked: see
``Route.ensure_seen`` for what is refused there.
"""

from collections.abc import Container
from typing import Self

import httpx

from regforensics.acquire.failures import Refused
from regforensics.acquire.guard import Classify, Resolve, Unresolved
from regforensics.acquire.text import one_line, shown_url
from regforensics.acquire.zones import ANYWHERE, Zone, literal_address, reach, zone_of_host

_PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Route:
    """The URL to ask now, and the zones that it may lead to.

    The first URL is the user's choice and may lead anywhere but to special addresses; every
    further one is the server's. Raises httpx.InvalidURL for a first URL that is none, Refused for
    one that states a special address.
    """

    def __init__(self, url: str, classify: Classify, most: int) -> None:
        self.url = _checked(httpx.URL(url))
        self.allowed = ANYWHERE
        self._origin = _origin(self.url)
        self._classify = classify
        self._most = most
        self._seen = {str(self.url)}
        stated = self._stated(self.url)
        if stated is not None and stated not in self.allowed:
            raise Refused(f"{one_line(self.url.host)} ({stated.value}) is never asked")

    @classmethod
    def found(cls, url: str, base: str, zone: Zone, classify: Classify, most: int) -> Self:
        """The way to an address that stands in an answer from ``base``, which is in ``zone``.

        At the origin of ``base`` it is as if the user had named it; elsewhere it may lead only
        where a redirect from there may. Raises as the constructor and ``follow`` do.
        """
        there = httpx.URL(base).join(url)
        if _origin(there) == _origin(httpx.URL(base)) and there.scheme in ("http", "https"):
            return cls(str(there), classify, most)
        route = cls(base, classify, most)
        route._go(url, zone, "an address in an answer")
        route._seen = {str(route.url)}
        return route

    @property
    def at_home(self) -> bool:
        """True while the request is still at the scheme, host and port that it was sent to
        first."""
        return _origin(self.url) == self._origin

    async def ensure_seen(self, resolve: Resolve, named: Container[str]) -> None:
        """Before a request through a proxy: refuse a host that cannot be seen to be allowed.

        A proxy resolves names for us, and stands inside the network: where a name leads there is
        never checked as a direct connection's addresses are. So a host that a server chose is
        asked through one only where its name resolves here as well, and to nothing but zones that
        the request may lead to. Hosts in ``named``, which the user or this tool named, go as they
        are, for behind proxies machines often resolve no outside names. Raises Refused.
        """
        host = self.url.host
        if host in named or literal_address(self.url.raw_host.decode("ascii")) is not None:
            return
        try:
            found = await resolve(host, self.url.port or _PORTS[self.url.scheme])
        except Unresolved as error:
            raise Refused(f"{one_line(host)} refused: it does not resolve here, and where a proxy"
                          " would find it nobody sees") from error
        zones = {address: self._classify(address) for address in found}
        if not zones or any(zone not in self.allowed for zone in zones.values()):
            where = ", ".join(f"{address} ({zone.value})" for address, zone in zones.items())
            raise Refused(f"{one_line(host)} refused: it is at {where or 'no address'}, where an"
                          " answer must not lead through a proxy either")

    def zone(self, peer: str | None) -> Zone:
        """The zone that answered: by the peer's address, else by what the host name states."""
        if peer is not None:
            return self._classify(peer)
        return self._stated(self.url) or Zone.PUBLIC

    def follow(self, location: str, zone: Zone) -> None:
        """Go where an answer from ``zone`` points. Raises Refused with the reason."""
        if len(self._seen) > self._most:
            raise Refused(f"more than {self._most} redirects")
        self._go(location, zone, "redirect")

    def _go(self, location: str, zone: Zone, what: str) -> None:
        url = self._target(location, what)
        if str(url) in self._seen:
            raise Refused(f"{what} loop at {shown_url(str(url))}")
        self.allowed = self.allowed & reach(zone)
        stated = self._stated(url)
        if stated is not None and stated not in self.allowed:
            raise Refused(f"{what} to {one_line(url.host)} ({stated.value}) refused: "
                          f"it comes from a {zone.value} host")
        self.url = url
        self._seen.add(str(url))

    def _target(self, location: str, what: str) -> httpx.URL:
        try:
            url = _checked(self.url.join(location)).copy_with(
                username=None, password=None, fragment=None)
            usable = url.scheme not in ("http", "https") or (
                bool(url.host) and (url.port is None or 0 < url.port < 65536))
        except (httpx.InvalidURL, ValueError) as error:
            raise Refused(f"{what} to an unusable URL: {error}") from error
        if url.scheme not in ("http", "https"):
            raise Refused(f"{what} to a {one_line(url.scheme)}: URL refused")
        if not usable:
            raise Refused(f"{what} to an unusable URL: {shown_url(str(url))}")
        if self.url.scheme == "https" and url.scheme == "http":
            raise Refused(f"{what} from https to http refused: {shown_url(str(url))}")
        return url

    def _stated(self, url: httpx.URL) -> Zone | None:
        host = url.raw_host.decode("ascii")
        literal = literal_address(host)
        return zone_of_host(host) if literal is None else self._classify(literal)


def _checked(url: httpx.URL) -> httpx.URL:
    """``url``, where httpx can read its host. Raises httpx.InvalidURL for punycode that is none."""
    try:
        url.host.encode()
    except UnicodeError as error:
        raise httpx.InvalidURL(f"{url.raw_host.decode('ascii')}: {error}") from error
    return url


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """Scheme, host and port (RFC 6454): the same port without TLS is somebody else's."""
    return url.scheme, url.raw_host, url.port or _PORTS.get(url.scheme)
