"""Choice: which custody lines and exhibits a hand-over of some targets consists of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from regforensics.errors import IntegrityError
from regforensics.evidence.custodies import KIND
from regforensics.evidence.custody import CUSTODY, HEAD, VERIFY_HINT, head_bytes
from regforensics.evidence.exhibit import Acquisition, Exhibit
from regforensics.evidence.layout import CASE, MANIFEST, case_bytes
from regforensics.evidence.locking import TOOL
from regforensics.evidence.statement import HAND_OVER, Covered, Statement, statement_bytes
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.threads import about
from regforensics.model.package import PackageRef


def concerns(acquisition: Acquisition, targets: Sequence[PackageRef]) -> bool:
    """Whether a line belongs to a hand-over of ``targets``; none stand for everything.

    What is about no package goes along where a service answered it (keys, time-stamps) or where
    the case itself did, and so do the custodies that lines rest on; logs and other files of
    somebody's are not about the targets alone.
    """
    if not targets:
        return True
    entry = acquisition.entry
    if entry.subject is None:
        return entry.way in ("http", "case", "note") or entry.kind == KIND
    return about(entry.subject) in {str(target.at(None)) for target in targets}


@dataclass(frozen=True)
class Choice:
    """What is handed over of ``store``: everything, or what concerns ``targets``."""

    store: EvidenceStore
    targets: tuple[PackageRef, ...] = ()

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """The exhibits of the hand-over, with those that they were taken out of."""
        if not self.targets:
            return tuple(self.store.exhibits())
        chosen: set[str] = set()
        for acquisition in reversed(self.store.acquisitions()):
            label = acquisition.exhibit
            if label is None:
                continue
            if concerns(acquisition, self.targets):
                chosen.add(label)
            if label in chosen and acquisition.entry.source is not None:
                chosen.add(acquisition.entry.source.exhibit)
        return tuple(e for e in self.store.exhibits() if e.label in chosen)

    def records(self, exhibits: Sequence[Exhibit]) -> Iterator[tuple[str, bytes]]:
        """(name, content) of everything but the exhibits. Raises IntegrityError."""
        store = self.store
        custody, case = store.custody_bytes(), case_bytes(store.case)
        lines, held = len(store.acquisitions()), {e.label for e in exhibits}
        first = store.acquisitions()[0]
        if first.sha256 != digest_of(case):
            raise IntegrityError(f"{CASE} is not the case file that custody line 1 names",
                                 hint=VERIFY_HINT)
        left_out = tuple(e.label for e in store.exhibits() if e.label not in held)
        statement = Statement(store.case.name, Covered(lines, len(custody), store.custody_head),
                              tuple(t.target for t in self.targets), left_out, TOOL)
        manifest = [f"{first.sha256}  {CASE}\n",
                    *(f"{e.sha256}  exhibits/{e.file}\n" for e in exhibits)]
        yield CASE, case
        yield CUSTODY, custody
        yield HEAD, head_bytes(lines, len(custody), store.custody_head)
        yield MANIFEST, "".join(manifest).encode()
        yield HAND_OVER, statement_bytes(statement)


def digest_of(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return sha256(data).hexdigest()
