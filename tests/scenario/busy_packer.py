"""A process that packs and unpacks without end: ``python -m tests.scenario.busy_packer DIR``.

Prints how many exhibits it changed, each time.
"""

import sys
from pathlib import Path

from regforensics.evidence.packing import pack, unpack
from regforensics.evidence.store import EvidenceStore
from tests.scenario.busy_writer import say


def main(root: Path) -> None:
    """Pack, unpack, and again."""
    store = EvidenceStore.create_or_open(root)
    say("ready")
    while store.writer is not None:
        say(f"packed {len(pack(store.writer).done)}")
        say(f"unpacked {len(unpack(store.writer).done)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
