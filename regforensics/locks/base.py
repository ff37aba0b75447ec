"""What every kind of lockfile and SBOM offers, and what they share. No I/O."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.jsonraw import Raw, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import Line, LineFact, lines_of, split_lines
from regforensics.model.citation import Fact
from regforensics.model.locked import Locked, LockedFile, Passed
from regforensics.model.package import PackageRef

T = TypeVar("T")
Entry = Locked | Passed
DEEPEST = 60  # levels inside one another
_SRI = re.compile(r"(?:sha(?:1|256|384|512)-[A-Za-z0-9+/=]++(?:\?\S*+)?+\s*+)++")
_STATED = re.compile(r"(md5|sha1|sha256|sha384|sha512|blake2b_256)[:=]([0-9a-fA-F]{32,128})")
_GIT = re.compile(r"git[+:@]|ssh:|github:|gitlab:|bitbucket:|gist:|[^/@]+@[^/]+:"
                  r"|https?://(?:codeload\.)?git(?:hub|lab)\.[^/]+/[^/]+/[^/]+(?:\.git|/tar\.gz/)"
                  r"|https?://[^?#]+\.git(?:[?#]|$)", re.IGNORECASE)
#: A line that a merge left where both sides had changed the same lines.
MARK = re.compile(rb"(?:<{7}|\|{7}|={7}|>{7})(?:[ \r:]|$)")
HINT_MERGE = "finish the merge, and hand over the file that is in use"
_MOST_MARKS = 100
_PATH = re.compile(r"(?:file|link|portal|workspace|patch):|\.{0,2}/")


class Source:
    """The bytes of one file, and how spans of them are cited."""

    def __init__(self, label: str, sha256: str, body: bytes, path: str = "") -> None:
        self.label, self.sha256, self.body, self.path = label, sha256, body, path or label

    @cached_property
    def starts(self) -> list[int]:
        """Where each line starts."""
        return [start for _, start, _ in split_lines(self.body)]

    @cached_property
    def document(self) -> Document:
        """The bytes as JSON. Raises UnreadableInput."""
        return Document(self.label, self.sha256, self.body)

    def lines(self) -> Iterator[tuple[Line, str]]:
        """Every line, and its text without what ends it."""
        for line in lines_of(self.label, self.sha256, self.body):
            yield line, line.data.decode("utf-8", "replace").rstrip("\r \t")

    def cut(self, start: int, end: int, value: T) -> LineFact[T]:
        """A value that stands in the bytes [start, end), without white space at their end."""
        data = self.body[start:end].rstrip()
        number = bisect_right(self.starts, start)
        return LineFact(value, Line(self.label, self.sha256, number, start, data))

    def rows(self, first: int, last: int, value: T) -> LineFact[T]:
        """A value that stands in the lines from ``first`` to ``last`` (1-based, both in)."""
        end = self.starts[last] if last < len(self.starts) else len(self.body)
        return self.cut(self.starts[first - 1], end, value)

    def refused(self, why: str, hint: str | None = None) -> UnreadableInput:
        """The error that says why the file is not what its name tells."""
        return UnreadableInput(f"{self.path}: {why}", hint=hint)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its name among the formats, how such files are called and known.

    ``named`` matches the whole last part of a path, in lower case. ``shaped`` says of the first
    64 KiB whether they look like one; ``read`` gives what it holds, or raises UnreadableInput.
    ``globs`` find such names in a tree, and may find more.
    """

    name: str
    what: str
    named: re.Pattern[str]
    read: Callable[[Source], Iterable[Entry]]
    shaped: Callable[[bytes], bool]
    suffix: str
    globs: tuple[str, ...]
    sbom: bool = False


def unmerged(source: Source) -> Iterator[Passed]:
    """Where a file still holds both sides of a merge: nobody can say which of them is in use."""
    if b"<<<<<<< " not in source.body:
        return
    starts = (line for line in lines_of(source.label, source.sha256, source.body)
              if line.data.startswith(b"<<<<<<< "))
    for line in islice(starts, _MOST_MARKS):
        yield Passed("", f"line {line.number} begins an unfinished merge ("
                     f"{line.data[:60].decode('utf-8', 'replace').rstrip()}): which of its two"
                     " sides is in use cannot be told", LineFact("", line))


def package(registry: str, name: str, version: str | None) -> PackageRef | None:
    """The package of a name as a file spells it, or None where no package can be called that."""
    scope, _, rest = name.rpartition("/") if registry == "npm" else ("", "", name)
    try:
        found = PackageRef.parse(f"{registry}:{f'{scope}/' if scope else ''}{rest}")
    except WrongUsage:
        return None
    return found.at(version or None)


def from_purl(text: object) -> PackageRef | None:
    """The package of a purl, or None for one of another registry or that cannot be read."""
    if not isinstance(text, str) or not text.startswith("pkg:") or len(text) > 4096:
        return None
    try:
        return PackageRef.parse(text)
    except (WrongUsage, ValueError):
        return None


def entry(registry: str, name: str, version: str | None, line: Fact[str], *,
          files: Iterable[LockedFile] = (), elsewhere: str = "", flags: Iterable[str] = (),
          alias: str | None = None, installed: bool = False) -> Entry:
    """What an entry pins, or that its name is none of a package."""
    found = package(registry, name, version)
    if found is None:
        return Passed(name, "its name is none that a package can have", line)
    return Locked(package=found, line=line, files=tuple(files), elsewhere=elsewhere,
                  flags=tuple(flags), alias=alias if alias != name else None, installed=installed)


def elsewhere_of(spec: str, name: str = "") -> str:
    """Why what an address or a version says is not the registry's; empty where it may be.

    With ``name`` an address has to hold it, as those of every registry do.
    """
    if _GIT.match(spec):
        return "it comes from git"
    if _PATH.match(spec):
        return "it comes from a folder or file beside"
    if name and spec.startswith(("http:", "https:")):
        try:
            path = unquote(urlsplit(spec).path)
        except ValueError:
            path = ""
        if name.rpartition("/")[2] not in path:
            return "it comes from an address of its own"
    return ""


def integrity(fact: Fact[str] | None) -> dict[str, Fact[str]]:
    """A Subresource Integrity text as the digest that it is; none where it is no such text."""
    return {"integrity": fact} if fact is not None and _SRI.fullmatch(fact.value) else {}


def stated(text: str) -> tuple[str, str] | None:
    """(algorithm, value) of ``sha256:abc``, or None."""
    found = _STATED.fullmatch(text.strip())
    return (found[1], found[2]) if found else None


def members(raw: Raw | None) -> Mapping[str, Raw]:
    """The members of a JSON object."""
    return members_of(raw)


def items(raw: Raw | None) -> list[Raw]:
    """The items of a JSON array."""
    return items_of(raw)


def text_of(raw: Raw | None) -> str | None:
    """A JSON string, or None where the value is none or another."""
    found = decoded(raw) if raw is not None and memoryview(raw)[0] == ord('"') else None
    return found if isinstance(found, str) else None


def is_true(raw: Raw | None) -> bool:
    """Whether a JSON value is ``true``."""
    return raw is not None and bytes(raw) == b"true"


def text_at(document: Document, raw: Raw, place: str, key: str) -> Fact[str] | None:
    """The fact of a member that is a text and not empty."""
    held = members_of(raw).get(key)
    found = text_of(held)
    return document.leaf(held, place, key, found) if held is not None and found else None
