"""Google Workspace: activities of the Admin SDK Reports API, several events a row.

Rows come minutes to hours late; time and ``uniqueQualifier`` tell them apart. Source: Google
Workspace Admin SDK, "Reports API: Activities" and its event names.
"""

from collections.abc import Mapping

from regforensics.logs import jsonrows
from regforensics.logs.actions import Names, action
from regforensics.logs.base import Context, Parsed, ReadLine, Unparsed
from regforensics.logs.fields import Address, address
from regforensics.logs.jsonrows import (
    Row,
    extras,
    inside,
    joined,
    objects,
    said,
    untimed,
    when,
    whole,
)
from regforensics.model.event import AccountEvent, Done
from regforensics.model.instant import Instant

_ACTIONS: Names = (
    ("login_verification", "factor"), ("login", "sign-in"), ("suspicious_login", "sign-in"),
    ("risky_sensitive_action", "sign-in"), ("logout", "sign-out"), ("2sv_", "factor"),
    ("titanium_", "factor"), ("passkey_", "factor"), ("password_", "password"),
    ("account_disabled_password_leak", "password"), ("CHANGE_PASSWORD", "password"),
    ("recovery_", "email"), ("email_forwarding", "email"), ("ASSIGN_ROLE", "privilege"),
    ("UNASSIGN_ROLE", "privilege"), ("GRANT_", "privilege"), ("REVOKE_ADMIN", "privilege"),
    ("ADD_GROUP_MEMBER", "membership"), ("REMOVE_GROUP_MEMBER", "membership"),
    ("CREATE_USER", "membership"), ("DELETE_USER", "membership"), ("SUSPEND_USER", "membership"),
    ("REVOKE_ASP", "token"), ("REVOKE_3LO", "token"), ("authorize", "token"), ("revoke", "token"),
    ("ENFORCE_STRONG", "policy"), ("CHANGE_TWO_STEP", "policy"), ("TOGGLE_", "policy"))
_DONE: dict[str, Done] = {"login_success": "success", "login_failure": "failure",
                          "login_challenge": "challenge"}
_VALUES = 30  # parameters of one event that are carried along


class GoogleWorkspace:
    """Several events an object."""

    name = "google-workspace"
    title = "Google Workspace activity (Reports API)"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(_read, '"actor"', '"events"', '"id"')


def _read(row: Row) -> Parsed | None:
    if said(row, "id", "uniqueQualifier") is None and said(row, "id", "applicationName") is None:
        return None
    at, client = when(inside(row, "id", "time")), address(said(row, "ipAddress"))
    held = row.get("events")
    found = objects([held] if isinstance(held, Mapping) else held)  # collectors split rows
    if not found:
        return Unparsed("an activity without events")
    counts: dict[str, int] = {}
    return tuple(_event(row, event, _key(row, event, counts), at, client) for event in found)


def _key(row: Row, event: Row, counts: dict[str, int]) -> str | None:
    """The row's own key with the event's name, which holds for a row split by a collector too."""
    unique, kind = said(row, "id", "uniqueQualifier"), said(event, "name") or "unnamed"
    number = counts[kind] = counts.get(kind, -1) + 1
    return f"{said(row, 'id', 'time')}/{unique}/{kind}/{number}" if unique else None


def _event(row: Row, event: Row, key: str | None, at: Instant | None, client: Address
           ) -> AccountEvent:
    kind = said(event, "name") or "unnamed"
    told = {said(p, "name") or "": _value(p) for p in objects(event.get("parameters"))[:_VALUES]}
    networks = inside(row, "networkInfo", "ipAsn")
    return AccountEvent(
        at=at, actor=said(row, "actor", "email") or said(row, "actor", "profileId"),
        what=action(kind, _ACTIONS), event_type=kind, done=_DONE.get(kind, "unknown"),
        remote_addr=client.value, user_agent=told.get("user_agent"),
        target=told.get("affected_email_address") or told.get("USER_EMAIL") or told.get("app_name"),
        key=key, place=said(row, "networkInfo", "regionCode"),
        asn=whole({"n": networks[0]}, "n") if isinstance(networks, list) and networks else None,
        doubts=tuple(filter(None, (untimed(inside(row, "id", "time"), at), client.doubt))),
        extra=extras(application=said(row, "id", "applicationName"), **{
            f"parameter.{name}": value for name, value in told.items() if name}))


def _value(parameter: Row) -> str | None:
    """A parameter's value, whichever of its members holds it."""
    for name in ("value", "intValue", "boolValue"):
        value = parameter.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if (shown := said(parameter, name)) is not None:
            return shown
    several = parameter.get("multiValue")
    return joined(*(str(v) for v in several[:_VALUES])) if isinstance(several, list) else None
