"""Origins: handed-over custody lines, held against the custody that they were handed over from."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from io import BytesIO

from regforensics.evidence.bodies import Bodies
from regforensics.evidence.custody import CUSTODY, ZEROS
from regforensics.evidence.exhibit import Acquisition, Origin
from regforensics.evidence.forms import Stored
from regforensics.evidence.record import RECORDS, UNREADABLE, Row, acquisition_of, row_of

#: What a line here must say as the line there does; texts may have lost a secret on the way.
_SAME = ("kind", "what", "observed_at", "requested_at", "status", "complete")


def origin_faults(bodies: Bodies, exhibits: Mapping[str, Stored], rows: Sequence[Row],
                  custody: bytes) -> Iterator[tuple[int, str]]:
    """(line number, what is wrong with it) of the lines that are not what their origin says."""
    chains: dict[str, list[bytes] | str] = {}
    lines = list(BytesIO(custody)) if rows else []
    for row in rows:
        try:
            taken = acquisition_of(RECORDS.decode(lines[row.seq - 1]))
        except IndexError:
            continue  # the walk has named it
        except UNREADABLE as error:
            yield row.seq, f"cannot be read as a record: {error}"
            continue
        origin = taken.entry.origin
        if origin is None:
            continue
        if origin.custody not in chains:
            chains[origin.custody] = _chain(bodies, exhibits.get(origin.custody), origin)
        found = chains[origin.custody]
        fault = found if isinstance(found, str) else _fault(found, taken, origin)
        if fault:
            yield row.seq, fault


def _chain(bodies: Bodies, stored: Stored | None, origin: Origin) -> list[bytes] | str:
    """The lines of a custody that is one."""
    if stored is None:
        return f"says that it was handed over by {origin.custody}, which is not here"
    try:
        lines = list(BytesIO(bodies.read(stored)))
    except OSError as error:
        return f"was handed over by {origin.custody}, which cannot be read: {error.strerror}"
    before = ZEROS
    for number, line in enumerate(lines, 1):
        row = row_of(line)
        if isinstance(row, str) or (row.seq, row.prev) != (number, before):
            return f"was handed over by {origin.custody}, which is no {CUSTODY}"
        before = sha256(line).hexdigest()
    return lines


def _fault(lines: list[bytes], taken: Acquisition, origin: Origin) -> str | None:
    where = f"line {origin.line} of {origin.custody}"
    if not 1 <= origin.line <= len(lines) or sha256(lines[-1]).hexdigest() != origin.head:
        return f"says that it is {where}, which has no such line or another head"
    try:
        line = acquisition_of(RECORDS.decode(lines[origin.line - 1]))
    except UNREADABLE:
        return f"is {where}, which cannot be read"
    digest = sha256(lines[origin.line - 1]).hexdigest()
    odd = [name for name in _SAME if getattr(line.entry, name) != getattr(taken.entry, name)]
    odd += [name for name in ("sha256", "size") if getattr(line, name) != getattr(taken, name)]
    odd += [name for name, there, here in (
        ("digest of the line", digest, origin.sha256), ("how", line.entry.way, origin.how),
        ("recorded_at", line.recorded_at, origin.recorded_at)) if there != here]
    return f"does not say what {where} says: {', '.join(odd)}" if odd else None
