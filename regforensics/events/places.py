"""Places of addresses, from MaxMind DB files among the evidence. The one home of their reader.

A table is an exhibit of its own: handed over with ``ingest`` (or ``--mmdb``), copied or in place.
Nothing is ever asked online. The library bounds what one answer may cost; what a damaged or
hostile file makes it raise becomes one sentence here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, BinaryIO

import maxminddb

from regforensics.errors import UnreadableInput
from regforensics.model.placing import Placed

LARGEST = 1 << 30  # bytes of a table, which is held in memory
# What the reader raises for files that are not what they say: besides its own error those of
# text, of members that are missing or of another type, and of numbers out of bounds.
_BROKEN = (maxminddb.InvalidDatabaseError, ValueError, TypeError, LookupError, AttributeError,
           ArithmeticError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Table:
    """One file: its own word for its type, and the day it was made (UTC)."""

    name: str
    _get: Callable[[str], Any]

    @classmethod
    def of(cls, file: BinaryIO, name: str) -> "Table":
        """Read the file, which is called ``name`` in errors. Raises UnreadableInput."""
        size = file.seek(0, 2)
        file.seek(0)
        if size > LARGEST:
            raise UnreadableInput(f"{name} has {size} bytes, more than a table of addresses may")
        try:
            reader = maxminddb.open_database(file, maxminddb.MODE_FD)
            about = reader.metadata()
            made = datetime.fromtimestamp(about.build_epoch, UTC)
            kind = str(about.database_type)[:60]
            reader.get("192.0.2.1")
        except (*_BROKEN, OSError) as error:
            raise UnreadableInput(f"{name} is no MaxMind DB file that can be read: "
                                  f"{_told(error)}") from error
        return cls(f"{kind} of {made:%Y-%m-%d}", reader.get)

    def record(self, address: str) -> Mapping[str, Any]:
        """What the table has of an address; nothing where it has none.

        Raises UnreadableInput where the file is damaged there.
        """
        try:
            found = self._get(address)
        except ValueError as error:
            if isinstance(error, UnicodeDecodeError):
                raise UnreadableInput(f"{self.name}: {_told(error)}") from error
            return {}  # no address, or one of IPv6 in a table of IPv4
        except _BROKEN as error:
            raise UnreadableInput(f"{self.name}: {_told(error)}") from error
        return found if isinstance(found, Mapping) else {}


def placed(records: Iterable[tuple[str, Mapping[str, Any]]]) -> Placed:
    """What the records (table, record) of one address say together; the first word counts."""
    kept = [(table, record) for table, record in records if record]
    return Placed(
        country=_first(_country(r) for _, r in kept),
        asn=_first(_number(r.get("autonomous_system_number")) for _, r in kept),
        organisation=_first(_text(r.get("autonomous_system_organization")) for _, r in kept),
        latitude=_first(_degrees(r, "latitude", 90) for _, r in kept),
        longitude=_first(_degrees(r, "longitude", 180) for _, r in kept),
        tables=tuple(table for table, _ in kept))


def _country(record: Mapping[str, Any]) -> str | None:
    """The country, of those tables too that hold it as a plain code."""
    for name in ("country", "registered_country"):
        held = record.get(name)
        code = _text(held.get("iso_code") if isinstance(held, Mapping) else held)
        if code is not None:
            return code
    return _text(record.get("country_code"))


def _degrees(record: Mapping[str, Any], name: str, most: int) -> float | None:
    held = record.get("location")
    value = held.get(name) if isinstance(held, Mapping) else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) \
        and isfinite(value) and abs(value) <= most else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value < 1 << 32 else None


def _text(value: object) -> str | None:
    return value[:100] if isinstance(value, str) and value else None


def _first(values: Iterator[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _told(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
