"""Maven: the state of a simulated Maven repository, and everything that can be done to it.

A publisher can only deploy; whatever else happens is an operator's or a tamperer's act. Files are
held as they are served, so that a checksum can be made to disagree with its file.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from simulator.clock import Clock, http_time
from simulator.web import Refused, Request, Response, conditional, dumps

_TYPES = {".xml": "text/xml", ".pom": "text/xml", ".jar": "application/java-archive"}
_ALGORITHMS = ("md5", "sha1", "sha512")


@dataclass(frozen=True, slots=True)
class Served:
    """One file as it is served, and when it was last changed."""

    content: bytes = field(repr=False)
    modified: datetime


@dataclass(frozen=True, slots=True)
class Deployed:
    """One artifact: the versions that its metadata lists, in order, and its last change."""

    versions: tuple[str, ...] = ()
    updated: datetime | None = None


class Maven:
    """A repository: deploy; and as its operator: remove, take files away, replace, rebuild.

    Artifacts are named ``group:artifact``. ``base_url`` ends in a slash. Without ``dated`` the
    answers carry no Last-Modified header, as those of some mirrors.
    """

    def __init__(self, clock: Clock | None = None, *,
                 base_url: str = "https://maven.example/maven2/", dated: bool = True) -> None:
        self.clock = clock or Clock()
        self.base_url = base_url
        self.dated = dated
        self.artifacts: dict[str, Deployed] = {}
        self.files: dict[str, Served] = {}
        self.index: dict[str, dict[str, int]] = {}

    def tick(self, seconds: float) -> None:
        """Let time pass on the repository's clock."""
        self.clock.tick(seconds)

    def deploy(self, name: str, version: str, *, key: str = "ada", content: bytes | None = None,
               at: datetime | None = None, packaging: str = "jar", sha512: bool = True,
               indexed: bool = True) -> None:
        """Deploy a version, signed with ``key``. Raises Refused for a version that is there.

        Without ``indexed`` the search index lags behind.
        """
        deployed = self.artifacts.get(name, Deployed())
        if version in deployed.versions:
            raise Refused(f"{name} {version} is there, and releases never change")
        moment = at or self.clock.now()
        files = {".pom": _pom(name, version, packaging)}
        if packaging != "pom":
            files[".jar"] = content or f"jar of {name} {version}".encode()
        for ending, body in files.items():
            self._store(name, version, ending, body, key, moment, sha512=sha512)
        self.artifacts[name] = Deployed((*deployed.versions, version), moment)
        if indexed:
            self.index.setdefault(name, {})[version] = int(moment.timestamp() * 1000)

    def remove(self, name: str, version: str) -> None:
        """Take a version away, files and list entry: the operator's answer to malware."""
        self.remove_files(name, version)
        self.rebuild(name, *(v for v in self.artifacts[name].versions if v != version))

    def remove_files(self, name: str, version: str) -> None:
        """Take a version's files away; the metadata still lists it."""
        start = self._place(name, version, "")
        if not any(path.startswith(start) for path in self.files):
            raise Refused(f"{name} has no files of {version}")
        self.files = {p: f for p, f in self.files.items() if not p.startswith(start)}

    def replace_file(self, name: str, version: str, content: bytes, *, ending: str = ".jar",
                     checksums: bool = True) -> None:
        """Put other bytes in a file's place, with checksums to match or without."""
        path = self._place(name, version, ending)
        now = self.clock.now()
        self.files[path] = Served(content, now)
        for algorithm in _ALGORITHMS if checksums else ():
            if f"{path}.{algorithm}" in self.files:
                self.files[f"{path}.{algorithm}"] = Served(_digest(algorithm, content), now)

    def touch(self, name: str, version: str) -> None:
        """Serve the same bytes with a new Last-Modified, as a move of storage does."""
        start, now = self._place(name, version, ""), self.clock.now()
        self.files = {p: replace(f, modified=now) if p.startswith(start) else f
                      for p, f in self.files.items()}

    def rebuild(self, name: str, *versions: str) -> None:
        """Write the metadata anew, with these versions only; no file changes."""
        self.artifacts[name] = Deployed(versions, self.clock.now())

    def respond(self, request: Request) -> Response:
        """The answer to ``request`` in the present state."""
        if request.method not in {"GET", "HEAD"}:
            return _answer(405, b"", ".txt")
        path = "/".join(request.segments).removeprefix("maven2/")
        if path == "solrsearch/select":
            return _answer(200, self._search(request.path), ".json")
        served = self.files.get(path) or self._metadata().get(path)
        if served is None:
            return _answer(404, b"<html><head><title>404 Not Found</title></head></html>", ".html")
        dates = (("Last-Modified", http_time(served.modified)),) if self.dated else ()
        headers = (*dates, ("ETag", f'"{hashlib.md5(served.content).hexdigest()}"'))
        answer = _answer(200, served.content, path[path.rindex("."):], *headers)
        return conditional(request, answer, served.modified)

    def _search(self, path: str) -> bytes:
        asked = parse_qs(urlsplit(path).query)
        group, artifact = re.findall(r'[ga]:"([^"]*)"', asked["q"][0])
        rows = [{"id": f"{group}:{artifact}:{v}", "g": group, "a": artifact, "v": v, "p": "jar",
                 "timestamp": at} for v, at in self.index.get(f"{group}:{artifact}", {}).items()]
        start = int(asked["start"][0])
        return dumps({"responseHeader": {"status": 0}, "response": {
            "numFound": len(rows), "start": start,
            "docs": rows[start:start + int(asked["rows"][0])]}})

    def _metadata(self) -> Mapping[str, Served]:
        return {f"{_folder(name)}/maven-metadata.xml": Served(
            _written(name, deployed), deployed.updated)
            for name, deployed in self.artifacts.items()
            if deployed.versions and deployed.updated}

    def _store(self, name: str, version: str, ending: str, body: bytes, key: str,
               moment: datetime, *, sha512: bool) -> None:
        path = self._place(name, version, ending)
        self.files[path] = Served(body, moment)
        self.files[f"{path}.asc"] = Served(signature(key), moment)
        for algorithm in _ALGORITHMS if sha512 else _ALGORITHMS[:2]:
            self.files[f"{path}.{algorithm}"] = Served(_digest(algorithm, body), moment)

    def _place(self, name: str, version: str, ending: str) -> str:
        return f"{_folder(name)}/{version}/" + (
            f"{name.partition(':')[2]}-{version}{ending}" if ending else "")


def fingerprint(key: str) -> str:
    """The fingerprint of the key that a name stands for."""
    return hashlib.sha1(key.encode()).hexdigest().upper()


def signature(key: str) -> bytes:
    """An armoured OpenPGP signature packet (version 4) that names the key and verifies nothing."""
    print_of = bytes.fromhex(fingerprint(key))
    hashed = bytes([22, 33, 4]) + print_of + bytes([5, 2]) + (1_700_000_000).to_bytes(4)
    unhashed = bytes([9, 16]) + print_of[-8:]
    packet = (bytes([4, 0, 22, 10]) + len(hashed).to_bytes(2) + hashed
              + len(unhashed).to_bytes(2) + unhashed + b"\x53\x69"
              + (b"\x01\x00" + b"\x80" * 32) * 2)
    text = base64.b64encode(bytes([0x88, len(packet)]) + packet).decode()
    lines = "\n".join(text[at:at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN PGP SIGNATURE-----\n\n{lines}\n-----END PGP SIGNATURE-----\n".encode()


def _written(name: str, deployed: Deployed) -> bytes:
    group, artifact = map(escape, name.split(":"))
    updated = deployed.updated.strftime("%Y%m%d%H%M%S") if deployed.updated else ""
    listed = "".join(f"      <version>{escape(v)}</version>\n" for v in deployed.versions)
    last = escape(deployed.versions[-1])
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<metadata>\n  <groupId>{group}</groupId>\n'
            f"  <artifactId>{artifact}</artifactId>\n  <versioning>\n    <latest>{last}</latest>\n"
            f"    <release>{last}</release>\n    <versions>\n{listed}    </versions>\n"
            f"    <lastUpdated>{updated}</lastUpdated>\n  </versioning>\n</metadata>\n").encode()


def _pom(name: str, version: str, packaging: str) -> bytes:
    group, artifact = map(escape, name.split(":"))
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<project xmlns="http://maven.example/POM/4.0.0">\n'
            f"  <groupId>{group}</groupId>\n  <artifactId>{artifact}</artifactId>\n"
            f"  <version>{escape(version)}</version>\n  <packaging>{packaging}</packaging>\n"
            "</project>\n").encode()


def _digest(algorithm: str, body: bytes) -> bytes:
    return hashlib.new(algorithm, body).hexdigest().encode()


def _folder(name: str) -> str:
    group, _, artifact = name.partition(":")
    return f"{group.replace('.', '/')}/{artifact}"


def _answer(status: int, body: bytes, ending: str, *headers: tuple[str, str]) -> Response:
    kind = _TYPES.get(ending, "text/plain")
    return Response(status, (("Content-Type", kind), ("Content-Length", str(len(body))), *headers),
                    body)
