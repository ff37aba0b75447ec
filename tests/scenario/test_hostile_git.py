"""Repositories whose maker wants commits unseen, a program run, or the reader to wait for ever."""

import hashlib
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from regforensics.acquire import git
from tests.scenario.test_in_git import BAD, Project, exposure, lock
from tests.support.command import run
from tests.support.tools import needs

pytestmark = needs("git")
EVIL = "pypi:evil@6.6.6"


def project_of(folder: Path) -> Project:
    """The version stood in the first commit and is gone since."""
    project = Project(folder)
    for version in ("5.6.1", "5.6.2", "5.6.3"):
        project.commit({"package-lock.json": lock(f"chalk@{version}")})
    return project


def orphan_in_cache(project: Project) -> None:
    """A commit-graph that says of HEAD that it has no parent."""
    project.git("commit-graph", "write", "--reachable")
    path = project.folder / ".git/objects/info/commit-graph"
    data, head = bytearray(path.read_bytes()), bytes.fromhex(project.git("rev-parse", "HEAD"))
    chunks = {bytes(data[at:at + 4]): struct.unpack(">Q", data[at + 4:at + 12])[0]
              for at in range(8, 8 + 12 * data[6], 12)}
    number = data[chunks[b"OIDL"]:].index(head) // 20
    row = chunks[b"CDAT"] + 36 * number
    data[row + 20:row + 24] = struct.pack(">I", 0x70000000)
    data[-20:] = hashlib.sha1(bytes(data[:-20])).digest()
    path.chmod(0o644)
    path.write_bytes(data)
    assert project.git("rev-list", "--count", "HEAD") == "1"


def graft(project: Project) -> None:
    (project.folder / ".git/info/grafts").write_text(project.git("rev-parse", "HEAD") + "\n")
    assert project.git("rev-list", "--count", "HEAD") == "1"


def replace(project: Project) -> None:
    head = project.git("rev-parse", "HEAD")
    project.git("replace", head, project.git("commit-tree", "HEAD^{tree}", "-m", "x"))
    assert project.git("rev-list", "--count", "HEAD") == "1"


SETTINGS = [("i18n.logOutputEncoding", "UTF-16"), ("log.showRoot", "false"),
            ("core.worktree", ".."), ("core.worktree", "/"), ("diff.relative", "true"),
            ("diff.orderFile", "/etc/passwd"), ("diff.noprefix", "true"), ("color.ui", "always"),
            ("log.diffMerges", "off"), ("log.follow", "true"), ("diff.ignoreSubmodules", "all"),
            ("core.ignoreCase", "true"), ("log.excludeDecoration", "*"), ("core.abbrev", "4")]


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_no_setting_of_the_repository_hides_a_commit(tmp_path: Path, name: str, value: str) -> None:
    project = project_of(tmp_path / "app")
    project.git("config", name, value)
    came, went = project.git("rev-parse", "HEAD~2"), project.git("rev-parse", "HEAD~1")
    (one,) = exposure(tmp_path / "evidence", BAD, "--repo", project.folder)
    assert one["consumer"]["commit"] == came and one["consumer"]["until"] == went


@pytest.mark.parametrize(("hide", "gap"), [
    (orphan_in_cache, ""), (replace, ""), (graft, "info/grafts")])
def test_nothing_beside_the_objects_hides_a_commit(tmp_path: Path, hide: Any, gap: str) -> None:
    project = project_of(tmp_path / "app")
    hide(project)
    found = exposure(tmp_path / "evidence", BAD, "--repo", project.folder)
    assert [e["grade"] for e in found] == ["likely", *["unchecked"] * bool(gap)]
    assert gap in found[-1]["reason"]


def test_a_false_cut_is_a_gap(tmp_path: Path) -> None:
    project = project_of(tmp_path / "app")
    (project.folder / ".git/shallow").write_text(project.git("rev-parse", "HEAD") + "\n")
    found = exposure(tmp_path / "evidence", BAD, "--repo", project.folder, code=6)
    assert [e["grade"] for e in found] == ["unchecked"] and "shallow" in found[0]["reason"]


def test_borrowed_objects_are_read_and_told(tmp_path: Path) -> None:
    project = project_of(tmp_path / "app")
    shared = tmp_path / "shared"
    subprocess.run(["git", "clone", "-q", "--shared", str(project.folder), str(shared)], check=True)
    found = exposure(tmp_path / "evidence", BAD, "--repo", shared)
    assert [e["grade"] for e in found] == ["likely", "unchecked"]
    assert "alternates" in found[1]["reason"]


def test_the_head_of_another_work_tree_counts(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    project.commit({"package-lock.json": lock("chalk@5.6.2")})
    project.git("worktree", "add", "-q", "--detach", str(tmp_path / "beside"))
    beside = Project.__new__(Project)
    beside.folder, beside.hours = tmp_path / "beside", 3
    beside.commit({"package-lock.json": lock("chalk@5.6.1")})
    for folder in (project.folder, beside.folder):
        found = exposure(tmp_path / "evidence", BAD, "--repo", folder)
        assert [e["grade"] for e in found] == ["likely"]


def test_names_of_64_digits(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    subprocess.run(["git", "init", "-q", "-b", "main", "--object-format=sha256", str(folder)],
                   check=True)
    project = Project.__new__(Project)
    project.folder, project.hours = folder, 0
    came = project.commit({"package-lock.json": lock("chalk@5.6.1")})
    project.commit({"package-lock.json": lock("chalk@5.6.2")})
    (one,) = exposure(tmp_path / "evidence", BAD, "--repo", folder)
    assert one["consumer"]["commit"] == came and len(came) == 64


def test_an_object_that_is_not_what_its_name_says_is_a_gap(tmp_path: Path) -> None:
    project = project_of(tmp_path / "app")
    bad, good = (project.folder / ".git/objects" / name[:2] / name[2:] for name in (
        project.git("rev-parse", f"HEAD~{n}:package-lock.json") for n in (2, 1)))
    bad.unlink()
    shutil.copy(good, bad)
    found = exposure(tmp_path / "evidence", BAD, "--repo", project.folder, code=6)
    assert [e["grade"] for e in found] == ["unchecked"]
    assert "not what its name says" in found[0]["reason"]


@pytest.mark.parametrize("what", ["HEAD~1", "HEAD~1^{tree}", "HEAD~2^{tree}"])
def test_a_forged_commit_or_folder_is_a_gap(tmp_path: Path, what: str) -> None:
    project = project_of(tmp_path / "app")
    name = project.git("rev-parse", what)
    other = project.git("rev-parse", "HEAD^{tree}") if "tree" in what else \
        project.git("commit-tree", "HEAD^{tree}", "-m", "x")
    true, false = (project.folder / ".git/objects" / n[:2] / n[2:] for n in (name, other))
    true.unlink()
    shutil.copy(false, true)
    ended = run("exposure", BAD, "--repo", project.folder, "--json", "-e", tmp_path / "evidence")
    reasons = [e["reason"] for e in ended.document["exposures"] if e["grade"] == "unchecked"]
    assert any(name[:12] in reason and "not what their names say" in reason for reason in reasons)


def test_a_reference_to_nothing_is_a_gap_and_hides_no_other(tmp_path: Path) -> None:
    project = project_of(tmp_path / "app")
    (project.folder / ".git/refs/heads/lost").write_text("ab" * 20 + "\n")
    (project.folder / ".git/refs/heads/broken").write_text("no name\n")
    found = exposure(tmp_path / "evidence", BAD, "--repo", project.folder)
    reasons = " ".join(e["reason"] for e in found if e["grade"] == "unchecked")
    assert found[0]["grade"] == "likely" and "abababababab" in reasons
    assert "refs/heads/broken" in reasons


def test_no_program_that_a_remote_names_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                               ) -> None:
    """Also where git knows no GIT_NO_LAZY_FETCH: the allowed protocols are none."""
    project, mark = project_of(tmp_path / "app"), tmp_path / "ran"
    blob = project.git("rev-parse", "HEAD~2:package-lock.json")
    for name, value in (("remote.origin.url", f"ext::touch {mark}"),
                        ("remote.origin.promisor", "true"), ("protocol.ext.allow", "always"),
                        ("core.repositoryformatversion", "1"),
                        ("extensions.partialClone", "origin")):
        project.git("config", name, value)
    (project.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    older(tmp_path / "bin", "unset GIT_NO_LAZY_FETCH", monkeypatch)
    found = exposure(tmp_path / "evidence", BAD, "--repo", project.folder, code=6)
    assert [e["grade"] for e in found] == ["unchecked"] and blob[:12] in found[0]["reason"]
    assert not mark.exists()
    # the same repository runs it for a git that is not told
    subprocess.run([str(tmp_path / "bin/git"), "-C", str(project.folder), "cat-file", "-p", blob],
                   check=False, capture_output=True)
    assert mark.exists()


def older(folder: Path, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that is another one."""
    folder.mkdir()
    script = folder / "git"
    script.write_text(f'#!/bin/sh\n{words}\nexec {shutil.which("git")} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize(("said", "code"), [
    ("git version 2.34.1", 5), ("git version 1.9", 5), ("hub", 5),
    ("git version 2.39.0", 10), ("git version 2.50.1 (Apple Git-155)", 10),
    ("git version 3.0.rc1", 10)])
def test_a_git_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                          said: str, code: int) -> None:
    project = project_of(tmp_path / "app")
    older(tmp_path / "bin", f'case "$*" in *version) echo "{said}"; exit;; esac', monkeypatch)
    ended = run("exposure", BAD, "--repo", project.folder, "-e", tmp_path / "evidence")
    assert ended.code == code or (code == 5 and ended.code not in (0, 10))
    assert ("2.39 or later" in ended.err) == (code == 5)


@pytest.mark.parametrize("where", ["inc", "refs/heads/pipe", "packed-refs"])
def test_a_pipe_where_git_reads_ends_within_the_deadline(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setattr(git, "OPENING", 1.0)
    project = project_of(tmp_path / "app")
    if where == "inc":
        project.git("config", "include.path", "inc")
    os.mkfifo(project.folder / ".git" / where)
    start = time.monotonic()
    ended = run("exposure", BAD, "--repo", project.folder, "-e", tmp_path / "evidence")
    assert ended.code in (5, 6, 10) and time.monotonic() - start < 8
    assert ended.code == 10 or "no answer within 1 s" in ended.err + ended.out


def test_one_deadline_for_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_of(tmp_path / "app")
    older(tmp_path / "bin", 'case "$*" in *rev-list*|*cat-file*) sleep 60;; esac', monkeypatch)
    start = time.monotonic()
    with git.Repository(project.folder, deadline=2.0) as repository:
        assert repository.history(["package-lock.json"]).unread
        assert [body for _, body in repository.contents(["ab" * 20], largest=10)] == [None]
    assert time.monotonic() - start < 6


@pytest.mark.parametrize(("name", "body", "why"), [
    ("requirements.txt", "\ufeffevil==6.6.6\r\n".encode("utf-16-le"), "UTF-16"),
    ("requirements.txt", "evil==6.6.6\n".encode("utf-16-be"), "UTF-16"),
    ("poetry.lock", b'[[package]]\nname = "ok"\nversion = "1"\n\n[[package]]\nname = "evil"\n'
                    b'version = "6.6.6"\nfoo = \n', "cannot be read"),
    ("requirements.txt", b"version https://lfs.example/spec/v1\noid sha256:" + b"4d" * 32
     + b"\nsize 12345\n", "LFS"),
    ("poetry.lock", b"version https://lfs.example/spec/v1\noid sha256:" + b"4d" * 32
     + b"\nsize 12345\n", "LFS")])
def test_what_cannot_be_read_in_a_history_is_unchecked(tmp_path: Path, name: str, body: bytes,
                                                       why: str) -> None:
    project = Project(tmp_path / "app")
    project.folder.joinpath(name).write_bytes(body)
    project.commit({"x": "1"})
    project.commit({name: None})
    found = exposure(tmp_path / "evidence", EVIL, "--repo", project.folder, code=6)
    assert [e["grade"] for e in found] == ["unchecked"] and why in found[0]["reason"]
    handed = tmp_path / name
    handed.write_bytes(body)
    ended = run("exposure", EVIL, "--lockfile", handed, "-e", tmp_path / "other", "--json")
    assert "unchecked" in {e["grade"] for e in ended.document["exposures"]}, ended.out


def test_many_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    for number in range(9):
        (project.folder / "requirements.txt").write_bytes(f"evil=={number}".encode("utf-16"))
        project.commit({})
    (one,) = exposure(tmp_path / "evidence", EVIL, "--repo", project.folder, code=6)
    assert "and 3 more" in one["reason"]


COMMIT = "author ada <ada@mail.example> 1700000000 +0000\n"


@pytest.mark.parametrize("header", [
    COMMIT + "committer ada <ada@mail.example> 1700000000 +0000\n"
             "committer bob <bob@mail.example> 1000000000 +0000\n",
    COMMIT + "committer ada <ada@mail.example> 999999999999 +0000\n",
    COMMIT + "committer ada <ada@mail.example> -5000000000 +0000\n",
    COMMIT + "committer ada <ada@mail.example> soon\n",
    "author ada <ada@mail.example> 999999999999 +0000\n"
    "committer ada <ada@mail.example> 1700000000 +0000\n"])
def test_a_date_that_is_none_is_not_told(tmp_path: Path, header: str) -> None:
    project = Project(tmp_path / "app")
    project.commit({"package-lock.json": lock("chalk@5.6.1")})
    made = subprocess.run(
        ["git", "-C", str(project.folder), "hash-object", "-t", "commit", "--literally", "-w",
         "--stdin"], check=True, capture_output=True,
        input=f"tree {project.git('rev-parse', 'HEAD^{tree}')}\n{header}\nx\n".encode())
    project.git("update-ref", "refs/heads/main", made.stdout.decode().strip())
    (one,) = exposure(tmp_path / "evidence", BAD, "--repo", project.folder)
    assert one["first"] is None and "1 commit that brought it in" in one["reason"]
    assert "states no date that can be read" in one["reason"]
    assert not any(year in one["reason"] for year in ("9999", "1970", "2001", "2023"))
