"""Metrics of a run in the Prometheus text format, for a monitor that reads files.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/. node_exporter's textfile
collector reads such files; it takes what ends in ``.prom``, so that ours appears in one step.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from regforensics.acquire.foreign import read_file
from regforensics.cli.console import Talk
from regforensics.cli.runs import Running, told
from regforensics.errors import EvidenceUnwritable, UnreadableInput
from regforensics.evidence.files import shown, unwritable, write_all
from regforensics.model.instant import now

_PREFIX = "regforensics_snapshot_"
_SUCCESS = "last_success_timestamp_seconds"
_LARGEST = 1 << 20  # bytes of a file of ours
#: What each metric says. Counts that a run did not come to are left out.
_HELP = {
    "last_run_timestamp_seconds": "When the newest run ended (Unix time).",
    _SUCCESS: "When the newest run with exit code 0 ended (Unix time).",
    "exit_code": "Exit code of the newest run.",
    "duration_seconds": "How long the newest run took.",
    "targets": "Targets that the newest run was to capture.",
    "new": "Targets with an answer that was not stored before.",
    "unchanged": "Targets whose answers are all as they were.",
    "absent": "Targets that the registry says do not exist.",
    "failed": "Targets without a usable answer.",
    "not_reached": "Targets that the newest run was stopped before.",
    "beside_failed": "Questions asked once for all targets (signing keys) without an answer.",
    "bytes": "Bytes of the documents received.",
}


class Measured:
    """A context manager around a whole run: the file is written however the run ends.

    Whoever is inside sets ``code``, and ``running`` once there is a run. Leaving raises
    EvidenceUnwritable where the file cannot be written and nothing else is wrong.
    """

    def __init__(self, path: Path | None, evidence: Path) -> None:
        self.code, self.running = 0, list[Running]()
        self._path, self._evidence = path, evidence
        self._begun = now()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._path is None:
            return
        if error is not None:
            self.code, _ = told(error)
        try:
            write(self._path, text(self._values(), str(self._evidence.absolute())))
        except EvidenceUnwritable as refused:
            if not self.code:
                raise
            Talk.alarm(f"error: {refused.message}")

    def _values(self) -> dict[str, float]:
        ended = now()
        values: dict[str, float] = {
            "last_run_timestamp_seconds": ended.timestamp(), "exit_code": self.code,
            "duration_seconds": (ended - self._begun).total_seconds()}
        success = ended.timestamp() if not self.code else self._success_before()
        if success is not None:
            values[_SUCCESS] = success
        for running in self.running:
            values |= {"targets": running.targets, **running.counts}
        return values

    def _success_before(self) -> float | None:
        """The last success that the file of the run before tells, kept over failures."""
        with suppress(UnreadableInput, ValueError):
            before = read_file(self._path or Path(), largest=_LARGEST).decode("utf-8", "replace")
            found = re.search(rf"^{_PREFIX}{_SUCCESS}\{{.*\}} ([0-9.e+]+)$", before, re.MULTILINE)
            return float(found[1]) if found else None
        return None


def text(values: Mapping[str, float], evidence: str) -> str:
    """The file's content: each metric with its help and type, labelled with the directory."""
    label = evidence.encode("utf-8", "backslashreplace").decode("utf-8")
    for plain, escaped in (("\\", r"\\"), ("\n", r"\n"), ('"', r"\"")):
        label = label.replace(plain, escaped)
    return "".join(
        f"# HELP {_PREFIX}{name} {says}\n# TYPE {_PREFIX}{name} gauge\n"
        f'{_PREFIX}{name}{{evidence="{label}"}} {values[name]:.15g}\n'
        for name, says in _HELP.items() if name in values)


def write(path: Path, content: str) -> None:
    """Put the file in its place in one step, readable for all. Raises EvidenceUnwritable."""
    made = ""
    try:
        fd, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            write_all(fd, content.encode())
            os.fchmod(fd, 0o644)
            os.fsync(fd)
        finally:
            os.close(fd)
        Path(made).replace(path)
    except (OSError, ValueError) as error:
        if made:
            Path(made).unlink(missing_ok=True)
        reason = error if isinstance(error, OSError) else OSError(str(error))
        refused = unwritable(f"the metrics {shown(path)}", reason)
        refused.hint = "name a file in a directory that can be written with --metrics"
        raise refused from error
