"""diff, where one package was captured at several places."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulator import Clock, Npm, serve
from tests.support.command import Ended, run

FOUND = 10


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Npm:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    registry = Npm(Clock("2026-03-01T12:00:00+00:00"))
    registry.publish("paint", "1.0.0", by="ada", at=registry.clock.ago(days=300))
    registry.publish("paint", "1.1.0", by="ada", at=registry.clock.ago(days=1))
    return registry


@contextmanager
def places(npm: Npm, evidence: Path, *order: int) -> Iterator[tuple[str, ...]]:
    """Captures of the registry (0) and of a proxy that hides young versions (1), in this order."""
    gate = npm.through("agegate")
    with serve(npm, None, gate) as urls:
        found = (urls.npm, *urls.mirrors)
        for place in order:
            npm.tick(60)
            assert run("snapshot", "npm:paint", "--npm-registry", found[place],
                       "-e", evidence).code == 0
        yield found


def diff(evidence: Path, *words: str) -> Ended:
    return run("diff", "npm:paint", *words, "-e", evidence)


def test_two_places_are_named_and_said_to_be_two(npm: Npm, tmp_path: Path) -> None:
    with places(npm, tmp_path / "e", 0, 1) as urls:
        pass
    ended = diff(tmp_path / "e")
    assert ended.code == FOUND
    assert "two places" in ended.out
    assert "a difference may be the place's" in ended.out
    assert all(url.rstrip("/") in ended.out for url in urls)
    ended = diff(tmp_path / "e", "--json")
    assert "warning: two places" in ended.err
    document = ended.document
    assert [document[side]["registry"].rstrip("/") for side in ("from", "to")] == [
        url.rstrip("/") for url in urls]


@pytest.mark.parametrize("order", [(0, 0, 1), (0, 1, 0), (1, 0, 0)])
def test_one_place_is_compared_with_itself_and_the_other_is_named(
        npm: Npm, tmp_path: Path, order: tuple[int, ...]) -> None:
    with places(npm, tmp_path / "e", *order) as urls:
        pass
    ended = diff(tmp_path / "e")
    assert ended.code == 0, ended.out
    assert "two places" not in ended.out + ended.err
    assert "version-removed" not in ended.out
    assert f"captured at other places too: {urls[1].rstrip('/')} (x1)" in ended.err


def test_labels_choose_two_places(npm: Npm, tmp_path: Path) -> None:
    with places(npm, tmp_path / "e", 0, 0, 1):
        pass
    labels = [e["exhibit"] for e in run("list", "--json", "-e", tmp_path / "e").document["exhibits"]
              if e["kind"] == "packument"]
    ended = diff(tmp_path / "e", "--from", labels[0], "--to", labels[-1])
    assert ended.code == FOUND
    assert "two places" in ended.out
    assert "version-removed" in ended.out


def test_a_counter_alone_is_shown_and_is_no_finding(tmp_path: Path) -> None:
    from tests.support.documents import encoded, packument
    for name, revision in (("old", "1-a"), ("new", "2-b")):
        (tmp_path / name).write_bytes(encoded(packument() | {"_rev": revision}))
    ended = run("diff", tmp_path / "old", tmp_path / "new")
    assert ended.code == 0
    assert "no finding" in ended.out
    assert "/_rev" in ended.out
    assert len(run("diff", tmp_path / "old", tmp_path / "new", "--json").document["changes"]) == 1


def test_old_values_stand_first_and_are_marked(tmp_path: Path) -> None:
    from tests.support.documents import encoded, packument
    for name, version in (("old", "1.0.0"), ("new", "1.1.0")):
        document = packument(versions={"1.0.0": {}, "1.1.0": {}})
        document["dist-tags"]["latest"] = version
        (tmp_path / name).write_bytes(encoded(document))
    lines = run("diff", tmp_path / "old", tmp_path / "new").out.splitlines()
    marked = [line.split()[0] for line in lines if "[" in line]
    assert marked == ["-", "+"]


def test_an_account_is_refused_in_one_line(tmp_path: Path, npm: Npm) -> None:
    with places(npm, tmp_path / "e", 0):
        pass
    ended = run("diff", "npm-user:ada", "-e", tmp_path / "e")
    assert ended.code == 2
    assert "accounts cannot be diffed" in ended.err
