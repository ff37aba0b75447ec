"""Exhibits that were taken out of an archive: made again from it, and compared.

A compressed member has no bytes of its own in the archive's exhibit that a citation could quote.
So its listing and its manifest are exhibits too; that they are what the archive holds does not
rest on custody alone: anybody can take them out again.
"""

import hashlib
import os
from collections.abc import Mapping

from regforensics.archives.contents import derived
from regforensics.evidence.custody import Stored
from regforensics.evidence.exhibit import Source
from regforensics.evidence.files import Folder


def derivation_fault(exhibits: Folder, known: Mapping[str, Stored], source: Source,
                     sha256: str, *, checked: bool = False) -> str | None:
    """Why an exhibit of digest ``sha256`` is not what ``source`` gives, or None where it is.

    ``checked``: the caller has held the archive itself against its digest.
    """
    archive = known.get(source.exhibit)
    what = f"the member {source.member} of" if source.member else "the listing of"
    if archive is None or archive.sha256 != source.sha256:
        return f"is {what} {source.exhibit}, which is no exhibit of the stated digest"
    try:
        if not checked and exhibits.digest(archive.file)[0] != archive.sha256:
            return f"cannot be made again: {source.exhibit} is changed"
        with os.fdopen(exhibits.file(archive.file, os.O_RDONLY), "rb") as file:
            made = derived(file, source.member)
    except OSError as error:
        return f"cannot be made again: {source.exhibit} cannot be read: {error.strerror}"
    if made is None:
        return f"is called {what} {source.exhibit}, which holds no such member"
    if hashlib.sha256(made).hexdigest() != sha256:
        return f"is not {what} {source.exhibit}: that gives other bytes"
    return None
