"""Places: the tables of addresses in an evidence directory, asked as one."""

from regforensics.errors import UnreadableInput
from regforensics.events.places import Table, placed
from regforensics.evidence.lines import Line, LineFact
from regforensics.evidence.store import EvidenceStore
from regforensics.model.citation import Fact, derive
from regforensics.model.placing import Placed

MMDB = "mmdb"


class Places:
    """What the tables say of addresses, each answer citing the custody lines of those that do.

    A custody line holds the digest of its table. Of bytes that were handed over twice the first
    line counts; of several tables the one that was handed over first speaks first.
    """

    def __init__(self, store: EvidenceStore) -> None:
        """Raises IntegrityError for a table that is damaged, UnreadableInput for what is none."""
        self._tables: list[tuple[Table, Line]] = []
        self._known: dict[str, Fact[Placed] | None] = {}
        self._faults: dict[str, None] = {}
        first = {a.exhibit: a.seq for a in reversed(store.acquisitions())
                 if a.entry.kind == MMDB and a.exhibit is not None and a.entry.error is None}
        for label, seq in sorted(first.items(), key=lambda item: item[1]):
            if label is not None:
                self._tables.append((_opened(store, label), store.custody_line(seq)))

    @property
    def faults(self) -> tuple[str, ...]:
        """Why tables did not answer, so far."""
        return tuple(self._faults)

    def of(self, address: str) -> Fact[Placed] | None:
        """What the tables say of an address; None where none has it."""
        if address not in self._known:
            self._known[address] = self._asked(address) if self._tables else None
        return self._known[address]

    def _asked(self, address: str) -> Fact[Placed] | None:
        records, lines = [], []
        for table, line in self._tables:
            try:
                record = table.record(address)
            except UnreadableInput as error:
                self._faults[error.message] = None
                continue
            if record:
                records.append((table.name, record))
                lines.append(LineFact(table.name, line))
        return derive(placed(records), lines[0], *lines[1:]) if lines else None


def _opened(store: EvidenceStore, label: str) -> Table:
    store.ensure_sound(label)
    with store.opened(label) as file:
        return Table.of(file, label)
