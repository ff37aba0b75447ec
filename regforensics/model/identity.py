"""Identity: who published a version, and with what, as the registry's document states it."""

from collections.abc import Callable
from typing import NamedTuple

from regforensics.model.citation import Absence, Fact
from regforensics.model.instant import Instant


class Identity(NamedTuple):
    """The publisher's marks in one version (npm: ``_npmUser`` and what the client declared).

    ``email`` is the account's address at the publish, ``trusted`` the kind of a trusted publisher
    (github, gitlab, circleci) and ``config`` the id of its configuration, ``approver`` who approved
    a staged publish, ``provenance`` the predicate type that is advertised. ``client``, ``runtime``
    and ``commit`` are what the publishing client said of itself, unchecked. ``uploaded`` is when
    the registry took the upload in, by the epoch in its own name for it. ``absent`` states that
    one of these is not there, by the name of its field; nothing where something unreadable stands
    in its place.
    """

    absent: Callable[[str], tuple[Absence, ...]]
    email: Fact[str] | None = None
    trusted: Fact[str] | None = None
    config: Fact[str] | None = None
    approver: Fact[str] | None = None
    provenance: Fact[str] | None = None
    client: Fact[str] | None = None
    runtime: Fact[str] | None = None
    commit: Fact[str] | None = None
    uploaded: Fact[Instant] | None = None
