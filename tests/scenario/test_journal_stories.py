"""PyPI's journal, captured by XML-RPC from the simulated index."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import PyPI, serve
from simulator.pypi import Row
from tests.support.command import Ended, run

NAME = "Paint.Lines"
TARGET = "pypi:paint-lines"


class Watched:
    """An index that is served, and an evidence directory."""

    def __init__(self, pypi: PyPI, url: str, evidence: Path) -> None:
        self.pypi, self.url, self.evidence = pypi, url, evidence

    def snapshot(self, *options: object) -> Ended:
        done = run("snapshot", TARGET, "--pypi-url", self.url, "-e", self.evidence, *options)
        assert done.code == 0, done.out + done.err
        return done

    def claims(self, *rules: str) -> list[str]:
        done = run("timeline", "report", "--format", "json", "-e", self.evidence)
        assert done.code == 0, done.err
        report = self.evidence.parent / "report.json"
        report.write_text(done.out)
        checked = run("timeline", "check", report, "-e", self.evidence)
        assert checked.code == 0, checked.out + checked.err
        return [c["statement"] for c in done.document["claims"] if c["rule"] in rules]

    def gaps(self) -> list[dict[str, Any]]:
        done = run("timeline", "report", "--format", "json", "-e", self.evidence)
        return list(done.document["gaps"])

    def kinds(self) -> list[str]:
        listed = run("list", "--json", "-e", self.evidence).document["exhibits"]
        return [e["kind"] for e in listed]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    pypi = PyPI()
    for version, days in (("1.0", 90), ("1.1", 60)):
        pypi.upload(NAME, version, by="ada", at=pypi.clock.ago(days=days))
    pypi.upload("other", "9", by="eve")
    with serve(None, pypi) as urls:
        yield Watched(pypi, urls.pypi, tmp_path / "evidence")


def test_a_first_capture_reads_no_journal_and_says_from_where_it_could(watched: Watched) -> None:
    done = watched.snapshot("--journal")
    assert "--journal-since" in done.err
    assert "pypi-journal" not in watched.kinds()
    assert watched.claims("account.roles-listed")[0].endswith("ada (Owner).")


def test_acts_between_two_captures_get_their_exact_times(watched: Watched) -> None:
    watched.snapshot()
    watched.pypi.upload("other", "10", by="eve")
    watched.pypi.add_owner(NAME, "mallory")
    watched.pypi.upload(NAME, "1.2", by="mallory")
    watched.pypi.yank(NAME, "1.1", "broken")
    watched.pypi.delete_release(NAME, "1.0")
    watched.snapshot("--journal")
    removed, = [c for c in watched.claims("publish.journal") if "removed" in c]
    assert removed.startswith("Release 1.0 was removed with all its files at 20")
    assert "The captures agree: it shows between " in removed
    yanked, = [c for c in watched.claims("publish.journal") if "yanked" in c]
    assert "The captures agree" in yanked
    rows = run("inventory", TARGET, "--json", "-e", watched.evidence).document["rows"]
    assert [(r["question"], r["authority"]) for r in rows if "journal" in r["source"]] == [
        ("withdrawal", "authoritative"), ("account", "limited")]
    asked = [gap["question"] for gap in watched.gaps()]
    assert [q for q in asked if q.startswith("who took the versions down")] == [
        "who took the versions down that are gone"]
    role, = watched.claims("account.journal-role")
    assert role.startswith("mallory was given the role Owner at ")
    assert not any("other" in c for c in watched.claims("publish.journal", "account.journal-role"))
    assert watched.claims("account.serial-moved", "integrity.journal-disagrees") == []


def test_what_came_and_went_is_in_the_journal_alone(watched: Watched) -> None:
    watched.snapshot()
    watched.pypi.upload(NAME, "1.2", by="ada")
    watched.pypi.delete_release(NAME, "1.2")
    watched.snapshot()
    lead, = watched.claims("account.serial-moved")
    assert "a lead only" in lead
    watched.snapshot("--journal-since", "31000000")
    assert watched.claims("account.serial-moved") == []
    assert {c.partition(" at ")[0] for c in watched.claims("publish.journal") if "1.2" in c} == {
        "Release 1.2 was made", "The file paint_lines-1.2.tar.gz was added to release 1.2",
        "Release 1.2 was removed with all its files"}


def test_a_visible_change_explains_a_moved_serial(watched: Watched) -> None:
    watched.snapshot()
    watched.pypi.upload(NAME, "1.2", by="ada")
    watched.snapshot()
    watched.snapshot()
    assert watched.claims("account.serial-moved") == []


def test_pages_are_read_up_to_the_projects_serial_and_no_further(watched: Watched) -> None:
    watched.pypi.journal_page = 3
    watched.snapshot()
    for version in ("1.2", "1.3"):
        watched.pypi.upload(NAME, version, by="ada")
    for version in map(str, range(20, 30)):
        watched.pypi.upload("other", version, by="eve")
    watched.snapshot("--journal")
    assert watched.kinds().count("pypi-journal") == 3
    assert len([c for c in watched.claims("publish.journal") if "was made" in c]) == 2
    watched.snapshot("--journal")
    assert watched.kinds().count("pypi-journal") == 3


def test_the_journal_is_read_five_pages_at_a_time(watched: Watched) -> None:
    watched.pypi.journal_page = 1
    watched.snapshot("--journal-since", "0")
    assert watched.kinds().count("pypi-journal") == 5


def test_a_limit_is_an_answer_with_a_clear_line(watched: Watched) -> None:
    watched.snapshot()
    watched.pypi.upload(NAME, "1.2", by="ada")
    watched.pypi.journal_fault = "HTTPTooManyRequests: The action could not be performed"
    done = watched.snapshot("--journal")
    assert "-32500" in done.err
    assert "HTTPTooManyRequests" in done.err
    assert any("-32500" in gap["reason"] for gap in watched.gaps())
    assert watched.claims("publish.journal", "integrity.journal-disagrees") == []


def test_a_quarantine_keeps_its_roles_and_its_row(watched: Watched) -> None:
    watched.snapshot()
    watched.pypi.quarantine(NAME)
    watched.snapshot("--journal")
    row, = watched.claims("publish.journal")
    assert row.startswith("The project was quarantined at ")
    assert "The captures agree" in row
    assert watched.claims("account.roles-listed")


def test_a_removed_project_leaves_its_row(watched: Watched) -> None:
    watched.snapshot()
    watched.pypi.delete_project(NAME)
    watched.snapshot("--journal")
    row, = watched.claims("publish.journal")
    assert row.startswith("The project was removed as a whole at ")
    assert "The captures agree" in row


def recorded(pypi: PyPI, action: str, days: float) -> None:
    """A row of the journal that the index's state does not bear out."""
    pypi.serial += 7
    pypi.journal.append(Row("paint-lines", "1.0", pypi.clock.ago(days=days), action, pypi.serial))


def test_a_removal_that_a_later_capture_does_not_show_is_a_disagreement(watched: Watched) -> None:
    recorded(watched.pypi, "remove release", 3)
    watched.snapshot("--journal-since", "31000000")
    text, = watched.claims("integrity.journal-disagrees")
    assert "still shows release 1.0" in text


@pytest.mark.parametrize(("days", "again"), [(0.5, None), (3, 2)])
def test_caches_and_releases_made_anew_are_no_disagreement(watched: Watched, days: float,
                                                           again: float | None) -> None:
    recorded(watched.pypi, "remove release", days)
    if again is not None:
        recorded(watched.pypi, "new release", again)
    watched.snapshot("--journal-since", "31000000")
    assert watched.claims("integrity.journal-disagrees") == []


def test_a_serial_that_stays_is_no_lead(watched: Watched) -> None:
    watched.snapshot()
    watched.pypi.archive(NAME)
    watched.snapshot()
    watched.pypi.upload("other", "10", by="eve")
    watched.snapshot()
    assert watched.claims("account.serial-moved") == []
