"""What mirrors make of a registry's documents, after each product's own behaviour.

artifactory: ``time.unpublished: null``, its headers, pretty JSON, repository path in tarball URLs.
nexus: no ``_id`` and ``_rev``, missing times filled with the current one, a Server header.
verdaccio: a short list of top-level keys, its own ``_rev``, a cache that never drops a version.
cnpm: extra ``_cnpmcore_*`` keys, a weak ETag's document, removed versions kept.
gitlab: no ``time`` at all and minimal version objects without ``_npmUser``.
cdn: ``time`` stripped while signatures and attestations stay.
agegate: versions younger than a week leave ``versions`` and ``time``.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulator.clock import npm_time
from simulator.npm_manifest import Json
from simulator.web import dumps as compact

if TYPE_CHECKING:
    from simulator.npm import Npm

HEADERS: dict[str, tuple[tuple[str, str], ...]] = {
    "artifactory": (("X-JFrog-Version", "Artifactory/7.117.14 81714900"),
                    ("X-Artifactory-Id", "0123456789abcdef:0123456789"),
                    ("X-Artifactory-Node-Id", "mirror-node-1"), ("Server", "Artifactory/7.117.14")),
    "nexus": (("Server", "Nexus/3.82.0-08 (COMMUNITY)"), ("X-Content-Type-Options", "nosniff")),
    "verdaccio": (("X-Powered-By", "verdaccio/6.1.6"),),
    "cnpm": (("Server", "Tengine"),),
    "gitlab": (("Server", "nginx"), ("X-Gitlab-Meta", '{"version":"1"}')),
    "cdn": (("Server", "nginx"), ("X-Cache", "HIT")),
    "agegate": (("Server", "nginx"),),
}
PATHS = {"artifactory": "api/npm/npm-remote/", "nexus": "repository/npm-proxy/"}
VERDACCIO_KEYS = ("name", "versions", "dist-tags", "time", "users", "readme", "_id", "maintainers")


def rewritten(npm: "Npm", document: Json) -> Json:
    """``document`` as the mirror ``npm`` serves it. Raises ValueError for an unknown product."""
    product = npm.mirror or ""
    if product not in REWRITERS:
        raise ValueError(f"mirror product {product!r} is not one of {', '.join(REWRITERS)}")
    extra = PATHS.get(product, "")
    if extra and extra not in npm.base_url:
        for entry in document.get("versions", {}).values():
            path = entry["dist"]["tarball"].removeprefix(npm.base_url)
            entry["dist"]["tarball"] = f"{npm.base_url}{extra}{path}"
    return REWRITERS[product](npm, document)


def manifest(product: str | None, entry: Json) -> Json:
    """One version object as the per-version endpoint gives it (Artifactory strips ``dist``)."""
    if product != "artifactory":
        return entry
    kept = {k: v for k, v in entry["dist"].items()
            if k not in {"signatures", "fileCount", "unpackedSize"}}
    return entry | {"dist": kept}


def dumps(product: str | None, value: Any) -> bytes:
    """``value`` in the product's own JSON style."""
    if product == "artifactory":
        return json.dumps(value, indent=2, separators=(",", " : "), ensure_ascii=False).encode()
    return compact(value)


def _artifactory(_npm: "Npm", document: Json) -> Json:
    if "versions" in document:
        document["time"]["unpublished"] = None
    return document


def _nexus(npm: "Npm", document: Json) -> Json:
    now = npm_time(npm.clock.now())
    times = document.get("time", {})
    times["modified"] = now
    for version in ("created", *document.get("versions", {})):
        times.setdefault(version, now)
    return {k: v for k, v in document.items() if k not in {"_id", "_rev"}} | {"time": times}


def _verdaccio(npm: "Npm", document: Json) -> Json:
    cached = npm.mirror_cache.get(document["name"], {})
    merged = {key: document[key] for key in VERDACCIO_KEYS if key in document}
    versions = document.get("versions", {}) | cached.get("versions", {})
    merged |= {"versions": versions, "_rev": "0-0000000000000000",
               "_uplinks": {}, "_attachments": {}, "_distfiles": {}}
    npm.mirror_cache[document["name"]] = merged
    return merged


def _cnpm(npm: "Npm", document: Json) -> Json:
    cached = npm.mirror_cache.get(document["name"], {})
    document["versions"] = cached.get("versions", {}) | document.get("versions", {})
    for version, entry in document["versions"].items():
        entry["_cnpmcore_publish_time"] = document["time"][version]
        entry["_source_registry_name"] = "default"
    npm.mirror_cache[document["name"]] = document
    return document | {"_source_registry_name": "default"}


def _gitlab(_npm: "Npm", document: Json) -> Json:
    keys = ("name", "version", "dist", "dependencies", "deprecated", "bin")
    return {"name": document["name"], "dist-tags": document.get("dist-tags", {}),
            "versions": {v: {k: m[k] for k in keys if k in m}
                         for v, m in document.get("versions", {}).items()}}


def _cdn(_npm: "Npm", document: Json) -> Json:
    return {k: v for k, v in document.items() if k != "time"}


def _agegate(npm: "Npm", document: Json) -> Json:
    border = npm_time(npm.clock.now() - timedelta(days=7))
    young = {v for v, t in document["time"].items()
             if v in document.get("versions", {}) and t > border}
    for version in young:
        del document["versions"][version], document["time"][version]
    tags = {t: v for t, v in document.get("dist-tags", {}).items() if v not in young}
    if document.get("versions"):
        tags.setdefault("latest", max(document["versions"], key=document["time"].__getitem__))
    return document | {"dist-tags": tags}


REWRITERS: dict[str, Callable[["Npm", Json], Json]] = {
    "artifactory": _artifactory, "nexus": _nexus, "verdaccio": _verdaccio, "cnpm": _cnpm,
    "gitlab": _gitlab, "cdn": _cdn, "agegate": _agegate,
}
