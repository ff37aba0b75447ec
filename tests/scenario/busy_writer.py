"""A process that records without end: ``python -m tests.scenario.busy_writer DIR NAME COUNT``.

Prints ``SEQ SHA256`` of each record that the store acknowledged, one to five of them at a time.
Every third answer repeats bytes that all writers share, every fifth is a line without a body.
"""

import sys
from itertools import islice
from pathlib import Path

from regforensics.evidence.exhibit import Entry
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.store import EvidenceStore


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(root: Path, name: str, count: int) -> None:
    """Record ``count`` answers."""
    store = EvidenceStore.create_or_open(root)
    say("ready")
    numbers = iter(range(count))
    while batch := list(islice(numbers, 1 + len(store.acquisitions()) % 5)):
        for acquisition in store.record_all([answer(store, name, number) for number in batch]):
            say(f"{acquisition.seq} {acquisition.sha256}")


def answer(store: EvidenceStore, name: str, number: int) -> tuple[Entry, Incoming | None]:
    """What a registry would say."""
    entry = Entry(how="http", kind="packument", what="packument", subject="pkg:npm/busy",
                  note=f"{name} {number}")
    if number % 5 == 4:
        return entry, None
    body = store.incoming()
    body.write(b"shared" if number % 3 == 2 else f"{name} {number} ".encode() * 400)
    return entry, body


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
