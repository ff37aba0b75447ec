"""Captures that are worth packing: a document that grows by a version each time."""

import json
import random
from pathlib import Path

from regforensics.evidence.store import EvidenceStore
from tests.unit.evidence.cases import entry

PLACE = "https://registry.example/"


def document(count: int, *, seed: int = 1, base: int = 200) -> bytes:
    """A document of ``base`` versions and ``count`` more, each with digits that do not compress."""
    chance = random.Random(seed)
    versions = {f"1.0.{n}": f"{chance.getrandbits(512):0128x}" for n in range(base + count)}
    return json.dumps({"name": "left-pad", "modified": count, "versions": versions}).encode()


def grow(store: EvidenceStore, captures: range, *, base: int = 200, **changes: object
         ) -> list[bytes]:
    """Record captures of a growing document; their bytes."""
    made = [document(number, base=base) for number in captures]
    for body in made:
        store.record(entry(registry=PLACE, **changes), body)
    return made


def grown(root: Path, captures: int, *, base: int = 200) -> tuple[EvidenceStore, list[bytes]]:
    """A new directory of such captures, and their bytes."""
    store = EvidenceStore.create_or_open(root, name="case of the day", operator="ada")
    return store, grow(store, range(captures), base=base)


def contents(root: Path) -> list[bytes]:
    """The bytes of every exhibit, read by somebody who opens the directory now."""
    store = EvidenceStore.open(root)
    return [store.read(exhibit.label) for exhibit in store.exhibits()]


def files(root: Path) -> dict[str, bytes]:
    """The files under exhibits/, by name."""
    return {path.name: path.read_bytes() for path in (root / "exhibits").iterdir()}
