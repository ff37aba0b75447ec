"""A process that records without end: ``python -m tests.scenario.busy_writer DIR NAME COUNT``.

Prints ``SEQ SHA256`` after each record that the store acknowledged. Every third answer repeats
bytes that all writers share, every fifth is a line without a body.
"""

import sys
from pathlib import Path

from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(root: Path, name: str, count: int) -> None:
    """Record ``count`` answers."""
    store = EvidenceStore.create_or_open(root)
    say("ready")
    for number in range(count):
        entry = Entry(how="http", kind="packument", what="packument", subject="pkg:npm/busy",
                      note=f"{name} {number}")
        shared = number % 3 == 2
        if number % 5 == 4:
            acquisition = store.record(entry, None)
        else:
            with store.incoming() as body:
                body.write(b"shared" if shared else f"{name} {number} ".encode() * 400)
                acquisition = store.record(entry, body)
        say(f"{acquisition.seq} {acquisition.sha256}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
