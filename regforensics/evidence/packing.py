"""pack and unpack: captures of one subject as zstd patches of a keyframe, and back.

Of the captures of one kind of answer, about one subject, from one place, the first is a keyframe
and the next are patches of it, until a patch would be more than a tenth of the capture or the
keyframe has PATCHES of them: then that capture is the next keyframe. So every capture is read in
at most two steps, and a later ``pack`` goes on where the last one ended. What is small, or hardly
gets smaller, and every package file stays as it came; so does what is about no package.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256

from regforensics.errors import IntegrityError
from regforensics.evidence.custody import VERIFY_HINT
from regforensics.evidence.exhibit import Entry, Form
from regforensics.evidence.files import shown
from regforensics.evidence.forms import MOST, PACKED, Stored, plain
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.layout import AT_ONCE
from regforensics.evidence.patches import packed, unpacked
from regforensics.evidence.remade import Remade
from regforensics.evidence.writer import Writer

PATCHES = 50
LEAST = 4096  # bytes: what a file takes on a disk at least
_WAITING = 1 << 28  # bytes of new files that wait to be recorded together
_PACKAGE_FILE = "artifact"  # comes compressed, and stock tools want the file itself
Wanted = Callable[[str], bool]


@dataclass(slots=True)
class Outcome:
    """What was done: the new forms of exhibits, and the bytes of their files ``before`` and
    ``after``; how many exhibits stay as they are, and why."""

    done: list[Form] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    before: int = 0
    after: int = 0


def pack(writer: Writer, wanted: Wanted = lambda _: True) -> Outcome:
    """Pack the captures whose subject (a purl) is ``wanted``.

    Raises EvidenceUnwritable, and IntegrityError at the first exhibit that is not what custody
    says; what was packed before that stays packed.
    """
    with _Batches(writer, "pack") as batches:
        for group in _groups(writer, wanted, batches.outcome):
            series = _Series(writer, batches)
            for stored in group:
                series.take(stored)
    return batches.outcome


def unpack(writer: Writer, wanted: Wanted = lambda _: True) -> Outcome:
    """Give the captures whose subject (a purl) is ``wanted`` the form in which they came.

    Raises as ``pack`` does.
    """
    with _Batches(writer, "unpack") as batches:
        for group in _groups(writer, wanted, batches.outcome):
            for stored in group:
                if stored.form is None:
                    batches.outcome.left["not packed"] += 1
                else:
                    batches.add(stored, plain(stored), _contents(writer, stored))
    return batches.outcome


def _groups(writer: Writer, wanted: Wanted, outcome: Outcome) -> Iterator[list[Stored]]:
    """The captures of one kind, about one subject, from one place, in the order of custody."""
    groups: dict[tuple[str | None, ...], list[Stored]] = {}
    for stored in tuple(writer.chain.exhibits.values()):
        entry = writer.chain.record(stored.lines[0]).entry
        if entry.subject is None:
            outcome.left["about no package"] += 1
        elif entry.kind == _PACKAGE_FILE or entry.source is not None:
            outcome.left["of a package file"] += wanted(entry.subject)
        elif wanted(entry.subject):
            key = (entry.subject, entry.kind, entry.what, entry.registry)
            groups.setdefault(key, []).append(stored)
    yield from groups.values()


def _contents(writer: Writer, stored: Stored) -> bytes:
    """An exhibit's bytes, held against custody now, whatever was read before."""
    path = shown(writer.bodies.path(stored))
    try:
        data = writer.bodies.read(stored)
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read: {error.strerror}",
                             hint=VERIFY_HINT) from error
    if sha256(data).hexdigest() != stored.sha256:
        raise IntegrityError(f"{path} is not what custody line {stored.lines[0]} says",
                             hint=VERIFY_HINT)
    return data


class _Series:
    """Captures of one group, one after the other, and the last keyframe among them."""

    def __init__(self, writer: Writer, batches: "_Batches") -> None:
        self._writer, self._batches = writer, batches
        self._key: Stored | None = None
        self._contents: bytes | None = None
        self._patches = 0

    def take(self, stored: Stored) -> None:
        """Pack the next capture, where that pays, or go on from it."""
        left = self._batches.outcome.left
        if stored.form is not None or stored.patches:
            left["packed before"] += 1
            if stored.form is None or stored.form.keyframe is None:
                self._go_on_from(stored, None, stored.patches)
        elif stored.size < LEAST:
            left[f"of less than {LEAST} bytes"] += 1
        elif stored.size > MOST:
            left[f"of more than {MOST} bytes"] += 1
        else:
            self._pack(stored, _contents(self._writer, stored))

    def _go_on_from(self, stored: Stored, contents: bytes | None, patches: int) -> None:
        self._key, self._contents, self._patches = stored, contents, patches

    def _pack(self, stored: Stored, data: bytes) -> None:
        if self._key is not None and self._patches < PATCHES:
            if self._contents is None:
                self._contents = _contents(self._writer, self._key)
            patch = packed(data, self._contents)
            if len(patch) * 10 <= len(data):
                self._patches += 1
                self._put(stored, data, patch, self._key.label)
                return
        frame = packed(data)
        if len(frame) * 4 <= len(data) * 3:
            self._put(stored, data, frame, None)
        else:
            self._batches.outcome.left["hardly smaller when packed"] += 1
        self._go_on_from(stored, data, 0)

    def _put(self, stored: Stored, data: bytes, frame: bytes, keyframe: str | None) -> None:
        prefix = self._contents if keyframe else None
        if unpacked(frame, len(data), prefix) != data:
            raise IntegrityError(f"{stored.label} does not come out of its packed form as it went"
                                 " in", hint="nothing was changed; do not use pack here")
        name = stored.file + PACKED
        self._batches.add(stored, Form(stored.label, name, sha256(frame).hexdigest(), len(frame),
                                       keyframe), frame)


class _Batches:
    """New files for exhibits, recorded AT_ONCE at a time."""

    def __init__(self, writer: Writer, how: str) -> None:
        self.outcome = Outcome()
        self._writer, self._how = writer, how
        self._made: list[Remade] = []
        self._stack = ExitStack()

    def add(self, stored: Stored, form: Form, data: bytes) -> None:
        """Let ``data`` stand for an exhibit."""
        file = Incoming(self._writer.exhibits)
        self._stack.enter_context(file)
        file.write(data)
        self._made.append(Remade(stored.form or plain(stored), form, file))
        if len(self._made) == AT_ONCE or sum(one.form.size for one in self._made) > _WAITING:
            self.flush()

    def flush(self) -> None:
        """Record what waits. Raises EvidenceUnwritable or IntegrityError."""
        made, self._made = self._made, []
        if not made:
            return
        entry = Entry(how=self._how, kind=self._how)
        forms = set(self._writer.reform(entry, made))
        for one in made:
            if one.form in forms:
                self.outcome.done.append(one.form)
                self.outcome.before += one.was.size
                self.outcome.after += one.form.size
            else:
                self.outcome.left["changed by another process meanwhile"] += 1

    def __enter__(self) -> "_Batches":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: object) -> None:
        with self._stack:
            if kind is None:
                self.flush()
