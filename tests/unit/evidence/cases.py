"""Small evidence directories for tests."""

from pathlib import Path
from typing import Any

from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore

PACKUMENT = b'{"name":"left-pad"}'


def entry(**changes: Any) -> Entry:
    """An answer of a registry about one package."""
    known: dict[str, Any] = {
        "how": "http", "kind": "packument", "what": "packument", "subject": "pkg:npm/left-pad",
        "method": "GET", "url": "https://registry.example/left-pad", "status": 200,
        "reason": "OK", "headers": (("ETag", '"1"'), ("Vary", "Accept"), ("Vary", "Cookie")),
        "requested_at": "2026-01-01T00:00:00.000Z", "observed_at": "2026-01-01T00:00:00.250Z",
    }
    return Entry(**{**known, **changes})


def filled(root: Path, *, more: int = 0) -> EvidenceStore:
    """A directory of six lines and three exhibits (one of them empty), and ``more`` of each."""
    store = EvidenceStore.create_or_open(root, name="case of the day", operator="ada")
    store.record(entry(), PACKUMENT)
    store.record(entry(status=304, unchanged_exhibit="EX-000001"), None)
    store.record(entry(status=None, error="no answer within 10 s"), None)
    store.record(entry(status=404, subject="pkg:npm/%40scope/gone"), b'{"error":"Not found"}')
    store.record(entry(subject=None, kind="npm-keys", what="keys"), b"")
    for number in range(more):
        store.record(entry(), b'{"number":%d}' % number)
    return store
