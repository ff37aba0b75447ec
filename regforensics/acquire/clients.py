"""Clients: one connection pool for each (reach, proxy, trust), made when first needed.

The reach is part of the key because a pooled connection is used again without a new connect: a
request that must stay in public space may not find one that leads elsewhere.
"""

from dataclasses import dataclass

import httpcore
import httpx

from regforensics.acquire.config import ClientConfig
from regforensics.acquire.guard import Classify, GuardedBackend, Resolve, resolve
from regforensics.acquire.lanes import Lanes
from regforensics.acquire.zones import Zone, zone_of
from regforensics.errors import WrongUsage

MOST_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Network:
    """How names become addresses and addresses zones; tests put their own world here."""

    resolver: Resolve = resolve
    classify: Classify = zone_of


class _PooledTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over connections that are made here, with a guarded backend."""

    def __init__(self, lanes: Lanes) -> None:
        self._pool = lanes


class Clients:
    """Transports by where a request may lead."""

    def __init__(self, config: ClientConfig, connections: int, network: Network) -> None:
        self._config = config
        self._connections = max(1, min(connections, MOST_CONNECTIONS))
        self._network = network
        self._made: dict[object, httpx.AsyncHTTPTransport] = {}

    def get(self, registry: str, proxy: str | None,
            allowed: frozenset[Zone]) -> httpx.AsyncHTTPTransport:
        """The transport for a request to ``registry``. Raises WrongUsage for a bad proxy or CA."""
        trust = self._config.trust_for(registry)
        key = (proxy, trust, None if proxy else allowed)
        if key not in self._made:
            pool = self._proxied(proxy, registry) if proxy else self._direct(allowed, registry)
            self._made[key] = _PooledTransport(Lanes(pool, self._connections))
        return self._made[key]

    def _direct(self, allowed: frozenset[Zone], registry: str) -> httpcore.AsyncConnectionPool:
        backend = GuardedBackend(allowed, self._network.resolver, self._network.classify)
        return httpcore.AsyncConnectionPool(
            ssl_context=self._config.trust_for(registry).context(), http1=True, http2=True,
            keepalive_expiry=15.0, network_backend=backend)

    def _proxied(self, proxy: str, registry: str) -> httpcore.AsyncHTTPProxy:
        parsed = _parsed(proxy)
        url = parsed.url
        port = url.port or (443 if url.scheme == "https" else 80)
        return httpcore.AsyncHTTPProxy(
            proxy_url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=port,
                                   target=url.raw_path),
            proxy_auth=parsed.raw_auth, ssl_context=self._config.trust_for(registry).context(),
            keepalive_expiry=15.0, http1=True, http2=True)

    async def aclose(self) -> None:
        """Close every pool."""
        for transport in self._made.values():
            await transport.aclose()


def _parsed(proxy: str) -> httpx.Proxy:
    try:
        parsed = httpx.Proxy(proxy)
    except (httpx.InvalidURL, ValueError) as error:
        raise WrongUsage("the configured proxy is not a usable URL",
                         hint="HTTPS_PROXY looks like http://proxy.example:3128") from error
    if parsed.url.scheme not in ("http", "https") or not parsed.url.raw_host:
        raise WrongUsage(f"a proxy of the kind {parsed.url.scheme!r} is not supported",
                         hint="set an http:// or https:// proxy, or unset the variable")
    return parsed
