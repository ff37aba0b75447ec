"""Google Artifact Registry as Cloud Audit Logs record it.

Package managers' requests carry names of their own (``Npm-InstallPackage``), calls of the API
theirs. Reads are logged only where Data Access audit logs were switched on: no row proves no read.
A long operation gives two rows with one operation id; a clean-up policy's dry run deletes nothing.
Source: Google Cloud documentation "Artifact Registry audit logging", methods by permission type.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from regforensics.logs import jsonrows
from regforensics.logs.access import access
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped
from regforensics.logs.fields import address
from regforensics.logs.jsonrows import Row, extras, inside, said, untimed, when
from regforensics.logs.paths import read_path
from regforensics.model.event import AccessEvent, Action, Outcome

_SERVICE = "artifactregistry.googleapis.com"
_PLACE = re.compile(
    r"projects/[^/]+/locations/[^/]+/repositories/(?P<repo>[^/]+)"
    r"(?:/packages/(?P<package>[^/]+)(?:/(?:versions|tags)/(?P<version>[^/]+))?"
    r"|/(?:npm|python)Packages/(?P<named>[^/:]+)(?::(?P<number>[^/]+))?"
    r"|/files/(?P<file>[^/]+))?.*")
_METHOD = re.compile(r"(?:(?P<format>[A-Z][A-Za-z]+)-)?(?P<verb>[A-Za-z-]+)")
_REGISTRIES = {"Npm": "npm", "Python": "pypi", "Maven": "maven"}
_ACTIONS: tuple[tuple[str, Action], ...] = (  # what a method's name says; the first that fits
    ("ListTag", "metadata"), ("GetTag", "metadata"), ("Tag", "dist-tag"),
    ("InstallPackage", "download"), ("Unpublish", "unpublish"), ("Download", "download"),
    ("PublishPackage", "upload"), ("Upload", "upload"),
    ("Import", "upload"), ("DeleteRepository", "other"), ("Delete", "unpublish"),
    ("UpdateManifest", "access"), ("SetIam", "access"), ("Head", "peek"), ("Get", "metadata"),
    ("List", "metadata"), ("PackageVersions", "metadata"))
_CODES: dict[str, Outcome] = {"5": "absent", "7": "refused", "16": "refused"}  # of gRPC
_BARE = "the row states no bytes: only that the call was made"


class ArtifactRegistry:
    """One audit row an object; a call about several versions is one event for each."""

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
    if inside(body, "request", "validateOnly") is True:
        return Skipped("a dry run: nothing was deleted")
    key = said(row, "operation", "id") or said(row, "insertId")
    resources = _resources(body)
    if len(resources) == 1:
        return _event(row, body, kind, resources[0], key)
    return tuple(_event(row, body, kind, resource, f"{key}/{number}" if key else None)
                 for number, resource in enumerate(resources))


def _event(row: Row, body: object, kind: str, resource: str, key: str | None) -> AccessEvent:
    stamp, code = row.get("timestamp"), said(body, "status", "code")
    at = when(stamp)
    method = _METHOD.fullmatch(kind.rpartition(".")[2])
    verb = method["verb"] if method else kind
    named = _named(resource)
    if method and method["format"] in _REGISTRIES:
        named["registry"] = _REGISTRIES[method["format"]]
    return access(
        "registry", at, None, "/", moment="event", event_type=kind,
        action=next((a for name, a in _ACTIONS if name in verb), "other"),
        outcome="unknown" if code in (None, "0") else _CODES.get(code or "", "failed"),
        client=address(said(body, "requestMetadata", "callerIp")), addr_kind="stated",
        user=said(body, "authenticationInfo", "principalEmail"), key=key,
        user_agent=said(body, "requestMetadata", "callerSuppliedUserAgent"),
        trace=said(row, "trace"), doubts=(untimed(stamp, at), _BARE),
        extra=extras(resource=resource, log=said(row, "logName"), code=code), **named)


def _resources(body: object) -> Sequence[str]:
    """What the call is about: the versions that a batch names, or the one resource."""
    several = inside(body, "request", "names")
    named = [v for v in several if isinstance(v, str)] if isinstance(several, list) else []
    return named or [said(body, "resourceName") or ""]


def _named(resource: str) -> dict[str, Any]:
    """The repository, package, version and file of a resource's name."""
    found = _PLACE.fullmatch(resource)
    if found is None:
        return {}
    read = {name: unquote(value, errors="surrogateescape") if value else None
            for name, value in found.groupdict().items()}
    asked = read_path("GET", "/" + (read["file"] or "").lstrip("/"))
    return {"repo": read["repo"], "package": read["package"] or read["named"] or asked.package,
            "version": read["version"] or read["number"] or asked.version,
            "filename": (read["file"] or "").rpartition("/")[2] or None,
            "registry": asked.registry if read["file"] else None}
