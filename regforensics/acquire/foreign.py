"""Reading a file that somebody else may have made: a regular one, of bounded size, or none."""

import os
import stat
from pathlib import Path

from regforensics.errors import UnreadableInput

LARGEST = 2 << 30


def opened(path: Path, name: str) -> int:
    """A descriptor of a regular file; non-blocking, so that a pipe does not hang the open.

    Raises UnreadableInput for anything else, calling the file ``name``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableInput(f"{name} cannot be read: {reason}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableInput(f"{name} is not a regular file",
                              hint="save the data to a file and give that")
    return descriptor


def read_file(path: Path, *, largest: int = LARGEST) -> bytes:
    """The bytes of a regular file of at most ``largest`` bytes. Raises UnreadableInput."""
    name = str(path)
    with os.fdopen(opened(path, name), "rb", buffering=0) as source:
        size = os.fstat(source.fileno()).st_size
        if size > largest:
            raise UnreadableInput(f"{name} has {size} bytes, more than {largest}")
        try:
            return source.readall()
        except OSError as error:
            raise UnreadableInput(f"{name} cannot be read: {error.strerror}") from error
