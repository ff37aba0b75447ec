"""What a simulated npm registry answers: packuments in both forms, manifests, tarballs, keys."""

import copy
import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from simulator import mirrors
from simulator.clock import http_time, npm_time
from simulator.npm_manifest import Json
from simulator.web import Request, Response, conditional, dumps

if TYPE_CHECKING:
    from simulator.npm import Npm

ABBREVIATED = "application/vnd.npm.install-v1+json"
SHORT_KEYS = ("name", "version", "deprecated", "dependencies", "optionalDependencies",
              "devDependencies", "bundleDependencies", "peerDependencies", "peerDependenciesMeta",
              "bin", "directories", "dist", "engines", "cpu", "os", "funding", "_hasShrinkwrap")
INSTALL_HOOKS = {"preinstall", "install", "postinstall"}
NOT_FOUND = dumps({"error": "Not found"})


def respond(npm: "Npm", request: Request) -> Response:
    """Route ``request`` to the document it asks for. Anything unknown is the registry's 404."""
    if request.method not in {"GET", "HEAD"}:
        return _answer(npm, 405, dumps({"error": "Method not allowed"}))
    parts = tuple(part for part in request.segments if part)
    base = tuple(part for part in urlsplit(npm.base_url).path.split("/") if part)
    parts = parts[len(base):] if parts[:len(base)] == base else parts
    if parts[:1] == ("-",):
        return _service(npm, request, parts[1:])
    if len(parts) > 1 and parts[0].startswith("@") and "/" not in parts[0]:
        parts = (f"{parts[0]}/{parts[1]}", *parts[2:])
    if len(parts) == 3 and parts[1] == "-":
        return _tarball(npm, request, f"{parts[0]}/-/{parts[2]}")
    if not parts or len(parts) > 2 or parts[0] not in npm.documents:
        return _answer(npm, 404, NOT_FOUND)
    document = published(npm, parts[0])
    if len(parts) == 2:
        return _manifest(npm, document, parts[1])
    return _packument(npm, request, document)


def published(npm: "Npm", name: str) -> Json:
    """The document of ``name`` with the URLs of this registry (or mirror) in it."""
    document = copy.deepcopy(npm.documents[name])
    for manifest in document.get("versions", {}).values():
        section = manifest["dist"]
        section["tarball"] = npm.base_url + section["tarball"]
        if "attestations" in section:
            section["attestations"]["url"] = npm.base_url + section["attestations"]["url"]
    return mirrors.rewritten(npm, document) if npm.mirror else document


def abbreviated(document: Json) -> Json:
    """The install form: no times but ``modified``, no people, no scripts."""
    versions = {}
    for version, manifest in document.get("versions", {}).items():
        short = {key: manifest[key] for key in SHORT_KEYS if key in manifest}
        if INSTALL_HOOKS & set(manifest.get("scripts", {})):
            short["hasInstallScript"] = True
        versions[version] = short
    return {"name": document["name"], "dist-tags": document.get("dist-tags", {}),
            "versions": versions, "modified": document.get("time", {}).get("modified")}


def _packument(npm: "Npm", request: Request, document: Json) -> Response:
    short = ABBREVIATED in request.header("Accept")
    kind = ABBREVIATED if short else "application/json"
    body = mirrors.dumps(npm.mirror, abbreviated(document) if short else document)
    modified = document.get("time", {}).get("modified")
    moment = datetime.fromisoformat(modified) if modified else None
    return conditional(request, _answer(npm, 200, body, kind, moment), moment)


def _manifest(npm: "Npm", document: Json, wanted: str) -> Response:
    version = document.get("dist-tags", {}).get(wanted, wanted)
    manifest = document.get("versions", {}).get(version)
    if manifest is None:
        return _answer(npm, 404, dumps(f"version not found: {wanted}"))
    return _answer(npm, 200, mirrors.dumps(npm.mirror, mirrors.manifest(npm.mirror, manifest)))


def _tarball(npm: "Npm", request: Request, path: str) -> Response:
    data = npm.tarballs.get(path)
    if data is None:
        return _answer(npm, 404, NOT_FOUND)
    answer = _answer(npm, 200, data, "application/octet-stream", None,
                     "public, immutable, max-age=31557600")
    return conditional(request, answer, None)


def _service(npm: "Npm", request: Request, parts: tuple[str, ...]) -> Response:
    if parts == ("npm", "v1", "keys"):
        listed = {"keys": [key.entry for key in npm.keys]}
        return conditional(request, _answer(npm, 200, dumps(listed)), None)
    if parts[:3] == ("npm", "v1", "attestations"):
        held = npm.attestations.get("/".join(parts[3:]))
        return _answer(npm, 404, NOT_FOUND) if held is None else \
            conditional(request, _answer(npm, 200, dumps(held)), None)
    if parts == ("v1", "search"):
        return _search(npm, request)
    if parts == ("ping",):
        return _answer(npm, 200, b"{}")
    if len(parts) == 3 and parts[0] == "package" and parts[2] == "dist-tags":
        tags: Any = npm.documents.get(parts[1], {}).get("dist-tags")
        if tags is not None:
            return _answer(npm, 200, dumps(tags))
    return _answer(npm, 404, NOT_FOUND)


def _search(npm: "Npm", request: Request) -> Response:
    """The packages of one maintainer. As on the real registry, packages whose every version is
    deprecated are left out."""
    asked = {k: v[0] for k, v in parse_qs(urlsplit(request.path).query).items()}
    login = asked["text"].removeprefix("maintainer:")
    found = [d for d in npm.documents.values() if d.get("versions")
             and login in {person["name"] for person in d["maintainers"]}
             and not all(v.get("deprecated") for v in d["versions"].values())]
    start, size = int(asked.get("from", 0)), min(int(asked.get("size", 20)), 250)
    shown = [{"package": _hit(d), "updated": d["time"]["modified"]}
             for d in found[start:start + size]]
    return _answer(npm, 200, dumps({"objects": shown, "total": len(found),
                                    "time": npm_time(npm.clock.now())}))


def _hit(document: Json) -> Json:
    latest = document["dist-tags"]["latest"]
    manifest = document["versions"][latest]
    return {"name": document["name"], "version": latest, "date": document["time"][latest],
            "publisher": {"username": manifest["_npmUser"]["name"],
                          "email": manifest["_npmUser"]["email"]},
            "maintainers": [{"username": person["name"], "email": person["email"]}
                            for person in document["maintainers"]]}


def _answer(npm: "Npm", status: int, body: bytes, kind: str = "application/json",
            modified: datetime | None = None, cache: str = "public, max-age=300") -> Response:
    """An answer with the headers of the public registry's CDN, or those of the mirror."""
    digest = hashlib.md5(body).hexdigest()
    headers = [("Date", http_time(npm.clock.now())), ("Content-Type", kind),
               ("Content-Length", str(len(body)))]
    if not npm.mirror:
        headers += [("Connection", "keep-alive"), ("CF-Ray", f"{digest[:16]}-SIM"),
                    ("CF-Cache-Status", "MISS"), ("Vary", "Accept-Encoding, Accept"),
                    ("Server", "cloudflare")]
    if status == 200:
        headers += [("Cache-Control", cache), ("ETag", f'"{digest}"')]
        headers += [("Last-Modified", http_time(modified))] if modified else []
    return Response(status, (*headers, *mirrors.HEADERS.get(npm.mirror or "", ())), body)
