"""The index below ``derived/``: what reading custody from its first line gave, to be read at once.

It names the bytes of custody that it was made from by size and SHA-256, and it is believed only
where custody still begins with them and where this very account made it (an HMAC by its key):
nobody who hands an evidence directory over can hide a line by it. In every other case custody is
read and its chain checked from the first line, and the index made anew. ``verify`` never reads it.
"""

import os
import sys
from array import array
from contextlib import suppress

import msgspec

from regforensics.evidence import account
from regforensics.evidence.custody import CUSTODY, Chain, head_of
from regforensics.evidence.exhibit import Form
from regforensics.evidence.files import Folder, try_lock, write_all
from regforensics.evidence.layout import DERIVED
from regforensics.evidence.numbers import Numbers
from regforensics.evidence.record import UNREADABLE
from regforensics.evidence.statement import HAND_OVER
from regforensics.evidence.tape import Tape
from regforensics.evidence.threads import Threads

_FORM = f"regforensics/custody-index/1 {sys.byteorder} {array('I').itemsize}"
_ABOUT = b"custody-index"
_WORTH = 5000  # lines read without an index, from which on one is made
_STEP = 1 << 20


class Pin(msgspec.Struct, array_like=True):
    """An exhibit of which there is more to know than that it came (see Stored)."""

    number: int
    places: list[str]
    form: Form | None
    was: Form | None
    patches: int


class Frozen(msgspec.Struct, array_like=True):
    """A chain, as it is kept. The bytes are those of arrays, in the order of this machine."""

    form: str
    size: int
    sha256: str
    digest: str
    ends: bytes
    subjects: list[str]
    subject_lines: bytes
    subject_before: bytes
    kinds: list[str]
    kind_lines: bytes
    kind_before: bytes
    digests: bytes
    names: bytes
    sizes: bytes
    name_ends: bytes
    exhibit_lines: bytes
    exhibit_before: bytes
    digest_keys: bytes
    digest_numbers: bytes
    answer_keys: bytes
    answer_lines: bytes
    pins: list[Pin]


_FROZEN = msgspec.msgpack.Decoder(Frozen)


def chain_of(folder: Folder, fd: int, head: bytes | None) -> Chain:
    """The lines of custody that ``head`` says are there for good; ``fd`` is custody's, and stays
    the caller's. Raises OSError, IntegrityError."""
    chain = _loaded(folder, fd)
    known = len(chain)
    stated = head_of(head) if head is not None else None
    if stated is not None:
        chain.catch_up(stated.size)
    if len(chain) - known >= _WORTH:
        with suppress(OSError):  # a full disk, or one that must not be written
            _save(folder, chain)
    return chain


def _new(fd: int) -> Chain:
    return Chain(Tape(os.dup(fd), CUSTODY))


def _loaded(folder: Folder, fd: int) -> Chain:
    """The chain that the index holds, or one of no line."""
    frozen = _frozen(folder, os.fstat(fd).st_size)
    chain = _new(fd)
    if frozen is None:
        return chain
    tape = chain.tape
    while tape.size < frozen.size and (data := tape.ahead(min(_STEP, frozen.size - tape.size))):
        tape.take(data)
    if (tape.size, tape.sha256) != (frozen.size, frozen.sha256):
        return _new(fd)
    _thaw(frozen, chain)
    return chain


def _frozen(folder: Folder, custody: int) -> Frozen | None:
    """The index, where it is ours and not larger than what it spares us to read."""
    key = account.key()
    if key is None:
        return None
    try:
        derived, name = folder.sub(DERIVED), _name(key)
        found = derived.stat(name)
        data = derived.read(name) if found and found.st_size <= custody else b""
    except OSError:
        return None
    ours = account.own(key, _ABOUT, data)
    if ours is None:
        return None
    try:
        frozen = _FROZEN.decode(ours)
    except UNREADABLE:
        return None
    return frozen if frozen.form == _FORM and frozen.size <= custody else None


def _name(key: bytes) -> str:
    return f"custody-index-{account.name(key)}"


def _save(folder: Folder, chain: Chain) -> None:
    """Put the index in its place, unless another process is doing that. Raises OSError."""
    key = account.key(make=True)
    if key is None or folder.stat(HAND_OVER) is not None:  # nothing is added to a hand-over
        return
    derived, name = folder.made(DERIVED), _name(key)
    data = msgspec.msgpack.encode(_freeze(chain))
    fd = derived.file(f".{name}.new", os.O_WRONLY | os.O_CREAT)
    try:
        if not _alone(derived, f".{name}.new", fd):
            return
        os.ftruncate(fd, 0)
        write_all(fd, account.mac(key, _ABOUT, data))
        write_all(fd, data)
        derived.replace(f".{name}.new", name)
    except OSError:
        derived.remove(f".{name}.new")
        raise
    finally:
        os.close(fd)


def _alone(derived: Folder, name: str, fd: int) -> bool:
    """Whether the file is ours to fill: nobody else does, or did and has moved it away."""
    if not try_lock(fd):
        return False
    there, ours = derived.stat(name), os.fstat(fd)
    return there is not None and (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _freeze(chain: Chain) -> Frozen:
    shelf = chain.exhibits
    digest_keys, digest_numbers = shelf.by_digest.settled()
    answer_keys, answer_lines = chain.answers.settled()
    return Frozen(
        _FORM, chain.size, chain.tape.sha256, chain.digest, chain.ends.tobytes(),
        *_kept(chain.subjects), *_kept(chain.kinds), bytes(shelf.digests), bytes(shelf.names),
        shelf.sizes.tobytes(), shelf.ends.tobytes(), shelf.last.tobytes(), shelf.before.tobytes(),
        digest_keys.tobytes(), digest_numbers.tobytes(),
        answer_keys.tobytes(), answer_lines.tobytes(),
        [Pin(number, one.places, one.form, one.was, one.patches)
         for number, one in shelf.pinned.items()])


def _kept(threads: Threads) -> tuple[list[str], bytes, bytes]:
    return (list(threads.last), array("I", threads.last.values()).tobytes(),
            threads.before.tobytes())


def _thaw(frozen: Frozen, chain: Chain) -> None:
    shelf = chain.exhibits
    chain.digest = frozen.digest
    chain.ends = array("Q", frozen.ends)
    for threads, keys, last, before in (
            (chain.subjects, frozen.subjects, frozen.subject_lines, frozen.subject_before),
            (chain.kinds, frozen.kinds, frozen.kind_lines, frozen.kind_before)):
        threads.last.update(zip(keys, array("I", last), strict=True))
        threads.before.frombytes(before)
    shelf.digests += frozen.digests
    shelf.names += frozen.names
    for column, data in ((shelf.sizes, frozen.sizes), (shelf.ends, frozen.name_ends),
                         (shelf.last, frozen.exhibit_lines), (shelf.before, frozen.exhibit_before)):
        column.frombytes(data)
    shelf.by_digest = Numbers(array("Q", frozen.digest_keys), array("I", frozen.digest_numbers))
    chain.answers = Numbers(array("Q", frozen.answer_keys), array("I", frozen.answer_lines))
    for pin in frozen.pins:
        stored = shelf.pinned[pin.number] = shelf.at(pin.number)
        stored.places, stored.form, stored.was = pin.places, pin.form, pin.was
        stored.patches = pin.patches
