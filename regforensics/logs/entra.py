"""Sign-ins of Microsoft Entra ID: diagnostic settings, Microsoft Graph, the portal's CSV.

Sign-ins without a person and of service principals are separate categories: a file may hold only
one of them. ``resultType`` and ``errorCode`` are 0 for success. Source: Microsoft Entra
documentation "Sign-in log schema in Azure Monitor" and the Graph ``signIn`` resource.
"""

from collections.abc import Mapping

from regforensics.logs import jsonrows
from regforensics.logs.base import Context, Parsed, ReadLine
from regforensics.logs.fields import address
from regforensics.logs.jsonrows import Row, extras, first, inside, joined, said, untimed, when
from regforensics.model.event import AccountEvent, Done

# Interrupted for a second factor, its registration, or consent: asked for more, not refused.
_ASKED = frozenset({"50072", "50074", "50076", "50079", "50097", "50125", "50140", "50158",
                    "65001"})
_PORTAL = {"Date (UTC)": "createdDateTime", "Request ID": "id", "User agent": "userAgent",
           "Username": "userPrincipalName", "IP address": "ipAddress",
           "Application": "appDisplayName", "Sign-in error code": "errorCode",
           "Failure reason": "failureReason", "Client app": "clientAppUsed",
           "Correlation ID": "correlationId", "Status": "result", "Location": "place",
           "Autonomous system  number": "autonomousSystemNumber",
           "Autonomous system number": "autonomousSystemNumber"}


class EntraSignIns:
    """One sign-in an object."""

    name = "entra"
    title = "Microsoft Entra sign-in log"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(_read, '"createdDateTime"', '"ipAddress"')


def of_columns(row: Mapping[str, str]) -> Parsed:
    """The sign-in of a row of the portal's CSV export, by its columns."""
    named: dict[str, object] = {_PORTAL.get(name, name): value for name, value in row.items()}
    error = said(named, "errorCode")
    if error in (None, "0") and said(named, "result") == "Success":
        named["errorCode"] = "0"
    return _event(named, named)


def _read(row: Row) -> Parsed | None:
    inner = row.get("properties")
    body = inner if isinstance(inner, Mapping) else row
    named = "userPrincipalName" in body or "servicePrincipalId" in body
    return _event(body, row) if named and "createdDateTime" in body else None


def _event(body: Row, outer: Row) -> AccountEvent:
    stamp = body.get("createdDateTime") or outer.get("time")
    at = when(stamp, utc=True)
    client = address(first(body, "ipAddress") or said(outer, "callerIpAddress"))
    error = (said(body, "status", "errorCode") or said(body, "errorCode")
             or said(outer, "resultType"))
    where = inside(body, "location")
    return AccountEvent(
        at=at, what="sign-in", done=_done(error), remote_addr=client.value,
        actor=first(body, "userPrincipalName", "servicePrincipalName", "servicePrincipalId"),
        event_type=said(outer, "category") or "signIn",
        place=joined(said(where, "city"), said(where, "state"), said(where, "countryOrRegion"))
        or said(body, "place"),
        asn=jsonrows.whole(body, "autonomousSystemNumber"), user_agent=said(body, "userAgent"),
        target=said(body, "appDisplayName"), session=said(body, "sessionId"), key=said(body, "id"),
        doubts=tuple(filter(None, (untimed(stamp, at), client.doubt))),
        extra=extras(error=error, reason=said(body, "status", "failureReason")
                     or said(body, "failureReason"), client_app=said(body, "clientAppUsed"),
                     risk=said(body, "riskState"), correlation=said(body, "correlationId"),
                     latitude=said(where, "geoCoordinates", "latitude"),
                     longitude=said(where, "geoCoordinates", "longitude")))


def _done(error: str | None) -> Done:
    if error is None:
        return "unknown"
    return "success" if error == "0" else "challenge" if error in _ASKED else "failure"
