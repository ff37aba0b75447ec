"""AWS CodeArtifact as AWS CloudTrail records it: one object an API call or client request.

``ReadFromRepository`` is what package managers cause, documents and files alike: the request's
address tells them apart. CloudTrail states neither status nor bytes, and replaces the client's
agent by ``AWS Internal`` there. Several accounts may get a copy of a record: ``eventID`` tells.
Source: AWS CodeArtifact user guide, "Logging CodeArtifact API calls with CloudTrail".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from regforensics.logs import jsonrows
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine
from regforensics.logs.fields import address
from regforensics.logs.jsonrows import Row, extras, inside, said, untimed, when
from regforensics.model.event import AccessEvent, AccountEvent, Action, Outcome
from regforensics.model.package import normalised

_SERVICE = "codeartifact.amazonaws.com"
_ACTIONS: dict[str, Action] = {
    "GetPackageVersionAsset": "download", "PublishPackageVersion": "upload",
    "CopyPackageVersions": "upload", "UpdatePackageVersionsStatus": "unpublish",
    "PutPackageOriginConfiguration": "access",
    "DeletePackageVersions": "unpublish", "DisposePackageVersions": "unpublish",
    "DeletePackage": "unpublish", "PutRepositoryPermissionsPolicy": "access",
    "PutDomainPermissionsPolicy": "access"}
_READS = ("Get", "List", "Describe")
_BARE = "the record states neither a status nor bytes: it says only that no error was recorded"


class CodeArtifact:
    """One event an object; a call about several versions is one event for each."""

    name = "codeartifact"
    title = "AWS CodeArtifact (CloudTrail)"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(_read, f'"{_SERVICE}"', '"eventName"')


def _read(row: Row) -> Parsed | None:
    kind = said(row, "eventName")
    if kind is None or said(row, "eventSource") != _SERVICE:
        return None
    if kind == "GetAuthorizationToken":
        return _token(row, kind)
    versions, key = _versions(row), said(row, "eventID")
    if len(versions) == 1:
        return _event(row, kind, versions[0], key)
    return tuple(_event(row, kind, version, f"{key}/{version}" if key else None)
                 for version in versions)


def _token(row: Row, kind: str) -> AccountEvent:
    at, client = when(row.get("eventTime")), address(said(row, "sourceIPAddress"))
    error = said(row, "errorCode")
    return AccountEvent(
        at=at, actor=_who(row), what="token", event_type=kind,
        done="failure" if error else "success", remote_addr=client.value,
        user_agent=said(row, "userAgent"), target=said(row, "requestParameters", "domainName"),
        session=said(row, "userIdentity", "principalId"), key=said(row, "eventID"),
        doubts=tuple(filter(None, (untimed(row.get("eventTime"), at), client.doubt))),
        extra=_extra(row, error))


def _event(row: Row, kind: str, version: str | None, key: str | None) -> AccessEvent:
    asked, at = inside(row, "requestParameters"), when(row.get("eventTime"))
    target = said(row, "additionalEventData", "requestUri")
    method, error = said(row, "additionalEventData", "httpMethod"), said(row, "errorCode")
    found: dict[str, Any] = _named(asked, version)
    if target is None:
        found["action"] = _ACTIONS.get(
            kind, "metadata" if kind.startswith(_READS) else "other")
    return access(
        "registry", at, method, target or "/", moment="event", event_type=kind,
        client=address(said(row, "sourceIPAddress")), addr_kind="stated", user=_who(row),
        outcome=_outcome(error), user_agent=said(row, "userAgent"), key=key,
        repo=said(asked, "repositoryName"), trace=said(row, "requestID"),
        doubts=(untimed(row.get("eventTime"), at), None if error else _BARE),
        extra=_extra(row, error), **found)


def _named(asked: object, version: str | None) -> dict[str, Any]:
    """The registry, package and version that the request's parameters name, where they do."""
    registry, name = said(asked, "packageFormat"), said(asked, "packageName")
    space, file = said(asked, "packageNamespace"), said(asked, "asset")
    if registry == "pypi" and name:
        name = normalised(name)
    if registry == "npm" and name and space:
        name = f"@{space.removeprefix('@')}/{name}"
    found = {"registry": registry, "package": name, "version": version, "filename": file}
    return {key: value for key, value in found.items() if value}


def _versions(row: Row) -> Sequence[str | None]:
    """The versions that a call names; one None where it names none."""
    asked = inside(row, "requestParameters")
    several = inside(asked, "versions")
    named = [v for v in several if isinstance(v, str)] if isinstance(
        several, list) else []
    return named or [said(asked, "packageVersion")]


def _outcome(error: str | None) -> Outcome:
    if error is None:
        return "unknown"
    return "absent" if "NotFound" in error else "refused" if "Denied" in error else "failed"


def _who(row: Row) -> str | None:
    return said(row, "userIdentity", "arn") or said(row, "userIdentity", "principalId")


def _extra(row: Row, error: str | None) -> Mapping[str, str]:
    return extras(error=error, domain=said(row, "requestParameters", "domainName"),
                  region=said(row, "awsRegion"), account=said(row, "recipientAccountId"))
