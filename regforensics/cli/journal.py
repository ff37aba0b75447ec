"""What snapshot does for an index's journal: from where on to read it, and faults in words."""

from collections.abc import Sequence

from regforensics.acquire.capture import TargetResult
from regforensics.cli.console import Talk
from regforensics.evidence.store import EvidenceStore
from regforensics.model.journal import JournalPage
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from regforensics.registries.companions import is_companion

_FAULT = 1 << 16  # bytes: no fault is larger


def serials(store: EvidenceStore, wanted: Sequence[PackageRef],
            stated: int | None) -> dict[PackageRef, int | None]:
    """From which serial on the journal is to be read of each package.

    As ``stated``, else from where an earlier reading of it ended, else from the project's serial in
    the newest capture.
    """
    if stated is not None:
        return dict.fromkeys(wanted, stated)
    found: dict[PackageRef, int | None] = {}
    for target in (t for t in wanted if t.registry == "pypi"):
        found[target] = _known(store, target)
        if found[target] is None:
            Talk.say(f"note: {target.target}: the journal can be read from a known serial only,"
                     " which this capture brings; --journal-since SERIAL reads from another")
    return found


def _known(store: EvidenceStore, target: PackageRef) -> int | None:
    history = Reader(store).history(target)
    read = [page.last for page in history.of(JournalPage) if page.last is not None]
    captured = [s.revision.value for s in history.snapshots
                if s.revision is not None and type(s.revision.value) is int]
    return max(read or captured, default=None)


def faults(store: EvidenceStore, result: TargetResult) -> None:
    """Say what XML-RPC answers leave open: a fault comes as an answer in full."""
    reader = Reader(store)
    for answer in result.answers:
        if answer.query.suffix == ".xml" and is_companion(answer.query.kind) \
                and answer.outcome in ("new", "unchanged") \
                and (answer.acquisition.size or 0) <= _FAULT:
            for gap in reader.gaps(result.target, answer.acquisition):
                Talk.say(f"note: {result.target.target}: {gap.question}: {gap.reason}")
