"""Bodies: the one place that knows in which form an exhibit's bytes stand on the disk.

Everything else names an exhibit and gets its contents: the bytes whose digest custody states.
"""

import os
from io import BufferedReader
from pathlib import Path

from regforensics.evidence.custody import Stored
from regforensics.evidence.elsewhere import Elsewhere
from regforensics.evidence.files import Folder


class Bodies:
    """The contents of the exhibits of one evidence directory.

    Every method raises OSError where the bytes cannot be had. None holds them against custody, but
    of those that stand elsewhere (``elsewhere``) nothing else is ever given.
    """

    def __init__(self, exhibits: Folder) -> None:
        self._exhibits, self._elsewhere = exhibits, Elsewhere()

    def path(self, stored: Stored) -> Path:
        """The file that stands for an exhibit, for messages."""
        return Path(stored.places[-1]) if stored.places else self._exhibits.path / stored.file

    def read(self, stored: Stored) -> bytes:
        """The whole of an exhibit."""
        if stored.places:
            with self.opened(stored) as file:
                return file.read()
        return self._exhibits.read(stored.file)

    def read_into(self, stored: Stored, room: memoryview) -> int | None:
        """An exhibit read into ``room``: its size, None where it has more."""
        if stored.places:
            with self.opened(stored) as file:
                size = file.readinto(room)
                return None if file.read(1) else size
        return self._exhibits.read_into(stored.file, room)

    def digest(self, stored: Stored) -> tuple[str, int]:
        """SHA-256 hex and size in bytes of an exhibit."""
        if stored.places:
            self.opened(stored).close()
            return stored.sha256, stored.size
        return self._exhibits.digest(stored.file)

    def opened(self, stored: Stored) -> BufferedReader:
        """An exhibit for reading, with seek."""
        return os.fdopen(self._elsewhere.file(stored) if stored.places
                         else self._exhibits.file(stored.file, os.O_RDONLY), "rb")
