"""Every error that the tool raises on purpose, and the exit code of each.

    RegForensicsError
      WrongUsage            2    the command cannot mean what was typed
      AcquisitionError      3    no answer: DNS, TLS, timeout, retries spent, a limit reached
        EvidenceUnwritable  3    the evidence directory cannot take more: lock, full disk, read-only
      IntegrityError        4    stored bytes, custody or a citation do not match
      UnreadableInput       5    unknown or malformed input; says file, byte offset, expectation

An error is one line that says what and where, and a hint that says what to do. A foreign
exception that crosses the border of the package is a bug (exit 1).
"""

from typing import ClassVar


class RegForensicsError(Exception):
    """Base of the tree: a message of one line, an optional hint of one line."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WrongUsage(RegForensicsError):
    """The arguments are not of a form that the command takes."""

    exit_code = 2


class AcquisitionError(RegForensicsError):
    """The source gave no answer within the limits set for it."""

    exit_code = 3


class EvidenceUnwritable(AcquisitionError):
    """The evidence directory cannot be written now; what it holds is untouched."""


class IntegrityError(RegForensicsError):
    """Stored bytes are not what custody or a citation says they are."""

    exit_code = 4


class UnreadableInput(RegForensicsError):
    """An input is of an unknown or broken format.

    ``offset`` is the byte offset at which reading failed, where one is known.
    """

    exit_code = 5

    def __init__(self, message: str, *, hint: str | None = None, offset: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.offset = offset
