"""What a simulated PyPI answers: the JSON API, the Simple API (JSON and HTML), files, provenance.

Mirrors differ in little: "artifactory" and "nexus" leave upload times out of the Simple API and
rewrite file URLs, "devpi" adds its own headers; none of them knows PyPI's serial.
"""

import base64
import hashlib
import re
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from packaging.version import InvalidVersion, Version

from simulator import pypi_xmlrpc
from simulator.clock import http_time, pypi_time
from simulator.pypi_provenance import provenance_of
from simulator.web import Request, Response, conditional, dumps

if TYPE_CHECKING:
    from simulator.pypi import File, Project, PyPI, Release

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
SIMPLE_HTML = "text/html; charset=UTF-8"
MIRROR_HEADERS = {
    "artifactory": (("X-JFrog-Version", "Artifactory/7.117.14 81714900"),
                    ("X-Artifactory-Node-Id", "mirror-node-1")),
    "nexus": (("Server", "Nexus/3.82.0-08 (COMMUNITY)"),),
    "devpi": (("X-DEVPI-SERIAL", "4711"), ("X-DEVPI-MASTER-UUID", "0123456789abcdef")),
}
Json = dict[str, Any]


def respond(pypi: "PyPI", request: Request) -> Response:
    """Route ``request`` to the document it asks for. Anything unknown is PyPI's own 404."""
    parts = request.segments
    if request.method == "POST" and parts in pypi_xmlrpc.PATHS and not pypi.mirror:
        return _answer(pypi, 200, pypi_xmlrpc.answer(pypi, request), "text/xml; charset=UTF-8")
    if request.method not in {"GET", "HEAD"}:
        return _answer(pypi, 405, b"405 Method Not Allowed", "text/plain; charset=UTF-8")
    match parts:
        case ("pypi", name, "json"):
            return _json_api(pypi, request, name, None)
        case ("pypi", name, version, "json"):
            return _json_api(pypi, request, name, version)
        case ("simple", "") | ("simple",):
            return _index(pypi, request)
        case ("simple", name) | ("simple", name, ""):
            return _simple(pypi, request, name)
        case ("packages", *rest):
            return _file(pypi, request, "/".join(("packages", *rest)))
        case ("integrity", name, version, filename, "provenance"):
            return _provenance(pypi, name, version, filename)
    return _plain_404(pypi)


def _json_api(pypi: "PyPI", request: Request, name: str, version: str | None) -> Response:
    project = pypi.projects.get(normalised(name))
    missing = _answer(pypi, 404, dumps({"message": "Not Found"}))
    if project is None or project.status == "quarantined":
        return missing
    if name != normalised(name):
        tail = f"{version}/json" if version else "json"
        return _moved(pypi, f"/pypi/{normalised(name)}/{tail}")
    releases = {v: r for v, r in project.releases.items() if not r.quarantined}
    if not releases or (version and version not in releases):
        return missing
    shown = version or _shown(releases)
    document = _document(pypi, project, releases, shown)
    if version:
        del document["releases"]
    return _served(pypi, request, project, dumps(document), "application/json",
                   "max-age=900, public")


def _document(pypi: "PyPI", project: "Project", releases: dict[str, "Release"],
              shown: str) -> Json:
    entries = {v: [_entry(pypi, file, releases[v]) for file in project.files if file.version == v]
               for v in sorted(releases, key=_version_key)}
    owners = sorted(project.roles.items(), key=lambda pair: (pair[1] != "Owner", pair[0]))
    return {
        "info": _info(pypi, project, shown, releases[shown]),
        "last_serial": project.serial,
        "ownership": {"roles": [{"role": role, "user": user} for user, role in owners],
                      "organization": None},
        "releases": entries, "urls": entries[shown], "vulnerabilities": [],
    }


def _info(pypi: "PyPI", project: "Project", version: str, release: "Release") -> Json:
    page = f"{pypi.base_url}project/{normalised(project.name)}/"
    first = next((file for file in project.files if file.version == version), None)
    return {
        "author": None, "author_email": "Ada <ada@mail.example>", "bugtrack_url": None,
        "classifiers": ["Programming Language :: Python :: 3"],
        "description": f"# {project.name}\n\n{release.summary}\n",
        "description_content_type": "text/markdown", "docs_url": None, "download_url": None,
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1}, "dynamic": None,
        "home_page": None, "keywords": None, "license": None, "license_expression": "MIT",
        "license_files": ["LICENSE"], "maintainer": None, "maintainer_email": None,
        "name": project.name, "package_url": page, "platform": None, "project_url": page,
        "project_urls": {"Source": f"https://git.example/{normalised(project.name)}"},
        "provides_extra": None, "release_url": f"{page}{version}/",
        "requires_dist": list(release.requires_dist) if release.requires_dist else None,
        "requires_python": first.requires_python if first else None,
        "summary": release.summary, "version": version, "yanked": release.yanked,
        "yanked_reason": release.yanked_reason,
    }


def _entry(pypi: "PyPI", file: "File", release: "Release") -> Json:
    md5 = hashlib.md5(file.content).hexdigest()
    return {
        "comment_text": None, "core-metadata": _core_metadata(file),
        "digests": {"blake2b_256": file.blake2b, "md5": md5, "sha256": file.sha256},
        "downloads": -1, "filename": file.filename, "has_sig": False, "md5_digest": md5,
        "packagetype": file.packagetype,
        "python_version": "py3" if file.packagetype == "bdist_wheel" else "source",
        "requires_python": file.requires_python, "size": len(file.content),
        "upload_time": file.uploaded.replace(tzinfo=None, microsecond=0).isoformat(),
        "upload_time_iso_8601": pypi_time(file.uploaded), "url": _url(pypi, file),
        "yanked": release.yanked, "yanked_reason": release.yanked_reason,
    }


def _simple(pypi: "PyPI", request: Request, name: str) -> Response:
    project = pypi.projects.get(normalised(name))
    if project is None:
        return _plain_404(pypi)
    if name != normalised(name) or request.segments[-1] != "":
        return _moved(pypi, f"/simple/{normalised(name)}/")
    hidden = project.status == "quarantined"
    files = [file for file in project.files
             if not hidden and not project.releases[file.version].quarantined]
    if SIMPLE_JSON in request.header("Accept"):
        body, kind = dumps(_simple_document(pypi, project, files)), SIMPLE_JSON
    else:
        body, kind = _simple_page(pypi, project, files), SIMPLE_HTML
    return _served(pypi, request, project, body, kind, "max-age=600, public")


def _simple_document(pypi: "PyPI", project: "Project", files: list["File"]) -> Json:
    entries = []
    for file in sorted(files, key=lambda file: (_version_key(file.version), file.filename)):
        release, metadata = project.releases[file.version], _core_metadata(file)
        entry = {
            "core-metadata": metadata, "data-dist-info-metadata": metadata,
            "filename": file.filename, "hashes": {"sha256": file.sha256},
            "provenance": _provenance_url(pypi, project, file),
            "requires-python": file.requires_python, "size": len(file.content),
            "upload-time": pypi_time(file.uploaded), "url": _url(pypi, file),
            "yanked": (release.yanked_reason or True) if release.yanked else False,
        }
        if pypi.mirror in {"artifactory", "nexus"}:
            del entry["upload-time"]
        entries.append(entry)
    meta: Json = {"api-version": "1.4"}
    meta |= {} if pypi.mirror else {"_last-serial": project.serial}
    versions = sorted({file.version for file in files}, key=_version_key)
    return {"files": entries, "meta": meta, "name": normalised(project.name),
            "project-status": {"status": project.status}, "versions": versions}


def _simple_page(pypi: "PyPI", project: "Project", files: list["File"]) -> bytes:
    name = escape(normalised(project.name))
    links = []
    for file in files:
        release = project.releases[file.version]
        yanked = f' data-yanked="{escape(release.yanked_reason or "")}"' if release.yanked else ""
        python = escape(file.requires_python or "")
        links.append(f'    <a href="{_url(pypi, file)}#sha256={file.sha256}" '
                     f'data-requires-python="{python}"{yanked}>{escape(file.filename)}</a><br />')
    return "\n".join((
        "<!DOCTYPE html>", "<html>", "  <head>",
        '    <meta name="pypi:repository-version" content="1.4">',
        f'    <meta name="pypi:project-status" content="{project.status}">',
        f"    <title>Links for {name}</title>", "  </head>", "  <body>",
        f"    <h1>Links for {name}</h1>", *links, "  </body>", "</html>",
        f"<!--SERIAL {project.serial}-->")).encode()


def _index(pypi: "PyPI", request: Request) -> Response:
    shown = [p for p in pypi.projects.values() if p.status != "quarantined"]
    listed = [{"_last-serial": p.serial, "name": p.name} for p in shown]
    if SIMPLE_JSON in request.header("Accept"):
        meta = {"_last-serial": pypi.serial, "api-version": "1.4"}
        return _answer(pypi, 200, dumps({"meta": meta, "projects": listed}), SIMPLE_JSON)
    links = (f'<a href="/simple/{normalised(p.name)}/">{escape(p.name)}</a>' for p in shown)
    return _answer(pypi, 200, "\n".join(links).encode(), SIMPLE_HTML)


def _file(pypi: "PyPI", request: Request, path: str) -> Response:
    if path not in pypi.stored:
        return _plain_404(pypi)
    answer = _answer(pypi, 200, pypi.stored[path], "application/octet-stream",
                     ("Cache-Control", "max-age=365000000, immutable, public"))
    return conditional(request, answer, None)


def _provenance(pypi: "PyPI", name: str, version: str, filename: str) -> Response:
    project = pypi.projects.get(normalised(name))
    file = next((f for f in (project.files if project else ())
                 if f.filename == filename and f.version == version and f.provenance), None)
    if file is None:
        return _answer(pypi, 404, dumps({"message": f"No provenance available for {filename}"}))
    return _answer(pypi, 200, dumps(provenance_of(pypi, normalised(name), file)),
                   "application/vnd.pypi.integrity.v1+json")


def _served(pypi: "PyPI", request: Request, project: "Project", body: bytes, kind: str,
            cache: str) -> Response:
    serial = () if pypi.mirror else (("X-PyPI-Last-Serial", str(project.serial)),)
    return conditional(request, _answer(pypi, 200, body, kind, ("Cache-Control", cache), *serial),
                       project.modified)


def _moved(pypi: "PyPI", path: str) -> Response:
    return _answer(pypi, 301, b"", "text/plain; charset=UTF-8", ("Location", quote(path)))


def _plain_404(pypi: "PyPI") -> Response:
    return _answer(pypi, 404, b"404 Not Found", "text/plain; charset=UTF-8")


def _answer(pypi: "PyPI", status: int, body: bytes, kind: str = "application/json",
            *extra: tuple[str, str]) -> Response:
    """An answer with the headers of PyPI's CDN, or those of the mirror.

    The ETag is the unpadded base64 of the body's MD5.
    """
    etag = base64.b64encode(hashlib.md5(body).digest()).decode().rstrip("=")
    headers = [("Date", http_time(pypi.clock.now())), ("Content-Type", kind),
               ("Content-Length", str(len(body)))]
    if status == 200:
        headers.append(("ETag", f'"{etag}"'))
    if not pypi.mirror:
        headers += [("Server", "nginx/1.13.9"), ("X-Served-By", "cache-sim-example1"),
                    ("X-Cache", "MISS"), ("X-Cache-Hits", "0"),
                    ("Vary", "Accept, Accept-Encoding")]
    return Response(status, (*headers, *extra, *MIRROR_HEADERS.get(pypi.mirror or "", ())), body)


def _url(pypi: "PyPI", file: "File") -> str:
    return f"{pypi.files_url or pypi.base_url}{file.path}"


def _provenance_url(pypi: "PyPI", project: "Project", file: "File") -> str | None:
    if not file.provenance:
        return None
    return (f"{pypi.base_url}integrity/{normalised(project.name)}/{file.version}/"
            f"{file.filename}/provenance")


def _core_metadata(file: "File") -> Json | bool:
    if file.packagetype != "bdist_wheel":
        return False
    return {"sha256": hashlib.sha256(f"metadata of {file.filename}".encode()).hexdigest()}


def _shown(releases: dict[str, "Release"]) -> str:
    """The release that ``info`` describes: not yanked, then stable, then the highest."""
    def rank(version: str) -> tuple[bool, bool, Version]:
        parsed = _version_key(version)
        return not releases[version].yanked, not parsed.is_prerelease, parsed
    return max(releases, key=rank)


def _version_key(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0")


def normalised(name: str) -> str:
    """The name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()
