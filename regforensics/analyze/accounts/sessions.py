"""Sessions that more than one address used, as identity sources join their rows."""

from collections.abc import Iterator, Sequence

from regforensics.analyze.logs.moments import resting, utc
from regforensics.analyze.logs.requests import listed
from regforensics.analyze.rules import Rule
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.event import AccountEvent
from regforensics.model.instant import Interval
from regforensics.model.package import PackageRef

SESSION = Rule(
    "account.session-shared", "account",
    "near a publish, rows of one session (Okta's externalSessionId, Entra's session, the token of a"
    " GitHub or AWS row) come from several addresses; a lead only",
    "the session's first row from each address",
    "telephones and laptops that change networks; VPNs; IPv4 and IPv6 side by side; a token of a"
    " build service that runs on many machines")
MOST = 12  # sessions of one publish that are told, and addresses of one that are cited


def shared(package: PackageRef, rows: Sequence[Fact[AccountEvent]],
           mine: Sequence[Fact[AccountEvent]]) -> Iterator[Claim]:
    """A lead for each such session among rows in order of time; notable where it is among
    ``mine``, those of the publisher and the owners."""
    named = {row.value.session for row in mine}
    found: dict[str, dict[str, Fact[AccountEvent]]] = {}
    for row in rows:
        event = row.value
        if event.session and event.remote_addr and event.done != "failure":
            found.setdefault(event.session, {}).setdefault(event.remote_addr, row)
    several = [(session, first) for session, first in found.items() if len(first) > 1]
    for session, first in sorted(several, key=lambda s: s[0] not in named)[:MOST]:
        yield _shared(package, session, list(first.values()), notable=session in named)


def _shared(package: PackageRef, session: str, rows: Sequence[Fact[AccountEvent]], *,
            notable: bool) -> Claim:
    cited, last = rows[:MOST], rows[-1]
    actors = dict.fromkeys(said(r.value.actor) for r in rows if r.value.actor)
    uses = [f"{r.value.remote_addr} ({utc(r.value.at)})" for r in cited]
    return SESSION.claim(
        package, Interval(rows[0].value.at, last.value.at),
        "The session {session} of {actors} was used from {addresses}, each first at: {uses}. A lead"
        " only.", notable=notable, session=derive(said(session), *cited),
        actors=resting(listed(actors, 3) or "nobody that the rows name", cited),
        addresses=resting(f"{len(rows)} addresses", cited),
        uses=resting(listed(uses), cited))
