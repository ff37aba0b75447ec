"""Custody lines -> when a capture was received, the earliest it can stand for, and its order."""

import json
from pathlib import Path
from typing import Any

from regforensics.evidence.exhibit import Headers
from regforensics.evidence.store import EvidenceStore
from regforensics.model.snapshot import Snapshot
from regforensics.reading import Reader
from tests.unit.evidence.cases import entry

URL = "https://registry.example/"


def body(*versions: str) -> bytes:
    """A packument whose versions were published an hour apart from midnight on."""
    time = {"created": "2025-12-01T00:00:00.000Z"}
    time |= {v: f"2026-01-01T0{n}:00:00.000Z" for n, v in enumerate(versions)}
    return json.dumps({"name": "left-pad", "time": time,
                       "versions": {v: {"name": "left-pad", "version": v} for v in versions}}
                      ).encode()


def captures(root: Path, *given: tuple[str, Headers, bytes], **more: Any) -> tuple[Snapshot, ...]:
    """The snapshots of answers that were asked for and received at one time of a day each."""
    store = EvidenceStore.create_or_open(root)
    for run, (when, headers, content) in enumerate(given):
        time = f"2026-01-01T{when}:00.000Z"
        store.record(entry(requested_at=time, observed_at=time.replace("00.000", "00.700"),
                           headers=headers, registry=URL, run=str(run), **more), content)
    (history,) = Reader(store).histories()
    return history.snapshots


def test_an_answer_out_of_a_cache_stands_for_an_earlier_time_and_is_ordered_by_it(
        tmp_path: Path) -> None:
    fresh, aged = (("Age", "0"),), (("Age", "3500"),)
    first, second = captures(tmp_path / "e", ("06:00", fresh, body("1.0.0", "1.1.0")),
                             ("06:10", aged, body("1.0.0")))
    assert (list(first.releases), list(second.releases)) == (["1.0.0"], ["1.0.0", "1.1.0"])
    assert first.observation.since and first.observation.at
    assert first.observation.since.text == "2026-01-01T05:11:40.000Z"
    assert first.observation.at.text == "2026-01-01T06:10:00.700Z"
    assert first.observation.served == "served from a cache 3500 s old"
    assert second.observation.since and second.observation.since.text == "2026-01-01T06:00:00.000Z"


def test_a_stated_time_that_the_document_contradicts_dates_nothing(tmp_path: Path) -> None:
    one, other = captures(tmp_path / "e", ("00:30", (), body("1.0.0", "1.1.0", "1.2.0")),
                          ("01:30", (), body("1.0.0", "1.1.0")), how="file")
    assert list(one.releases) == ["1.0.0", "1.1.0"]
    assert one.observation.stated is None
    assert (other.observation.at, other.observation.since) == (None, None)
    assert other.observation.stated
    assert other.observation.stated.text == "2026-01-01T00:30:00.700Z"
