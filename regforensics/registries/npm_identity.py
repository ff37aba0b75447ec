"""Who published a version of an npm package, and with what (npm/registry package-metadata.md).

``_npmUser`` and ``_npmOperationalInternal`` are the registry's; ``_npmVersion``, ``_nodeVersion``
and ``gitHead`` are what the publishing client sent, unchecked.
"""

import re
from datetime import UTC, datetime
from functools import partial

from regforensics.evidence.jsonraw import Raw, decoded, members_of
from regforensics.evidence.jsontree import Document, Leaf
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.identity import Identity
from regforensics.model.instant import Instant, iso

_UPLOAD = re.compile(r"_(\d{13})_[0-9.e-]{1,40}\Z", re.ASCII)
_PLACES = {
    "email": ("_npmUser", "email"), "trusted": ("_npmUser", "trustedPublisher", "id"),
    "config": ("_npmUser", "trustedPublisher", "oidcConfigId"),
    "approver": ("_npmUser", "approver", "name"),
    "provenance": ("dist", "attestations", "provenance", "predicateType"),
    "client": ("_npmVersion",), "runtime": ("_nodeVersion",), "commit": ("gitHead",)}
_UPLOADED = ("_npmOperationalInternal", "tmp")


def read_identity(document: Document, at: str, raw: Raw) -> Identity:
    """The identity in the version object ``raw`` at the pointer ``at``; odd shapes give less."""
    top = members_of(raw)
    found = {field: fact for field, place in _PLACES.items()
             if (fact := _text(document, at, top, place))}
    return Identity(partial(_absent, document, at, raw), **found,
                    uploaded=_uploaded(document, at, top))


def _absent(document: Document, at: str, raw: Raw, field: str) -> tuple[Absence, ...]:
    pointer = "".join(f"/{name}" for name in _PLACES.get(field, _UPLOADED))
    return () if document.at(pointer, raw, at) else (document.absence(at + pointer),)


def _text(document: Document, at: str, level: dict[str, Raw], place: tuple[str, ...]
          ) -> Fact[str] | None:
    """The text at a place below the version object, where there is one and it is not empty."""
    *above, last = place
    for name in above:
        level, at = members_of(level.get(name)), f"{at}/{name}"
    value = decoded(level[last]) if last in level else None
    return Leaf(document, level[last], at, last, value) \
        if isinstance(value, str) and value else None


def _uploaded(document: Document, at: str, top: dict[str, Raw]) -> Fact[Instant] | None:
    """The epoch milliseconds in ``tmp/<package>_<version>_<epoch>_<random>``."""
    name = _text(document, at, top, _UPLOADED)
    stamp = _UPLOAD.search(name.value) if name else None
    if name is None or stamp is None:
        return None
    moment = datetime.fromtimestamp(int(stamp[1]) / 1000, UTC)
    return derive(Instant(moment, iso(moment), 0.001), name)
