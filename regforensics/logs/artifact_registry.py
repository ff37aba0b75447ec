"""Google Artifact Registry as Cloud Audit Logs record it.

Reads are logged only where Data Access audit logs were switched on: no row proves no read. A long
operation gives a first and a last row. Source: Google Cloud documentation "Artifact Registry
audit logging"; the shape is that of Cloud Audit Logs.
"""

import re
from typing import Any
from urllib.parse import unquote

from regforensics.logs import jsonrows
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine
from regforensics.logs.fields import address
from regforensics.logs.jsonrows import Row, extras, inside, said, untimed, when
from regforensics.logs.paths import read_path
from regforensics.model.event import Action, Outcome

_SERVICE = "artifactregistry.googleapis.com"
_PLACE = re.compile(r"projects/(?P<project>[^/]+)/locations/[^/]+/repositories/(?P<repo>[^/]+)"
                    r"(?:/packages/(?P<package>[^/]+)(?:/versions/(?P<version>[^/]+))?"
                    r"|/files/(?P<file>[^/]+))?.*")
_ACTIONS: tuple[tuple[str, Action], ...] = (
    ("Download", "download"), ("GetFile", "download"), ("Import", "upload"), ("Upload", "upload"),
    ("Create", "upload"), ("Delete", "unpublish"), ("SetIam", "access"), ("Get", "metadata"),
    ("List", "metadata"))
_CODES: dict[str, Outcome] = {"5": "absent", "7": "refused", "16": "refused"}  # of gRPC


class ArtifactRegistry:
    """One audit row an object."""

    name = "artifact-registry"
    title = "Google Artifact Registry (Cloud Audit Logs)"
    met = False
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(_read, f'"{_SERVICE}"', '"protoPayload"')


def _read(row: Row) -> Parsed | None:
    body = inside(row, "protoPayload")
    kind = said(body, "methodName")
    if kind is None or said(body, "serviceName") != _SERVICE:
        return None
    stamp, code = row.get("timestamp"), said(body, "status", "code")
    at, last = when(stamp), kind.rpartition(".")[2]
    return access(
        "registry", at, None, "/", moment="event", event_type=kind,
        action=next((a for name, a in _ACTIONS if last.startswith(name)), "other"),
        outcome="unknown" if code in (None, "0") else _CODES.get(code or "", "failed"),
        client=address(said(body, "requestMetadata", "callerIp")), addr_kind="stated",
        user=said(body, "authenticationInfo", "principalEmail"), key=said(row, "insertId"),
        user_agent=said(body, "requestMetadata", "callerSuppliedUserAgent"),
        trace=said(row, "trace"),
        doubts=(untimed(stamp, at), "the row states no bytes: only that the call was made"),
        extra=extras(resource=said(body, "resourceName"), log=said(row, "logName"), code=code),
        **_named(said(body, "resourceName") or ""))


def _named(resource: str) -> dict[str, Any]:
    """The repository, package, version and file of a resource's name."""
    found = _PLACE.fullmatch(resource)
    if found is None:
        return {}
    read = {name: unquote(value, errors="surrogateescape") if value else None
            for name, value in found.groupdict().items()}
    file = (read["file"] or "").rpartition("/")[2] or None
    asked = read_path("GET", "/" + (read["file"] or "").lstrip("/"))
    return {"repo": read["repo"], "package": read["package"] or asked.package,
            "version": read["version"] or asked.version, "filename": file,
            "registry": asked.registry if file else None}
