"""What was read of the distinct values of some fields, kept from block to block as columns.

A value is looked up by its bytes and read once; what was read of it stands at its place in Arrow
arrays, so that the columns of a block are taken from there and no Python runs over their lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from regforensics.events.schema import SCHEMA

BETWEEN = b"\n"  # stands in no line, so it joins the values of several fields
_MOST = 100_000  # values whose readings are kept
_SIZE = 16 << 20  # bytes of such values
_FEW = 1000  # texts of a column that are written whether they occur in a block or not
_KINDS = {"at": pa.int64(), "method": pa.binary()}
Reading = tuple[Any, ...] | None


class _Values:
    """One column of what was read: numbers, or bytes."""

    def __init__(self, kind: Any) -> None:
        self._all: Any = pa.array([], kind)

    def grow(self, values: Sequence[Any]) -> None:
        self._all = pa.concat_arrays([self._all, pa.array(values, self._all.type)])

    def taken(self, places: Any) -> Any:
        return self._all.take(places)


class _Texts(_Values):
    """One column of text, as codes of its distinct values."""

    def __init__(self) -> None:
        super().__init__(pa.int32())
        self._codes: dict[str, int] = {}
        self._texts: Any = pa.array([], pa.string())

    def grow(self, values: Sequence[str | None]) -> None:
        codes, before = self._codes, len(self._codes)
        super().grow([None if value is None else codes.setdefault(value, len(codes))
                      for value in values])
        fresh = pa.array(islice(codes, before, None), pa.string(), size=len(codes) - before)
        self._texts = pa.concat_arrays([self._texts, fresh])

    def taken(self, places: Any) -> Any:
        codes, texts = super().taken(places), self._texts
        if len(texts) > _FEW:
            coded = codes.dictionary_encode()
            codes, texts = coded.indices, texts.take(coded.dictionary)
        return pa.DictionaryArray.from_arrays(codes, texts)


def _made(name: str) -> _Values:
    if name in _KINDS:
        return _Values(_KINDS[name])
    kind = SCHEMA.field(name).type
    return _Texts() if pa.types.is_dictionary(kind) else _Values(kind)


@dataclass(slots=True)
class Known:
    """The readings of some fields; ``names`` are the columns that they give."""

    names: tuple[str, ...]
    places: dict[bytes, int] = field(default_factory=dict)
    _read: dict[str, _Values] = field(init=False)
    _fits: _Values = field(default_factory=lambda: _Values(pa.bool_()))
    _size: int = 0
    _strays: bool = False

    def __post_init__(self) -> None:
        self._read = {name: _made(name) for name in self.names}

    @property
    def full(self) -> bool:
        """Whether it holds so much that it is to be begun anew."""
        return len(self.places) > _MOST or self._size > _SIZE

    def learn(self, values: Sequence[bytes], readings: Sequence[Reading]) -> None:
        """Keep what was read of values that were not known; None where a reading misleads."""
        if not values:
            return
        for value in values:
            self.places[value] = len(self.places)
            self._size += len(value)
        self._strays = self._strays or None in readings
        self._fits.grow([reading is not None for reading in readings])
        empty = (None,) * len(self.names)
        for name, column in zip(self.names, zip(*(r or empty for r in readings), strict=True),
                                strict=False):
            self._read[name].grow(_bytes(column) if name == "method" else column)

    def columns(self, places: Any) -> tuple[dict[str, Any], Any]:
        """The columns of lines by the places of their values, null for none; and which lines have
        a reading, None for all."""
        found = {name: values.taken(places) for name, values in self._read.items()}
        if self._strays or places.null_count:
            return found, pc.fill_null(self._fits.taken(places), False)
        return found, None


def _bytes(texts: Iterable[str | None]) -> list[bytes | None]:
    return [None if text is None else text.encode() for text in texts]
