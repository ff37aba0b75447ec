"""Bodies: the one place that knows in which form an exhibit's bytes stand on the disk.

Everything else names an exhibit and gets its contents: the bytes whose digest custody states.
"""

import os
from pathlib import Path
from typing import BinaryIO

from regforensics.evidence.custody import Stored
from regforensics.evidence.files import Folder


class Bodies:
    """The contents of the exhibits of one evidence directory.

    Every method raises OSError where the bytes cannot be had. None holds them against custody.
    """

    def __init__(self, exhibits: Folder) -> None:
        self._exhibits = exhibits

    def path(self, stored: Stored) -> Path:
        """The file that stands for an exhibit, for messages."""
        return self._exhibits.path / stored.file

    def read(self, stored: Stored) -> bytes:
        """The whole of an exhibit."""
        return self._exhibits.read(stored.file)

    def read_into(self, stored: Stored, room: memoryview) -> int | None:
        """An exhibit read into ``room``: its size, None where it has more."""
        return self._exhibits.read_into(stored.file, room)

    def digest(self, stored: Stored) -> tuple[str, int]:
        """SHA-256 hex and size in bytes of an exhibit."""
        return self._exhibits.digest(stored.file)

    def opened(self, stored: Stored) -> BinaryIO:
        """An exhibit for reading, with seek."""
        return os.fdopen(self._exhibits.file(stored.file, os.O_RDONLY), "rb")
