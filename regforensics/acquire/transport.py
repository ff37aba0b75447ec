"""Transport: asks one question within every limit and records each attempt at it in custody.

Redirects are followed by hand: only to http(s), never from https to http, never towards the
inside of a network, never with credentials to another host, and every hop is recorded.
"""

import asyncio
from types import TracebackType
from typing import Any, Self

import httpx

from regforensics import __version__
from regforensics.acquire.body import take, unexpected
from regforensics.acquire.clients import MOST_CONNECTIONS, Clients, Network
from regforensics.acquire.config import ClientConfig
from regforensics.acquire.desk import Desk
from regforensics.acquire.draft import Draft, Question
from regforensics.acquire.failures import NETWORK_ERRORS, Broken, Refused, describe
from regforensics.acquire.limits import Limits
from regforensics.acquire.pacing import Pacer
from regforensics.acquire.redirects import REDIRECTS, Route
from regforensics.acquire.retry import attempts, passing, retry_after, used_up
from regforensics.acquire.sink import Sink
from regforensics.acquire.text import shown_url
from regforensics.acquire.validators import Known
from regforensics.acquire.zones import Zone
from regforensics.evidence.exhibit import Acquisition, Entry, Hop
from regforensics.model.instant import now
from regforensics.registries.base import ABSENT

FULL = frozenset({200, 203})
_NO_BODY = frozenset({204, 304})
_MOST_IN_A_BURST = 16  # towards one public host
USER_AGENT = f"regforensics/{__version__}"


class _AskAgain(Exception):
    """The attempt failed in a way that may pass; ``wait`` as in Draft.again."""

    def __init__(self, wait: bool | float) -> None:
        super().__init__()
        self.wait = wait


class Transport:
    """An asynchronous context manager; ``ask`` may run in any number of tasks.

    ``concurrency`` (at most MOST_CONNECTIONS) bounds the requests under way; an answer on its way
    into the store is no longer one of them.
    """

    def __init__(self, config: ClientConfig, sink: Sink[Any], *, known: Known | None = None,
                 limits: Limits | None = None, network: Network | None = None,
                 concurrency: int = 8) -> None:
        self._config = config
        self._sink = sink
        self._known = known or Known()
        self._limits = limits or Limits()
        self._network = network or Network()
        most = max(1, min(concurrency, MOST_CONNECTIONS))
        self._slots = asyncio.Semaphore(most)
        self._pacer = Pacer(self._limits.rate, min(most, _MOST_IN_A_BURST))
        self._clients = Clients(config, most, self._network)
        self._desk = Desk(sink)
        self._zones: dict[str, Zone] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self._desk.close()
        await self._clients.aclose()

    async def ask(self, question: Question) -> Acquisition:
        """Ask until there is an answer or the limits are reached; the last custody line.

        A failure is an acquisition with ``error`` set. Raises EvidenceUnwritable, WrongUsage for
        an unusable proxy or CA setting, and CancelledError after recording what had arrived.
        """
        draft = Draft(question)
        if question.query.refused:
            draft.fail(question.query.refused)
            return await self._record(draft, keep=True)
        try:
            async for attempt in attempts(self._limits, _wait_of):
                with attempt:
                    if draft.number:
                        await self._record(draft, keep=False)
                        draft = Draft(question)
                    draft.number = attempt.num
                    await self._attempt(draft)
            return await self._record(draft, keep=True)
        except _AskAgain:
            return await self._record(draft, keep=True)
        except asyncio.CancelledError:
            draft.fail(draft.error or "interrupted before the answer was complete")
            if draft.requested_at is not None and not draft.handed:
                self._sink.record_all([(self._entry(draft), draft.hand(keep=True))])
            raise
        finally:
            draft.drop()

    async def _record(self, draft: Draft, *, keep: bool) -> Acquisition:
        """Append the attempt's custody line, once; its body becomes an exhibit with ``keep``."""
        if draft.done is None:
            draft.done = await self._desk.record(self._entry(draft), draft.hand(keep=keep))
        draft.drop()
        return draft.done

    def _entry(self, draft: Draft) -> Entry:
        error = draft.error
        if error is not None and draft.again is not False:
            error += f" (attempt {draft.number} of {self._limits.attempts})"
        return draft.entry(error)

    async def _attempt(self, draft: Draft) -> None:
        """One walk to an answer; a failure of the network or of the server is put in the draft.

        Raises _AskAgain where another attempt may help. An attempt without an answer is recorded
        at once; one with an answer waits, for its body is kept only if it stays the last.
        """
        try:
            async with self._slots, asyncio.timeout(self._limits.deadline) as timer:
                await self._walk(draft, timer)
        except Refused as error:
            draft.drop()
            draft.fail(str(error))
        except Broken as error:
            draft.fail(str(error), again=True)
        except NETWORK_ERRORS as error:
            if timer.expired():
                draft.fail(f"not finished within {self._limits.deadline:g} s")
            else:
                text, again = describe(error, self._limits)
                draft.fail(text, again=again)
        if draft.status is None:
            await self._record(draft, keep=False)
        if draft.again is not False:
            raise _AskAgain(draft.again)

    async def _walk(self, draft: Draft, timer: asyncio.Timeout) -> None:
        """Send, follow redirects, take the last answer."""
        route = self._route(draft.question)
        while True:
            response, proxied = await self._send(draft, route, timer)
            try:
                draft.heard(response)
                zone = route.zone(None if proxied else draft.peer_host)
                self._zones[route.url.host] = zone
                location = response.headers.get("location")
                if response.status_code not in REDIRECTS or location is None:
                    await self._take(draft, response, route)
                    return
            finally:
                await response.aclose()
            if draft.question.query.body is not None:
                raise Refused(f"redirect of a POST refused: {shown_url(location)}")
            draft.hops.append(Hop(response.status_code, str(route.url), location))
            route.follow(location, zone)

    def _route(self, question: Question) -> Route:
        query, most = question.query, self._limits.redirects
        if not query.found:
            return Route(query.url, self._network.classify, most)
        base = query.base_url or question.base_url
        zone = self._zones.get(httpx.URL(base).host, Zone.PUBLIC)
        return Route.found(query.url, base, zone, self._network.classify, most)

    async def _send(self, draft: Draft, route: Route,
                    timer: asyncio.Timeout) -> tuple[httpx.Response, bool]:
        """The head of the answer at the route's URL, and whether it came through a proxy."""
        waited = await self._pacer.turn(route.url.host)
        timer.reschedule((timer.when() or 0.0) + waited)
        registry, url = draft.question.registry, str(route.url)
        proxy = self._config.proxy_for(registry, url)
        if proxy is not None:
            await route.ensure_seen(self._network.resolver, _named(draft.question))
        limits = self._limits
        timeouts = {"connect": limits.connect, "read": limits.read, "write": limits.read,
                    "pool": limits.deadline}
        query = draft.question.query
        request = httpx.Request(query.method, route.url, headers=self._headers(draft, route),
                                content=query.body, extensions={"timeout": timeouts})
        draft.asks(url, request)
        unchecked = url.startswith("https:") and not self._config.trust_for(registry).verify
        draft.remarks = ((f"through the proxy {shown_url(proxy)}",) if proxy else ()) + (
            ("the certificate was not checked",) if unchecked else ())
        transport = self._clients.get(registry, proxy, route.allowed)
        response = await transport.handle_async_request(request)
        response.request = request
        return response, proxy is not None

    def _headers(self, draft: Draft, route: Route) -> list[tuple[bytes, bytes]]:
        query, url = draft.question.query, str(route.url)
        headers = [("User-Agent", USER_AGENT), ("Accept", query.accept),
                   ("Accept-Encoding", "identity")]
        if query.body is not None:
            headers.append(("Content-Type", query.content_type))
        draft.validator = self._known.validator(url, query.accept) if query.body is None else None
        if draft.validator:
            headers += draft.validator.headers
        credential = self._config.keyring.header_for(url) if route.at_home else None
        if credential:
            headers.append(("Authorization", credential))
        return [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]

    async def _take(self, draft: Draft, response: httpx.Response, route: Route) -> None:
        """Stream the body into the store and judge the answer."""
        if route.zone(draft.peer_host) is not Zone.PUBLIC:
            self._pacer.exempt(route.url.host)
        if response.status_code not in _NO_BODY:
            body = draft.hold(self._sink.incoming())
            draft.complete = False
            await take(response, body, self._limits, draft.taken)
            draft.complete = True
        self._judge(draft, response, route)

    def _judge(self, draft: Draft, response: httpx.Response, route: Route) -> None:
        status = response.status_code
        if status == 304:
            stated = response.headers.get("etag")
            if draft.validator is None:
                draft.fail("HTTP 304 although nothing was asked conditionally")
            elif not draft.validator.is_of(stated):
                self._known.forget(draft.validator)
                draft.fail(f"HTTP 304 with the ETag {stated}, although {draft.validator.etag} was"
                           " asked about: it says nothing of what is stored", again=True)
            else:
                draft.unchanged_exhibit = draft.validator.exhibit
        elif draft.taken.undecodable:
            draft.fail(f"content-encoding {draft.taken.encoding} cannot be decoded here; "
                       "the exhibit holds the encoded bytes")
        elif status in FULL:
            query = draft.question.query
            trouble = unexpected(query.accept, response.headers.get("content-type", ""),
                                 draft.taken.head, html=query.html)
            if trouble:
                draft.fail(trouble)
        elif spent := used_up(status, response.headers):
            draft.fail(spent)
        elif passing(status):
            draft.fail(f"HTTP {status}", again=self._pause(response, route))
        elif status not in ABSENT:
            draft.fail(f"HTTP {status} {response.reason_phrase}".strip())

    def _pause(self, response: httpx.Response, route: Route) -> bool | float:
        """How long the server asks us to wait (seconds), or True where it does not say."""
        limits = self._limits
        wait = retry_after(response.headers.get("retry-after"), now(),
                           limits.retry_after_max)
        if wait is None:
            return True
        self._pacer.hold(route.url.host, wait)
        return max(wait, limits.wait_initial)


def _named(question: Question) -> frozenset[str]:
    """The hosts that nobody's answer chose: the registry's, and those that were let pass."""
    query = question.query
    base = httpx.URL(query.base_url or question.base_url)
    if query.found and not query.let_pass:
        return frozenset({base.host})
    return frozenset({base.host, base.join(query.url).host})


def _wait_of(error: Exception) -> bool | float:
    return error.wait if isinstance(error, _AskAgain) else False
