"""Lockfiles in the history of git repositories: when a version came and went, and what is lost."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.schemas import validate
from tests.support.command import run
from tests.support.tools import needs

pytestmark = needs("git")
BAD = "npm:chalk@5.6.1"


def lock(*pins: str) -> str:
    return json.dumps({"lockfileVersion": 3, "packages": {
        f"node_modules/{name}": {"version": version}
        for name, _, version in (pin.rpartition("@") for pin in pins)}}, indent=1)


class Project:
    """A repository, whose clock goes on by an hour a commit."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.hours = folder, 0
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        at = f"2025-09-08T{10 + self.hours:02}:00:00+02:00"
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder),
                       "GIT_AUTHOR_DATE": at.replace("09-08", "09-07"), "GIT_COMMITTER_DATE": at,
                       **{f"GIT_{who}_{what}": "ada" if what == "NAME" else "ada@mail.example"
                          for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}}
        return subprocess.run(["git", "-C", str(self.folder), *words], env=environment, check=True,
                              capture_output=True, text=True).stdout.strip()

    def commit(self, files: dict[str, str | None], word: str = "change") -> str:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", word)
        self.hours += 1
        return self.git("rev-parse", "HEAD")


def exposure(evidence: Path, *words: object, code: int = 10) -> list[dict[str, Any]]:
    ended = run("exposure", *words, "--json", "-e", evidence)
    assert ended.code == code, ended.err + ended.out
    validate("exposure", ended.document)
    return [e for e in ended.document["exposures"] if e["layer"] == "git history"]


def cited(evidence: Path, one: dict[str, Any]) -> None:
    for citation in one["citations"]:
        body = run("cat", citation["exhibit"], "-e", evidence)
        assert citation["quote"] in body.out


def test_when_a_version_came_and_went(tmp_path: Path) -> None:
    project, evidence = Project(tmp_path / "app"), tmp_path / "evidence"
    project.commit({"package-lock.json": lock("chalk@5.6.0"), "x": "1"})
    came = project.commit({"package-lock.json": lock("chalk@5.6.1")})
    project.commit({"package-lock.json": lock("chalk@5.6.1", "a@1.0.0")})
    project.commit({"x": "2"})
    went = project.commit({"package-lock.json": lock("chalk@5.6.2", "a@1.0.0")})
    (one,) = exposure(evidence, BAD, "--repo", project.folder)
    assert one["grade"] == "likely" and one["count"] == 2
    assert one["consumer"] == {"file": "package-lock.json", "repository": str(project.folder),
                               "commit": came, "until": went, "refs": []}
    assert one["first"] == "2025-09-08T09:00:00Z" and one["last"] == "2025-09-08T12:00:00Z"
    assert "2025-09-07T09:00:00Z" in one["reason"] and "no branch or tag" in one["reason"]
    cited(evidence, one)
    assert any("committer ada" in c["quote"] for c in one["citations"])
    assert run("verify", "-e", evidence).code == 0
    (later,) = [e for e in run("exposure", BAD, "--json", "-e", evidence).document["exposures"]
                if e["grade"] == "likely"]
    assert later["consumer"]["commit"] == came
    told = run("exposure", BAD, "--json", "-e", evidence).document["coverage"]
    assert f"package-lock.json of {project.folder} at commit {came[:12]}" in {
        row["source"] for row in told}
    assert exposure(evidence, "npm:chalk@9.9.9", "--repo", project.folder, code=6) == []


def test_branches_and_tags_that_have_it_still(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.commit({"package-lock.json": lock("chalk@5.6.0")})
    project.git("checkout", "-q", "-b", "release")
    project.commit({"web/yarn.lock": '# yarn lockfile v1\n\nchalk@^5:\n  version "5.6.1"\n'})
    project.git("tag", "v1.0")
    project.git("checkout", "-q", "main")
    project.commit({"x": "1"})
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--mirror", str(project.folder), str(bare)], check=True)
    (one,) = exposure(tmp_path / "evidence", BAD, "--repo", bare)
    assert one["consumer"]["file"] == "web/yarn.lock" and one["consumer"]["until"] is None
    assert one["consumer"]["refs"] == ["refs/heads/release", "refs/tags/v1.0"]


def test_the_file_as_it_stands_now_is_cited_too(tmp_path: Path) -> None:
    project, evidence = Project(tmp_path / "app"), tmp_path / "evidence"
    project.commit({"package-lock.json": lock("chalk@5.6.1")})
    now = project.commit({"package-lock.json": lock("chalk@5.6.1", "a@1.0.0")})
    (one,) = exposure(evidence, BAD, "--repo", project.folder)
    assert one["consumer"]["refs"] == ["HEAD", "refs/heads/main"] and one["last"] is None
    cited(evidence, one)
    assert len([c for c in one["citations"] if "5.6.1" in c["quote"]]) == 2
    ended = run("timeline", "report", "--incident", BAD, "--format", "json", "-e", evidence)
    (claim,) = [c for c in ended.document["claims"] if c["rule"] == "distribution.pinned"]
    assert now[:12] in claim["statement"]


def test_what_only_a_merge_brought_and_what_was_renamed(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.commit({"package-lock.json": lock("chalk@5.6.0")})
    project.git("checkout", "-q", "-b", "side")
    project.commit({"package-lock.json": lock("chalk@5.5.0")})
    project.git("checkout", "-q", "main")
    project.commit({"package-lock.json": lock("chalk@5.4.0")})
    with pytest.raises(subprocess.CalledProcessError):
        project.git("merge", "-q", "side")
    merge = project.commit({"package-lock.json": lock("chalk@5.6.1")})
    moved = project.commit({"package-lock.json": None, "npm-shrinkwrap.json": lock("chalk@5.6.1")})
    found = {e["consumer"]["file"]: e for e in
             exposure(tmp_path / "evidence", BAD, "--repo", project.folder)}
    assert found["package-lock.json"]["consumer"]["commit"] == merge
    assert found["package-lock.json"]["consumer"]["until"] == moved
    assert found["npm-shrinkwrap.json"]["consumer"]["commit"] == moved
    assert "refs/heads/main" in found["npm-shrinkwrap.json"]["consumer"]["refs"]


def test_a_shallow_clone_leaves_the_rest_unchecked(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.commit({"package-lock.json": lock("chalk@5.6.1")})
    project.commit({"package-lock.json": lock("chalk@5.6.1", "a@1.0.0")})
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", project.folder.as_uri(), str(shallow)],
                   check=True)
    found = exposure(tmp_path / "evidence", BAD, "--repo", shallow)
    assert [e["grade"] for e in found] == ["likely", "unchecked"]
    assert "oldest of the clone" in found[0]["reason"] and "shallow" in found[1]["reason"]


def test_missing_objects_are_unchecked(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.commit({"package-lock.json": lock("chalk@5.6.1")})
    project.commit({"package-lock.json": lock("chalk@5.6.2")})
    blob = project.git("rev-parse", "HEAD~1:package-lock.json")
    (project.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    found = exposure(tmp_path / "evidence", BAD, "--repo", project.folder, code=6)
    assert [e["grade"] for e in found] == ["unchecked"] and blob[:12] in found[0]["reason"]


def test_a_partial_clone_is_asked_nothing_over_the_network(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.git("config", "uploadpack.allowFilter", "true")
    project.commit({"package-lock.json": lock("chalk@5.6.1")})
    project.commit({"package-lock.json": lock("chalk@5.6.2")})
    partial = tmp_path / "partial"
    subprocess.run(["git", "clone", "-q", "--filter=blob:none", "--no-checkout",
                    project.folder.as_uri(), str(partial)], check=True)
    found = exposure(tmp_path / "evidence", BAD, "--repo", partial, code=6)
    assert {e["grade"] for e in found} == {"unchecked"}
    assert any("not in the clone" in e["reason"] for e in found)


def test_nothing_that_the_repository_names_is_run(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.commit({"package-lock.json": lock("chalk@5.6.1"),
                    ".gitattributes": "*.json diff=evil filter=evil\n"})
    mark = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    for name in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor",
                 "core.pager", "core.sshCommand", "gpg.program", "filter.evil.smudge",
                 "filter.evil.process", "credential.helper", "core.alternateRefsCommand",
                 "alias.log", "alias.cat-file"):
        value = f"!{script}" if name.startswith("alias") else str(script)
        project.git("config", name, value)
    project.git("config", "log.showSignature", "true")
    for hook in ("post-index-change", "pre-auto-gc", "reference-transaction"):
        shutil.copy(script, project.folder / ".git/hooks" / hook)
    (one,) = exposure(tmp_path / "evidence", BAD, "--repo", project.folder)
    assert one["grade"] == "likely"
    assert not mark.exists()


def test_a_path_that_git_cannot_be_asked_about_by_line(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.commit({"a\nb/package-lock.json": lock("chalk@5.6.1"), "c/yarn.lock": "# yarn lockfile"
                    ' v1\n\nchalk@^5:\n  version "5.6.1"\n'})
    found = {e["consumer"]["file"]: e for e in
             exposure(tmp_path / "evidence", BAD, "--repo", project.folder)}
    assert "could not be asked" in found["a\nb/package-lock.json"]["reason"]
    assert found["c/yarn.lock"]["consumer"]["refs"] == ["HEAD", "refs/heads/main"]


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "none"):
        ended = run("exposure", BAD, "--repo", path, "-e", tmp_path / "evidence")
        assert ended.code == 5 and ended.err.count("error: ") == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else_is_left_closed(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.commit({"package-lock.json": lock("chalk@5.6.1")})
    for path in (project.folder, *project.folder.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    ended = run("exposure", BAD, "--repo", project.folder, "-e", tmp_path / "evidence")
    assert ended.code == 5 and "belongs to another user" in ended.err and "clone" in ended.err


def test_many_lockfiles_and_many_commits_take_seconds(tmp_path: Path) -> None:
    stream = ["blob\nmark :1\ndata <<E\n" + lock("chalk@5.6.1") + "\nE\n",
              "blob\nmark :2\ndata <<E\n" + lock("chalk@5.6.2") + "\nE\n"]
    for number in range(2000):
        files = "".join(f"M 100644 :{1 + (number + n) % 2} p{n}/package-lock.json\n"
                        for n in range(20))
        stream.append(f"commit refs/heads/main\ncommitter a <a@mail.example> {1750000000 + number}"
                      f" +0000\ndata 1\nx\n{files}")
    folder = tmp_path / "mono.git"
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], check=True,
                   input="".join(stream).encode())
    start = time.process_time()
    found = exposure(tmp_path / "evidence", BAD, "--repo", folder)
    assert len(found) == 20 and time.process_time() - start < 30
