"""diff --artifacts: what changed inside a package, the malicious file first in sight."""

import io
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from regforensics.archives.compare import side
from regforensics.evidence.schemas import validate
from simulator import Npm, PyPI, serve
from simulator.archives import bomb, crafted, tarball, wheel
from simulator.stories import IMPLANT, PACKAGE, PROJECT, STORIES
from tests.support.command import Ended, run
from tests.unit.archives.crafted import both_forms

OLD = {"package.json": '{"name":"x","scripts":{"test":"t"}}', "index.js": "a\nb\nc\nd\ne\n",
       "README.md": "old\n", "gone.js": "1"}
NEW = {"README.md": "new\n", "package.json": '{"name":"x","scripts":{"postinstall":"node setup"}}',
       "index.js": "a\nb\nC\nd\ne\n", "lib/new.js": "2\n", "setup.js": IMPLANT,
       "test/new.test.js": "3\n"}


def files(folder: Path, old: bytes, new: bytes) -> tuple[Path, Path]:
    one, other = folder / "old.tgz", folder / "new.tgz"
    one.write_bytes(old)
    other.write_bytes(new)
    return one, other


def difference(folder: Path, old: bytes, new: bytes) -> list[dict[str, Any]]:
    done = run("diff", "--artifacts", *files(folder, old, new), "--json")
    validate("diff-artifacts", done.document)
    assert done.code == (10 if done.document["files"] else 0)
    found: list[dict[str, Any]] = done.document["files"]
    return found


def text(folder: Path, old: bytes, new: bytes, *more: str) -> Ended:
    return run("diff", "--artifacts", *files(folder, old, new), *more)


def test_what_runs_at_install_comes_first_and_docs_last(tmp_path: Path) -> None:
    found = difference(tmp_path, tarball(OLD), tarball(NEW))
    assert [(d["path"], d["rank"], d["change"]) for d in found] == [
        ("package/setup.js", "install", "added"), ("package/package.json", "install", "changed"),
        ("package/lib/new.js", "new", "added"), ("package/index.js", "code", "changed"),
        ("package/gone.js", "removed", "removed"), ("package/test/new.test.js", "docs", "added"),
        ("package/README.md", "docs", "changed")]
    assert found[0]["diff"] == [f"+{IMPLANT.rstrip()}"]
    assert found[3]["diff"] == ["@@ -1,5 +1,5 @@", " a", " b", "-c", "+C", " d", " e"]


def test_the_same_archive_has_no_difference(tmp_path: Path) -> None:
    assert difference(tmp_path, tarball(OLD), tarball(OLD)) == []
    assert text(tmp_path, tarball(OLD), tarball(OLD)).code == 0


def test_another_packing_of_the_same_files_is_no_difference(tmp_path: Path) -> None:
    repacked = crafted(*((f"other-root/{n}", c.encode()) for n, c in reversed(OLD.items())))
    assert difference(tmp_path, tarball(OLD), repacked) == []


def test_wheels_whose_metadata_directory_carries_the_version(tmp_path: Path) -> None:
    old = wheel({"x/a.py": "1\n", "x-1.0.dist-info/METADATA": "Version: 1.0\n"})
    new = wheel({"x/a.py": "1\n", "x-1.1.dist-info/METADATA": "Version: 1.1\n", "x/z.pth": "b\n"})
    assert [(d["path"], d["rank"]) for d in difference(tmp_path, old, new)] == [
        ("x/z.pth", "install"), ("x-1.1.dist-info/METADATA", "code")]


def test_an_unrelated_change_of_line_keeps_its_number(tmp_path: Path) -> None:
    lines = [f"line {n}" for n in range(200)]
    old, new = "\n".join(lines), "\n".join([*lines[:120], "evil()", *lines[120:]])
    (found,) = difference(tmp_path, tarball({"a.js": old}), tarball({"a.js": new}))
    assert found["diff"][0] == "@@ -119,4 +119,5 @@" and "+evil()" in found["diff"]


def test_of_a_long_line_the_part_that_differs_is_shown(tmp_path: Path) -> None:
    body = "var x=1;" * 5000
    (found,) = difference(tmp_path, tarball({"a.min.js": body}),
                          tarball({"a.min.js": body + IMPLANT.strip()}))
    added = next(line for line in found["diff"] if line.startswith("+"))
    assert "collect.paint-cdn.example" in added and len(added) < 700
    assert added.startswith("+[")


def test_binaries_and_large_files_are_named_with_digests(tmp_path: Path) -> None:
    done = text(tmp_path, tarball({"a.node": b"\x7fELF\0" * 10}),
                tarball({"a.node": b"\x7fELF\0" * 11, "big.js": "x\n" * 400_000}))
    assert done.code == 10 and done.out.count("(not shown as text)") == 2
    assert "55 B sha256" in done.out


def test_links_and_modes_are_differences(tmp_path: Path) -> None:
    link = tarfile.TarInfo("package/l")
    link.type, link.linkname = tarfile.SYMTYPE, "../../etc/passwd"
    plain = ("package/run.sh", b"1")
    runs = tarfile.TarInfo("package/empty")
    runs.mode = 0o755
    still = tarfile.TarInfo("package/empty")
    found = difference(tmp_path, crafted(plain, still), crafted(plain, runs, link))
    assert [(d["path"], d["after"]["kind"], d["after"]["target"]) for d in found] == [
        ("package/l", "symlink", "../../etc/passwd"), ("package/empty", "file", None)]


def test_hostile_text_is_shown_harmless_and_long_output_is_cut(tmp_path: Path) -> None:
    new = {"a.js": "\x1b[2J\u202e" + "x\n" * 500, **{f"f{n}.js": "y\n" for n in range(60)}}
    done = text(tmp_path, tarball({"z": "1"}), tarball({**new, "z": "1"}))
    assert "\x1b" not in done.out and "\u202e" not in done.out and "\\x1b[2J" in done.out
    assert len(done.out.splitlines()) < 150
    assert "more lines" in done.out and "--all shows everything" in done.out
    assert "more files that differ" in done.out
    whole = text(tmp_path, tarball({"z": "1"}), tarball({**new, "z": "1"}), "--all")
    assert "more files that differ" not in whole.out


def test_a_bomb_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    done = text(tmp_path, tarball(OLD), bomb(300))
    assert done.code == 10 and "stopped" in done.err
    same = bomb(300)
    assert text(tmp_path, same, same).code == 6


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    done = text(tmp_path, tarball(OLD), b"text")
    assert done.code == 5 and "no archive of a known form" in done.err
    assert run("diff", "--artifacts", tmp_path / "old.tgz").code == 2
    assert run("diff", "--artifacts", "npm:x@1", "npm:x@2", "-e", tmp_path / "none").code == 2


def test_stored_versions_and_exhibits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    npm, pypi = Npm(), PyPI()
    evidence = tmp_path / "evidence"
    with serve(npm, pypi) as urls:
        for step in STORIES["takeover"](npm, pypi):
            assert run("snapshot", *step.targets, "--artifacts", "new", "--npm-registry", urls.npm,
                       "--pypi-url", urls.pypi, "-e", evidence).code == 0
    done = run("diff", "--artifacts", f"npm:{PACKAGE}@1.2.0", f"npm:{PACKAGE}@1.2.1", "-e",
               evidence)
    assert done.code == 10
    shown = [line for line in done.out.splitlines() if line.startswith("runs at install time")]
    assert "setup.js" in shown[0]
    done = run("diff", "--artifacts", f"pypi:{PROJECT}@2.0.0", f"pypi:{PROJECT}@2.1.0", "-e",
               evidence, "--json")
    assert done.code == 10 and done.document["to"]["name"].endswith("tar.gz)")
    label = done.document["to"]["exhibit"]
    assert run("diff", "--artifacts", label, label, "-e", evidence).code == 0
    assert run("diff", "--artifacts", "EX-000002", label, "-e", evidence).code == 5
    missing = run("diff", "--artifacts", f"npm:{PACKAGE}@9.9.9", label, "-e", evidence)
    assert missing.code == 2 and "--artifacts new" in missing.err
    assert run("verify", "-e", evidence).code == 0
    rules = {c["rule"] for c in run("timeline", "report", "--format", "json", "-e",
                                    evidence).document["claims"]}
    assert "publish.files-added" in rules and "integrity.artifact-mismatch" not in rules


def test_two_files_that_would_share_a_name_are_both_compared(tmp_path: Path) -> None:
    manifest, ok = ("package/package.json", b"{}"), b"ok\n"
    old = crafted(manifest, ("package/index.js", ok))
    new = crafted(manifest, ("package/index.js", IMPLANT.encode()), ("index.js", ok))
    assert [(d["path"], d["change"]) for d in difference(tmp_path, old, new)] == [
        ("index.js", "added"), ("package/index.js", "changed")]
    meta = ("x-1.dist-info/METADATA", "Name: x\n")
    before = wheel(dict([("x/a.py", "1\n"), meta, ("x-1.data/purelib/m.py", "ok\n")]))
    after = wheel(dict([("x/a.py", "1\n"), meta, ("x-1.data/purelib/m.py", IMPLANT),
                        ("x-0.data/purelib/m.py", "ok\n")]))
    found = {d["path"]: d["change"] for d in difference(tmp_path, before, after)}
    assert found == {"x-1.data/purelib/m.py": "changed", "x-0.data/purelib/m.py": "added"}
    assert difference(tmp_path, new, new) == []


def test_several_members_of_one_path_are_compared_each(tmp_path: Path) -> None:
    one, other = ("package/a.js", b"1\n"), ("package/a.js", b"2\n")
    for old, new, changes in (((one,), (one, one), ["added"]), ((one,), (other, one), ["added"]),
                              ((one, other), (other, one), ["changed", "changed"]),
                              ((one, other), (other,), ["removed"])):
        found = difference(tmp_path, crafted(*old), crafted(*new))
        assert [(d["path"], d["change"]) for d in found] == [("package/a.js", c) for c in changes]
    assert difference(tmp_path, crafted(one, other), crafted(one, other)) == []


def test_install_scripts_of_one_of_several_manifests_come_first(tmp_path: Path) -> None:
    quiet = ("package/package.json", b"{}")
    hook = ("package/package.json", b'{"scripts":{"postinstall":"node setup"}}')
    new = crafted(hook, quiet, ("package/setup.js", b"x"), ("package/b.js", b"x" * 900))
    found = difference(tmp_path, crafted(quiet), new)
    assert [(d["path"], d["rank"]) for d in found] == [
        ("package/setup.js", "install"), ("package/package.json", "install"),
        ("package/b.js", "new")]


def test_names_full_of_dashes_take_no_time(tmp_path: Path) -> None:
    long = [(f"{'-' * 4000}{n}", b"") for n in range(400)]
    began = time.process_time()
    side(io.BytesIO(crafted(("package/package.json", b"{}"), *long)))
    assert time.process_time() - began < 1


def test_a_wheel_that_is_a_tar_too_is_compared_as_installers_read_it(tmp_path: Path) -> None:
    one, other = tmp_path / "a-1-py3-none-any.whl", tmp_path / "a-2-py3-none-any.whl"
    meta = "x.dist-info/METADATA"
    one.write_bytes(both_forms(b"ok", wheel({"x/a.py": "ok\n", meta: "1"})))
    other.write_bytes(both_forms(b"ok", wheel({"x/a.py": "ok\n", meta: "1",
                                                  "evil.pth": IMPLANT})))
    done = run("diff", "--artifacts", one, other, "--json")
    assert (done.code, [d["path"] for d in done.document["files"]]) == (10, ["evil.pth"])
    assert done.document["to"]["oddities"] == ["forms", "leading"]


def test_dangerous_members_stand_out(tmp_path: Path) -> None:
    for name, members in (("old.tgz", ["package/a.js"]), ("new.tgz", ["package/a.js", "../x.sh"])):
        with tarfile.open(tmp_path / name, "w:gz") as archive:
            for member in members:
                entry = tarfile.TarInfo(member)
                entry.size = 2
                archive.addfile(entry, io.BytesIO(b"1;"))
    ended = run("diff", "--artifacts", tmp_path / "old.tgz", tmp_path / "new.tgz")
    line, = [line for line in ended.out.splitlines() if "! traversal" in line]
    assert line.startswith("+ ! traversal")
    assert "../x.sh" in line
