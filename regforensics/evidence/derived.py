"""Exhibits that were taken out of an archive: made again from it, and compared.

A compressed member has no bytes of its own in the archive's exhibit that a citation could quote.
So its listing and its manifest are exhibits too; that they are what the archive holds does not
rest on custody alone: anybody can take them out again.
"""

import hashlib
from collections.abc import Mapping
from typing import BinaryIO

from regforensics.archives.contents import MANIFESTS, listings, manifest, manifest_of
from regforensics.evidence.bodies import Bodies
from regforensics.evidence.exhibit import Source
from regforensics.evidence.forms import Stored


def derivation_fault(bodies: Bodies, known: Mapping[str, Stored], source: Source,
                     sha256: str, *, checked: bool = False) -> str | None:
    """Why an exhibit of digest ``sha256`` is not what ``source`` gives, or None where it is.

    ``checked``: the caller has held the archive itself against its digest.
    """
    archive = known.get(source.exhibit)
    what = f"the member {source.member} of" if source.member else "the listing of"
    if archive is None or archive.sha256 != source.sha256:
        return f"is {what} {source.exhibit}, which is no exhibit of the stated digest"
    try:
        if not checked and bodies.digest(archive)[0] != archive.sha256:
            return f"cannot be made again: {source.exhibit} is changed"
        with bodies.opened(archive) as file:
            return _member_fault(file, archive, source, sha256) if source.member else \
                _listing_fault(file, archive, source, sha256)
    except OSError as error:
        return f"cannot be made again: {source.exhibit} cannot be read: {error.strerror}"


def holds_manifest(bodies: Bodies, stored: Stored, subject: str) -> bool:
    """Whether a stored package file of a version (a purl) has a manifest that can be taken out."""
    registry = subject.removeprefix("pkg:").partition("/")[0]
    try:
        with bodies.opened(stored) as opened:
            return registry in MANIFESTS and manifest(opened, registry, stored.file) is not None
    except OSError:
        return False


def _listing_fault(file: BinaryIO, archive: Stored, source: Source, sha256: str) -> str | None:
    made = listings(file, archive.file)
    return None if any(hashlib.sha256(one).hexdigest() == sha256 for one in made) else \
        f"is not the listing of {source.exhibit}: that gives other bytes"


def _member_fault(file: BinaryIO, archive: Stored, source: Source, sha256: str) -> str | None:
    """Whoever picks another member than the one that installers read hides that one."""
    registry = manifest_of(source.member)
    found = manifest(file, registry, archive.file) if registry else None
    if found is None or found[0] != source.member:
        return f"is called the member {source.member} of {source.exhibit}, " + (
            f"whose manifest is {found[0]}" if found else "which holds no such manifest")
    if hashlib.sha256(found[1]).hexdigest() != sha256:
        return f"is not the member {source.member} of {source.exhibit}: that gives other bytes"
    return None
