"""The git program, run on a repository's objects and on nothing else that the repository says.

Whoever made the repository wrote its configuration, its grafts, its replacements and its caches.
So the repository itself is opened for three questions only (where its objects are, what its
references name, where its work trees stand), which read no commit and run nothing. All else is
asked in an empty folder of ours with a configuration of ours, which takes the objects alone from
the repository (GIT_OBJECT_DIRECTORY): nothing is fetched, and no cache of parents or positions
(commit-graph, multi-pack-index) is believed.
Source: git's manual pages (git, git-config, gitrepository-layout, gitformat-commit-graph).
"""

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from regforensics.errors import AcquisitionError, UnreadableInput

OLDEST = (2, 39)  # older ones lack ownership checks, their repairs, or `cat-file -z`
_OPTIONS = (
    "--no-pager", "--no-replace-objects", "--no-optional-locks",
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat",
    "-c", "core.sshCommand=false", "-c", "protocol.allow=never", "-c", "credential.helper=",
    "-c", "gpg.program=false", "-c", "core.alternateRefsCommand=false",
    "-c", "core.attributesFile=/dev/null", "-c", "core.commitGraph=false",
    "-c", "core.multiPackIndex=false", "-c", "core.quotePath=false",
    "-c", "i18n.logOutputEncoding=UTF-8", "-c", "log.showRoot=true")
_VERSION = re.compile(r"git version (\d{1,6})\.(\d{1,6})")


class Said(NamedTuple):
    """How a git ended."""

    returncode: int
    stdout: bytes
    complaint: str

    @property
    def text(self) -> str:
        """What it wrote, without white space at the ends."""
        return self.stdout.decode("utf-8", "surrogateescape").strip()


class Git:
    """The program, with options and an environment of ours, until a time by the clock that only
    goes on (``time.monotonic``). Raises AcquisitionError where there is none, or too old a one."""

    def __init__(self, name: str, until: float, **surroundings: str) -> None:
        program = shutil.which("git")
        if program is None:
            raise AcquisitionError(f"{name}: git is not installed",
                                   hint="install git, or hand over the lockfiles themselves")
        self.name, self.until, self.began = name, until, time.monotonic()
        self._program = str(Path(program).absolute())
        self._environment = _environment() | surroundings

    def aged(self) -> None:
        """Refuse a git that is too old to open what a stranger made."""
        said = self.run("version").text
        found = _VERSION.match(said)
        if found is None or (int(found[1]), int(found[2])) < OLDEST:
            raise AcquisitionError(
                f"{self.name}: {said[:60]!a} is too old to open a repository that somebody else"
                " made", hint=f"git {OLDEST[0]}.{OLDEST[1]} or later is needed; or hand over the"
                " lockfiles themselves")

    def run(self, *words: str, given: bytes = b"") -> Said:
        """Its whole answer. Raises UnreadableInput where it does not come in time."""
        with self.started(words) as running:
            try:
                out, complaint = running.communicate(given, timeout=self._left())
            except subprocess.TimeoutExpired as error:
                running.kill()
                raise UnreadableInput(f"{self.name}: git gave no answer within"
                                      f" {self.until - self.began:.0f} s") from error
        return Said(running.returncode, out, complaint[:4096].decode("utf-8", "replace"))

    def started(self, words: Sequence[str], *, given: "IO[bytes] | int" = subprocess.PIPE,
                complaint: "IO[bytes] | int" = subprocess.PIPE) -> "subprocess.Popen[bytes]":
        """A git of its own. The program and every option are ours; refs and paths that the
        repository names go through its standard input."""
        try:
            return subprocess.Popen(  # noqa: S603 - git, with words of ours
                [self._program, *_OPTIONS, *words], stdin=given, stdout=subprocess.PIPE,
                stderr=complaint, env=self._environment)
        except OSError as error:
            raise AcquisitionError(f"git cannot be run: {error.strerror}") from error

    @contextmanager
    def ended(self, *running: "subprocess.Popen[bytes]") -> Iterator[threading.Timer]:
        """Processes that live no longer than this, and no longer than there is time; the timer is
        alive as long as it has not been up."""
        def kill() -> None:
            for one in running:
                one.kill()
        late = threading.Timer(self._left(), kill)
        late.start()
        try:
            yield late
        finally:
            late.cancel()
            kill()
            for one in running:
                with suppress(BrokenPipeError), one:
                    pass

    def _left(self) -> float:
        return max(self.until - time.monotonic(), 0.05)


def _environment() -> dict[str, str]:
    """What every git of ours is started with: no protocol is allowed, whatever a repository's
    ``protocol.*.allow`` says."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "",
        "GIT_ASKPASS": "true", "HOME": os.devnull, "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}


@contextmanager
def neutral(name: str, until: float, objects: Path, form: str, cut: Sequence[str]
            ) -> Iterator[Git]:
    """A git that knows the objects of a repository and nothing else of it. ``form`` is the form of
    their names (sha1, sha256); ``cut`` are the commits whose parents are not there."""
    with tempfile.TemporaryDirectory(prefix="regforensics-git-") as made:
        folder, empty = Path(made, "git"), Path(made, "empty")
        for one in (folder / "refs", folder / "objects", empty):
            one.mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/none\n")
        (folder / "config").write_text(
            "[core]\nrepositoryformatversion = 1\nbare = true\n"
            f"[extensions]\nobjectformat = {'sha256' if form == 'sha256' else 'sha1'}\n")
        if cut:
            (folder / "shallow").write_text("".join(f"{one}\n" for one in cut))
        yield Git(name, until, GIT_DIR=str(folder), GIT_OBJECT_DIRECTORY=str(objects),
                  GIT_CEILING_DIRECTORIES=made)
