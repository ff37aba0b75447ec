"""What this package needs of the evidence store."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from regforensics.acquire.validators import Recall
from regforensics.evidence.exhibit import Acquisition, Entry

B = TypeVar("B")


class Body(AbstractContextManager[Any], Protocol):
    """Bytes on their way into the store; leaving the context discards what was not recorded."""

    @property
    def size(self) -> int:
        """Bytes written so far."""

    def write(self, data: bytes) -> Any:
        """Append. Raises EvidenceUnwritable."""


class Sink(Recall, Protocol[B]):
    """Takes bodies and entries, and knows what was acquired before."""

    def incoming(self) -> B:
        """A new empty body."""

    def record(self, entry: Entry, body: B | bytes | None) -> Acquisition:
        """Store the body, append the custody line. Raises EvidenceUnwritable."""

    def record_all(self, records: Sequence[tuple[Entry, B | bytes | None]],
                   ) -> Sequence[Acquisition]:
        """``record`` for several, in their order; called in a thread, and takes the bodies over."""
