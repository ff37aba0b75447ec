"""What must hold of every claim, whatever the documents say that it was made of."""

from regforensics.analyze.custody.inventory import inventory
from regforensics.analyze.running import run_all
from regforensics.evidence.doubts import sift
from regforensics.evidence.places import leads, locate
from regforensics.model.history import Scope
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from tests.support.archive import MemoryArchive


def holds(archive: MemoryArchive, package: PackageRef, version: str = "1.1") -> None:
    """No analyzer fails, and the second reader finds what is cited and misses what is absent."""
    histories = Reader(archive).histories([package])
    claims, _, failed = run_all(histories, Scope((package.at(version),)))
    assert failed == ()
    kept, _ = sift(claims, lambda label, _: archive.read(label))
    assert len(kept) == len(claims)
    for claim in claims:
        for citation in claim.citations:
            if citation.exhibit == "custody.jsonl":
                continue
            body = archive.read(citation.exhibit)
            assert body[citation.start:citation.end] == citation.quote
            if leads(body, citation.where):
                assert locate(body, [citation.where])[citation.where]
        for absence in claim.absences:
            assert not locate(archive.read(absence.exhibit), [absence.pointer])[absence.pointer]
    inventory(histories, Scope())
