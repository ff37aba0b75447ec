"""What every registry adapter must do, whichever it is."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from regforensics.evidence.places import document_of
from regforensics.evidence.xmltree import Element, XmlDocument
from regforensics.evidence.xmlwalk import is_xml
from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import STATES, Snapshot
from regforensics.registries import REGISTRIES, registry_named, registry_of
from regforensics.registries.base import Query, Registry
from tests.support.documents import Exchange, answers, exchanged, holds

BASE = "http://127.0.0.1:4873/base/"


def exchanges() -> dict[str, tuple[str, list[Exchange]]]:
    """Per registry: a package that the simulator knows, and its answers to the adapter."""
    from simulator import Clock, Maven, Npm, PyPI, Request

    clock = Clock("2025-01-01T00:00:00Z")
    npm = Npm(clock, base_url="https://npm.example/")
    npm.publish("@paint/lines", "1.0.0", by="ada")
    npm.publish("@paint/lines", "1.1.0", by="ada")
    pypi = PyPI(clock, base_url="https://pypi.example/")
    pypi.upload("Paint.Lines", "1.0", by="ada")
    pypi.upload("Paint.Lines", "1.1", by="ada")
    maven = Maven(clock, base_url="https://maven.example/")
    maven.deploy("example.paint:lines", "1.0")
    maven.deploy("example.paint:lines", "1.1", sha512=False)
    served: dict[str, tuple[str, Any]] = {
        "npm": ("npm:@paint/lines", npm), "pypi": ("pypi:paint-lines", pypi),
        "maven": ("maven:example.paint:lines", maven)}
    found = {}
    for registry in REGISTRIES:
        target, simulated = served[registry.name]
        base: str = simulated.base_url

        def respond(query: Query, simulated: Any = simulated, base: str = base) -> Any:
            return simulated.respond(Request("/" + query.url.removeprefix(base),
                                             {"accept": query.accept}))

        found[registry.name] = target, [e for e in exchanged(target, base, respond)
                                        if e.query.subject is not None]
    return found


EXCHANGES = exchanges()
each = pytest.mark.parametrize("registry", REGISTRIES, ids=lambda r: r.name)


def read(registry: Registry, change: Callable[[bytes], bytes] = lambda body: body) -> Snapshot:
    target, answered = EXCHANGES[registry.name]
    return registry.snapshot(PackageRef.parse(target), [
        replace(one, body=change(one.body)).part(n) for n, one in enumerate(answered, 1)])


@each
def test_it_is_found_by_name_and_by_each_of_its_kinds(registry: Registry) -> None:
    assert registry_named(registry.name) is registry
    assert all(registry_of(kind) is registry for kind in registry.kinds)


@each
def test_queries_stay_below_the_base_and_encode_the_name(registry: Registry) -> None:
    target, _ = EXCHANGES[registry.name]
    _, answered = EXCHANGES[registry.name]
    first = registry.queries(PackageRef.parse(target), BASE)
    assert all(query.url.startswith(BASE) for query in first)
    assert {query.subject for query in first} <= {None, PackageRef.parse(target)}
    for query in (*first, *(one.query for one in answered)):
        assert query.kind in registry.kinds
        assert query.subject is None or query.subject.at(None) == PackageRef.parse(target)
        assert not set(query.url) & set(" \n\\")


@each
def test_a_healthy_package_has_versions_with_times_and_digests(registry: Registry) -> None:
    _, answered = EXCHANGES[registry.name]
    bodies = {f"EX-{index:06}": one.body for index, one in enumerate(answered, 1)}
    snapshot = read(registry)
    assert snapshot.state == "present"
    assert len(snapshot.releases) == 2
    for release in snapshot.releases.values():
        dated = release.published or release.delivered
        assert dated is not None
        facts: list[Fact[Any]] = [release.anchor, dated]
        assert release.artifacts
        for artifact in release.artifacts:
            assert artifact.digests
            facts += [artifact.name, *artifact.digests.values()]
        assert all(c.exhibit == "custody.jsonl" or holds(c, bodies[c.exhibit])
                   for fact in facts for c in fact.citations)


@each
def test_it_recognises_its_documents_and_names_their_package(registry: Registry) -> None:
    target, answered = EXCHANGES[registry.name]
    first = registry.queries(PackageRef.parse(target), BASE)
    for kind, body in ((one.query.kind, one.body) for one in answered
                       if one.query.kind in {query.kind for query in first}):
        document = document_of("EX-000001", "0" * 64, body)
        assert [r.recognises(document) for r in REGISTRIES if r.recognises(document)] == [kind]
        assert registry.package_of(document, kind) == PackageRef.parse(target)


@each
@pytest.mark.parametrize("body", [b"{}", b"[]", b'"x"', b"null", b'{"name":null}'])
def test_any_json_is_a_state_and_never_a_crash(registry: Registry, body: bytes) -> None:
    target, answered = EXCHANGES[registry.name]
    kinds = [one.query.kind for one in answered]
    assert answers(target, *[(kind, 200, body) for kind in kinds]).state in STATES


def _instead(spoiled: dict[bytes, bytes], body: bytes) -> bytes:
    return spoiled.get(body, body)


@each
def test_every_element_may_be_empty_doubled_or_gone(registry: Registry) -> None:
    _, answered = EXCHANGES[registry.name]
    if not is_xml(answered[0].body):
        return
    for whole in [one.body for one in answered if is_xml(one.body)]:
        document = XmlDocument("EX-000001", "", whole)
        for index in range(1, len(document.names)):
            start, end = Element(document, index).span
            element = whole[start:end]
            for instead in (b"", b"<odd/>", element * 2, b"<version> </version>", b"x"):
                spoiled = {whole: whole[:start] + instead + whole[end:]}
                snapshot = read(registry, partial(_instead, spoiled))
                assert snapshot.state in STATES
                for release in snapshot.releases.values():
                    assert release.anchor.citations
                assert snapshot.gaps is not None


@each
@pytest.mark.parametrize("body", [b"", b"\x00", b"x" * 5000, b"<a/>", b"-----BEGIN PGP SIGNATURE"])
def test_any_text_is_a_state_and_never_a_crash(registry: Registry, body: bytes) -> None:
    _, answered = EXCHANGES[registry.name]
    texts = {one.body for one in answered if one.query.suffix not in (".json", ".xml")}
    snapshot = read(registry, lambda old: body if old in texts else old)
    assert snapshot.state in STATES
    assert snapshot.gaps is not None


@each
def test_every_value_may_be_of_any_type(registry: Registry) -> None:
    _, answered = EXCHANGES[registry.name]
    if is_xml(answered[0].body):
        return
    for odd in (None, 7, "x", [], {}, [None], {"": None}):
        for key in json.loads(answered[0].body):
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
    target, answered = EXCHANGES[registry.name]
    gone = answers(target, *[(one.query.kind, status, b'{"message":"Not Found"}')
                             for one in answered])
    assert gone.state == "absent"
    assert gone.state_fact is not None
