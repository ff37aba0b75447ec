"""Hand-overs of one case whose custodies disagree, and captures that come from several hands."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from regforensics.evidence.custodies import Captures, custodies_of
from regforensics.evidence.store import EvidenceStore
from tests.support.command import one_clear_line, run
from tests.support.forged import doctored, rehashed
from tests.unit.evidence.cases import entry, filled

FORGED = b'{"name":"left-pad","maintainers":"eve"}'


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    filled(tmp_path / "theirs")
    return tmp_path / "theirs"


@pytest.fixture
def forged(theirs: Path, tmp_path: Path) -> Path:
    """The same case, rewritten so well that it verifies."""
    shutil.copytree(theirs, tmp_path / "forged")
    doctored(tmp_path / "forged", "EX-000001", FORGED)
    assert run("verify", "-e", tmp_path / "forged").code == 0
    return tmp_path / "forged"


def taken(path: Path, root: Path) -> dict[str, int]:
    """Take a directory over; how many lines that brought."""
    ended = run("ingest", path, "-e", root, "--json")
    assert ended.code == 0, ended.err
    found = ended.document["files"][0]["handed_over"]
    return {"lines": found["lines"], "known": found["known"]}


def refused(path: Path, root: Path) -> str:
    """The line that says why, of an ingest that takes nothing."""
    before = {e.sha256 for e in EvidenceStore.open(root).exhibits()}
    lines = len(EvidenceStore.open(root).acquisitions())
    ended = run("ingest", path, "-e", root)
    assert ended.code == 4, (ended.out, ended.err)
    store = EvidenceStore.open(root)
    assert {e.sha256 for e in store.exhibits()} == before
    assert {a.entry.kind for a in store.acquisitions()[lines:]} == {"start", "end"}
    assert run("verify", "-e", root).code == 0
    return one_clear_line(ended)


@pytest.mark.parametrize("form", ["bagit", "zip", "warc"])
def test_a_rewritten_history_is_not_taken_beside_the_true_one(
        theirs: Path, forged: Path, tmp_path: Path, form: str) -> None:
    mine, path = tmp_path / "mine", tmp_path / {"bagit": "b", "zip": "b.zip",
                                                "warc": "b.warc.gz"}[form]
    taken(theirs, mine)
    assert run("export", "--format", form, "-e", forged, path).code == 0
    line = refused(path, mine)
    assert "two custodies of the case 'case of the day', opened" in line
    assert "disagree from line 2 on" in line and "EX-000001 here" in line and path.name in line


def test_the_later_of_two_is_refused_whichever_is_true(theirs: Path, forged: Path, tmp_path: Path
                                                       ) -> None:
    taken(forged, tmp_path / "mine")
    assert "disagree from line 2 on" in refused(theirs, tmp_path / "mine")


def test_what_was_appended_to_a_rewritten_history_makes_no_difference(
        theirs: Path, forged: Path, tmp_path: Path) -> None:
    taken(theirs, tmp_path / "mine")
    EvidenceStore.create_or_open(forged).record(entry(), b"more")
    assert "disagree from line 2 on" in refused(forged, tmp_path / "mine")


@pytest.mark.parametrize("direct", [True, False])
def test_a_rewritten_history_is_not_taken_out_of_third_hands(
        theirs: Path, forged: Path, tmp_path: Path, direct: bool) -> None:
    """Neither where the true one came directly, nor where that came through others too."""
    for name, source in (("eve", forged), ("eve2", tmp_path / "eve"), ("bob", theirs)):
        taken(source, tmp_path / name)
    taken(theirs if direct else tmp_path / "bob", tmp_path / "mine")
    line = refused(tmp_path / "eve2", tmp_path / "mine")
    assert "disagree from line 2 on" in line


def test_a_part_of_a_rewritten_history_brings_the_custody_that_betrays_it(
        theirs: Path, forged: Path, tmp_path: Path) -> None:
    taken(theirs, tmp_path / "mine")
    taken(forged, tmp_path / "eve")
    path = tmp_path / "part.zip"
    assert run("export", "--format", "zip", "-e", tmp_path / "eve", path, "npm:left-pad").code == 0
    assert "disagree from line 2 on" in refused(path, tmp_path / "mine")


def test_ones_own_case_is_not_taken_back_rewritten(theirs: Path, forged: Path, tmp_path: Path
                                                   ) -> None:
    line = refused(forged, theirs)
    assert "disagree from line 2 on" in line and "custody.jsonl here" in line
    taken(forged, tmp_path / "eve")
    assert "custody.jsonl here" in refused(tmp_path / "eve", theirs)


def test_ones_own_captures_come_back_as_those_that_they_are(theirs: Path, tmp_path: Path) -> None:
    bag = tmp_path / "bag"
    assert run("export", "-e", theirs, bag).code == 0
    EvidenceStore.create_or_open(theirs).record(entry(), b"later")
    assert taken(bag, theirs) == {"lines": 0, "known": 5}
    taken(theirs, tmp_path / "bob")
    EvidenceStore.create_or_open(tmp_path / "bob").record(entry(), b"of bob")
    found = [a for a in _brought(tmp_path / "bob", theirs) if a == "packument"]
    assert found == ["packument"]


def _brought(path: Path, root: Path) -> list[str]:
    """The kinds of the lines that taking a directory over adds."""
    before = len(EvidenceStore.open(root).acquisitions())
    taken(path, root)
    assert run("verify", "-e", root).code == 0
    return [a.entry.kind for a in EvidenceStore.open(root).acquisitions()[before:]
            if a.entry.origin]


@pytest.mark.parametrize("first", ["theirs", "bob", "carol"])
def test_a_capture_told_by_several_hands_is_one(theirs: Path, tmp_path: Path, first: str) -> None:
    taken(theirs, tmp_path / "bob")
    EvidenceStore.create_or_open(tmp_path / "bob").record(entry(), b"of bob")
    taken(tmp_path / "bob", tmp_path / "carol")
    names = {"theirs", "bob", "carol"}
    for name in (first, *sorted(names - {first})):
        taken(tmp_path / name, tmp_path / "mine")
    store = EvidenceStore.open(tmp_path / "mine")
    bodies = [a.sha256 for a in store.acquisitions() if a.entry.kind == "packument" and a.exhibit]
    original = EvidenceStore.open(theirs)
    ones = [a.sha256 for a in original.acquisitions() if a.entry.kind == "packument" and a.exhibit]
    assert len(bodies) == len(ones) + 1
    assert run("verify", "-e", tmp_path / "mine").code == 0


def test_who_says_falsely_to_repeat_a_line_does_not_keep_it_out(theirs: Path, tmp_path: Path
                                                                ) -> None:
    """Else a hand-over could have the true captures of another one called known."""
    taken(theirs, tmp_path / "eve")
    lines = [json.loads(x) for x in (tmp_path / "eve" / "custody.jsonl").read_bytes().splitlines()]
    for line in lines:
        if line["subject"] == "pkg:npm/left-pad":
            line["subject"] = "pkg:npm/other"
    rehashed(tmp_path / "eve", [json.dumps(line).encode() for line in lines])
    assert run("verify", "-e", tmp_path / "eve").code == 4
    assert run("ingest", tmp_path / "eve", "-e", tmp_path / "mine").code == 4
    told = Captures(custodies_of(EvidenceStore.open(tmp_path / "eve")))
    digests = [hashlib.sha256(line + b"\n").hexdigest() for line
               in (tmp_path / "eve" / "custody.jsonl").read_bytes().splitlines()]
    alone = [digest for digest in digests if told.first(digest) == digest]
    of_left_pad = [line for line in lines if line["subject"] == "pkg:npm/other"]
    own = [line for line in lines if "origin" not in line]
    assert len(of_left_pad) == 3 and len(alone) == len(of_left_pad) + len(own)


def test_continuations_and_other_cases_are_taken(theirs: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(theirs, tmp_path / "earlier")
    EvidenceStore.create_or_open(theirs).record(entry(), b"later")
    assert taken(theirs, mine)["lines"] == 6
    assert taken(tmp_path / "earlier", mine) == {"lines": 0, "known": 5}
    filled(tmp_path / "another")
    assert taken(tmp_path / "another", mine)["lines"] == 5
