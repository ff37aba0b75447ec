"""Commands that are killed: ``python -m tests.faults.zygote`` forks one for each line it reads.

A line is JSON: ``{"argv": [...], "seconds": S}``. The command starts with everything imported, so
that a kill falls into its work and not into Python's start, and gets SIGKILL after S seconds (none
where S is null). Prints ``{"killed": bool, "code": int, "seconds": how long it ran}``.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).parents[2]
#: What commands import when they are first used.
_MODULES = ("regforensics.cli.app", "regforensics.cli.capturing", "regforensics.cli.ingesting",
            "regforensics.cli.sealing", "regforensics.cli.against", "regforensics.cli.exporting")


class Ended(NamedTuple):
    """How a command ended: by the kill, or by itself with a code, after how many seconds."""

    killed: bool
    code: int
    seconds: float


class Zygote:
    """The process that forks commands, as its parent sees it. A context manager."""

    def __enter__(self) -> "Zygote":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"], cwd=REPOSITORY, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, *words: object, seconds: float | None = None) -> Ended:
        """Run a command; kill it after ``seconds``."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("no pipes")
        stdin.write(json.dumps({"argv": [str(word) for word in words], "seconds": seconds}) + "\n")
        stdin.flush()
        return Ended(**json.loads(stdout.readline()))


def _child(argv: list[str]) -> None:
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    from regforensics.cli.app import main

    sys.argv = ["regforensics", *argv]
    main()


def _forked(argv: list[str], seconds: float | None) -> dict[str, Any]:
    began = time.monotonic()
    child = os.fork()
    if not child:
        code = 0
        try:
            _child(argv)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    return {"killed": killed, "code": 0 if killed else os.WEXITSTATUS(status),
            "seconds": time.monotonic() - began}


def main() -> None:
    """Fork until the input ends."""
    for name in _MODULES:
        __import__(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_forked(**json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
