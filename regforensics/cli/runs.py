"""Running: a command that brings evidence in, with a custody line at its start and at its end."""

import os
import platform
import shlex
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from regforensics.acquire.capture import new_run
from regforensics.cli.console import Talk
from regforensics.cli.failing import Failures, in_a_row
from regforensics.errors import AcquisitionError, RegForensicsError
from regforensics.evidence.runs import END, end_of, start_of, watched
from regforensics.evidence.store import EvidenceStore
from regforensics.model.instant import iso, now

_NAMED = 2_000  # targets in one line of custody


class Running:
    """A context manager: whoever is inside sets ``code``, ``counts``, ``note`` and ``unreached``
    (targets that it did not come to and that nobody knows, of which a line names some) before it
    ends.

    Entering raises what ``EvidenceStore.record`` does. The end is written whatever ended the
    command; where that itself cannot be written, the error that ended the command is the one told.
    """

    def __init__(self, store: EvidenceStore, command: str, targets: Sequence[str]) -> None:
        self.name, self.code = new_run(), 0
        self.counts: dict[str, int] = {}
        self.note: str | None = None
        self.error: str | None = None
        self.unreached: list[str] = []
        self.begun = now()
        self._row = 0
        self._store, self._command, self._targets = store, command, targets
        self._since, self._gently = time.monotonic(), ExitStack()

    @property
    def targets(self) -> int:
        """How many targets it was to work on."""
        return len(self._targets)

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self._since

    def failures(self, failures: Failures) -> str:
        """What failed, and for how many runs in a row something did, as one line."""
        self._row = 1 + in_a_row(self._store.of_kind(END), watched(self._targets))
        return failures.line(len(self._targets), self._row)

    def document(self, failures: Failures) -> dict[str, Any]:
        """The run for JSON."""
        return {"name": self.name, "begun": iso(self.begun), "seconds": round(self.seconds, 3),
                "exit_code": self.code, "targets": self.targets, **self.counts,
                "failures": [group.document for group in failures.groups],
                "runs_in_a_row_with_failures": self._row, "error": self.error}

    def __enter__(self) -> Self:
        argv = shlex.join(("regforensics", *Talk.argv)) if Talk.argv else self._command
        self._store.record(start_of(self.name, self._command, argv, self._targets, os.getpid(),
                                    platform.node()), None)
        self._gently.enter_context(_gently())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        with self._gently:
            if error is None:
                self._end()
                return
            self.code, self.error = told(error)
            with suppress(RegForensicsError):
                self._end()

    def _end(self) -> None:
        self._store.record(end_of(self.name, self._command, self._targets, self.code, self.seconds,
                                  self.counts, self._row, self.error, self.note,
                                  self.unreached[:_NAMED]), None)


def told(error: BaseException) -> tuple[int, str]:
    """The exit code and the words for what ended a command before it was done."""
    if isinstance(error, RegForensicsError):
        return error.exit_code, error.message
    if isinstance(error, KeyboardInterrupt):
        return AcquisitionError.exit_code, "interrupted"
    if isinstance(error, BrokenPipeError):
        return 0, "whoever read the output closed it"
    return 1, f"internal error: {type(error).__name__}"


@contextmanager
def _gently() -> Iterator[None]:
    """Let a service manager's signal end a run as Ctrl-C does: with what was captured, and a line.
    """
    mine = threading.current_thread() is threading.main_thread() \
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if mine:
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        if mine:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
