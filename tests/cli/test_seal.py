"""seal, and verify --against: what a checkpoint that somebody else holds proves."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from regforensics.evidence.schemas import validate
from regforensics.evidence.statement import Covered, Statement, statement_bytes
from regforensics.evidence.store import EvidenceStore
from tests.support.authority import Authority, authority, signing_key
from tests.support.command import Ended, one_clear_line, run
from tests.support.forged import doctored, rehashed, write
from tests.support.tools import needs
from tests.unit.evidence.cases import entry, filled


@pytest.fixture
def root(tmp_path: Path) -> Path:
    filled(tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def checkpoint(root: Path, tmp_path: Path) -> Path:
    path = tmp_path / "case.checkpoint.json"
    assert run("seal", "-e", root, "-o", path).code == 0
    return path


def against(root: Path, checkpoint: Path, *words: object) -> Ended:
    return run("verify", "-e", root, "--against", checkpoint, *words)


def test_the_checkpoint_says_what_stock_tools_say(root: Path, checkpoint: Path) -> None:
    document = json.loads(checkpoint.read_bytes())
    validate("checkpoint", document)
    custody, sealed = (root / "custody.jsonl").read_bytes(), document["custody"]
    first = b"".join(custody.splitlines(keepends=True)[:sealed["lines"]])
    assert len(first) == sealed["bytes"] and sealed["lines"] == 6

    def digest(command: str) -> str:
        return subprocess.run(["sh", "-c", command], cwd=root, capture_output=True, text=True,
                              check=True).stdout[:64]

    assert digest(f"head -c {sealed['bytes']} custody.jsonl | sha256sum") == sealed["sha256"]
    assert digest("sed -n 6p custody.jsonl | sha256sum") == sealed["head"]
    assert digest("sha256sum case.json") == document["case"]["sha256"]


def test_a_seal_is_a_custody_line_after_what_it_seals(root: Path, checkpoint: Path) -> None:
    store = EvidenceStore.open(root)
    last = store.acquisitions()[-1]
    assert (last.seq, last.entry.kind, last.entry.how) == (7, "seal", "note")
    assert store.read(last.exhibit or "") == checkpoint.read_bytes()
    assert json.loads(checkpoint.read_bytes())["custody"]["head"] in (last.entry.note or "")


def test_a_continuation_holds(root: Path, checkpoint: Path) -> None:
    ended = against(root, checkpoint, "--json")
    assert ended.code == 0, ended.err
    validate("verify", ended.document)
    assert ended.document["against"]["lines_after"] == 1
    EvidenceStore.create_or_open(root).record(entry(), b"later")
    ended = against(root, checkpoint)
    assert ended.code == 0
    assert "a continuation of it by 2 custody lines" in ended.out
    assert "signature: none" in ended.out and "time-stamp: none" in ended.out


def test_the_directory_as_it_was_holds(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    path = tmp_path / "c.json"
    assert run("seal", "-e", root, "-o", path).code == 0
    assert "that very directory" in against(copy, path).out


def test_without_a_file_it_goes_to_stdout(root: Path, tmp_path: Path) -> None:
    ended = run("seal", "-e", root)
    path = tmp_path / "mailed.json"
    path.write_text(ended.out)
    assert against(root, path).code == 0


def test_json_is_a_document(root: Path, tmp_path: Path) -> None:
    ended = run("seal", "-e", root, "-o", tmp_path / "c.json", "--json")
    validate("seal", ended.document)
    validate("checkpoint", ended.document["checkpoint"])


def test_a_history_that_hashes_cleanly_is_caught(root: Path, checkpoint: Path) -> None:
    doctored(root, "EX-000001", b'{"name":"forged"}')
    assert run("verify", "-e", root).code == 0, "the forgery is a good one"
    ended = against(root, checkpoint)
    assert ended.code == 4
    assert "custody.jsonl  was rewritten: its first" in ended.out
    document = against(root, checkpoint, "--json").document
    assert [d["kind"] for d in document["damage"]] == ["checkpoint"]
    assert document["against"]["holds"] is False and document["against"]["lines_after"] is None


@pytest.mark.parametrize("gone", range(1, 6))
def test_a_line_taken_out_cleanly_is_caught(root: Path, checkpoint: Path, gone: int) -> None:
    lines = (root / "custody.jsonl").read_bytes().splitlines()
    rehashed(root, [*lines[:gone], *lines[gone + 1:]])
    assert against(root, checkpoint).code == 4


def test_truncation_is_caught_and_called_that(root: Path, checkpoint: Path) -> None:
    lines = (root / "custody.jsonl").read_bytes().splitlines()
    for path in (root / "exhibits").glob("EX-00000[234].*"):
        path.unlink()
    rehashed(root, lines[:4])
    assert run("verify", "-e", root).code == 0
    ended = against(root, checkpoint)
    assert ended.code == 4 and "is cut off: it has 4 lines" in ended.out


def test_another_case_is_caught_and_named(root: Path, checkpoint: Path, tmp_path: Path) -> None:
    EvidenceStore.create_or_open(tmp_path / "b", name="another").record(entry(), b"x" * 5000)
    ended = against(tmp_path / "b", checkpoint)
    assert ended.code == 4
    assert "another case than the checkpoint's, 'case of the day'" in ended.out
    assert "this is the case 'another'" in ended.out


def test_every_byte_of_sealed_custody_counts(root: Path, checkpoint: Path) -> None:
    from regforensics.evidence.checkpoint import checkpoint_of, compared

    sealed = checkpoint_of(checkpoint.read_bytes(), "c")
    custody = (root / "custody.jsonl").read_bytes()
    for at in range(0, sealed.custody.bytes, 7):
        write(root / "custody.jsonl", custody[:at] + bytes([custody[at] ^ 1]) + custody[at + 1:])
        assert compared(root, sealed).departures, at
    write(root / "custody.jsonl", custody)
    assert compared(root, sealed).departures == ()


@pytest.mark.parametrize("text", [
    b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"schema":"regforensics/checkpoint/1"}'])
def test_what_is_no_checkpoint_ends_in_one_line(root: Path, tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(text)
    ended = against(root, path)
    assert ended.code == 5
    one_clear_line(ended)


@pytest.mark.parametrize(("old", "new"), [
    (b'"lines": 6', b'"lines": 6.0'), (b'"lines": 6', b'"lines": 99999999999999999999999'),
    (b'"lines": 6', b'"lines": 5, "lines": 6'), (b'"name": "case of the day"',
                                                 b'"name": "\\ud800"'), (b"\n}", b"}")])
def test_a_checkpoint_has_one_form(root: Path, checkpoint: Path, tmp_path: Path, old: bytes,
                                   new: bytes) -> None:
    data = checkpoint.read_bytes()
    assert old in data
    path = tmp_path / "other.json"
    path.write_bytes(data.replace(old, new))
    ended = against(root, path)
    assert ended.code == 5
    one_clear_line(ended)


def test_it_does_not_overwrite_nor_lie_inside(root: Path, checkpoint: Path) -> None:
    before = (root / "custody.jsonl").read_bytes()
    for words in (["-o", checkpoint], ["-o", root / "c.json"], ["--tsa", "http://tsa.example/"],
                  ["-o", checkpoint.with_name("n"), "--tsa", "http://u:p@tsa.example/"],
                  ["-o", checkpoint.with_name("n"), "--tsa-ca", "x"],
                  ["-o", checkpoint.with_name("n"), "--sign-key", root / "nothing"]):
        ended = run("seal", "-e", root, *words)
        assert ended.code == 2, words
        one_clear_line(ended)
    assert (root / "custody.jsonl").read_bytes() == before
    assert run("seal", "-e", root.with_name("none")).code == 2
    assert not root.with_name("none").exists()
    assert run("verify", "-e", root, "--tsa-ca", "x").code == 2


@needs("ssh-keygen")
def test_a_signature_says_who(root: Path, tmp_path: Path) -> None:
    key, allowed = signing_key(tmp_path)
    _, others = signing_key(tmp_path, "eve")
    path = tmp_path / "c.json"
    assert run("seal", "-e", root, "-o", path, "--sign-key", key).code == 0
    stock = subprocess.run(["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "ada", "-n",
                            "regforensics", "-s", f"{path}.sig"], input=path.read_bytes(),
                           capture_output=True, check=False)
    assert stock.returncode == 0
    assert "signature: valid: by ada" in against(root, path, "--allowed-signers", allowed).out
    assert "signature: not checked" in against(root, path).out
    assert against(root, path, "--allowed-signers", others).code == 4
    (tmp_path / "c.json.sig").write_bytes(b"nothing")
    assert against(root, path, "--allowed-signers", allowed).code == 4
    (tmp_path / "c.json.sig").unlink()
    ended = against(root, path, "--allowed-signers", allowed)
    assert ended.code == 4 and "no signature to check" in ended.out


@needs("ssh-keygen")
@pytest.mark.parametrize(("lines", "who"), [
    ("ada,bob KEY", "ada"), ("!eve,bob KEY", "bob"),
    ("ada namespaces=\"git\" KEY\nbob namespaces=\"regforensics\" KEY", "bob"),
    ("ada namespaces=\"git\" KEY\nada KEY", "ada"),
    ("ada namespaces=\"git,reg*\" KEY", "ada"),
    ("ada namespaces=\"git\" KEY", None), ("ada namespaces=\"*,!regforensics\" KEY", None)])
def test_a_signature_holds_by_any_line_and_name_that_allows_it(root: Path, tmp_path: Path,
                                                               lines: str, who: str | None) -> None:
    key, _ = signing_key(tmp_path)
    path, allowed = tmp_path / "c.json", tmp_path / "several"
    assert run("seal", "-e", root, "-o", path, "--sign-key", key).code == 0
    public = " ".join(Path(f"{key}.pub").read_text().split()[:2])
    allowed.write_text(lines.replace("KEY", public) + "\n")
    ended = against(root, path, "--allowed-signers", allowed)
    assert ended.code == (4 if who is None else 0), ended.out
    assert f"signature: {'invalid' if who is None else f'valid: by {who},'}" in ended.out


@needs("ssh-keygen")
def test_a_signature_over_another_checkpoint_does_not_hold(root: Path, tmp_path: Path) -> None:
    key, allowed = signing_key(tmp_path)
    assert run("seal", "-e", root, "-o", tmp_path / "a.json", "--sign-key", key).code == 0
    assert run("seal", "-e", root, "-o", tmp_path / "b.json", "--sign-key", key).code == 0
    shutil.copy(tmp_path / "a.json.sig", tmp_path / "b.json.sig")
    ended = against(root, tmp_path / "b.json", "--allowed-signers", allowed)
    assert ended.code == 4 and "the signature does not hold" in ended.out


@needs("openssl")
def test_a_time_stamp_says_when(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    with authority(tmp_path / "tsa") as tsa:
        ended = run("seal", "-e", root, "-o", path, "--tsa", tsa.url, "--tsa-ca", tsa.ca, "--json")
    assert ended.code == 0, ended.err
    validate("seal", ended.document)
    assert ended.document["time_stamp"]["checked"] is True
    stock = subprocess.run(["openssl", "ts", "-verify", "-data", path, "-in", f"{path}.tsr",
                            "-CAfile", tsa.ca], capture_output=True, check=False)
    assert stock.returncode == 0, stock.stderr
    assert "time-stamp: valid: the checkpoint existed at" in \
        against(root, path, "--tsa-ca", tsa.ca).out
    assert "time-stamp: not checked" in against(root, path).out
    store = EvidenceStore.open(root)
    asked = store.acquisitions()[-1]
    assert asked.entry.kind == "time-stamp" and asked.entry.how == "http"
    assert (asked.entry.request_body or "").startswith("base64:")
    assert store.read(asked.exhibit or "") == Path(f"{path}.tsr").read_bytes()
    for line in (root / "custody.jsonl").read_bytes().splitlines():
        validate("custody-line", json.loads(line))


@needs("openssl")
def test_a_time_stamp_of_another_or_by_another_does_not_hold(root: Path, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    with authority(tmp_path / "tsa") as tsa:
        for name in ("a.json", "b.json"):
            assert run("seal", "-e", root, "-o", tmp_path / name, "--tsa", tsa.url).code == 0
        refused = run("seal", "-e", root, "-o", tmp_path / "c.json", "--tsa", tsa.url, "--tsa-ca",
                      other.ca)
        assert refused.code == 4 and not (tmp_path / "c.json.tsr").exists()
    assert against(root, tmp_path / "a.json", "--tsa-ca", other.ca).code == 4
    shutil.copy(tmp_path / "a.json.tsr", tmp_path / "b.json.tsr")
    ended = against(root, tmp_path / "b.json", "--tsa-ca", tsa.ca)
    assert ended.code == 4 and "about other bytes" in ended.out
    whole = (tmp_path / "a.json.tsr").read_bytes()
    for at in range(0, len(whole), 101):
        (tmp_path / "a.json.tsr").write_bytes(whole[:at] + os.urandom(9) + whole[at + 9:])
        assert against(root, tmp_path / "a.json", "--tsa-ca", tsa.ca).code == 4, at


@needs("openssl")
def test_an_authority_that_answers_nonsense_leaves_the_checkpoint(root: Path, tmp_path: Path
                                                                  ) -> None:
    with authority(tmp_path / "tsa") as tsa:
        replay = tsa.reply(_query(tmp_path))
        for number, (spoil, code) in enumerate([(b"", 5), (b"nonsense", 5), (replay, 4)]):
            tsa.spoil = spoil
            path = tmp_path / f"{number}.json"
            ended = run("seal", "-e", root, "-o", path, "--tsa", tsa.url)
            assert ended.code == code, ended.err
            one_clear_line(ended)
            assert against(root, path).code == 0
            assert not Path(f"{path}.tsr").exists()


def _query(folder: Path) -> bytes:
    (folder / "text").write_text("something else")
    subprocess.run(["openssl", "ts", "-query", "-data", "text", "-sha256", "-cert", "-out", "q"],
                   cwd=folder, check=True, capture_output=True)
    return (folder / "q").read_bytes()


def test_an_authority_that_is_not_there_exits_3(root: Path, tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    from regforensics.acquire import stamping
    from regforensics.acquire.limits import Limits

    monkeypatch.setattr(stamping, "LIMITS", Limits(attempts=1))
    ended = run("seal", "-e", root, "-o", tmp_path / "c.json", "--tsa", "http://127.0.0.1:9/")
    assert ended.code == 3
    assert "no time-stamp" in one_clear_line(ended)
    assert against(root, tmp_path / "c.json").code == 0


def test_a_snapshot_prints_the_custody_head(tmp_path: Path) -> None:
    words = ("snapshot", "npm:demo", "--npm-registry", "http://127.0.0.1:9/", "-e",
             tmp_path / "evidence", "--timeout", "0.2")
    ended = run(*words)
    assert ended.out.splitlines()[-1] == \
        f"custody head {EvidenceStore.open(tmp_path / 'evidence').custody_head}"
    document = run(*words, "--json").document
    assert document["custody_head"] == EvidenceStore.open(tmp_path / "evidence").custody_head


def test_packing_continues_what_was_sealed(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path / "case")
    for number in range(3):
        store.record(entry(), b'{"name":"left-pad","number":%d}' % number + b" " * 5000)
    path = tmp_path / "c.json"
    assert run("seal", "-e", tmp_path / "case", "-o", path).code == 0
    manifest = (tmp_path / "case" / "manifest-sha256.txt").read_bytes()
    assert run("pack", "-e", tmp_path / "case").code == 0
    assert (tmp_path / "case" / "manifest-sha256.txt").read_bytes() != manifest
    assert against(tmp_path / "case", path).code == 0


def test_a_sealed_exhibit_that_was_changed_is_said_to_be_one(root: Path, checkpoint: Path) -> None:
    EvidenceStore.create_or_open(root).record(entry(), b"not sealed")
    for path in sorted((root / "exhibits").iterdir())[:2]:
        write(path, b"changed")
    write(next((root / "exhibits").glob("EX-000005*")), b"changed too")
    ended = against(root, checkpoint)
    assert ended.code == 4
    assert "\ncustody holds against" in ended.out and "\nholds against" not in ended.out
    assert "\n2 sealed exhibits do not hold: EX-000001, EX-000002\n" in ended.out
    assert "\n3 damaged: 5 exhibits" in ended.out
    document = against(root, checkpoint, "--json").document
    validate("verify", document)
    assert document["against"]["holds"] is False and document["against"]["custody_holds"] is True
    assert document["against"]["damaged_exhibits"] == ["EX-000001", "EX-000002"]


def test_what_was_damaged_after_the_seal_does_not_break_it(root: Path, checkpoint: Path) -> None:
    EvidenceStore.create_or_open(root).record(entry(), b"not sealed")
    write(next((root / "exhibits").glob("EX-000005*")), b"changed")
    ended = against(root, checkpoint)
    assert ended.code == 4 and "\nholds against" in ended.out and "1 damaged: 5" in ended.out


def test_sealed_exhibits_are_damaged_where_their_folder_is_gone(root: Path, checkpoint: Path
                                                                ) -> None:
    EvidenceStore.create_or_open(root).record(entry(), b"not sealed")
    shutil.rmtree(root / "exhibits")
    ended = against(root, checkpoint, "--json")
    assert ended.code == 4
    validate("verify", ended.document)
    told = ended.document["against"]
    assert (told["holds"], told["custody_holds"]) == (False, True)
    assert told["damaged_exhibits"] == ["EX-000001", "EX-000002", "EX-000003"]
    assert told["absent_exhibits"] == []
    assert "3 sealed exhibits do not hold: EX-000001" in against(root, checkpoint).out


def test_sealed_exhibits_that_a_hand_over_leaves_out_are_not_here(root: Path, checkpoint: Path
                                                                  ) -> None:
    EvidenceStore.create_or_open(root).record(entry(), b"not sealed")
    leave_out(root, "EX-000005")
    assert against(root, checkpoint).code == 0, "what was not sealed may be left out"
    (root / "hand-over.json").unlink()
    leave_out(root, "EX-000001", "EX-000002", "EX-000003", "EX-000004", "EX-000005")
    assert run("verify", "-e", root).code == 0
    ended = against(root, checkpoint)
    assert ended.code == 4
    assert ended.out.startswith("custody holds against")
    assert "\n3 sealed exhibits are not here: EX-000001, EX-000002, EX-000003\n" in ended.out
    document = against(root, checkpoint, "--json").document
    validate("verify", document)
    assert (document["ok"], document["intact"], document["damage"]) == (False, True, [])
    assert document["against"]["holds"] is False
    assert document["against"]["absent_exhibits"] == ["EX-000001", "EX-000002", "EX-000003"]


def leave_out(root: Path, *labels: str) -> None:
    """Delete exhibits, and say in a statement that this is a hand-over without them."""
    custody = (root / "custody.jsonl").read_bytes()
    lines = custody.splitlines(keepends=True)
    covered = Covered(len(lines), len(custody), hashlib.sha256(lines[-1]).hexdigest())
    (root / "hand-over.json").write_bytes(
        statement_bytes(Statement("case of the day", covered, (), labels, "x")))
    manifest = (root / "manifest-sha256.txt").read_text().splitlines(keepends=True)
    write(root / "manifest-sha256.txt", "".join(
        line for line in manifest if not any(label in line for label in labels)).encode())
    for label in labels:
        for path in (root / "exhibits").glob(f"{label}*"):
            path.unlink()


def edited(checkpoint: Path, **changes: object) -> Path:
    """The checkpoint with other values about custody, or the case, in the form that it must have.
    """
    document = json.loads(checkpoint.read_bytes())
    for name, value in changes.items():
        member, _, inner = name.partition("_")
        document[member][inner] = value
    path = checkpoint.with_name("edited.json")
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


@pytest.mark.parametrize("changes", [
    {"custody_lines": 5}, {"custody_lines": 900}, {"custody_bytes": 90}, {"custody_bytes": 10**9},
    {"custody_head": "0" * 64}, {"custody_sha256": "0" * 64}, {"case_name": "another"},
    {"case_created": "2020-01-01T00:00:00.000Z"}])
def test_a_checkpoint_that_contradicts_itself_is_not_laid_to_the_directory(
        root: Path, checkpoint: Path, changes: dict[str, object]) -> None:
    path = edited(checkpoint, **changes)
    ended = against(root, path)
    assert ended.code == 4
    assert f"{path} contradicts itself: " in ended.out
    assert "rewritten" not in ended.out and "cut off" not in ended.out
    assert ended.out.splitlines()[-1].startswith("intact: 4 exhibits")
    document = against(root, path, "--json").document
    validate("verify", document)
    assert document["intact"] is True and document["ok"] is False and document["damage"] == []


@pytest.mark.parametrize("changes", [
    {"custody_lines": 5, "custody_head": "0" * 64}, {"custody_bytes": 90, "custody_lines": 3},
    {"custody_head": "0" * 64, "custody_sha256": "0" * 64}])
def test_of_a_checkpoint_that_fits_nowhere_no_more_is_said_than_is_known(
        root: Path, checkpoint: Path, changes: dict[str, object]) -> None:
    assert against(root, edited(checkpoint, **changes)).code == 4


def test_a_line_changed_before_the_sealed_head_is_laid_to_the_directory(root: Path,
                                                                       checkpoint: Path) -> None:
    custody = (root / "custody.jsonl").read_bytes()
    write(root / "custody.jsonl", custody.replace(b'"Vary"', b'"Vari"', 1))
    ended = against(root, checkpoint)
    assert ended.code == 4 and "was rewritten before its line 6" in ended.out
    assert "contradicts itself" not in ended.out


def test_another_case_is_all_that_is_said_of_another_case(tmp_path: Path, checkpoint: Path) -> None:
    EvidenceStore.create_or_open(tmp_path / "b", name="another")
    ended = against(tmp_path / "b", checkpoint)
    assert ended.code == 4 and "is that of another case" in ended.out
    assert "cut off" not in ended.out and "rewritten" not in ended.out
    assert "intact in itself, but not as sealed: 0 exhibits" in ended.out


@needs("ssh-keygen")
@needs("openssl")
def test_what_fails_beside_the_checkpoint_is_no_damage_of_the_directory(root: Path, tmp_path: Path
                                                                       ) -> None:
    key, _ = signing_key(tmp_path)
    _, others = signing_key(tmp_path, "eve")
    other, path = Authority(tmp_path / "other"), tmp_path / "c.json"
    with authority(tmp_path / "tsa") as tsa:
        assert run("seal", "-e", root, "-o", path, "--sign-key", key, "--tsa", tsa.url).code == 0
    for words, said in ((("--allowed-signers", others), "signature: invalid: "),
                        (("--tsa-ca", other.ca), "time-stamp: invalid: ")):
        ended = against(root, path, *words)
        assert ended.code == 4 and said in ended.out
        assert "\nintact: 5 exhibits" in ended.out and "damaged" not in ended.out
        assert "\ncustody holds against" in f"\n{ended.out}"
        document = against(root, path, *words, "--json").document
        validate("verify", document)
        assert (document["ok"], document["intact"], document["damage"]) == (False, True, [])
        assert document["against"]["holds"] is False and len(document["against"]["faults"]) == 1


def test_a_file_of_authorities_or_signers_that_is_not_there_is_named(root: Path, checkpoint: Path,
                                                                    tmp_path: Path) -> None:
    none = tmp_path / "nofile.pem"
    for words in (["verify", "--against", checkpoint, "--tsa-ca", none],
                  ["verify", "--against", checkpoint, "--allowed-signers", none],
                  ["verify", "--against", tmp_path / "no.json", "--tsa-ca", none],
                  ["seal", "-o", tmp_path / "x.json", "--tsa-ca", none],
                  ["seal", "-o", tmp_path / "x.json", "--tsa", "http://127.0.0.1:9/", "--tsa-ca",
                   none]):
        ended = run(*words, "-e", root)
        assert ended.code == 2, words
        assert f"{none}: is not there" in one_clear_line(ended)
    assert not (tmp_path / "x.json").exists()


@needs("openssl")
def test_an_authority_may_send_its_certificates_in_any_order(root: Path, tmp_path: Path) -> None:
    for number in range(6):  # the order of two certificates is that of their random keys
        path = tmp_path / f"{number}.json"
        with authority(tmp_path / f"tsa{number}", sends_ca=True) as tsa:
            ended = run("seal", "-e", root, "-o", path, "--tsa", tsa.url, "--tsa-ca", tsa.ca,
                        "--json")
        assert ended.code == 0, ended.err
        assert ended.document["time_stamp"]["checked"] is True
        store = EvidenceStore.open(root)
        sent = store.read(store.acquisitions()[-1].exhibit or "")
        assert sent == Path(f"{path}.tsr").read_bytes(), "as it was sent"
        assert "time-stamp: valid" in against(root, path, "--tsa-ca", tsa.ca).out


@needs("openssl")
def test_what_fails_in_a_time_stamp_is_one_clause(root: Path, tmp_path: Path) -> None:
    other, path = Authority(tmp_path / "other"), tmp_path / "c.json"
    with authority(tmp_path / "tsa") as tsa:
        assert run("seal", "-e", root, "-o", path, "--tsa", tsa.url).code == 0
    ended = against(root, path, "--tsa-ca", other.ca)
    assert "time-stamp: invalid: the time-stamp does not hold: no authority given vouches" \
        " for its signer (unable to get local issuer certificate)\n" in ended.out
    whole = Path(f"{path}.tsr").read_bytes()
    Path(f"{path}.tsr").write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
    ended = against(root, path, "--tsa-ca", tsa.ca)
    assert "the time-stamp does not hold: signature failure\n" in ended.out
    assert "ErrorStack" not in ended.out
