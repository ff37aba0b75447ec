"""A story played by simulated registries on 127.0.0.1, captured by the command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulator import Maven, Npm, PyPI, serve
from simulator.maven_stories import MAVEN_STORIES
from simulator.stories import STORIES
from tests.support.command import Ended, run


@dataclass(frozen=True)
class Played:
    """The evidence directory after a story, and the steps it had."""

    evidence: Path
    steps: tuple[str, ...]
    targets: tuple[str, ...]

    def run(self, *words: object) -> Ended:
        """A command on the evidence directory."""
        return run(*words, "-e", self.evidence)

    def changes(self, target: str, since: str = "first", until: str = "latest"
                ) -> list[dict[str, Any]]:
        """What diff says, without metadata and representation."""
        ended = self.run("diff", target, "--from", since, "--to", until, "--json")
        assert ended.code in (0, 10)
        return [c for c in ended.document["changes"]
                if not c["representation"] and c["kind"] != "metadata-changed"]

    def report(self, *options: object) -> dict[str, Any]:
        """The report, as its JSON document."""
        ended = self.run("timeline", "report", "--format", "json", *options)
        assert ended.code == 0, ended.err
        document: dict[str, Any] = ended.document
        return document


def play(story: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Played:
    """Play a story with a snapshot, with ``options``, after each of its steps."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    npm, pypi, maven = Npm(), PyPI(), Maven()
    evidence = folder / "evidence"
    steps: list[str] = []
    targets: list[str] = []
    with serve(npm, pypi, maven=maven) as urls:
        told = MAVEN_STORIES[story](maven) if story in MAVEN_STORIES else \
            STORIES[story](npm, pypi)
        for step in told:
            done = run("snapshot", *step.targets, "--npm-registry", urls.npm,
                       "--pypi-url", urls.pypi, "--maven-url", urls.maven, "-e", evidence,
                       *options)
            assert done.code == 0, done.out + done.err
            steps.append(step.name)
            targets.extend(step.targets)
    return Played(evidence, tuple(steps), tuple(dict.fromkeys(targets)))
