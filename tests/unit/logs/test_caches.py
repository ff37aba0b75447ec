"""What a proxy stores of its upstream is nobody's upload, and what it lets go nobody's unpublish.
"""

import json

import pytest

from regforensics.logs import LINE_FORMATS
from regforensics.logs.base import Context
from regforensics.logs.recognition import Recogniser
from regforensics.model.event import AccessEvent

ACCESS = ("2025-09-08T13:20:11.465Z [t] [ACCEPTED {}] {}:chalk/-/chalk-5.6.1.tgz  for client :"
          " ada / 10.20.30.41 [token]")
TRAFFIC = "2025-09-08T13:20:11.465Z|t|5|{}|10.0.0.1|{}:chalk/-/chalk-5.6.1.tgz|43210"


def read(line: str) -> AccessEvent:
    event = Recogniser(LINE_FORMATS, Context()).read(line).parsed
    assert isinstance(event, AccessEvent)
    assert (event.package, event.version) == ("chalk", "5.6.1")
    return event


def nexus(done: str, holds: str | None, by: str) -> AccessEvent:
    attributes = {"repository.name": "r", "path": "/chalk/-/chalk-5.6.1.tgz"} | (
        {"repository.type": holds} if holds else {})
    return read(json.dumps({
        "timestamp": "2025-09-08 15:20:11,856+0000", "initiator": by, "type": done,
        "domain": "repository.asset", "attributes": attributes}))


PERSON, TASK = "ada/192.0.2.80", "*TASK"


@pytest.mark.parametrize(("done", "holds", "by", "action", "side", "doubted"), [
    ("created", "hosted", PERSON, "upload", "client", False),
    ("created", "proxy", PERSON, "download", "server", False),
    ("created", None, PERSON, "upload", "server", True),
    ("created", None, TASK, "upload", "server", True),
    ("deleted", "hosted", PERSON, "unpublish", "client", False),
    ("deleted", "hosted", TASK, "unpublish", "server", False),
    ("deleted", None, PERSON, "unpublish", "client", True),
    ("deleted", "proxy", PERSON, "other", "server", False),
    ("purged", "hosted", PERSON, "unpublish", "client", False),
    ("purged", "hosted", TASK, "other", "server", False),
    ("purged", "proxy", TASK, "other", "server", False),
    ("purged", None, TASK, "other", "server", False),
    ("updated", "hosted", PERSON, "other", "client", False)])
def test_the_type_of_a_nexus_repository_says_what_a_change_is(  # one row a case
        done: str, holds: str | None, by: str, action: str, side: str, doubted: bool) -> None:
    event = nexus(done, holds, by)
    assert (event.action, event.side, bool(event.doubts)) == (action, side, doubted)
    assert event.source == ("upstream" if action == "download" else None)


@pytest.mark.parametrize("form", [ACCESS, TRAFFIC], ids=["access", "traffic"])
def test_an_upload_into_a_cache_is_a_cache_fill(form: str) -> None:
    word = "DEPLOY" if form is ACCESS else "UPLOAD"
    fill, upload = (read(form.format(word, repo)) for repo in ("npm-remote-cache", "npm-local"))
    assert (fill.action, fill.side, fill.source) == ("download", "server", "upstream")
    assert (upload.action, upload.side, upload.source) == ("upload", "client", None)
    assert "transferred" not in (fill.outcome if form is ACCESS else "", upload.outcome)


def test_a_cache_that_is_cleared_unpublishes_nothing() -> None:
    cleared, gone = (read(ACCESS.format("DELETE", repo)) for repo in ("r-cache", "r-local"))
    assert (cleared.action, cleared.side) == ("other", "server")
    assert (gone.action, gone.side) == ("unpublish", "client")


def test_a_download_from_a_cache_stays_somebody_s() -> None:
    event = read(ACCESS.format("DOWNLOAD", "npm-remote-cache"))
    assert (event.action, event.side, event.source) == ("download", "client", None)


@pytest.mark.parametrize(("action", "word"), [("upload", "accepted"), ("download", "transferred")])
def test_a_write_in_an_audit_row_transfers_no_file(action: str, word: str) -> None:
    event = read(json.dumps({
        "timestamp": "2025-09-08T13:20:11Z", "event_type": "package.file." + action,
        "registry": "npm", "package": "chalk", "version": "5.6.1", "action": action,
        "status_code": 201, "size": 9}))
    assert event.outcome == word
