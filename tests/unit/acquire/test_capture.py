"""Runs over many targets: outcomes, what stops a run and what does not, who gets credentials."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from regforensics.acquire.capture import RunSummary, TargetResult, capture, run_capture
from regforensics.acquire.config import Base, ClientConfig
from regforensics.acquire.credentials import Keyring, bearer
from regforensics.acquire.limits import Limits
from regforensics.acquire.proxies import Proxies
from regforensics.errors import EvidenceUnwritable, WrongUsage
from regforensics.model.package import PackageRef
from regforensics.registries import maven_search, npm_forms
from regforensics.registries.base import Part, Query, Wanted
from tests.hostile.fakes import QUICK, MemoryStore, OneQuestion, query
from tests.hostile.server import HostileServer, serving


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with serving() as hostile:
        yield hostile


def refs(*names: str) -> list[PackageRef]:
    return [PackageRef("npm", name) for name in names]


def run(server: HostileServer, store: MemoryStore, *names: str, config: ClientConfig | None = None,
        registry: OneQuestion | None = None, limits: Limits = QUICK
        ) -> tuple[RunSummary, dict[str, TargetResult]]:
    results: dict[str, TargetResult] = {}
    summary = run_capture(
        refs(*names), registries=[registry or OneQuestion(server.url)], store=store,
        config=config or ClientConfig(), limits=limits,
        on_result=lambda result: results.update({result.target.name: result}))
    return summary, results


def test_new_then_unchanged(server: HostileServer) -> None:
    store = MemoryStore()
    for expected in ("new", "unchanged", "unchanged"):
        summary, results = run(server, store, "ok")
        assert results["ok"].outcome == expected
        assert (summary.counts[results["ok"].outcome], summary.targets) == (1, 1)


def test_bytes_that_come_back_are_a_change(server: HostileServer) -> None:
    store = MemoryStore()
    run(server, store, "dated")
    first = store.lines[0]
    headers = tuple(pair for pair in first.entry.headers if pair[0] != "Last-Modified")
    store.record(replace(first.entry, headers=headers), b'{"in": "between"}')
    _, results = run(server, store, "dated")
    assert not store.lines[-1].new
    assert results["dated"].outcome == "new"


def test_two_questions_are_absent_only_together(server: HostileServer) -> None:
    registry = OneQuestion(server.url, second="missing")
    _, results = run(server, MemoryStore(), "ok", "missing", "error", registry=registry)
    assert {name: found.outcome for name, found in results.items()} == {
        "ok": "new", "missing": "absent", "error": "failed"}
    assert results["error"].error == f"{server.url}error: HTTP 503 (attempt 3 of 3)"
    assert [answer.status for answer in results["ok"].answers] == [200, 404]


def test_a_registry_wide_document_is_asked_once_and_fails_nobody(server: HostileServer) -> None:
    registry = OneQuestion(server.url, shared=True)
    store = MemoryStore()
    summary, results = run(server, store, *(f"p-{i}" for i in range(20)), registry=registry)
    assert server.hits["keys"] == 1
    (answer,) = summary.shared
    assert (answer.query.subject, answer.acquisition.entry.subject) == (None, None)
    assert all(result.outcome == "new" for result in results.values())


def test_a_registry_that_nobody_knows_fails_its_target_only(server: HostileServer) -> None:
    results: list[TargetResult] = []
    run_capture([PackageRef("maven", "a", "g"), PackageRef("npm", "ok")], store=MemoryStore(),
                registries=[OneQuestion(server.url)], config=ClientConfig(),
                on_result=results.append, limits=QUICK)
    assert {r.target.registry: r.outcome for r in results} == {"maven": "failed", "npm": "new"}


def test_a_configured_base_is_the_one_that_is_asked(server: HostileServer) -> None:
    config = ClientConfig(bases={"npm": Base(server.url, "test")})
    store = MemoryStore()
    run(server, store, "ok", config=config, registry=OneQuestion("http://127.0.0.1:9/"))
    assert store.lines[0].entry.registry == server.url


def test_a_store_that_cannot_write_stops_the_run(server: HostileServer) -> None:
    store = MemoryStore(room=10)
    with pytest.raises(EvidenceUnwritable, match="no space"):
        run(server, store, *(f"p-{i}" for i in range(500)))
    assert sum(server.hits.values()) < 100
    assert all(body.closed for body in store.handed)


def test_workers_pull_no_faster_than_they_ask(server: HostileServer) -> None:
    pulled = done = 0
    ahead: list[int] = []

    def targets() -> Iterator[PackageRef]:
        nonlocal pulled
        for number in range(300):
            pulled += 1
            ahead.append(pulled - done)
            yield PackageRef("npm", f"p-{number}")

    def count(result: TargetResult) -> None:
        nonlocal done
        done += 1

    summary = run_capture(targets(), registries=[OneQuestion(server.url)], config=ClientConfig(),
                          store=MemoryStore(), on_result=count, concurrency=4, limits=QUICK)
    assert summary.counts["new"] == 300
    assert max(ahead) <= 2 * 4  # as many again wait for the disk
    assert server.most_open <= 4


def test_ctrl_c_ends_with_what_was_captured(server: HostileServer) -> None:
    store, results = MemoryStore(), list[TargetResult]()
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    summary = run_capture(
        refs("ok", "stalls", *["silent"] * 20), registries=[OneQuestion(server.url)],
        config=ClientConfig(), store=store, on_result=results.append, concurrency=3,
        limits=Limits())
    assert time.monotonic() - start < 5
    assert summary.interrupted
    assert (summary.counts["new"], len(results)) == (1, 1)
    assert [line.entry.error for line in store.lines] == [
        None, *["interrupted before the answer was complete"] * 3]
    partial = next(line for line in store.lines if line.entry.url == server.url + "stalls")
    assert (store.body(partial), partial.entry.complete) == (b"{half", False)
    assert all(body.closed for body in store.handed)


def keyed(server: HostileServer) -> ClientConfig:
    place = f"//127.0.0.1:{server.port}/"
    return ClientConfig(keyring=Keyring((bearer(place, "tok-123"),
                                         bearer(f"//localhost:{server.port}/", "tok-456"))))


def test_a_credential_is_sent_and_not_recorded(server: HostileServer) -> None:
    store = MemoryStore()
    run(server, store, "echo", config=keyed(server))
    assert b'"authorization": "Bearer tok-123"' in (store.body(store.lines[0]) or b"")
    assert ("Authorization", "Bearer [redacted]") in store.lines[0].entry.request_headers
    assert "tok-123" not in repr(store.lines[0].entry)


@pytest.mark.parametrize(("path", "sent"), [("moved-away", False), ("moved-with-password", True)])
def test_a_redirect_takes_no_credential_to_another_host(server: HostileServer, path: str,
                                                        sent: bool) -> None:
    store = MemoryStore()
    run(server, store, path, config=keyed(server))
    body = store.body(store.lines[0]) or b""
    assert body.startswith(b"{")
    assert (b"Bearer tok-123" in body) is sent
    assert b"tok-456" not in body
    assert b"Basic" not in body


def test_cookies_are_not_kept_between_requests(server: HostileServer) -> None:
    store = MemoryStore()
    run(server, store, "cookies")
    run(server, store, "cookies", "echo")
    assert all(b'"cookie":' not in data for data in store.exhibits.values())


def test_a_proxy_is_used_and_its_name_check_is_on_literals(server: HostileServer) -> None:
    through = Proxies(f"http://ann:pw-77@127.0.0.1:{server.port}", None)
    config = ClientConfig(proxies={"": through})
    store = MemoryStore()
    registry = OneQuestion("http://registry.example/")
    _, results = run(server, store, "echo", "to-private", config=config, registry=registry)
    assert results["echo"].outcome == "new"
    assert b"proxy-authorization" in (store.body(results["echo"].answers[0].acquisition) or b"")
    assert "redirect to 10.1.2.3 (private) refused" in (results["to-private"].error or "")
    assert "pw-77" not in repr([line.entry for line in store.lines])
    assert store.lines[0].entry.note == f"through the proxy http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://[::1", "http://"])
def test_a_proxy_that_cannot_be_used_is_wrong_usage(server: HostileServer, proxy: str) -> None:
    config = ClientConfig(proxies={"": Proxies(proxy, proxy)})
    with pytest.raises(WrongUsage, match="proxy"):
        run(server, MemoryStore(), "ok", config=config,
            registry=OneQuestion("http://registry.example/"))


SILENT = """
import sys
from regforensics.acquire.capture import run_capture
from regforensics.acquire.config import ClientConfig
from regforensics.model.package import PackageRef
from regforensics.registries.base import Query, Wanted
from tests.hostile.fakes import QUICK, MemoryStore, OneQuestion, query
names = ("error", "busy-once", "hangup", "wide")
summary = run_capture([PackageRef("npm", name) for name in names], store=MemoryStore(),
                      registries=[OneQuestion(sys.argv[1])], config=ClientConfig(), limits=QUICK,
                      on_result=lambda result: None)
sys.exit(summary.targets)
"""


def test_it_says_nothing_by_itself(server: HostileServer) -> None:
    # In a process of its own: pytest's log handlers would hide what libraries print by default.
    done = subprocess.run([sys.executable, "-c", SILENT, server.url], capture_output=True,
                          text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (4, "", "")


def test_capture_can_be_awaited(server: HostileServer) -> None:
    async def main() -> RunSummary:
        return await capture(refs("ok"), registries=[OneQuestion(server.url)], limits=QUICK,
                             config=ClientConfig(), store=MemoryStore(), on_result=lambda _: None)

    summary = asyncio.run(main())
    assert (summary.counts["new"], summary.interrupted) == (1, False)


def follow(server: HostileServer, store: MemoryStore, *further: Query) -> TargetResult:
    registry = OneQuestion(server.url)
    registry.further["ok"] = further
    results: list[TargetResult] = []
    run_capture(refs("ok"), registries=[registry], store=store, config=ClientConfig(),
                limits=QUICK, on_result=results.append, wanted=Wanted(attestations=True))
    return results[0]


def test_what_an_answer_leads_to_is_asked_once() -> None:
    with serving() as server:
        store = MemoryStore()
        result = follow(server, store, query(f"{server.url}dated", "ok"))
    assert [a.query.url for a in result.answers] == [f"{server.url}ok", f"{server.url}dated"]
    assert (server.hits["ok"], server.hits["dated"], result.outcome) == (1, 1, "new")


def test_the_absence_of_what_need_not_be_there_counts_for_nothing(server: HostileServer) -> None:
    store = MemoryStore()
    missing = replace(query(f"{server.url}missing", "ok"), optional=True)
    follow(server, store, missing)
    result = follow(server, store, missing)
    assert [a.outcome for a in result.answers] == ["unchanged", "absent"]
    assert result.outcome == "unchanged"
    assert follow(server, store, replace(query(f"{server.url}error", "ok"), optional=True)
                  ).outcome == "failed"


def test_a_question_with_a_body_is_a_post_and_never_conditional(server: HostileServer) -> None:
    store = MemoryStore()
    asked = replace(query(f"{server.url}ok", "ok"), body=b'{"since": 1}')
    for outcome in ("new", "unchanged"):
        result = follow(server, store, asked)
        assert result.answers[1].outcome == outcome
    entry = store.lines[-1].entry
    assert (entry.method, entry.request_body, entry.status) == ("POST", '{"since": 1}', 200)
    assert ("Content-Type", "application/json") in entry.request_headers
    moved = replace(query(f"{server.url}moved", "ok"), body=b"{}")
    assert "redirect of a POST refused" in str(follow(server, store, moved).error)


@pytest.mark.parametrize("address", [
    "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/x", "http://2852039166/",
    "file:///etc/passwd", "gopher://paint.example/", "http://[::ffff:10.0.0.1]/"])
def test_an_address_in_an_answer_leads_only_where_a_redirect_may(
        server: HostileServer, address: str) -> None:
    result = follow(server, MemoryStore(), replace(query(address, "ok"), found=True))
    assert "refused" in str(result.answers[1].error)
    assert result.outcome == "failed"


def test_answers_that_crash_their_reader_fail_their_target_alone(server: HostileServer) -> None:
    class Odd(OneQuestion):
        def follow_ups(self, package: PackageRef, _base_url: str, _answered: Sequence[Part],
                       _wanted: Wanted, /) -> tuple[Query, ...]:
            known: dict[str, tuple[Query, ...]] = {"ok": ()}
            return known[package.name]

    summary, results = run(server, MemoryStore(), "dated", "ok", registry=Odd(server.url))
    assert (summary.counts["failed"], summary.counts["new"]) == (1, 1)
    assert "stopped with KeyError" in str(results["dated"].unasked)
    assert results["dated"].answers[0].outcome == "new"


def test_what_is_asked_for_more_light_alone_fails_nothing(server: HostileServer) -> None:
    spare = replace(query(f"{server.url}hangup", "ok"), optional=True, spare=True)
    result = follow(server, MemoryStore(), spare)
    assert [a.outcome for a in result.answers] == ["new", "failed"]
    assert (result.outcome, result.error) == ("new", None)


def test_the_search_index_and_the_short_form_are_asked_for_more_light_alone() -> None:
    asked = maven_search.ask(PackageRef.parse("maven:org.paint:paint"), "", (),
                             Wanted(search_index=True))
    assert [q.spare for q in asked] == [True]
    forms = npm_forms.ask(PackageRef.parse("npm:paint"), "http://npm.example/", (),
                          Wanted(forms=True))
    assert [q.spare for q in forms] == [True]


def test_an_address_at_the_registry_itself_is_asked(server: HostileServer) -> None:
    found = replace(query(f"{server.url}dated", "ok"), found=True)
    assert follow(server, MemoryStore(), found).answers[1].status == 200
