"""--from: what can be read is captured, what cannot is told, and every run leaves its lines."""

import codecs
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regforensics.cli.console import Talk
from regforensics.cli.watching import watched
from regforensics.evidence.schemas import validate
from simulator import Npm, serve
from tests.support.command import Ended, run
from tests.support.patience import impatient

__all__ = ["impatient"]
NOWHERE = "http://127.0.0.1:9/"


class Place:
    """A registry with some packages, a folder, an evidence directory."""

    def __init__(self, folder: Path, url: str, registry: Npm) -> None:
        self.folder, self.url, self.registry = folder, url, registry
        self.evidence = folder / "e"

    def file(self, name: str, body: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return path

    def snapshot(self, *words: object, url: str = "") -> Ended:
        return run("snapshot", "-q", *words, "--npm-registry", url or self.url, "-e",
                   self.evidence)

    def watch(self, *files: Path, url: str = "") -> Ended:
        return self.snapshot(*(word for path in files for word in ("--from", path)), url=url)

    def ends(self) -> list[dict[str, Any]]:
        text = (self.evidence / "custody.jsonl").read_text()
        return [line for line in map(json.loads, text.splitlines())
                if line["how"] == "run" and line["kind"] == "end"]

    def states(self) -> dict[str, str]:
        return {row["target"]: row["state"] for row in run(
            "status", "--json", "-e", self.evidence).document["targets"]}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    registry = Npm()
    for name in ("paint", "brush", "chalk"):
        registry.publish(name, "1.0.0", by="ada <ada@paint.example>")
    with serve(registry) as urls:
        yield Place(tmp_path, urls.npm, registry)


LOCK = json.dumps({"lockfileVersion": 3, "packages": {
    "node_modules/brush": {"version": "1.0.0"}}})


def test_a_bad_line_costs_itself_alone(place: Place) -> None:
    done = place.watch(place.file("watch.txt", "npm:paint\nnot a target\nnpm:brush\n"))
    assert (done.code, done.out) == (5, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith("error: not captured, because it cannot be read: ")
    assert "watch.txt, line 2: " in done.err
    assert place.states() == {"npm:paint": "ok", "npm:brush": "ok"}
    end, = place.ends()
    assert dict(end["options"])["exit"] == "5" and "watch.txt, line 2" in end["note"]


def test_a_broken_file_among_others_costs_itself_alone(place: Place) -> None:
    good = place.file("watch.txt", "npm:paint\n")
    for name, body, told in (("package-lock.json", LOCK[:-9], "package-lock.json"),
                             ("saved.txt", '{"a": [1, 2', "saved.txt: "),
                             ("other.txt", '{"a": 1}', "no lockfile or SBOM of a known kind"),
                             ("latin.txt", b"npm:\xe9\n", "latin.txt, line 1: not UTF-8 text")):
        done = place.watch(good, place.file(name, body))
        assert (done.code, done.err.count("\n")) == (5, 1)
        assert told in done.err and "line 1: target" not in done.err
    assert place.watch(good, place.folder / "none.txt").code == 5
    assert place.states() == {"npm:paint": "ok"}


def test_where_nothing_can_be_used_a_run_that_failed_is_recorded(place: Place) -> None:
    bad = place.file("watch.txt", "not a target\n")
    first = place.watch(bad)
    assert (first.code, place.evidence.exists()) == (2, False)
    place.snapshot("npm:paint")
    done = place.watch(bad)
    assert (done.code, done.err) == (2, first.err)
    assert "watch.txt, line 1" in done.err
    end = place.ends()[-1]
    assert dict(end["options"])["exit"] == "2" and "watch.txt, line 1" in end["error"]
    told = run("status", "--json", "-e", place.evidence).document["runs"]
    assert told["last"]["state"] == "stopped" and told["last_success"]["exit_code"] == 0


def test_the_worse_exit_code_wins(place: Place, impatient: None) -> None:
    done = place.watch(place.file("watch.txt", "npm:paint\n?\n"), url=NOWHERE)
    assert done.code == 3
    assert [line[:30] for line in done.err.splitlines()] == [
        "error: 1 of 1 target failed: 1", "error: not captured, because i"]


@pytest.mark.parametrize("body", [
    codecs.BOM_UTF8 + b"npm:paint\r\nnpm:brush\r\n",
    "\ufeffnpm:paint\r\nnpm:brush\r\n".encode("utf-16-le"),
    "\ufeffnpm:paint\nnpm:brush\n".encode("utf-16-be")])
def test_watchlists_that_windows_wrote(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "watch.txt"
    path.write_bytes(body)
    found = watched((), [path], {"npm"})
    assert [target.target for target in found.targets] == ["npm:paint", "npm:brush"]
    assert not found.lost


def test_a_version_in_a_watchlist_is_dropped_and_told(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
        ) -> None:
    monkeypatch.setattr(Talk, "quiet", False)
    path = tmp_path / "watch.txt"
    path.write_text("pkg:npm/chalk@1.0.1\nnpm:paint\n")
    found = watched((), [path], {"npm"})
    assert [target.target for target in found.targets] == ["npm:chalk", "npm:paint"]
    assert "line 1: pkg:npm/chalk@1.0.1 names a version" in capsys.readouterr().err


def test_a_registry_that_is_not_asked_costs_its_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "watch.txt"
    path.write_text("maven:a:b\nnpm:paint\n")
    found = watched((), [path], {"npm"})
    assert [target.target for target in found.targets] == ["npm:paint"]
    assert found.lost == [f"{path}: maven:a:b: this version does not ask maven"]


def test_a_lockfile_that_yields_nothing_is_told(place: Place) -> None:
    empty = place.file("package-lock.json", json.dumps({"lockfileVersion": 3, "packages": {}}))
    done = place.watch(place.file("watch.txt", "npm:paint\n"), empty)
    assert (done.code, done.err) == (0, f"warning: {empty} names nothing to capture\n")
    assert place.ends()[-1]["note"] == f"{empty} names nothing to capture"


def test_a_lockfile_that_yields_something_is_not(place: Place) -> None:
    done = place.watch(place.file("watch.txt", "npm:brush\n"),
                       place.file("package-lock.json", LOCK))
    assert (done.code, done.err) == (0, "")


def test_a_target_that_becomes_absent_is_told_once(place: Place) -> None:
    words = ("npm:paint", "npm:pianf")
    first = place.snapshot(*words)
    assert (first.code, first.err) == (0, (
        "warning: 1 of 2 targets absent now, says the registry: npm:pianf (never seen before: is"
        " the name right?)\n"))
    assert place.snapshot(*words).err == ""


def test_a_package_that_was_there_and_is_not(place: Place) -> None:
    place.snapshot("npm:paint")
    with serve(Npm()) as urls:
        other = run("snapshot", "--json", "npm:paint", "--npm-registry", urls.npm, "-e",
                    place.evidence)
        validate("snapshot", other.document)
        assert other.document["run"]["absent_now"] == ["npm:paint"]
        assert "npm:paint (there at 20" in other.err
        assert place.snapshot("npm:paint", url=urls.npm).err == ""
    assert place.states() == {"npm:paint": "absent"}


def test_keys_that_cannot_be_had_are_told_and_counted(
        place: Place, impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.web import Response

    answer = place.registry.respond
    status = [503]
    monkeypatch.setattr(place.registry, "respond", lambda request: Response(
        status[0], (("Content-Length", "0"),)) if "/-/npm/v1/keys" in request.path
        else answer(request))
    metrics = place.folder / "m.prom"
    done = place.snapshot("npm:paint", "--metrics", metrics)
    assert done.code == 0
    assert done.err.count("\n") == 1
    assert done.err.startswith("warning: no npm-keys, asked for once for all targets: 127.0.0.1")
    assert "(attempt" not in done.err
    assert '} 1\n' in metrics.read_text().partition("TYPE regforensics_snapshot_beside_failed")[2]
    status[0] = 403  # a registry that has none, or keeps them to itself
    assert place.snapshot("npm:paint").err == ""


def test_targets_that_a_stopped_run_did_not_come_to_are_known(tmp_path: Path) -> None:
    """The address accepts connections and never answers."""
    import socket

    names = [f"npm:p{n}" for n in range(40)]
    metrics = tmp_path / "m.prom"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        process = subprocess.Popen(
            [sys.executable, "-m", "regforensics", "snapshot", "-q", *names, "--npm-registry", url,
             "--concurrency", "1", "-e", str(tmp_path / "e"), "--metrics", str(metrics)],
            env=os.environ | {"NO_PROXY": "127.0.0.1", "HOME": str(tmp_path)},
            stderr=subprocess.PIPE, text=True)
        silent.settimeout(20)
        with silent.accept()[0]:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
    told = run("status", "--json", "-e", tmp_path / "e")
    assert told.code == 6
    states = {row["target"]: row["state"] for row in told.document["targets"]}
    assert set(states) == set(names)
    assert sum(state == "never" for state in states.values()) >= 38
    assert "not_reached{" in metrics.read_text()
    assert dict(told.document["runs"]["last"]["counts"])["not_reached"] == 40
