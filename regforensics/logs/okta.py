"""The Okta System Log: one object an event, from the API, a SIEM or an export.

``published`` is the event's own time; the order of an export is that in which events were kept.
``securityContext.asNumber`` is null more often than not. Sources: Okta "System Log API" and
"Event types".
"""

from collections.abc import Mapping

from regforensics.logs import jsonrows
from regforensics.logs.actions import Names, action
from regforensics.logs.base import Context, Parsed, ReadLine
from regforensics.logs.fields import address
from regforensics.logs.jsonrows import Row, extras, inside, joined, objects, said, untimed, when
from regforensics.model.event import AccountEvent, Done

_ACTIONS: Names = (
    ("user.session.start", "sign-in"), ("user.session.end", "sign-out"),
    ("user.session.clear", "sign-out"), ("user.session.", "privilege"),
    ("user.authentication.", "sign-in"), ("policy.evaluate_sign_on", "sign-in"),
    ("user.mfa.", "factor"), ("system.mfa.", "factor"), ("user.account.privilege", "privilege"),
    ("user.account.update_primary_email", "email"),
    ("user.account.update_secondary_email", "email"),
    ("user.account.", "password"), ("group.privilege", "privilege"), ("iam.", "privilege"),
    ("group.user_membership.", "membership"), ("application.user_membership.", "membership"),
    ("user.lifecycle.", "membership"), ("system.api_token.", "token"), ("app.oauth2.", "token"),
    ("policy.", "policy"), ("zone.", "policy"), ("security.", "policy"))
_DONE: dict[str, Done] = {"SUCCESS": "success", "ALLOW": "success", "FAILURE": "failure",
                          "DENY": "failure", "CHALLENGE": "challenge"}
_HOPS, _TARGETS = 50, 20  # of one event that are kept


class Okta:
    """One event an object."""

    name = "okta"
    title = "Okta System Log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(_read, '"eventType"', '"published"')


def _read(row: Row) -> Parsed | None:
    kind = said(row, "eventType")
    if kind is None:
        return None
    at, client = when(row.get("published")), address(said(row, "client", "ipAddress"))
    result = said(row, "outcome", "result")
    number = jsonrows.whole(row, "securityContext", "asNumber")
    return AccountEvent(
        at=at, actor=said(row, "actor", "alternateId") or said(row, "actor", "displayName"),
        what=action(kind, _ACTIONS), event_type=kind, done=_DONE.get(result or "", "unknown"),
        remote_addr=client.value, asn=number,
        chain=tuple(hop for step in objects(inside(row, "request", "ipChain"))[:_HOPS]
                    if (hop := said(step, "ip"))),
        place=_place(inside(row, "client", "geographicalContext")),
        user_agent=said(row, "client", "userAgent", "rawUserAgent"),
        target=joined(*(said(t, "alternateId") or said(t, "displayName")
                        for t in objects(row.get("target"))[:_TARGETS])),
        session=said(row, "authenticationContext", "externalSessionId"), key=said(row, "uuid"),
        doubts=tuple(filter(None, (untimed(row.get("published"), at), client.doubt))),
        extra=extras(
            message=said(row, "displayMessage"), result=result,
            reason=said(row, "outcome", "reason"), network=said(row, "securityContext", "asOrg"),
            actor_id=said(row, "actor", "id"), actor_type=said(row, "actor", "type"),
            transaction=said(row, "transaction", "id"),
            threat=said(row, "debugContext", "debugData", "threatSuspected"),
            latitude=said(row, "client", "geographicalContext", "geolocation", "lat"),
            longitude=said(row, "client", "geographicalContext", "geolocation", "lon")))


def _place(where: object) -> str | None:
    if not isinstance(where, Mapping):
        return None
    return joined(said(where, "city"), said(where, "state"), said(where, "country"))
