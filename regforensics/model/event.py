"""AccessEvent and AccountEvent: one source says that one thing happened.

Access events carry the columns of the registry audit-event schema (timestamp, event_type,
registry, package, version, filename, action, source, user_agent, remote_addr, status_code, size)
and what a responder needs beside them. What a format does not say is None, never "" or 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from regforensics.model.instant import Instant

Action = Literal["download", "peek", "upload", "unpublish", "dist-tag", "access", "token", "login",
                 "profile", "metadata", "attestation", "audit", "search", "other"]
Outcome = Literal["transferred", "partial", "already had it", "refused", "pointed elsewhere",
                  "absent", "failed", "abandoned", "accepted", "unknown"]
Moment = Literal["start", "end", "decision", "event", "unknown"]
Side = Literal["client", "server"]
Layer = Literal["registry", "proxy", "server", "balancer", "cdn", "audit"]
Done = Literal["success", "failure", "challenge", "unknown"]


#: The doubt of a request of which its address alone says that it may be for an npm document.
PERHAPS = "nothing in the line tells that the repository holds npm packages: the address has the" \
          " form of a document there"


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEvent:
    """One request for a package, as one layer logged it.

    ``at`` is the moment that ``moment`` names, ``started`` the earliest start that a logged
    duration gives. ``side`` "server" is a fetch by the registry or proxy itself (a cache fill, a
    replication): never a person. ``size`` is in bytes, of what ``size_kind`` says.
    ``remote_addr`` is the peer or what the format calls the client (``addr_kind``), ``chain`` the
    addresses that were forwarded, as written. ``key`` tells re-delivered records apart. ``doubts``
    say what is not certain. ``target`` is what a change is about beside the package: a dist-tag,
    an account, a team. ``log`` is the format of the line and ``file`` the stored file (and its
    member) that it stands in, which whoever holds the line adds.
    """

    layer: Layer
    at: Instant | None
    moment: Moment = "end"
    started: Instant | None = None
    side: Side = "client"
    source: Literal["cache", "upstream"] | None = None
    event_type: str | None = None
    registry: str | None = None
    repo: str | None = None
    package: str | None = None
    version: str | None = None
    filename: str | None = None
    action: Action = "other"
    method: str | None = None
    status_code: int | None = None
    outcome: Outcome = "unknown"
    size: int | None = None
    size_kind: Literal["body", "with headers", "unknown"] = "unknown"
    remote_addr: str | None = None
    addr_kind: Literal["peer", "forwarded", "stated"] = "peer"
    chain: tuple[str, ...] = ()
    user: str | None = None
    user_agent: str | None = None
    trace: str | None = None
    key: str | None = None
    doubts: tuple[str, ...] = ()
    target: str | None = None
    extra: Mapping[str, Any] = field(default_factory=_nothing)
    log: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One thing that an account did or that was done to it, as an identity source logged it.

    ``what`` is one of the words of ACCOUNT_ACTIONS, ``event_type`` the source's own. ``place`` is
    the vendor's idea of where the address is. ``session`` joins events of one session.
    """

    at: Instant | None
    actor: str | None
    what: str
    event_type: str
    done: Done = "unknown"
    remote_addr: str | None = None
    chain: tuple[str, ...] = ()
    place: str | None = None
    asn: int | None = None
    user_agent: str | None = None
    target: str | None = None
    session: str | None = None
    package: str | None = None
    version: str | None = None
    key: str | None = None
    doubts: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=_nothing)


Event = AccessEvent | AccountEvent
ACCOUNT_ACTIONS = ("sign-in", "sign-out", "factor", "password", "token", "privilege", "membership",
                   "email", "publisher", "publish", "unpublish", "yank", "role", "policy", "other")
