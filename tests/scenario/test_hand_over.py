"""An incident captured by one person, handed over, and reported on by another."""

import re
from pathlib import Path

import pytest

from regforensics.evidence.store import EvidenceStore
from simulator.stories import PACKAGE
from tests.support.command import run
from tests.support.played import Played, play

_LABEL = re.compile(r"EX-\d{6}")
#: What rests on where and when the lines were written, which is another directory.
_OF_THE_DIRECTORY = {"integrity.handed-over"}


@pytest.fixture(scope="module", params=["takeover", "republish"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    with pytest.MonkeyPatch.context() as patch:
        return play(request.param, tmp_path_factory.mktemp("theirs"), patch, "--artifacts", "new")


def told(played: Played) -> list[tuple[str, str, str]]:
    """(rule, subject, statement) of every claim, labels by the bytes that they stand for."""
    store = EvidenceStore.open(played.evidence)

    def digest(match: re.Match[str]) -> str:
        return store.exhibit(match[0]).sha256

    return [(c["rule"], c["subject"], _LABEL.sub(digest, c["statement"]))
            for c in played.report()["claims"] if c["rule"] not in _OF_THE_DIRECTORY]


@pytest.mark.parametrize("form", ["bagit", "zip", "warc"])
def test_the_report_says_the_same_of_another_directory(story: Played, tmp_path: Path, form: str
                                                       ) -> None:
    ended = story.run("export", "--format", form, tmp_path / "out" / "bag", "--json")
    assert ended.code == 0, ended.err
    mine = Played(tmp_path / "mine", story.steps, story.targets)
    assert mine.run("ingest", ended.document["path"]).code == 0
    assert mine.run("verify").code == 0
    assert len(told(story)) > 20 and told(mine) == told(story)
    assert {d["subject"] for d in mine.run("drift", "--json").document["drifts"]} == \
        {d["subject"] for d in story.run("drift", "--json").document["drifts"]}
    report = tmp_path / "report.json"
    assert mine.run("timeline", "report", "--format", "json", "-o", report).code == 0
    assert mine.run("timeline", "check", report).code == 0


def test_a_part_says_the_same_of_its_target(story: Played, tmp_path: Path) -> None:
    target = f"npm:{PACKAGE}"
    assert story.run("export", "--format", "zip", tmp_path / "a.zip", target).code == 0
    mine = Played(tmp_path / "mine", story.steps, (target,))
    assert mine.run("ingest", tmp_path / "a.zip").code == 0
    assert mine.run("verify").code == 0
    assert told(mine) == [claim for claim in told(story) if (claim[1] or "").startswith(
        f"pkg:npm/{PACKAGE}")]


def test_the_report_says_that_the_captures_were_handed_over(story: Played, tmp_path: Path) -> None:
    assert story.run("export", tmp_path / "bag").code == 0
    mine = Played(tmp_path / "mine", story.steps, story.targets)
    assert mine.run("ingest", tmp_path / "bag").code == 0
    claims = [c for c in mine.report()["claims"] if c["rule"] == "integrity.handed-over"]
    assert {c["subject"] for c in claims} == {
        f"pkg:{t.replace(':', '/', 1)}" for t in story.targets}
    head = EvidenceStore.open(story.evidence).custody_head
    for claim in claims:
        assert head in claim["statement"] and "rests on that custody" in claim["statement"]
        assert all(c["exhibit"] == "custody.jsonl" for c in claim["citations"])


def test_what_was_captured_here_is_not_called_handed_over(story: Played) -> None:
    assert "integrity.handed-over" not in {c["rule"] for c in story.report()["claims"]}


def test_captures_of_two_people_stand_side_by_side(story: Played, tmp_path: Path) -> None:
    """The one who takes over goes on capturing: both are read, each said to be what it is."""
    assert story.run("export", tmp_path / "bag").code == 0
    with pytest.MonkeyPatch.context() as patch:
        mine = play("takeover", tmp_path, patch)
    before = told(mine)
    assert mine.run("ingest", tmp_path / "bag").code == 0
    assert mine.run("verify").code == 0
    assert len(told(mine)) > len(before)
    assert run("verify", "-e", mine.evidence).code == 0


def test_of_what_was_left_out_a_part_says_that_it_is_not_there(story: Played, tmp_path: Path
                                                               ) -> None:
    """And nothing else: no damage, and no claim about what nobody can look at."""
    target, others = f"npm:{PACKAGE}", [t for t in story.targets if t != f"npm:{PACKAGE}"]
    log = tmp_path / "access.log"
    log.write_text('192.0.2.7 - - [07/Mar/2026:22:14:01 +0000] "GET /x HTTP/1.1" 200 12\n')
    theirs = Played(tmp_path / "theirs", story.steps, story.targets)
    assert theirs.run("ingest", story.evidence).code == 0
    expected = told_of(theirs.report(), target)
    assert theirs.run("ingest", log).code == 0
    assert theirs.run("export", tmp_path / "bag", target).code == 0
    part = Played(tmp_path / "bag" / "data", story.steps, story.targets)
    document = part.report()
    assert told_of(document, target) == expected
    for other in others:
        assert not told_of(document, other)
    lacking = [gap for gap in document["gaps"] if "not in this hand-over" in gap["reason"]]
    assert {gap["subject"] for gap in lacking} == {
        None, *(f"pkg:{other.replace(':', '/', 1)}" for other in others)}
    exhibit = next(e for e in EvidenceStore.open(part.evidence).exhibits()
                   if e.acquisitions[0].entry.kind == "log")
    ended = part.run("cat", exhibit.label)
    assert ended.code == 5 and f"{exhibit.label} is not in this hand-over" in ended.err


def told_of(document: dict[str, object], target: str) -> list[str]:
    """The rules of the claims about one target."""
    claims = document["claims"]
    assert isinstance(claims, list)
    subject = f"pkg:{target.replace(':', '/', 1)}"
    return [c["rule"] for c in claims if (c["subject"] or "").startswith(subject)]
