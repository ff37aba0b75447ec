"""Bodies: the one place that knows in which form an exhibit's bytes stand on the disk.

Everything else names an exhibit and gets its contents: the bytes whose digest custody states. An
exhibit may be packed or unpacked by another process while this one reads: where a file is gone,
what custody says meanwhile is read, and the other file.
"""

import errno
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import BinaryIO, TypeVar

from regforensics.evidence.custody import CUSTODY, Chain
from regforensics.evidence.elsewhere import Elsewhere
from regforensics.evidence.exhibit import Form
from regforensics.evidence.files import Folder
from regforensics.evidence.forms import Stored, form_fault, plain
from regforensics.evidence.layout import after, open_exhibits
from regforensics.evidence.patches import unpacked
from regforensics.evidence.record import ROWS, UNREADABLE

_TRIES = 8  # times that an exhibit may change its form while it is read
_HELD = 1 << 26  # bytes of keyframes that are kept unpacked, beside the last one
Later = Callable[[], bytes]
T = TypeVar("T")


class Bodies:
    """The contents of the exhibits of one evidence directory.

    ``known`` are the exhibits by their label, ``later`` gives the custody lines after those that
    they were read from. Every method raises OSError where the bytes cannot be had. None holds
    them against custody, but of those that stand elsewhere (``elsewhere``) nothing else is ever
    given.
    """

    def __init__(self, folder: Folder, known: Mapping[str, Stored],
                 later: Later = lambda: b"") -> None:
        self.folder, self._known, self._later = folder, known, later
        self._newer: dict[str, Form | None] = {}
        self._reads = 0
        self._keyframes, self._elsewhere = _Keyframes(), Elsewhere()
        self._lock = Lock()

    def path(self, stored: Stored) -> Path:
        """The file that stands for an exhibit, for messages."""
        if stored.places:
            return Path(stored.places[-1])
        form = self._form(stored.label)
        return self.folder.path / (form.file if form else stored.file)

    def read(self, stored: Stored) -> bytes:
        """The whole of an exhibit."""
        if stored.places:
            with self.opened(stored) as file:
                return file.read()
        return self._now(stored, self._read)

    def read_into(self, stored: Stored, room: memoryview) -> int | None:
        """An exhibit read into ``room``: its size, None where it has more."""
        def into(stored: Stored, form: Form | None) -> int | None:
            if form is None:
                return self.folder.read_into(stored.file, room)
            data = self._read(stored, form)
            room[:len(data)] = data[:len(room)]
            return len(data) if len(data) <= len(room) else None

        if stored.places:
            with os.fdopen(self._elsewhere.file(stored), "rb") as file:
                size = file.readinto(room)
                return None if file.read(1) else size
        return self._now(stored, into)

    def digest(self, stored: Stored) -> tuple[str, int]:
        """SHA-256 hex and size in bytes of an exhibit."""
        def summed(stored: Stored, form: Form | None) -> tuple[str, int]:
            if form is None:
                return self.folder.digest(stored.file)
            data = self._read(stored, form)
            return sha256(data).hexdigest(), len(data)

        if stored.places:
            self.opened(stored).close()
            return stored.sha256, stored.size
        return self._now(stored, summed)

    def kept(self, stored: Stored) -> tuple[Form, Form | None]:
        """How the file that stands for an exhibit is to be, and None or how it is found."""
        def held(stored: Stored, form: Form | None) -> tuple[Form, Form | None]:
            wanted = form or plain(stored)
            digest, size = self.folder.digest(wanted.file)
            same = (digest, size) == (wanted.sha256, wanted.size)
            return wanted, None if same else Form(
                stored.label, wanted.file, digest, size, wanted.keyframe)

        reads, found = self._reads, self._now(stored, held)
        return self._now(stored, held) if found[1] is not None and self._changed(reads) else found

    def opened(self, stored: Stored) -> BinaryIO:
        """An exhibit for reading, with seek."""
        def open_(stored: Stored, form: Form | None) -> BinaryIO:
            if form is not None:
                return BytesIO(self._read(stored, form))
            return os.fdopen(self.folder.file(stored.file, os.O_RDONLY), "rb")

        if stored.places:
            return os.fdopen(self._elsewhere.file(stored), "rb")
        return self._now(stored, open_)

    def _form(self, label: str) -> Form | None:
        return self._newer[label] if label in self._newer else self._known[label].form

    def _now(self, stored: Stored, use: Callable[[Stored, Form | None], T]) -> T:
        """What ``use`` gives for the form that the exhibit has at this moment."""
        for _ in range(_TRIES):
            reads, form = self._reads, self._form(stored.label)
            try:
                return use(stored, form)
            except OSError as error:
                if (form or isinstance(error, FileNotFoundError)) and self._changed(reads):
                    continue
                if isinstance(error, _KeyframeGone):  # not the exhibit itself is missing
                    raise OSError(errno.EBADMSG, error.strerror) from error
                raise
        raise OSError(errno.EBUSY, "it is packed and unpacked again and again")

    def _changed(self, reads: int) -> bool:
        """Whether custody says of forms what it did not say when it was read ``reads`` times."""
        with self._lock:
            if self._reads == reads:
                newer = _forms_in(self._later(), self._known)
                if newer == self._newer:
                    return False
                self._newer, self._reads = newer, self._reads + 1
        return True

    def _read(self, stored: Stored, form: Form | None) -> bytes:
        if form is None:
            return self.folder.read(stored.file)
        frame = self._exact(form.file, form.size)
        prefix = self._keyframe(form.keyframe) if form.keyframe else None
        return unpacked(frame, stored.size, prefix)

    def _exact(self, name: str, size: int) -> bytes:
        """A file of a stated size; never more of it is read."""
        room = bytearray(size)
        if self.folder.read_into(name, memoryview(room)) != size:
            raise OSError(errno.EBADMSG, f"it is not of {size} bytes")
        return bytes(room)

    def _keyframe(self, label: str) -> bytes:
        key, form = self._known[label], self._form(label)
        if form is not None and form.keyframe is not None:
            raise OSError(errno.EBADMSG, f"its keyframe {label} is a patch itself")
        try:
            return self._keyframes.get(label, lambda: self._read(key, form) if form else
                                       self._exact(key.file, key.size))
        except FileNotFoundError as error:
            raise _KeyframeGone(errno.ENOENT, f"its keyframe {label} is not there") from error
        except OSError as error:
            raise OSError(error.errno, f"its keyframe {label} cannot be read:"
                          f" {error.strerror}") from error


def bodies_of(folder: Folder, chain: Chain) -> Bodies:
    """The contents of the exhibits that a chain names. Raises IntegrityError without exhibits/."""
    return Bodies(open_exhibits(folder), chain.exhibits,
                  lambda: after(folder, CUSTODY, chain.size))


class _KeyframeGone(FileNotFoundError):
    """Not the exhibit is gone, but the one that it is a patch of."""


class _Keyframes:
    """The keyframes used last, unpacked, so that the patches of one do not each unpack it."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, label: str, read: Callable[[], bytes]) -> bytes:
        with self._lock:
            data = self._held.pop(label, None)
            if data is None:
                data = read()
            self._held[label] = data
            while len(self._held) > 1 and sum(map(len, self._held.values())) > _HELD:
                self._held.popitem(last=False)
            return data


def _forms_in(lines: bytes, known: Mapping[str, Stored]) -> dict[str, Form | None]:
    """The forms that custody lines give to known exhibits. They end at a line that is none."""
    found: dict[str, Form | None] = {}
    for line in lines.split(b"\n")[:-1]:
        try:
            row = ROWS.decode(line)
        except UNREADABLE:
            break
        for form in row.forms:
            stored = known.get(form.exhibit)
            if stored is not None and form_fault(form, stored) is None:
                found[form.exhibit] = None if form == plain(stored) else form
    return found
