"""A git repository's history, read through the git program (see gitrun) and plumbing commands.

Source: git's manual pages (git-rev-list, git-diff-tree, git-cat-file, gitrepository-layout).
"""

import hashlib
import os
import re
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import IO, NamedTuple, Self

from regforensics.acquire.gitrun import Git, Said, neutral
from regforensics.acquire.text import one_line
from regforensics.errors import UnreadableInput

DEADLINE = 300.0  # seconds that one repository may take, opening it included
OPENING = 10.0  # of which opening it
CHECKING = 60.0  # of which checking commits and folders against their names
NOTHING = "0" * 40
_OWNER = re.compile(r"dubious ownership|safe\.directory")
_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BROKEN = re.compile(r"ignoring (?:broken ref|ref with broken name) (.*)")
_MOST_STOPS = 50  # objects on which git itself stopped
_LONGEST = 1 << 20  # bytes of a path
_MOST_TREE = 64 << 20  # bytes of a commit or a folder
_MOST_CUT = 16 << 20  # bytes of the list of commits at which a clone is cut
_TOLD = ("refs/heads/", "refs/remotes/", "refs/tags/")
_BESIDE = {  # files of a repository that change what git reads, and why that leaves a gap
    "info/grafts": "info/grafts gives commits other parents than their own: it was not followed",
    "objects/info/alternates": "some of its objects are those of another folder"
                               " (objects/info/alternates)"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One commit that changed a path: the blobs that stood there in its parents, and in itself
    (NOTHING where the path was not there)."""

    commit: str
    path: str
    before: tuple[str, ...]
    after: str


@dataclass(slots=True)
class History:
    """The turns that were read, newest first, and why some may be missing."""

    turns: list[Turn] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class _Found(NamedTuple):
    """What opening a repository told: its folder, the form of its objects' names, what each of its
    references names, and why that may not be all."""

    folder: Path
    form: str
    refs: Mapping[str, str]
    unread: tuple[str, ...]


class Repository:
    """A repository on disk, with or without a work tree; a context manager.

    Raises UnreadableInput for a folder that is none, or that git refuses to open.
    """

    def __init__(self, path: Path, *, deadline: float = DEADLINE) -> None:
        self.path, self.name = path, one_line(str(path))
        self.stopped = 0  # questions that git did not answer
        if not path.is_dir():
            raise UnreadableInput(f"{self.name} is no folder", hint="--repo takes a work tree, or a"
                                  " bare repository")
        now = time.monotonic()
        self._deadline = deadline
        self._found = self._opened(now + min(OPENING, deadline))
        folder = self._found.folder
        #: Commits whose parents were left out of the clone.
        self.cut = _shallow(folder / "shallow")
        self._gaps = [*self._found.unread, *(why for name, why in _BESIDE.items()
                                             if _holds(folder / name))]
        if self.cut:
            self._gaps.append("the clone is shallow: older commits are not in it")
        self._end = ExitStack()
        self._git = self._end.enter_context(neutral(
            self.name, now + deadline, folder / "objects", self._found.form,
            sorted(self.cut - {NOTHING})))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()

    def history(self, wanted: Iterable[str]) -> History:
        """Every change of files whose last part matches one of the patterns (globs, whatever
        their case), on all branches, tags and what else refers to a commit."""
        found = History()
        try:
            starts = self._starts()
            found.turns += _turns(self._changes(
                starts, [f":(glob,icase)**/{name}" for name in wanted]))
            found.unread += self._forged(starts)
        except UnreadableInput as error:
            found.unread.append(error.message)
        found.unread += self._gaps
        return found

    def _forged(self, starts: Sequence[str]) -> Iterator[str]:
        """Why the history may be another than the names of its commits say: git, when it walks,
        does not check that commits and folders are what they are called."""
        said = self._git.run("rev-list", "--objects", "--filter=blob:none", "--no-object-names",
                             "--stdin", given="".join(f"{name}\n" for name in starts).encode())
        if said.returncode:
            raise self._refusal(said.complaint)
        names, until = said.text.split(), time.monotonic() + CHECKING
        lost = [name for name, body in self.contents(names, largest=_MOST_TREE, until=until)
                if body is None]
        if lost:
            yield f"{len(lost)} of its {len(names)} commits and folders are not what their names" \
                f" say, or were not checked in time: {', '.join(name[:12] for name in lost[:5])}"

    def refs(self) -> list[str]:
        """The branches and tags by their full names, and HEAD."""
        return [name for name in self._found.refs if name == "HEAD" or name.startswith(_TOLD)]

    def stands_at(self, refs: Sequence[str], paths: Sequence[str]) -> dict[tuple[str, str], str]:
        """The blob at each path of each ref, where there is one."""
        asked = [(ref, path) for ref in refs for path in paths]
        said = self._objects(f"{self._found.refs[ref]}:{path}" for ref, path in asked)
        return {key: line[0] for key, line in zip(asked, said, strict=False)
                if len(line) == 3 and line[1] == "blob"}

    def contents(self, names: Sequence[str], *, largest: int, until: float = float("inf")
                 ) -> Iterator[tuple[str, bytes | None]]:
        """Each object with its bytes; None for one that is not there, is not what its name says or
        has more than ``largest`` bytes, and for all that are left when the time is over."""
        waiting, stops = deque(names), 0
        while waiting and stops <= _MOST_STOPS and time.monotonic() < self._git.until:
            with tempfile.TemporaryFile() as complaint:
                running = self._git.started(["cat-file", "--batch"], complaint=complaint)
                with self._git.ended(running):
                    alive = True
                    while waiting and alive and time.monotonic() < until:
                        body, alive = _object(running, waiting[0], largest)
                        yield waiting.popleft(), body
            stops += not alive
        yield from ((name, None) for name in waiting)

    def _opened(self, until: float) -> _Found:
        """Ask the repository itself: these questions read its configuration, and no object."""
        above = str(self.path.resolve().parent)
        git = Git(self.name, until, GIT_CEILING_DIRECTORIES=above)
        git.aged()
        here = ("-C", str(self.path))
        where = git.run(*here, "rev-parse", "--path-format=absolute", "--git-common-dir",
                        "--show-object-format")
        folder, _, form = where.text.rpartition("\n")
        refs = git.run(*here, "for-each-ref", "--format=%(objectname) %(refname)")
        head = git.run(*here, "rev-parse", "--quiet", "--verify", "HEAD")
        trees = git.run(*here, "worktree", "list", "--porcelain")
        for said in (where, refs, trees):
            if said.returncode:
                raise self._refusal(said.complaint)
        named = {"HEAD": head.text} if _NAME.fullmatch(head.text) else {}
        for line in refs.text.split("\n"):
            name, _, ref = line.partition(" ")
            if _NAME.fullmatch(name):
                named[ref] = name
        for number, line in enumerate(trees.text.split("\n")):
            if line.startswith("HEAD ") and _NAME.fullmatch(line[5:]) and line[5:].strip("0"):
                named[f"work tree {number}"] = line[5:]
        broken = [one_line(name)[:100] for name in _BROKEN.findall(refs.complaint)]
        return _Found(Path(folder), form, named, tuple(
            f"the reference {name} is broken" for name in broken))

    def _starts(self) -> list[str]:
        """The objects that references name; one that is not there is a gap."""
        names = list(dict.fromkeys(self._found.refs.values()))
        there = [line[0] for line in self._objects(names) if len(line) == 3]
        lost = sorted(set(names) - set(there))
        if lost:
            self._gaps.append(f"{len(lost)} of the objects that its references name are not in it:"
                              f" {', '.join(name[:12] for name in lost[:5])}")
        return there

    def _changes(self, starts: Sequence[str], paths: Sequence[str]) -> Iterator[bytes]:
        """What changed at the paths in every commit that is reached, field by field. Raises
        UnreadableInput where git does not come to the end."""
        git = self._git
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaint:
            given.write(b"".join(name.encode() + b"\n" for name in starts))
            given.seek(0)
            walking = git.started(["rev-list", "--stdin"], given=given, complaint=complaint)
            comparing = git.started(
                ["diff-tree", "--stdin", "-r", "--root", "-c", "--raw", "--no-abbrev",
                 "--no-renames", "--no-ext-diff", "--no-textconv", "-z", "--", *paths],
                given=_pipe(walking.stdout), complaint=complaint)
            _pipe(walking.stdout).close()
            with git.ended(walking, comparing) as late:
                yield from _fields(_pipe(comparing.stdout))
                codes = comparing.wait(), walking.wait()
                if any(codes):
                    complaint.seek(0)
                    raise self._refusal(complaint.read(4096).decode("utf-8", "replace")) \
                        if late.is_alive() else UnreadableInput(
                            f"it was read for {self._deadline:.0f} s, and older commits were not")

    def _objects(self, names: Iterable[str]) -> Iterator[list[str]]:
        """What git says of each object, in order; one on which it stops counts as missing, and
        as ``stopped``. One that holds a line feed is not asked for: git's answers are lines."""
        asked = [None if "\n" in name else name for name in names]
        at = tries = 0
        while at < len(asked) and tries <= _MOST_STOPS:
            bare = next((n for n in range(at, len(asked)) if asked[n] is None), len(asked))
            said = self._git.run("cat-file", "--batch-check", "-z", given=b"".join(
                os.fsencode(n) + b"\0" for n in asked[at:bare] if n is not None))
            lines = _lines(said) if bare > at else []
            yield from (line.rsplit(" ", 2) for line in lines)
            at += len(lines)
            if at < len(asked):
                at, tries, self.stopped = at + 1, tries + (at < bare), self.stopped + 1
                yield ["missing"]

    def _refusal(self, complaint: str) -> UnreadableInput:
        text = one_line(complaint.strip().partition("\n")[0][:300])
        if _OWNER.search(complaint):
            return UnreadableInput(f"{self.name} belongs to another user, so git does not open it",
                                   hint="git clone --mirror it as its owner, and give the copy")
        return UnreadableInput(f"{self.name}: {text or 'git failed'}",
                               hint="--repo takes a work tree, or a bare repository")


def _lines(said: Said) -> list[str]:
    return said.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise UnreadableInput("git was started without a pipe")
    return pipe


def _object(running: "Popen[bytes]", name: str, largest: int) -> tuple[bytes | None, bool]:
    """The bytes of one object if they are what its name says, and whether git goes on."""
    asking, answer = _pipe(running.stdin), _pipe(running.stdout)
    try:
        asking.write(name.encode() + b"\n")
        asking.flush()
    except OSError:
        return None, False
    head = answer.readline().split()
    if len(head) != 3 or not head[2].isdigit():
        return None, bool(head)
    size, kept = int(head[2]), list[bytes]()
    digest = hashlib.new("sha256" if len(name) == 64 else "sha1", b"%s %d\0" % (head[1], size),
                         usedforsecurity=False)
    left = size
    while left:
        block = answer.read(min(left, 1 << 20))
        if not block:
            return None, False
        left -= len(block)
        if size <= largest:
            kept.append(block)
            digest.update(block)
    answer.read(1)
    return (b"".join(kept) if size <= largest and digest.hexdigest() == name else None), True


def _holds(path: Path) -> bool:
    """Whether anything stands in a file, or stands there and is none."""
    try:
        return path.lstat().st_size > 0 or not path.is_file()
    except OSError:
        return False


def _shallow(path: Path) -> frozenset[str]:
    """The commits at which a clone is cut; NOTHING among them where the list cannot be read."""
    if not path.exists():
        return frozenset()
    try:
        if not path.is_file() or path.stat().st_size > _MOST_CUT:
            return frozenset({NOTHING})
        names = path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        return frozenset({NOTHING})
    return frozenset(name if _NAME.fullmatch(name) else NOTHING for name in names)


def _fields(pipe: IO[bytes]) -> Iterator[bytes]:
    """What stands between NUL bytes."""
    held = b""
    while block := pipe.read(1 << 16):
        *whole, held = (held + block).split(b"\0")
        yield from whole
        if len(held) > _LONGEST:
            raise UnreadableInput(f"a path in it has more than {_LONGEST} bytes")
    if held:
        yield held


def _turns(fields: Iterable[bytes]) -> Iterator[Turn]:
    """``commit NUL``, then for each path ``:modes blobs letters NUL path NUL``."""
    commit, blobs = "", None
    for text in fields:
        if blobs is not None:
            yield Turn(commit, os.fsdecode(text), tuple(blobs[:-1]), blobs[-1])
            blobs = None
        elif text.startswith(b":"):
            many = len(text) - len(text.lstrip(b":"))
            parts = text.lstrip(b":").split(b" ")
            names = [p.decode("ascii", "replace") if p.strip(b"0") else NOTHING
                     for p in parts[many + 1:2 * many + 2]]
            blobs = names if len(names) == many + 1 and commit else None
        else:
            commit = text.decode("ascii", "replace")
