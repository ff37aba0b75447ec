"""The listing of an archive: an exhibit of its own, a line a member, so that each can be cited.

Form 2, in ASCII, a line feed after every line, two spaces between columns::

    regforensics-listing/2
    = size 10240
    = form tar.gz
    = sha256 9f86...                          of the archive; and sha512, sha384, ...
    = complete yes                            "no" where reading stopped before the end
    sha256  mode  size  kind  path            a member; kinds as Entry, a link has its target after
    ! kind  path  detail                      a finding; path "-" where it is about the archive

``sha256`` is 64 hex digits, or ``-`` for what has no content or was not read; paths are escaped
(see ``text``). The text depends on the archive's bytes alone, and where these are of two forms on
the ending of its file's name. So it can be made again and compared: whoever changes what it says of
any bytes begins a new form and keeps this one.

Form 1 is kept so that what was stored in it can be made again: it took the bytes that a directory
states for its body, left out the names and sizes of Solaris, old GNU and global headers, believed a
zip64 locator, and said nothing of archives of two forms.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from regforensics.archives.dangers import Dangers
from regforensics.archives.entry import Bounds, Entry, Finding
from regforensics.archives.reading import FORM as PRESENT
from regforensics.archives.reading import Archive, opened
from regforensics.archives.streams import CHUNK
from regforensics.archives.text import escaped

FORM = f"regforensics-listing/{PRESENT}"
FORMS = ("regforensics-listing/1", FORM)
ALGORITHMS = ("sha256", "sha512", "sha384", "sha1", "md5", "blake2b_256")
MOST_OF_A_KIND = 200  # findings of one kind that are listed
_MOST_TEXT = 4 << 20  # bytes of findings that are listed


def digests(file: BinaryIO) -> dict[str, str]:
    """The hex digests of a file, by each algorithm that a registry states, in one pass."""
    made = {name: hashlib.blake2b(digest_size=32) if name == "blake2b_256"
            else hashlib.new(name, usedforsecurity=False) for name in ALGORITHMS}
    file.seek(0)
    while piece := file.read(CHUNK):
        for digest in made.values():
            digest.update(piece)
    return {name: digest.hexdigest() for name, digest in made.items()}


def listing(file: BinaryIO, name: str = "", form: int = PRESENT) -> Iterator[bytes]:
    """The listing of the archive in ``file``, of that name, line by line. A file of no known form
    has a head and no members. Never raises on content."""
    stated, size = digests(file), file.seek(0, 2)
    archive = opened(file, name, form)
    members, odd = _members(archive, Bounds.of(size), form) if archive is not None else ([], [])
    yield f"{FORMS[form - 1]}\n".encode()
    facts = {"size": size, "form": archive.form if archive is not None else "unknown", **stated,
             "complete": "yes" if archive is not None and archive.whole else "no"}
    for fact, value in facts.items():
        yield f"= {fact} {value}\n".encode()
    yield from members
    yield from _findings(odd)


def _members(archive: Archive, bounds: Bounds, form: int) -> tuple[list[bytes], list[Finding]]:
    dangers, lines, odd, size = Dangers(form), list[bytes](), list[Finding](), 0
    for entry in archive:
        odd += dangers.of(entry)
        lines.append(_line(entry, _digest(entry)))
        size += len(lines[-1])
        if size > bounds.text:
            archive.whole = False
            odd.append(Finding("stopped", b"", f"the lines of its first {len(lines)} members have"
                               f" more than {bounds.text} bytes"))
            break
    return lines, odd + archive.findings


def _digest(entry: Entry) -> str:
    if entry.kind != "file" or entry.unread:
        return "-"
    digest = hashlib.sha256()
    for piece in entry.chunks:
        digest.update(piece)
    return "-" if entry.unread else digest.hexdigest()


def _line(entry: Entry, digest: str) -> bytes:
    target = f"  {escaped(entry.link) or '-'}" if entry.kind in ("symlink", "hardlink") else ""
    return (f"{digest}  {entry.mode:04o}  {entry.size}  {entry.kind}  {escaped(entry.path) or '-'}"
            f"{target}\n").encode()


def _findings(odd: Iterable[Finding]) -> Iterator[bytes]:
    counts: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    left = _MOST_TEXT
    for finding in odd:
        counts[finding.kind] += 1
        if shown[finding.kind] < MOST_OF_A_KIND and left > 0:
            line = f"! {finding.kind}  {escaped(finding.path) or '-'}  {finding.detail}\n".encode()
            shown[finding.kind] += 1
            left -= len(line)
            yield line
    for kind, count in counts.items():
        if count > shown[kind]:
            yield f"! {kind}  -  and {count - shown[kind]} more like this\n".encode()
