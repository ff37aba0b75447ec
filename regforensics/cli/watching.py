"""What a run is to capture: targets of the command line, watchlists, lockfiles and SBOMs.

One bad line, or one broken file among several, must not end a run that nobody watches: the rest is
captured, and what could not be used is told.
"""

import codecs
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from regforensics.acquire.foreign import read_file
from regforensics.cli import locks_handed as locks
from regforensics.cli.console import Talk
from regforensics.cli.opening import whole_package
from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.jsontree import Document
from regforensics.model.locked import Locked, Passed
from regforensics.model.package import PackageRef

_NAMED = 3  # of what could not be used
_HINT = "regforensics snapshot npm:left-pad, or --from watchlist.txt with one target a line"


@dataclass(slots=True)
class Watch:
    """The targets, each once; what of the files could not be used, and which of them name nothing.

    ``error`` says why there is nothing to do: a word of the command line that is no target, or
    nothing usable in all of the files.
    """

    targets: tuple[PackageRef, ...] = ()
    lost: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    error: WrongUsage | None = None

    @property
    def unread(self) -> str:
        """What was lost, in one line."""
        return f"not captured, because it cannot be read: {_some(self.lost)}"

    def idle(self) -> Iterator[str]:
        """Which files name nothing, in one line."""
        if self.empty:
            verb = "names" if len(self.empty) == 1 else "name"
            yield f"{_some(self.empty)} {verb} nothing to capture"


def watched(named: Sequence[str], files: Sequence[Path], registries: Collection[str]) -> Watch:
    """What the words and files name, of registries that can be asked. Nothing is raised."""
    watch, found = Watch(), list[PackageRef]()
    try:
        found += map(whole_package, named)
    except WrongUsage as error:
        watch.error = error
        return watch
    for target in found:
        if target.registry not in registries:
            watch.error = WrongUsage(_unasked(target))
            return watch
    for path in files:
        before, lost = len(found), len(watch.lost)
        try:
            for target in _named_in(path, watch):
                if target.registry in registries:
                    found.append(target)
                else:
                    watch.lost.append(f"{path}: {_unasked(target)}")
        except UnreadableInput as error:
            watch.lost.append(error.message if str(path) in error.message
                              else f"{path}: {error.message}")
        if len(found) == before and len(watch.lost) == lost:
            watch.empty.append(str(path))
    watch.targets = tuple(dict.fromkeys(found))
    if not found:
        words = ("no target was given", *((watch.unread,) if watch.lost else ()), *watch.idle())
        watch.error = WrongUsage("; ".join(words), hint=_HINT)
    elif files:
        Talk.say(f"{len(watch.targets)} target{'' if len(watch.targets) == 1 else 's'} from"
                 f" {len(files)} file{'' if len(files) == 1 else 's'}"
                 f"{' and the command line' if named else ''}")
    return watch


def _unasked(target: PackageRef) -> str:
    return f"{target.target}: this version does not ask {target.registry}"


def _named_in(path: Path, watch: Watch) -> Iterator[PackageRef]:
    """The targets of a watchlist, or the packages of a lockfile or SBOM; says what is passed
    over. Raises UnreadableInput for a file that cannot be read."""
    kind = locks.kind_at(path)
    if kind is None:
        yield from _listed(path, watch)
        return
    every = list(locks.entries(path, kind))
    passed = [one if isinstance(one, Passed) else Passed(one.package.target, one.elsewhere)
              for one in every if isinstance(one, Passed) or one.elsewhere]
    for note in locks.notes(path, locks.skipped(passed)):
        Talk.say(note)
    yield from (one.package.at(None) for one in every
                if isinstance(one, Locked) and not one.elsewhere)


def _listed(path: Path, watch: Watch) -> Iterator[PackageRef]:
    """The targets of a watchlist, whose bad lines become what is lost."""
    body = read_file(path)
    if body.lstrip(codecs.BOM_UTF8 + b" \t\r\n")[:1] in (b"{", b"["):
        Document(str(path), "", body)  # raises what is wrong with it
        raise UnreadableInput(f"{path}: JSON, and no lockfile or SBOM of a known kind")
    for number, line in enumerate(_lines(body), 1):
        try:
            target = line.decode("utf-8").partition("#")[0].strip()
            package = PackageRef.parse(target) if target else None
        except UnicodeDecodeError:
            watch.lost.append(f"{path}, line {number}: not UTF-8 text")
            continue
        except WrongUsage as error:
            watch.lost.append(f"{path}, line {number}: {error.message}")
            continue
        if package is not None:
            if package.version is not None:
                Talk.say(f"note: {path}, line {number}: {target} names a version; the whole"
                         f" package {package.at(None).target} is captured")
            yield package.at(None)


def _lines(body: bytes) -> Sequence[bytes]:
    """The lines as UTF-8. PowerShell writes UTF-16, Windows editors a byte order mark."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body.decode("utf-16", "surrogatepass").encode("utf-8", "surrogatepass")
    return body.removeprefix(codecs.BOM_UTF8).split(b"\n")


def _some(lines: Sequence[str]) -> str:
    more = f"; and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    return "; ".join(lines[:_NAMED]) + more
