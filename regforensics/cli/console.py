"""Data goes to stdout, talk to stderr; hostile text is made visible before either shows it."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from regforensics.errors import RegForensicsError
from regforensics.report.text import visible


class Talk:
    """What a command says besides its data. ``quiet`` silences all but errors; ``argv`` is what was
    typed after the program's name."""

    quiet = False
    argv: tuple[str, ...] = ()

    @classmethod
    def say(cls, text: str) -> None:
        """One line on stderr."""
        if not cls.quiet:
            sys.stderr.write(visible(text) + "\n")

    @classmethod
    def alarm(cls, text: str) -> None:
        """One line on stderr that is worth a mail: told to those who want quiet, too."""
        sys.stderr.write(visible(text) + "\n")

    @classmethod
    def error(cls, error: RegForensicsError) -> None:
        """The error's line, and its hint on the next."""
        sys.stderr.write(f"error: {visible(error.message)}\n")
        if error.hint:
            sys.stderr.write(f"hint: {visible(error.hint)}\n")


def out(text: str = "") -> None:
    """One line of data on stdout."""
    sys.stdout.write(visible(text) + "\n")


def out_json(kind: str, document: Mapping[str, Any]) -> None:
    """A document of one of our schemas, in ASCII, so that no terminal can be told anything."""
    sys.stdout.write(json.dumps({"schema": f"regforensics/{kind}/1", **document}, indent=2,
                                default=str) + "\n")


def out_bytes(data: bytes) -> None:
    """Exact bytes on stdout."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def size(count: int | None) -> str:
    """A byte count for people."""
    if count is None:
        return "-"
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"
