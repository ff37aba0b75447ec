"""One document that cannot be read is one observation that says so, and stops nothing else."""

from collections.abc import Sequence

import pytest

from regforensics import reading
from regforensics.errors import UnreadableInput
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot
from regforensics.reading import Reader
from regforensics.registries import base
from regforensics.registries.npm import Npm
from tests.support.archive import MemoryArchive
from tests.support.documents import encoded, packument


@pytest.mark.parametrize("odd", [b"\xff", rb"\ud800"])
def test_odd_version_keys_are_read_as_they_stand(odd: bytes) -> None:
    body = encoded(packument(versions={"1.0.0": {}, "1.0.1-ODD": {}})).replace(b"ODD", odd)
    fine = encoded(packument("brush"))
    archive = MemoryArchive().add("pkg:npm/paint", "packument", body)
    histories = Reader(archive.add("pkg:npm/brush", "packument", fine)).histories()
    assert [h.snapshots[0].state for h in histories] == ["present", "present"]
    releases = histories[1].snapshots[0].releases
    _, version = releases
    citation = releases[version].anchor.citations[0]
    assert citation.quote == b'"version":"1.0.1-%s"' % odd
    assert releases.absence(version + "0").pointer == f"/versions/{version}0"


def test_a_document_that_an_adapter_cannot_read_is_one_unreadable_observation(
        monkeypatch: pytest.MonkeyPatch) -> None:
    class Choosy(Npm):
        def snapshot(self, package: PackageRef, parts: Sequence[base.Part]) -> Snapshot:
            if package.name == "paint":
                raise UnreadableInput("a part is unreadable at byte 7", offset=7)
            return super().snapshot(package, parts)

    monkeypatch.setattr(reading, "registry_of", lambda kind: Choosy())
    archive = MemoryArchive().add("pkg:npm/paint", "packument", encoded(packument()))
    archive.add("pkg:npm/brush", "packument", encoded(packument("brush")))
    brush, paint = Reader(archive).histories()
    assert brush.snapshots[0].state == "present"
    assert paint.snapshots[0].state == "unreadable"
    (gap,) = paint.snapshots[0].gaps
    assert gap.reason == "EX-000001: a part is unreadable at byte 7"
