"""Batch: records that follow a chain and become durable together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from regforensics.errors import IntegrityError
from regforensics.evidence.custody import CUSTODY, VERIFY_HINT, Chain
from regforensics.evidence.elsewhere import InPlace
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.forms import Stored
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.layout import manifest_line
from regforensics.evidence.naming import file_name, label
from regforensics.evidence.record import Record, encode, record_of

Body = Incoming | InPlace
Item = tuple[Entry, Body | None]


@dataclass(slots=True)
class Batch:
    """What a few records will add to a chain; the chain learns it when it is on the disk."""

    chain: Chain
    lines: list[bytes] = field(default_factory=list)
    new: dict[str, Stored] = field(default_factory=dict)
    placed: list[tuple[Incoming, str]] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """The custody lines."""
        return b"".join(self.lines)

    @property
    def manifest(self) -> bytes:
        """The manifest lines of the new exhibits."""
        return "".join(manifest_line(s) for s in self.new.values() if not s.places).encode()

    def known(self, item: Item, is_sound: Callable[[Stored], bool]) -> Stored | None:
        """The exhibit that an entry names, or that holds the same bytes already.

        Raises IntegrityError where the entry names one that is not there.
        """
        entry, incoming = item
        if incoming is None:
            if entry.unchanged_exhibit is None:
                return None
            stored = self.chain.exhibits.get(entry.unchanged_exhibit)
            if stored is None:
                raise IntegrityError(f"{entry.unchanged_exhibit} is called unchanged, but "
                                     f"{CUSTODY} does not name it", hint=VERIFY_HINT)
            return stored
        known = self.chain.exhibits.holding(incoming.sha256)
        if known is not None and (isinstance(incoming, InPlace) if known.places
                                  else is_sound(known)):
            return known
        return self.new.get(incoming.sha256)

    def place(self, entry: Entry, incoming: Body) -> Stored:
        """A label and a file name for bytes that are new."""
        name = label(len(self.chain.exhibits) + len(self.new) + 1)
        stored = Stored(name, file_name(name, entry), incoming.sha256, incoming.size)
        self.new[incoming.sha256] = stored
        if isinstance(incoming, Incoming):
            self.placed.append((incoming, stored.file))
        else:
            stored.places.append(incoming.place)
        return stored

    def add(self, entry: Entry, stored: Stored | None, *, file: str | None, recorded_at: str,
            tool: str, operator: str, in_place: str | None = None) -> None:
        """The next custody line."""
        record: Record = record_of(
            entry, seq=len(self.chain) + len(self.lines) + 1, recorded_at=recorded_at,
            exhibit=stored.label if stored else None, file=file,
            sha256=stored.sha256 if stored else None, size=stored.size if stored else None,
            tool=tool, operator=operator, in_place=in_place,
            prev=sha256(self.lines[-1]).hexdigest() if self.lines else self.chain.digest)
        self.lines.append(encode(record))
