"""Which runs that did not come to their end were to capture a package."""

from pathlib import Path

from regforensics.evidence.exhibit import Entry
from regforensics.evidence.runs import end_of, start_of
from regforensics.evidence.store import EvidenceStore
from regforensics.model.package import PackageRef
from regforensics.reading import Reader

PAINT, BRUSH = "pkg:npm/paint", "pkg:npm/brush"


def add(store: EvidenceStore, name: str, targets: list[str], answered: tuple[str, ...],
        end: str | None = "fine") -> None:
    store.record(start_of(name, "snapshot", "", targets, 1, ""), None)
    for target in answered:
        store.record(Entry(how="http", kind="packument", subject=target, url=f"x:{target}",
                           status=404, run=name, observed_at="2026-03-02T10:00:00.000Z"), b"{}")
    if end:
        store.record(end_of(name, "snapshot", targets, 0, 1.0, {}, 0,
                            None if end == "fine" else end, None), None)


def of(store: EvidenceStore, target: str) -> list[str]:
    return [run.name for run in Reader(store).history(PackageRef.parse(target)).runs]


def test_a_killed_run_counts_for_the_targets_of_its_list(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path)
    add(store, "whole", [PAINT, BRUSH], (PAINT, BRUSH))
    add(store, "killed", [BRUSH, PAINT], (BRUSH,), None)
    add(store, "stopped", [PAINT, BRUSH], (), "interrupted")
    add(store, "other", ["pkg:npm/other"], (), None)
    assert of(store, PAINT) == ["killed", "stopped"]
    assert of(store, BRUSH) == ["stopped"], "it captured this one before it was killed"
    run = Reader(store).history(PackageRef.parse(PAINT)).runs[0]
    assert run.line is not None and b'"run"' in run.line.citations[0].quote
    assert (run.finished, run.end) == (False, None)


def test_a_run_that_failed_for_some_targets_came_to_its_end(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path)
    add(store, "whole", [PAINT], (PAINT,))
    store.record(start_of("lost", "snapshot", "", [PAINT], 1, ""), None)
    store.record(end_of("lost", "snapshot", [PAINT], 3, 1.0, {"failed": 1}, 1, None, "x"), None)
    assert of(store, PAINT) == []


def test_lines_of_runs_are_no_captures(tmp_path: Path) -> None:
    store = EvidenceStore.create_or_open(tmp_path)
    add(store, "whole", [PAINT], (PAINT,))
    history = Reader(store).history(PackageRef.parse(PAINT))
    assert (history.recorded, len(history.snapshots), history.failures) == (1, 1, ())
    assert [p.target for p in Reader(store).packages()] == ["npm:paint"]
