"""Entry, Acquisition, Exhibit: stored bytes and how they came."""

import re
from dataclasses import dataclass, field

from regforensics.errors import IntegrityError
from regforensics.model.instant import Instant

_ATTEMPT = re.compile(r" \(attempt \d+ of \d+\)$")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect that was followed: the status, from where, to where."""

    status: int
    url: str
    location: str


@dataclass(frozen=True, slots=True)
class Source:
    """What an exhibit was taken out of: the archive's label and digest, and the (escaped) path of
    the member; without one it is the archive's listing."""

    exhibit: str
    sha256: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How an exhibit stands on the disk from a custody line on: its label, the file name, the
    digest and the size in bytes of that file. ``keyframe`` is the exhibit whose contents the file
    is a zstd patch of; without one it opens by itself. The contents are what they always were."""

    exhibit: str
    file: str
    sha256: str
    size: int
    keyframe: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The custody line of another evidence directory that a handed-over one repeats.

    ``how``, ``operator``, ``tool`` and ``recorded_at`` are what that line says of itself, ``line``
    is its number and ``sha256`` its digest with its LF; ``custody`` is the exhibit here that holds
    the other directory's custody, ``head`` the digest of the last line of that.
    """

    how: str
    operator: str
    tool: str
    recorded_at: str
    line: int
    sha256: str
    custody: str
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an acquirer knows about one act of acquisition, before it has a place in custody.

    ``how`` is "http", "file", "extracted", "run", "case", "note", "pack", "unpack", or
    "handed-over" for what another directory's custody says (``origin``, which says how it came
    there). Times are ISO 8601 UTC with ``Z``; ``observed_at`` is None where nobody said when a
    handed-over file was obtained. ``registry`` is the base URL that was asked, ``run`` one
    identifier for all acquisitions of one command. ``error`` says why an attempt gave no usable
    answer, ``options`` (name, value) how whoever handed a file over said that it is to be read,
    and of a run what was typed and what came of it; ``forms`` how exhibits stand on the disk from
    now on. Secrets are removed by the store before anything is written.
    """

    how: str
    kind: str
    subject: str | None = None
    what: str = ""
    observed_at: str | None = None
    requested_at: str | None = None
    method: str | None = None
    url: str | None = None
    request_headers: Headers = ()
    request_body: str | None = None
    status: int | None = None
    reason: str | None = None
    http_version: str | None = None
    headers: Headers = ()
    final_url: str | None = None
    peer: str | None = None
    hops: tuple[Hop, ...] = ()
    registry: str | None = None
    content_encoding: str | None = None
    wire_sha256: str | None = None
    wire_size: int | None = None
    unchanged_exhibit: str | None = None
    source: Source | None = None
    origin: Origin | None = None
    complete: bool = True
    run: str | None = None
    path: str | None = None
    note: str | None = None
    error: str | None = None
    options: Headers = ()
    forms: tuple[Form, ...] = ()
    suffix: str = ".json"

    @property
    def way(self) -> str:
        """How the bytes came, here or where they were handed over from."""
        return self.origin.how if self.origin else self.how

    @property
    def cause(self) -> str | None:
        """The error, without saying which of several attempts it was."""
        return None if self.error is None else _ATTEMPT.sub("", self.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """One line of custody, read back. ``new`` says that its exhibit was first stored by it."""

    seq: int
    entry: Entry
    exhibit: str | None
    sha256: str | None
    size: int | None
    new: bool
    tool: str
    operator: str
    recorded_at: str
    prev: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Stored bytes: label (``EX-000003``), file name under ``exhibits/``, digest, size in bytes.

    Name, digest and size are of the contents. ``in_place`` is the absolute path of bytes that were
    left where they were found, ``form`` how those stand that are packed.
    """

    label: str
    file: str
    sha256: str
    size: int
    acquisitions: tuple[Acquisition, ...] = field(default=(), repr=False)
    in_place: str | None = None
    form: Form | None = None

    @property
    def place(self) -> str:
        """Where stock tools that run in the evidence directory find the bytes, or what they are
        packed in."""
        return self.in_place or f"exhibits/{self.form.file if self.form else self.file}"


def time_of(text: str) -> Instant:
    """A time that a custody line states. Raises IntegrityError where it is none."""
    try:
        return Instant.parse(text)
    except ValueError as error:
        raise IntegrityError(f"custody states the time {text!r:.60}, which is none", hint="this"
                             " tool writes no such line: ask who handed the directory over"
                             ) from error
