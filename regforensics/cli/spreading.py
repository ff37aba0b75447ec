"""Files as they are named on the command line: folders and patterns stand for what they hold."""

import os
from collections.abc import Sequence
from pathlib import Path

from regforensics.cli.console import Talk
from regforensics.errors import UnreadableInput

_SHOWN = 5  # names in a note


def spread(paths: Sequence[Path]) -> tuple[list[Path], list[UnreadableInput]]:
    """Every file of folders and of patterns, in the order of their names; and what names none.

    What a folder holds that is no file (links, pipes) is left out, and a note says so.
    """
    found: list[Path] = []
    lost: list[UnreadableInput] = []
    for path in paths:
        files = _inside(path, lost) if path.is_dir() else _named(path)
        found += files
        if not files:
            lost.append(UnreadableInput(f"{path}: no file is there"))
    return found, lost


def _inside(path: Path, lost: list[UnreadableInput]) -> list[Path]:
    shut: list[OSError] = []
    files, left = list[Path](), list[Path]()
    for folder, folders, names in os.walk(path, onerror=shut.append):
        left += (one for name in folders if (one := Path(folder, name)).is_symlink())
        for name in names:
            one = Path(folder, name)
            (files if one.is_file() and not one.is_symlink() else left).append(one)
    lost += (UnreadableInput(f"{error.filename}: the folder cannot be read: {error.strerror}")
             for error in shut)
    if left:
        names = [str(one.relative_to(path)) for one in sorted(left)]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        Talk.say(f"note: {path}: left out, as links or no files: {len(names)}"
                 f" ({', '.join(names[:_SHOWN])}{more})")
    return sorted(files)


def _named(path: Path) -> list[Path]:
    if set("*?[") & set(str(path)) and not path.exists():
        start = Path(path.anchor or ".")
        return sorted(p for p in start.glob(str(path.relative_to(path.anchor))) if p.is_file())
    return [path]
