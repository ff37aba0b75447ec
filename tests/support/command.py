"""The command line, run in this process."""

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from regforensics.cli.app import app


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


def run(*words: object) -> Ended:
    """Run one command; an exception that is a bug comes through."""
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return Ended(done.exit_code, done.stdout, done.stderr)


def one_clear_line(ended: Ended) -> str:
    """The error line; asserts that there is exactly one, and no traceback."""
    lines = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, ended.err
    assert "Traceback" not in ended.err + ended.out
    return lines[0]
