"""What a run knows of earlier answers, out of a real evidence directory."""

from pathlib import Path

from regforensics.acquire.validators import Known, Validator
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore

URL = "https://registry.example/left-pad"
JSON = "application/json"


def answer(status: int = 200, etag: str | None = '"1"', *, url: str = URL,
           unchanged: str | None = None, error: str | None = None) -> Entry:
    return Entry(how="http", kind="packument", subject="pkg:npm/left-pad", method="GET", url=url,
                 status=status, request_headers=(("Accept", JSON),), unchanged_exhibit=unchanged,
                 headers=(("ETag", etag),) if etag else (), error=error)


def test_a_304_leaves_the_validator_of_the_last_whole_answer(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path / "e")
    first = store.record(answer(), b"1").exhibit or ""
    for _ in range(3):
        store.record(answer(304, None, unchanged=first), None)
    for one in (store, EvidenceStore.open(tmp_path / "e")):
        known = Known(one)
        assert known.validator(URL, JSON) == Validator(first, '"1"', None)
        assert known.validator(URL, "text/html") is None
        assert known.latest(URL, JSON) == first
    second = store.record(answer(etag='"2"'), b"2").exhibit or ""
    assert Known(store).validator(URL, JSON) == Validator(second, '"2"', None)


def test_a_failure_and_an_answer_without_a_name_of_its_state_ask_for_all_of_it(
        tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path / "e")
    first = store.record(answer(), b"1").exhibit
    store.record(answer(503, None, error="HTTP 503"), None)
    assert Known(store).validator(URL, JSON) is not None
    assert Known(store).latest(URL, JSON) == first
    store.record(answer(etag=None), b"2")
    assert Known(store).validator(URL, JSON) is None


def test_what_this_run_was_answered_does_not_count_as_answered_before(tmp_path: Path) -> None:
    """Else a run would go on to ever older files as it takes the newest."""
    store = EvidenceStore.create_or_open(tmp_path / "e")
    store.record(answer(), b"1")
    known = Known(store)
    store.record(answer(url=URL + "/-/1.tgz"), b"file")
    store.record(answer(), b"2")
    assert known.answered(URL)
    assert not known.answered(URL + "/-/1.tgz")
    assert Known(store).answered(URL + "/-/1.tgz")


def test_a_validator_that_led_astray_is_asked_with_no_more(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path / "e")
    store.record(answer(), b"1")
    known = Known(store)
    found = known.validator(URL, JSON)
    assert found is not None
    known.forget(found)
    assert known.validator(URL, JSON) is None
    assert Known().validator(URL, JSON) is None
    assert Known().latest(URL, JSON) is None
