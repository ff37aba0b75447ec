"""The listing of an archive: an exhibit of its own, a line a member, so that each can be cited.

Form 1, in ASCII, a line feed after every line, two spaces between columns::

    regforensics-listing/1
    = size 10240
    = form tar.gz
    = sha256 9f86...                          of the archive; and sha512, sha384, ...
    = complete yes                            "no" where reading stopped before the end
    sha256  mode  size  kind  path            a member; kinds as Entry, a link has its target after
    ! kind  path  detail                      a finding; path "-" where it is about the archive

``sha256`` is 64 hex digits, or ``-`` for what has no content or was not read; paths are escaped
(see ``text``). The text depends on the archive's bytes alone, so it can be made again and compared:
whoever changes what it says of any bytes begins a new form and keeps this one.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from regforensics.archives.dangers import Dangers
from regforensics.archives.entry import Entry, Finding
from regforensics.archives.reading import Archive, opened
from regforensics.archives.streams import CHUNK
from regforensics.archives.text import escaped

FORM = "regforensics-listing/1"
ALGORITHMS = ("sha256", "sha512", "sha384", "sha1", "md5", "blake2b_256")
MOST_OF_A_KIND = 200  # findings of one kind that are listed


def digests(file: BinaryIO) -> dict[str, str]:
    """The hex digests of a file, by each algorithm that a registry states, in one pass."""
    made = {name: hashlib.blake2b(digest_size=32) if name == "blake2b_256"
            else hashlib.new(name, usedforsecurity=False) for name in ALGORITHMS}
    file.seek(0)
    while piece := file.read(CHUNK):
        for digest in made.values():
            digest.update(piece)
    return {name: digest.hexdigest() for name, digest in made.items()}


def listing(file: BinaryIO) -> Iterator[bytes]:
    """The listing of the archive in ``file``, line by line. A file of no known form has a head and
    no members. Never raises on content."""
    stated, size = digests(file), file.seek(0, 2)
    archive = opened(file)
    members, odd = _members(archive) if archive is not None else ([], [])
    yield f"{FORM}\n".encode()
    facts = {"size": size, "form": archive.form if archive is not None else "unknown", **stated,
             "complete": "yes" if archive is not None and archive.whole else "no"}
    for name, value in facts.items():
        yield f"= {name} {value}\n".encode()
    yield from members
    yield from _findings(odd)


def _members(archive: Archive) -> tuple[list[bytes], list[Finding]]:
    dangers, lines, odd = Dangers(), list[bytes](), list[Finding]()
    for entry in archive:
        odd += dangers.of(entry)
        lines.append(_line(entry, _digest(entry)))
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
    for finding in odd:
        counts[finding.kind] += 1
        if counts[finding.kind] <= MOST_OF_A_KIND:
            path = escaped(finding.path) or "-"
            yield f"! {finding.kind}  {path}  {finding.detail}\n".encode()
    for kind, count in counts.items():
        if count > MOST_OF_A_KIND:
            yield f"! {kind}  -  and {count - MOST_OF_A_KIND} more like this\n".encode()
