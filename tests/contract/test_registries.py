"""What every registry adapter must do, whichever it is."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import STATES, Snapshot
from regforensics.registries import REGISTRIES, registry_named, registry_of
from regforensics.registries.base import Registry
from tests.support.documents import answers, holds

BASE = "http://127.0.0.1:4873/base/"


def exchanges() -> dict[str, tuple[str, list[tuple[str, int, bytes]]]]:
    """Per registry: a package that the simulator knows, and its answers to the adapter."""
    from simulator import Clock, Npm, PyPI, Request

    clock = Clock("2025-01-01T00:00:00Z")
    npm = Npm(clock, base_url="https://npm.example/")
    npm.publish("@paint/lines", "1.0.0", by="ada")
    npm.publish("@paint/lines", "1.1.0", by="ada")
    pypi = PyPI(clock, base_url="https://pypi.example/")
    pypi.upload("Paint.Lines", "1.0", by="ada")
    pypi.upload("Paint.Lines", "1.1", by="ada")
    served: dict[str, tuple[str, Any, str]] = {
        "npm": ("npm:@paint/lines", npm, "https://npm.example/"),
        "pypi": ("pypi:paint-lines", pypi, "https://pypi.example/")}
    found = {}
    for registry in REGISTRIES:
        target, simulated, base = served[registry.name]
        parts = []
        for query in registry.queries(PackageRef.parse(target), base):
            if query.subject is not None:
                answer = simulated.respond(Request(
                    "/" + query.url.removeprefix(base), {"accept": query.accept}))
                parts.append((query.kind, answer.status, answer.body))
        found[registry.name] = (target, parts)
    return found


EXCHANGES = exchanges()
each = pytest.mark.parametrize("registry", REGISTRIES, ids=lambda r: r.name)


def read(registry: Registry, change: Callable[[bytes], bytes] = lambda body: body) -> Snapshot:
    target, parts = EXCHANGES[registry.name]
    return answers(target, *[(kind, status, change(body)) for kind, status, body in parts])


@each
def test_it_is_found_by_name_and_by_each_of_its_kinds(registry: Registry) -> None:
    assert registry_named(registry.name) is registry
    assert all(registry_of(kind) is registry for kind in registry.kinds)


@each
def test_queries_stay_below_the_base_and_encode_the_name(registry: Registry) -> None:
    target, _ = EXCHANGES[registry.name]
    for query in registry.queries(PackageRef.parse(target), BASE):
        assert query.url.startswith(BASE)
        assert query.kind in registry.kinds
        assert query.subject in (None, PackageRef.parse(target))
        assert not set(query.url) & set(" \n\\")


@each
def test_a_healthy_package_has_versions_with_times_and_digests(registry: Registry) -> None:
    _, parts = EXCHANGES[registry.name]
    bodies = {f"EX-{index:06}": body for index, (_, _, body) in enumerate(parts, 1)}
    snapshot = read(registry)
    assert snapshot.state == "present"
    assert len(snapshot.releases) == 2
    for release in snapshot.releases.values():
        assert release.published is not None
        facts: list[Fact[Any]] = [release.anchor, release.published]
        for artifact in release.artifacts:
            assert artifact.digests
            facts += [artifact.name, *artifact.digests.values()]
        assert all(holds(c, bodies[c.exhibit]) for fact in facts for c in fact.citations)


@each
def test_it_recognises_its_documents_and_names_their_package(registry: Registry) -> None:
    from regforensics.evidence.jsontree import Document

    target, parts = EXCHANGES[registry.name]
    for kind, _, body in parts:
        document = Document("EX-000001", "0" * 64, body)
        assert [r.recognises(document) for r in REGISTRIES if r.recognises(document)] == [kind]
        assert registry.package_of(document, kind) == PackageRef.parse(target)


@each
@pytest.mark.parametrize("body", [b"{}", b"[]", b'"x"', b"null", b'{"name":null}'])
def test_any_json_is_a_state_and_never_a_crash(registry: Registry, body: bytes) -> None:
    assert read(registry, lambda _: body).state in STATES


@each
def test_every_value_may_be_of_any_type(registry: Registry) -> None:
    _, parts = EXCHANGES[registry.name]
    for odd in (None, 7, "x", [], {}, [None], {"": None}):
        for key in json.loads(parts[0][2]):
            def spoil(body: bytes, key: str = key, odd: object = odd) -> bytes:
                document = json.loads(body)
                return json.dumps({**document, key: odd} if key in document else document).encode()

            snapshot = read(registry, spoil)
            assert snapshot.state in STATES
            for release in snapshot.releases.values():
                assert release.anchor.citations


@each
@pytest.mark.parametrize("status", [404, 410, 451])
def test_absence_is_a_state(registry: Registry, status: int) -> None:
    target, parts = EXCHANGES[registry.name]
    gone = answers(target, *[(kind, status, b'{"message":"Not Found"}') for kind, _, _ in parts])
    assert gone.state == "absent"
    assert gone.state_fact is not None
