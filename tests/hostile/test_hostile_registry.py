"""Each thing that a hostile registry does ends within its limits, in one line, in custody."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from regforensics.acquire.capture import RunSummary, TargetResult, run_capture
from regforensics.acquire.clients import Network
from regforensics.acquire.config import ClientConfig
from regforensics.acquire.draft import Question
from regforensics.acquire.guard import Unresolved
from regforensics.acquire.limits import Limits
from regforensics.acquire.proxies import Proxies
from regforensics.acquire.transport import Transport
from regforensics.acquire.validators import Known
from regforensics.acquire.zones import Zone, zone_of
from regforensics.evidence.exhibit import Acquisition
from regforensics.model.package import PackageRef
from regforensics.registries.base import Query
from tests.hostile.fakes import QUICK, MemoryStore, OneQuestion, query
from tests.hostile.server import BEHAVIOURS, DOCUMENT, HostileServer, serving


@pytest.fixture(scope="module")
def shared_server() -> Iterator[HostileServer]:
    with serving() as hostile:
        yield hostile


@pytest.fixture
def server(shared_server: HostileServer) -> HostileServer:
    shared_server.hits.clear()
    return shared_server


def ask(store: MemoryStore, url: str, *, limits: Limits = QUICK, known: Known | None = None,
        network: Network | None = None, config: ClientConfig | None = None,
        asked: Query | None = None) -> Acquisition:
    async def main() -> Acquisition:
        async with Transport(config or ClientConfig(), store, limits=limits, known=known,
                             network=network) as transport:
            return await transport.ask(Question(asked or query(url), "npm", url, "run-1"))

    return asyncio.run(asyncio.wait_for(main(), 10))


FAILURES = {
    # path: (the one line, status, attempts, is a body kept)
    "slow-drip": (r"not finished within 0\.8 s", 200, 1, True),
    "silent": (r"the server was silent for 0\.3 s \(attempt 3 of 3\)", None, 3, False),
    "stalls": (r"the server was silent for 0\.3 s \(attempt 3 of 3\)", 200, 3, True),
    "endless": (r"the answer is larger than 1 MiB; nothing was kept", 200, 1, False),
    "long-length": (r"broken HTTP answer: peer closed .* \(attempt 3 of 3\)", 200, 3, True),
    "bad-length": (r"broken HTTP answer: bad Content-Length \(attempt 3 of 3\)", None, 3, False),
    "reset": (r"the connection broke \(attempt 3 of 3\)", 200, 3, True),
    "hangup": (r".* \(attempt 3 of 3\)", None, 3, False),
    "gzip-bomb": (r"the answer unpacks to more than 2 MiB; nothing was kept", 200, 1, False),
    "gzip-cut": (r"the gzip body ends early \(attempt 3 of 3\)", 200, 3, True),
    "gzip-lie": (r"the body is not valid gzip: .* \(attempt 3 of 3\)", 200, 3, False),
    "strange-encoding": (r"content-encoding rot13 cannot be decoded here; .*", 200, 1, True),
    "loop-a": (r"redirect loop at http://127\.0\.0\.1:\d+/loop-a", 302, 1, False),
    "further": (r"more than 10 redirects", 302, 1, False),
    "to-metadata": (r"redirect to 169\.254\.169\.254 \(link-local, .* refused: .*", 302, 1, False),
    "to-private": (r"redirect to 10\.1\.2\.3 \(private\) refused: it comes from a loopback host",
                   302, 1, False),
    "to-punycode": (r"redirect to an unusable URL: .*", 302, 1, False),
    "to-file": (r"redirect to a file: URL refused", 302, 1, False),
    "to-nonsense": (r"redirect to an unusable URL: .*", 302, 1, False),
    "to-port": (r"redirect to an unusable URL: http://127\.0\.0\.1:99999/", 302, 1, False),
    "nowhere": (r"HTTP 302 Found", 302, 1, True),
    "busy": (r"HTTP 429 \(attempt 3 of 3\)", 429, 3, True),
    "error": (r"HTTP 503 \(attempt 3 of 3\)", 503, 3, True),
    "flood": (r"broken HTTP answer: .* \(attempt 3 of 3\)", None, 3, False),
    "wide": (r"broken HTTP answer: .* \(attempt 3 of 3\)", None, 3, False),
    "huge": (r"the answer announces 314572800 bytes, more than 1 MiB; .*", 200, 1, False),
    "huge-unannounced": (r"the answer is larger than 1 MiB; nothing was kept", 200, 1, False),
    "html": (r"the answer is not JSON \(text/html\)", 200, 1, True),
    "empty": (r"the answer is empty", 200, 1, True),
    "garbage": (r"broken HTTP answer: .* \(attempt 3 of 3\)", None, 3, False),
    "unasked": (r"HTTP 304 although nothing was asked conditionally", 304, 1, False),
    "nothing": (r"HTTP 204 No Content", 204, 1, False),
}


@pytest.mark.parametrize("path", FAILURES)
def test_a_failure_is_one_line_and_every_attempt_is_in_custody(
        server: HostileServer, path: str) -> None:
    line, status, tries, kept = FAILURES[path]
    store = MemoryStore()
    last = ask(store, server.url + path)
    assert last.entry.error is not None
    assert re.fullmatch(line, last.entry.error), last.entry.error
    assert (last.entry.status, last.exhibit is not None) == (status, kept)
    assert len(store.lines) == tries
    assert store.lines[-1] == last
    assert all(made.entry.error and made.entry.observed_at for made in store.lines)
    assert all(made.exhibit is None for made in store.lines[:-1])
    assert all(body.closed for body in store.handed)


@pytest.mark.parametrize("path", ["slow-drip", "stalls", "long-length", "reset", "gzip-cut"])
def test_partial_bytes_are_kept_and_said_to_be_partial(server: HostileServer, path: str) -> None:
    store = MemoryStore()
    last = ask(store, server.url + path)
    assert not last.entry.complete
    assert (store.body(last) or b"").startswith(b"{")


@pytest.mark.parametrize(("path", "status"), [("missing", 404), ("gone", 410), ("legal", 451)])
def test_an_absence_is_an_exhibit_and_no_error(server: HostileServer, path: str,
                                               status: int) -> None:
    store = MemoryStore()
    last = ask(store, server.url + path)
    assert (last.entry.status, last.entry.error, last.new) == (status, None, True)
    assert server.hits[path] == 1


def test_a_denied_answer_is_kept_but_failed(server: HostileServer) -> None:
    store = MemoryStore()
    last = ask(store, server.url + "denied")
    assert store.body(last) == b'{"error":"no"}'
    assert (last.entry.status, last.entry.error) == (403, "HTTP 403 Forbidden")


@pytest.mark.parametrize("path", ["busy-once", "error-once", "heals"])
def test_what_passes_is_asked_again(server: HostileServer, path: str) -> None:
    store = MemoryStore()
    last = ask(store, server.url + path)
    assert (last.entry.status, last.entry.error, store.body(last)) == (200, None, DOCUMENT)
    first, _ = store.lines
    assert first.entry.error is not None
    assert first.entry.error.endswith(" (attempt 1 of 3)")


def test_the_last_answer_of_a_spent_retry_is_the_exhibit(server: HostileServer) -> None:
    store = MemoryStore()
    assert store.body(ask(store, server.url + "busy")) == b"wait 3"
    assert list(store.exhibits.values()) == [b"wait 3"]


def test_an_answer_is_recorded_as_it_came(server: HostileServer) -> None:
    entry = ask(MemoryStore(), server.url + "ok").entry
    assert (entry.how, entry.method, entry.reason, entry.http_version) == (
        "http", "GET", "OK", "HTTP/1.1")
    assert [value for name, value in entry.headers if name == "X-Cache"] == ["MISS", "HIT"]
    assert entry.peer == f"127.0.0.1:{server.port}"
    assert ("Accept-Encoding", "identity") in entry.request_headers
    assert entry.subject == "pkg:npm/demo"
    assert (entry.hops, entry.final_url, entry.run) == ((), None, "run-1")
    assert entry.requested_at is not None
    assert entry.observed_at is not None
    assert entry.requested_at <= entry.observed_at


def test_thousands_of_headers_are_taken(server: HostileServer) -> None:
    entry = ask(MemoryStore(), server.url + "many-headers").entry
    assert (entry.error, len(entry.headers)) == (None, 3001)


def test_bytes_after_the_stated_length_are_not_the_answer(server: HostileServer) -> None:
    store = MemoryStore()
    assert store.body(ask(store, server.url + "short-length")) == DOCUMENT


def test_an_encoded_answer_is_stored_decoded_with_its_wire_digest(server: HostileServer) -> None:
    store = MemoryStore()
    last = ask(store, server.url + "gzipped")
    assert store.body(last) == DOCUMENT
    assert last.entry.content_encoding == "gzip"
    assert last.entry.wire_size
    assert last.entry.wire_sha256
    assert last.entry.wire_sha256 != last.sha256


@pytest.mark.parametrize("path", ["ok", "dated", "weak"])
def test_an_unchanged_answer_names_its_exhibit(server: HostileServer, path: str) -> None:
    store = MemoryStore()
    first = ask(store, server.url + path)
    again = ask(store, server.url + path, known=Known(store))
    assert (again.entry.status, again.entry.error) == (304, None)
    assert again.entry.unchanged_exhibit == first.exhibit


def test_a_304_about_another_state_confirms_nothing_and_is_asked_again(
        server: HostileServer) -> None:
    store = MemoryStore()
    ask(store, server.url + "confused")
    last = ask(store, server.url + "confused", known=Known(store))
    _, wrong, again = store.lines
    assert (wrong.entry.status, wrong.entry.unchanged_exhibit, wrong.exhibit) == (304, None, None)
    assert wrong.entry.error == ('HTTP 304 with the ETag "v2", although "v1" was asked about: it'
                                 " says nothing of what is stored (attempt 1 of 3)")
    assert again == last
    assert (last.entry.status, last.entry.error, store.body(last)) == (200, None, DOCUMENT)
    assert not any(name.lower() == "if-none-match" for name, _ in last.entry.request_headers)


def test_an_etag_is_for_one_accept_and_not_for_failures(server: HostileServer) -> None:
    store = MemoryStore()
    good = ask(store, server.url + "ok")
    assert Known(store).validator(server.url + "ok", "text/html") is None
    assert Known(store).validator(server.url + "ok", "application/json") is not None
    store.lines = [replace(good, entry=replace(good.entry, error="no"))]
    assert Known(store).validator(server.url + "ok", "application/json") is None


def test_a_redirect_is_followed_and_recorded(server: HostileServer) -> None:
    store = MemoryStore()
    last = ask(store, server.url + "moved")
    (hop,) = last.entry.hops
    assert (hop.status, hop.url, hop.location) == (302, server.url + "moved", "/ok")
    assert last.entry.final_url == server.url + "ok"
    again = ask(store, server.url + "moved", known=Known(store))
    assert (again.entry.status, again.entry.unchanged_exhibit) == (304, last.exhibit)


def public_base(inner: str = "127.0.0.2") -> Network:
    """A world where 127.0.0.1 is public, and inner.example is a name for ``inner``."""
    async def resolver(host: str, port: int) -> Sequence[str]:
        return [inner if host == "inner.example" else "127.0.0.1"]

    def classify(address: str) -> Zone:
        return Zone.PUBLIC if address == "127.0.0.1" else zone_of(address)

    return Network(resolver, classify)


@pytest.mark.parametrize(("path", "shown"), [
    ("to-inner", "127.0.0.2"), ("to-decimal", "2130706434"), ("to-mapped", "::ffff:127.0.0.2"),
    ("to-private", "10.1.2.3"), ("to-metadata", "169.254.169.254"), ("to-name", "inner.example"),
])
def test_a_public_host_cannot_send_us_inside(server: HostileServer, path: str,
                                             shown: str) -> None:
    base = f"http://registry.example:{server.port}/"
    last = ask(MemoryStore(), base + path, network=public_base())
    assert last.entry.error is not None
    assert shown in last.entry.error
    assert server.hits["ok"] == 0
    assert len(last.entry.hops) == 1


def private_base(inner: str) -> Network:
    """A world where 127.0.0.1 is in a private network, and inner.example a name for ``inner``."""
    async def resolver(host: str, port: int) -> Sequence[str]:
        return [inner if host == "inner.example" else "127.0.0.1"]

    def classify(address: str) -> Zone:
        return Zone.PRIVATE if address == "127.0.0.1" else zone_of(address)

    return Network(resolver, classify)


@pytest.mark.parametrize(("inner", "status"), [
    ("127.0.0.1", 200), ("127.0.0.2", None), ("169.254.169.254", None)])
def test_a_private_base_stays_private(server: HostileServer, inner: str,
                                      status: int | None) -> None:
    base = f"http://registry.example:{server.port}/"
    last = ask(MemoryStore(), base + "to-name", network=private_base(inner))
    assert last.entry.status in (status, 302)
    assert (last.entry.error is None) == (status == 200)
    assert server.hits["ok"] == (status == 200)


@pytest.mark.parametrize("base", [
    "http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0/", "http://2852039166/",
    "http://[fd00:ec2::254]/", "http://224.0.0.1/", "http://[::ffff:169.254.169.254]/"])
def test_special_addresses_are_not_even_a_base(base: str) -> None:
    last = ask(MemoryStore(), base)
    assert re.fullmatch(r".* \(link-local, multicast or reserved\) is never asked",
                        last.entry.error or "")


def test_a_name_of_a_special_address_is_no_base() -> None:
    last = ask(MemoryStore(), "http://inner.example/", network=public_base("169.254.169.254"))
    assert last.entry.error == ("inner.example is at 169.254.169.254 (link-local, multicast or"
                                " reserved), which is never asked")


def test_a_public_host_may_send_us_to_another(server: HostileServer) -> None:
    base = f"http://registry.example:{server.port}/"
    last = ask(MemoryStore(), base + "to-name", network=public_base("127.0.0.1"))
    assert (last.entry.status, last.entry.error) == (200, None)


def test_a_name_that_changes_between_check_and_connect_gains_nothing(
        server: HostileServer) -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if asked.count(host) == 1 else ["127.0.0.2"]

    network = Network(rebinding, public_base().classify)
    base = f"http://registry.example:{server.port}/"
    last = ask(MemoryStore(), base + "moved", network=network)
    assert last.entry.error == ("registry.example is at 127.0.0.2 (loopback), "
                                "where a redirect must not lead")
    assert len(asked) == 2  # one answer for each connect, and it is the one that was checked
    assert server.hits["ok"] == 0


@pytest.mark.parametrize("path", ["to-inner", "to-mapped", "to-decimal"])
def test_a_loopback_base_may_stay_on_loopback(server: HostileServer, path: str) -> None:
    # The server listens on 127.0.0.1 only: refused by the machine means allowed by us.
    last = ask(MemoryStore(), server.url + path)
    assert last.entry.error is not None
    assert last.entry.error.startswith("connection refused")


def test_a_redirect_from_https_to_http_is_refused() -> None:
    from regforensics.acquire.failures import Refused
    from regforensics.acquire.redirects import Route

    route = Route("https://a.example/x", zone_of, 10)
    with pytest.raises(Refused, match=r"^redirect from https to http refused: http://a\.example/y"):
        route.follow("http://a.example/y?secret=1", Zone.PUBLIC)


@pytest.mark.parametrize("base", ["https://a.example:8443/npm/", "https://a.example/"])
@pytest.mark.parametrize("found", ["http://a.example:8443/x.tgz", "http://a.example:443/x.tgz",
                                   "http://a.example/x.tgz"])
def test_an_address_in_an_answer_never_leads_from_https_to_http(base: str, found: str) -> None:
    from regforensics.acquire.failures import Refused
    from regforensics.acquire.redirects import Route

    with pytest.raises(Refused, match=r"from https to http refused"):
        Route.found(found, base, Zone.PUBLIC, zone_of, 10)


@pytest.mark.parametrize(("base", "found", "home"), [
    ("https://a.example/", "https://a.example:443/x.tgz", True),
    ("http://a.example:443/", "https://a.example/x.tgz", False)])
def test_only_the_same_scheme_host_and_port_are_home(base: str, found: str, home: bool) -> None:
    from regforensics.acquire.redirects import Route

    assert Route.found(found, base, Zone.PUBLIC, zone_of, 10).at_home or not home
    route = Route(base, zone_of, 10)
    route.follow(found, Zone.PUBLIC)
    assert route.at_home is home


def behind(server: HostileServer, *, inner: str | None) -> tuple[ClientConfig, Network]:
    """A proxy on this machine that finds every name, and a world that finds ``inner`` or none."""
    async def resolver(host: str, _port: int) -> Sequence[str]:
        if inner is None:
            raise Unresolved(f"host name {host} does not resolve: unknown", passing=False)
        return [inner]

    proxies = {"": Proxies(f"http://127.0.0.1:{server.port}", None)}
    return ClientConfig(proxies=proxies), Network(resolver)


@pytest.mark.parametrize(("inner", "said"), [
    (None, "does not resolve here"), ("10.1.2.3", "10.1.2.3 (private)"),
    ("169.254.169.254", "link-local"), ("127.0.0.1", "127.0.0.1 (loopback)")])
def test_a_proxy_is_no_way_inside_for_a_name_that_an_answer_chose(
        server: HostileServer, inner: str | None, said: str) -> None:
    config, network = behind(server, inner=inner)
    last = ask(MemoryStore(), "http://registry.example/to-name", config=config, network=network)
    assert "inner.example" in str(last.entry.error)
    assert said in str(last.entry.error)
    assert server.hits["ok"] == 0


def test_a_proxy_is_asked_for_a_name_that_is_seen_to_be_public(server: HostileServer) -> None:
    config, network = behind(server, inner="198.51.100.7")
    world = Network(network.resolver, lambda _: Zone.PUBLIC)
    last = ask(MemoryStore(), "http://registry.example/to-name", config=config, network=world)
    assert (last.entry.status, last.entry.error) == (200, None)


def test_a_proxy_is_asked_for_what_the_user_named_wherever_it_is_found(
        server: HostileServer) -> None:
    config, network = behind(server, inner=None)
    last = ask(MemoryStore(), "http://registry.example/ok", config=config, network=network)
    assert (last.entry.status, last.entry.error) == (200, None)


@pytest.mark.parametrize("let_pass", [True, False])
def test_a_proxy_and_an_address_in_an_answer(server: HostileServer, let_pass: bool) -> None:
    config, network = behind(server, inner=None)
    asked = replace(query("http://files.example/ok"), found=True, let_pass=let_pass)
    base = "http://registry.example/"
    last = ask(MemoryStore(), base, config=config, network=network, asked=asked)
    assert (last.entry.error is None) is let_pass
    assert server.hits["ok"] == let_pass


def test_tls_on_a_plain_port_is_one_line(server: HostileServer) -> None:
    last = ask(MemoryStore(), f"https://127.0.0.1:{server.port}/ok")
    assert last.entry.error is not None
    assert last.entry.error.startswith("TLS failed: ")


def test_a_name_without_address_and_a_closed_port(server: HostileServer) -> None:
    async def nobody(host: str, port: int) -> Sequence[str]:
        return []

    store = MemoryStore()
    last = ask(store, "http://gone.example/", network=Network(nobody))
    assert last.entry.error == "host name gone.example has no address"
    assert len(store.lines) == 1
    closed = ask(store, "http://127.0.0.1:9/x")
    assert closed.entry.error == "connection refused (attempt 3 of 3)"


def test_a_real_300_mb_body_stops_at_the_default_cap(server: HostileServer) -> None:
    store = MemoryStore()
    limits = replace(QUICK, size=Limits().size, decoded=Limits().decoded, deadline=8.0)
    last = ask(store, server.url + "huge", limits=limits)
    assert last.entry.error == ("the answer announces 314572800 bytes, more than 256 MiB; "
                                "nothing was kept")


def test_all_of_it_at_once_and_the_good_ones_are_captured(server: HostileServer) -> None:
    store, results = MemoryStore(), list[TargetResult]()
    targets = [PackageRef("npm", name) for name in [*BEHAVIOURS, *(f"fine-{i}" for i in range(20))]]
    summary = run_capture(targets, registries=[OneQuestion(server.url)], config=ClientConfig(),
                          store=store, on_result=results.append, limits=QUICK)
    assert isinstance(summary, RunSummary)
    assert summary.targets == len(results) == len(targets)
    by_name = {result.target.name: result for result in results}
    assert all(by_name[f"fine-{i}"].outcome == "new" for i in range(20))
    for name in FAILURES:
        error = by_name[name].error
        assert by_name[name].outcome == "failed"
        assert error is not None
        assert error.startswith(f"{server.url}{name}: ")
        assert "\n" not in error
    assert all(body.closed for body in store.handed)
    assert len({line.entry.run for line in store.lines}) == 1
