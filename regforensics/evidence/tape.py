"""Tape: the bytes of a growing file as they were first read, without holding them.

Whoever reads custody lines later must see what was read and checked when the directory was opened,
even where somebody changes the file in between. So the states of one running SHA-256 are kept, one
a block: a block that is read again must lead from its state to the next one.
"""

import os
import weakref
from collections import OrderedDict
from hashlib import sha256
from threading import Lock

from regforensics.errors import IntegrityError

_BLOCK = 1 << 16  # bytes between two kept states
_KEPT = 32  # blocks that are kept after they were read again


class Tape:
    """The first ``size`` bytes of an open file, which it closes; people are told its ``name``.

    One thread may take more of them in while others read.
    """

    def __init__(self, fd: int, name: str) -> None:
        self.fd, self.name, self.size = fd, name, 0
        weakref.finalize(self, os.close, fd)
        self._states, self._now = [sha256()], sha256()
        self._end = bytearray()  # what follows the last whole block
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = Lock()

    @property
    def sha256(self) -> str:
        """Hex digest of all bytes so far."""
        return self._now.hexdigest()

    def again(self) -> "Tape":
        """Another tape of the same file, of which nothing was taken in yet. Raises OSError."""
        return Tape(os.dup(self.fd), self.name)

    def ahead(self, size: int) -> bytes:
        """At most ``size`` bytes of the file that follow those taken in. Raises OSError."""
        return os.pread(self.fd, size, self.size)

    def take(self, data: bytes) -> None:
        """``data`` follows."""
        view = memoryview(data)
        with self._lock:
            while view:
                room = _BLOCK - len(self._end)
                piece, view = view[:room], view[room:]
                self._now.update(piece)
                if len(piece) < room:
                    self._end += piece
                else:
                    self._states.append(self._now.copy())
                    self._end.clear()
                self.size += len(piece)

    def read(self, start: int, end: int) -> bytes:
        """Bytes [start, end) as they were taken in. Raises IntegrityError where they changed."""
        with self._lock:
            found = b"".join(self._block(number) for number in range(
                start // _BLOCK, -(-end // _BLOCK)))
        first = start // _BLOCK * _BLOCK
        return found[start - first:end - first]

    def digest_before(self, end: int) -> str:
        """SHA-256 hex of the first ``end`` bytes. Raises IntegrityError where they changed."""
        with self._lock:
            state = self._states[end // _BLOCK].copy()
            if end % _BLOCK:
                state.update(memoryview(self._block(end // _BLOCK))[:end % _BLOCK])
        return state.hexdigest()

    def _block(self, number: int) -> bytes:
        if number == len(self._states) - 1:
            return bytes(self._end)
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        try:
            block = os.pread(self.fd, _BLOCK, number * _BLOCK)
        except OSError as error:
            raise self._changed(number, f"cannot be read: {error.strerror}") from error
        state = self._states[number].copy()
        state.update(block)
        if state.digest() != self._states[number + 1].digest():
            raise self._changed(number, "was changed while it was in use")
        self._blocks[number] = block
        if len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        return block

    def _changed(self, number: int, why: str) -> IntegrityError:
        return IntegrityError(f"{self.name} {why}, near byte {number * _BLOCK}",
                              hint="run `regforensics verify`: it names every damage")
