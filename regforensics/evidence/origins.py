"""Origins: handed-over custody lines, held against the custody that they were handed over from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, fields, replace
from hashlib import sha256
from io import BytesIO

from regforensics.evidence.bodies import Bodies
from regforensics.evidence.custody import CUSTODY, ZEROS
from regforensics.evidence.exhibit import Acquisition, Entry, Hop, Origin, Source
from regforensics.evidence.forms import Stored
from regforensics.evidence.record import RECORDS, UNREADABLE, Row, acquisition_of, row_of
from regforensics.evidence.redact import MASK, Redactor

_HANDED_OVER = "handed-over"
_REDACTOR = Redactor()  # knows no secret by its value: whoever took the line over may have


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
    odd = [name for name in ("sha256", "size") if getattr(line, name) != getattr(taken, name)]
    odd += [name for name, there, here in (
        ("digest of the line", sha256(lines[origin.line - 1]).hexdigest(), origin.sha256),
        ("how", (_HANDED_OVER, line.entry.way), (taken.entry.how, origin.how)),
        ("recorded_at", line.recorded_at, origin.recorded_at)) if there != here]
    odd += [name for name in ("operator", "tool") if not _redacted_of(
        getattr(origin, name), getattr(line, name), _REDACTOR.text(getattr(line, name)))]
    odd += _other_members(taken.entry, line.entry)
    return f"does not say what {where} says: {', '.join(odd)}" if odd else None


def _other_members(here: Entry, there: Entry) -> list[str]:
    """The names of what an entry says that its origin does not; labels are each directory's own."""
    said, told = _without_labels(here), _without_labels(there)
    redacted = _REDACTOR.entry(told)
    return [field.name for field in fields(Entry) if not _redacted_of(*(
        _values(getattr(entry, field.name)) for entry in (said, told, redacted)))]


def _without_labels(entry: Entry) -> Entry:
    """What a taking repeats of an entry, as it is read back from custody."""
    asked = entry.method is not None or entry.url is not None or entry.request_headers
    return replace(entry, how=_HANDED_OVER, origin=None, forms=(),
                   request_body=entry.request_body if asked else None,
                   source=replace(entry.source, exhibit="") if entry.source else None,
                   unchanged_exhibit=None if entry.unchanged_exhibit is None else "")


def _values(value: object) -> object:
    """Plain tuples of what may be one of our own."""
    if isinstance(value, tuple):
        return tuple(map(_values, value))
    return astuple(value) if isinstance(value, Hop | Source) else value


def _redacted_of(here: object, there: object, redacted: object) -> bool:
    """Whether a value is that of the origin, but for secrets that became MASK."""
    if isinstance(here, tuple) and isinstance(there, tuple) and isinstance(redacted, tuple):
        return len(here) == len(there) and all(map(_redacted_of, here, there, redacted))
    if isinstance(here, str) and isinstance(there, str) and isinstance(redacted, str):
        return here in (there, redacted) or _masks(here, there) or _masks(here, redacted)
    return here == there


def _masks(here: str, there: str) -> bool:
    """Whether ``here`` is ``there`` with MASK for some parts of it; in linear time."""
    first, *pieces = here.split(MASK)
    if not pieces or not there.startswith(first):
        return False
    at, last = len(first), pieces.pop()
    for piece in pieces:
        at = there.find(piece, at) + len(piece)
        if at < len(piece):
            return False
    return len(there) - len(last) >= at and there.endswith(last)
