"""The search of one large log by other processes: the lines found come back in their order.

A plain file is cut at line ends into parts that two processes take in turn; what is packed is
unpacked and searched by one process. What the lines say is read here, by one reader in one order.
"""

import os
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from regforensics.archives.entry import Stopped
from regforensics.events.needles import Hits, Needles
from regforensics.evidence.ahead import ahead
from regforensics.evidence.forked import able, forked
from regforensics.evidence.unpacked import Block, Member

_WORTH = 32 << 20  # bytes of a plain file that is searched so, and
_PACKED = 4 << 20  # of one that is packed
_PART = 8 << 20
_HEAD = 1 << 16  # bytes in which the line end after a part is looked for
_PIECE = 1 << 19
_AT_ONCE = 16  # blocks of a message, and
_SIZE = 1 << 20  # about how many bytes
_PROCESSES = 2
_TURN = 0.0005  # seconds after which threads of one process change; unpacking is one


class _Found(msgspec.Struct, array_like=True, frozen=True):
    """What was found in a block, which ends at ``end`` or is one long line there."""

    number: int
    end: int
    skipped: int
    hits: list[tuple[int, int, bytes]]


class _Message(msgspec.Struct, array_like=True, frozen=True):
    """Blocks of a part; the last message of it says how many lines there were."""

    found: list[_Found]
    last: bool = False
    lines: int = 0
    stopped: str | None = None


class _Part(NamedTuple):
    start: int
    end: int


def apart(member: Member, first: Block, blocks: Iterator[Block], needles: Needles,
          ) -> Generator[tuple[Block, Hits], None, None] | None:
    """Blocks without their bytes, and what was found in them; None where the file is too small,
    or not to be shared. ``first`` of the ``blocks`` was read to see what the file is.

    Raises Stopped where a process ends early or the file breaks.
    """
    if member.file is None or not able():
        return None
    try:
        number = member.file.fileno()
        size = os.fstat(number).st_size
    except OSError:  # no file of the system
        return None
    if size < (_WORTH if member.name is None else _PACKED):
        return None
    if member.name is not None:
        return _told([_unpacked(member, first, blocks, needles)], [0])
    parts = list(_parts(number, size))
    return _told([_plain(number, parts[turn::_PROCESSES], needles)
                  for turn in range(_PROCESSES)], [part.start for part in parts])


def _parts(file: int, size: int) -> Iterator[_Part]:
    """Parts of whole lines; longer ones where the lines are."""
    start = 0
    for at in range(_PART, size, _PART):
        end = os.pread(file, _HEAD, at).find(b"\n")
        if end >= 0 and at + end + 1 < size:
            yield _Part(start, at + end + 1)
            start = at + end + 1
    yield _Part(start, size)


def _plain(file: int, parts: Sequence[_Part], needles: Needles) -> Iterator[bytes]:
    for part in parts:
        member = Member(None, _pieces(file, part))
        yield from _messages(member, member.blocks(needles.block), needles)


def _pieces(file: int, part: _Part) -> Iterator[bytes]:
    at = part.start
    while at < part.end and (piece := os.pread(file, min(_PIECE, part.end - at), at)):
        at += len(piece)
        yield piece


def _unpacked(member: Member, first: Block, blocks: Iterator[Block], needles: Needles,
              ) -> Iterator[bytes]:
    def every() -> Iterator[Block]:
        yield first
        yield from blocks

    sys.setswitchinterval(_TURN)  # of the process that this begins in
    yield from _messages(member, ahead(every()), needles)


def _messages(member: Member, blocks: Iterable[Block], needles: Needles) -> Iterator[bytes]:
    pack: Any = msgspec.msgpack.encode
    found: list[_Found] = []
    size, lines = 0, 0
    for count, block in enumerate(blocks, 1):
        hits = list(needles.take(block, member.name).rest)
        lines = block.number + (0 if block.skipped else block.feeds(0, len(block.data)) - 1)
        size += sum(len(data) for _, _, data in hits)
        if hits or block.skipped:
            found.append(_Found(block.number, block.start + len(block.data), block.skipped, hits))
        if found and (count % _AT_ONCE == 0 or size > _SIZE):
            yield pack(_Message(found))
            found, size = [], 0
    yield pack(_Message(found, True, lines, member.stopped))


def _told(works: Sequence[Iterable[bytes]], starts: Sequence[int],
          ) -> Generator[tuple[Block, Hits], None, None]:
    """What the processes found; numbers and places counted on from part to part."""
    decoder = msgspec.msgpack.Decoder(_Message)
    before = 0
    try:
        with forked(works) as told:
            for turn, start in enumerate(starts):
                for message in map(decoder.decode, told[turn % len(told)]):
                    for one in message.found:
                        yield (Block(one.number + before, one.end + start, b"", one.skipped),
                               Hits([(number + before, at + start, data)
                                     for number, at, data in one.hits]))
                    if message.last:
                        break
                before += message.lines
                if message.stopped:
                    raise Stopped("stopped", message.stopped)
    except OSError as error:
        raise Stopped("stopped", f"not searched to its end: {error}") from error
