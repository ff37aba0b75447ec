"""A git repository's history, read through the git program and nothing that the repository names.

Whoever made the repository wrote its configuration. So git is told to run no hook, no external
diff, no text conversion, no file system monitor, no pager and no signature check, to fetch nothing,
to follow no replacement and to take no optional lock; the configuration of user and machine is left
out. Source: git's manual pages (git-log, git-cat-file, git-config, gitformat-*).
"""

import os
import re
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from regforensics.acquire.text import one_line
from regforensics.errors import AcquisitionError, UnreadableInput

DEADLINE = 300.0  # seconds that reading one history may take
NOTHING = "0" * 40
_OPTIONS = (
    "--no-pager", "--no-replace-objects", "--no-optional-locks",
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat",
    "-c", "core.quotePath=false", "-c", "core.sshCommand=false", "-c", "log.showSignature=false",
    "-c", "gpg.program=false", "-c", "protocol.allow=never", "-c", "credential.helper=",
    "-c", "core.attributesFile=/dev/null", "-c", "core.alternateRefsCommand=false")
_FORMAT = "%x01%H%x00%P"
_OWNER = re.compile(r"dubious ownership|safe\.directory")
_MOST_STOPS = 50  # objects on which git itself stopped


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


class _Said(NamedTuple):
    """How a git ended."""

    returncode: int
    stdout: bytes
    stderr: bytes


class Repository:
    """A repository on disk, with or without a work tree.

    Raises UnreadableInput for a folder that is none, or that git refuses to open.
    """

    def __init__(self, path: Path, *, deadline: float = DEADLINE) -> None:
        self.path, self.name, self.deadline = path, one_line(str(path)), deadline
        self.stopped = 0  # questions that git did not answer
        program = shutil.which("git")
        if program is None:
            raise AcquisitionError(f"{self.name}: git is not installed",
                                   hint="install git, or hand over the lockfiles themselves")
        self._program = program
        if not path.is_dir():
            raise UnreadableInput(f"{self.name} is no folder", hint="--repo takes a work tree, or a"
                                  " bare repository")
        folder = Path(path, self._said("rev-parse", "--git-dir"))
        #: Commits whose parents were left out of the clone.
        self.cut = _shallow(folder / "shallow")

    def history(self, wanted: Iterable[str]) -> History:
        """Every change of files whose last part matches one of the patterns (globs, whatever
        their case), on all branches, tags and what else refers to a commit."""
        found = History()
        paths = [f":(glob,icase)**/{name}" for name in wanted]
        try:
            found.turns += _turns(self._streamed(
                "log", "--all", "--full-history", "--raw", "-c", "--no-abbrev", "--no-renames",
                "--no-ext-diff", "--no-textconv", "-z", f"--format={_FORMAT}", "--", *paths))
        except UnreadableInput as error:
            found.unread.append(error.message)
        if self.cut:
            found.unread.append("the clone is shallow: older commits are not in it")
        return found

    def refs(self) -> list[str]:
        """The branches and tags by their full names, and HEAD."""
        said = self._said("for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes",
                          "refs/tags")
        return ["HEAD", *filter(None, said.split("\n"))]

    def stands_at(self, refs: Sequence[str], paths: Sequence[str]) -> dict[tuple[str, str], str]:
        """The blob at each path of each ref, where there is one. A path that holds a line feed is
        not asked for: git's answers are lines."""
        asked = [(ref, path) for ref in refs for path in paths if "\n" not in path]
        self.stopped += any("\n" in path for path in paths)
        said = self._objects("--batch-check", [f"{ref}:{path}" for ref, path in asked])
        return {key: line[0] for key, line in zip(asked, said, strict=False)
                if len(line) == 3 and line[1] == "blob"}

    def contents(self, names: Sequence[str], *, largest: int
                 ) -> Iterator[tuple[str, bytes | None]]:
        """Each object with its bytes; None for one that is not there or has more than ``largest``
        bytes, and for all that are left when the time is over."""
        waiting, stops = deque(names), 0
        until = time.monotonic() + self.deadline
        while waiting and stops <= _MOST_STOPS and time.monotonic() < until:
            with self._reading(until) as running:
                alive = True
                while waiting and alive:
                    body, alive = _object(running, waiting[0], largest)
                    yield waiting.popleft(), body
            stops += not alive
        yield from ((name, None) for name in waiting)

    def _objects(self, mode: str, names: Sequence[str]) -> Iterator[list[str]]:
        """What git says of each object, in order; one on which it stops counts as missing, and
        as ``stopped``."""
        at = tries = 0
        while at < len(names) and tries <= _MOST_STOPS:
            done = self._run("cat-file", mode, "-z",
                             given=b"".join(os.fsencode(n) + b"\0" for n in names[at:]))
            lines = done.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]
            yield from (line.rsplit(" ", 2) for line in lines)
            at += len(lines)
            if at < len(names):
                at, tries, self.stopped = at + 1, tries + 1, self.stopped + 1
                yield ["missing"]

    def _said(self, *words: str) -> str:
        done = self._run(*words)
        if done.returncode:
            raise self._refusal(done.stderr)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def _run(self, *words: str, given: bytes = b"") -> "_Said":
        with self._started(words) as running:
            try:
                out, complaint = running.communicate(given, timeout=self.deadline)
            except subprocess.TimeoutExpired as error:
                running.kill()
                raise UnreadableInput(f"{self.name}: git gave no answer within"
                                      f" {self.deadline:.0f} s") from error
            return _Said(running.returncode, out, complaint)

    def _started(self, words: Sequence[str]) -> "subprocess.Popen[bytes]":
        """A git of its own. The program and every option are ours; refs and paths that the
        repository names go through its standard input."""
        try:
            return subprocess.Popen(  # noqa: S603 - git, with words of ours
                self._command(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env=self._environment())
        except OSError as error:
            raise AcquisitionError(f"git cannot be run: {error.strerror}") from error

    def _streamed(self, *words: str) -> Iterator[bytes]:
        """What a command writes, field by field. Raises UnreadableInput where it fails."""
        with self._started(words) as running:
            late = threading.Timer(self.deadline, running.kill)
            complaint: list[bytes] = []
            listening = threading.Thread(target=_listen, args=(running.stderr, complaint))
            late.start()
            listening.start()
            try:
                yield from _fields(running.stdout)
                listening.join()
                if running.wait():
                    raise self._refusal(b"".join(complaint)) if late.is_alive() else \
                        UnreadableInput(f"its history was read for {self.deadline:.0f} s, and older"
                                        " commits were not")
            finally:
                late.cancel()
                running.kill()

    @contextmanager
    def _reading(self, until: float) -> "Iterator[subprocess.Popen[bytes]]":
        """A git that gives objects for names, for as long as there is time."""
        with self._started(["cat-file", "--batch"]) as running:
            late = threading.Timer(max(until - time.monotonic(), 0.1), running.kill)
            late.start()
            threading.Thread(target=_listen, args=(running.stderr, []), daemon=True).start()
            try:
                yield running
            finally:
                late.cancel()
                running.kill()

    def _command(self, words: Sequence[str]) -> list[str]:
        return [self._program, "-C", str(self.path), *_OPTIONS, *words]

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        return kept | {
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ASKPASS": "true",
            "GIT_CEILING_DIRECTORIES": str(self.path.resolve().parent), "HOME": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1", "LC_ALL": "C"}

    def _refusal(self, complaint: bytes) -> UnreadableInput:
        text = one_line(complaint.decode("utf-8", "replace").strip().partition("\n")[0][:300])
        if _OWNER.search(complaint.decode("utf-8", "replace")):
            return UnreadableInput(f"{self.name} belongs to another user, so git does not open it",
                                   hint="git clone --mirror it as its owner, and give the copy")
        return UnreadableInput(f"{self.name}: {text or 'git failed'}",
                               hint="--repo takes a work tree, or a bare repository")


def _object(running: "subprocess.Popen[bytes]", name: str, largest: int
            ) -> tuple[bytes | None, bool]:
    """The bytes of one object, and whether git goes on."""
    if running.stdin is None or running.stdout is None:
        return None, False
    try:
        running.stdin.write(name.encode() + b"\n")
        running.stdin.flush()
    except OSError:
        return None, False
    head = running.stdout.readline().split()
    if len(head) != 3 or not head[2].isdigit():
        return None, bool(head)
    size, kept = int(head[2]), list[bytes]()
    left = size
    while left:
        block = running.stdout.read(min(left, 1 << 20))
        if not block:
            return None, False
        left -= len(block)
        if size <= largest:
            kept.append(block)
    running.stdout.read(1)
    return (b"".join(kept) if size <= largest else None), True


def _listen(pipe: IO[bytes] | None, into: list[bytes]) -> None:
    if pipe is not None:
        into.append(pipe.read()[:4096])


def _shallow(path: Path) -> frozenset[str]:
    try:
        return frozenset(path.read_text("ascii").split()) if path.is_file() else frozenset()
    except (OSError, UnicodeDecodeError):
        return frozenset({NOTHING})


def _fields(pipe: IO[bytes] | None) -> Iterator[bytes]:
    """What stands between NUL bytes."""
    held = b""
    while pipe is not None and (block := pipe.read(1 << 16)):
        *whole, held = (held + block).split(b"\0")
        yield from whole
    if held:
        yield held


def _turns(fields: Iterable[bytes]) -> Iterator[Turn]:
    """``\\x01commit NUL parents NUL``, then for each path ``:modes blobs letters NUL path NUL``."""
    commit, blobs = "", None
    for text in fields:
        bare = text.lstrip(b"\n")
        if blobs is not None:
            yield Turn(commit, os.fsdecode(text), tuple(blobs[:-1]), blobs[-1])
            blobs = None
        elif bare.startswith(b"\x01"):
            commit, blobs = bare[1:].decode("ascii", "replace"), None
        elif bare.startswith(b":"):
            many = len(bare) - len(bare.lstrip(b":"))
            parts = bare.lstrip(b":").split(b" ")
            names = [p.decode("ascii", "replace") for p in parts[many + 1:2 * many + 2]]
            blobs = names if len(names) == many + 1 and commit else None
