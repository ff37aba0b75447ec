"""Files as they are named on the command line: folders and patterns stand for what they hold."""

import os
from collections.abc import Sequence
from pathlib import Path

from regforensics.errors import UnreadableInput


def spread(paths: Sequence[Path]) -> tuple[list[Path], list[UnreadableInput]]:
    """Every file of folders and of patterns, in the order of their names; and what names none."""
    found: list[Path] = []
    lost = []
    for path in paths:
        files = _files(path)
        found += files
        if not files:
            lost.append(UnreadableInput(f"{path}: no file is there"))
    return found, lost


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        inside = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
        return sorted(p for p in inside if p.is_file() and not p.is_symlink())
    if set("*?[") & set(str(path)) and not path.exists():
        start = Path(path.anchor or ".")
        return sorted(p for p in start.glob(str(path.relative_to(path.anchor))) if p.is_file())
    return [path]
