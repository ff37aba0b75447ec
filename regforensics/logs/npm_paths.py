"""The npm registry's paths (npm/registry docs/REGISTRY-API.md, npm/cli, npm/api-documentation).

A tarball's version is what stands between ``base-`` and ``.tgz``; the last hyphen decides nothing
(``next-15.0.0-canary.12.tgz``).
"""

import re

from regforensics.logs.asked import Asked, Segments
from regforensics.model.event import Action

_NAME = re.compile(r"[A-Za-z0-9_~!'()*][A-Za-z0-9._~!'()*-]{0,213}")
VERSION = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")
_TOKENS = ("npm", "v1", "tokens")
_EXCHANGE = ("npm", "v1", "oidc", "token", "exchange", "package")
_ACCOUNT = "org.couchdb.user:"
DOCUMENT = "the package's document"  # what a PUT below ``-rev`` writes
_BESIDE = re.compile(r"\.(?:md5|sha1|sha256|sha512|asc)$")  # checksums that proxies keep by a file
_READS = frozenset({"GET", "HEAD"})


def read(method: str, path: Segments, certain: bool) -> Asked | None:
    """What a path below an npm registry's root asks for.

    None where it is none, or (not ``certain``) where it could as well be any web page.
    """
    parts = path.parts
    if parts and parts[0] == "-":
        return _api(method, parts[1:], certain)
    at = parts.index("-") if "-" in parts else None
    if at is not None and at + 1 < len(parts):
        return _tarball(method, parts[:at], parts[at + 1:])
    name, rest = _name(parts, certain)
    if name is None:
        return _root(certain) if certain else None
    if rest[:1] == ("_attachments",) and len(rest) == 2:
        return _file(method, name, rest[1])
    if rest[:1] == ("-rev",):
        return Asked("unpublish", "npm", package=name) if method == "DELETE" else Asked(
            "access", "npm", package=name, target=DOCUMENT,
            doubt="the body decides what was changed, and no log holds it")
    if method == "PUT" and not rest:
        return Asked("upload", "npm", package=name,
                     doubt="a PUT of the document publishes, deprecates or changes owners: the body"
                           " decides, and no log holds it")
    if method not in _READS or len(rest) > 1:
        return Asked("other", "npm", package=name) if certain else None
    return Asked("metadata", "npm", package=name, version=rest[0] if rest else None)


def _root(certain: bool) -> Asked | None:
    return Asked("other", "npm") if certain else None


def _name(parts: tuple[str, ...], certain: bool) -> tuple[str | None, tuple[str, ...]]:
    """(the package's name, what follows it); a name without scope only where npm is certain."""
    for at, part in enumerate(parts):
        if part.startswith("@") and len(part) > 1 and at + 1 < len(parts) \
                and _NAME.fullmatch(parts[at + 1]) and (at == 0 or not certain):
            return f"{part}/{parts[at + 1]}", parts[at + 2:]
    if certain and parts and _NAME.fullmatch(parts[0]):
        return parts[0], parts[1:]
    return None, parts


def _tarball(method: str, before: tuple[str, ...], after: tuple[str, ...]) -> Asked | None:
    """``NAME/-/FILE.tgz`` in its spellings, also with ``-rev`` behind it."""
    scoped = len(after) > 1 and after[0].startswith("@")
    file = after[1] if scoped else after[0]
    beside = _BESIDE.search(file)
    if not file[:beside.start() if beside else None].endswith(".tgz"):
        return None
    if beside:
        method, file = "HEAD" if method in _READS else method, file[:beside.start()]
    if len(before) > 1 and before[-2].startswith("@"):
        name: str | None = f"{before[-2]}/{before[-1]}"
    else:
        name = before[-1] if before else None
    if "-rev" in after:
        return _file(method, name, file)._replace(action="unpublish")
    return _file(method, name, file)


def _file(method: str, name: str | None, file: str) -> Asked:
    base = (name or "").rpartition("/")[2]
    action: Action = "download" if method == "GET" else "peek" if method == "HEAD" else "other"
    if name and file.startswith(base + "-") and file.endswith(".tgz"):
        version = file[len(base) + 1:-len(".tgz")]
        odd = None if VERSION.fullmatch(version) else "the file's version is no semantic version"
        return Asked(action, "npm", package=name, version=version, filename=file, doubt=odd)
    return Asked(action, "npm", package=name, filename=file,
                 doubt="the file is not named after its package, so its version is open")


def _api(method: str, parts: tuple[str, ...], certain: bool) -> Asked | None:
    """What stands below ``/-/``."""
    reads = method in _READS

    def asked(action: Action, name: str | None = None, version: str | None = None,
              target: str | None = None) -> Asked:
        return Asked(action, "npm", package=name, version=version, target=target)

    if parts[:1] == ("package",):
        name, rest = _name(parts[1:], True)
        if rest[:1] == ("dist-tags",):
            return asked("metadata" if reads else "dist-tag", name, None,
                         "/".join(rest[1:]) or None)
        return asked("metadata" if reads else "access", name, None, "/".join(rest) or None)
    if parts[:6] == _EXCHANGE:
        return asked("metadata" if reads else "token", _name(parts[6:], True)[0])
    if parts[:3] == ("npm", "v1", "attestations"):
        named = "/".join(parts[3:])
        name, _, version = named[1:].partition("@")
        return asked("attestation", named[:1] + name or None, version or None)
    if parts[:3] == _TOKENS or parts[:4] == ("npm", "v1", "oidc", "token"):
        return asked("metadata" if reads else "token")
    if parts[:3] == ("npm", "v1", "security"):
        return asked("audit")
    if parts[:3] == ("npm", "v1", "keys"):
        return asked("attestation")
    if parts[:2] == ("user", "token"):  # what follows is the token itself: no place for it
        return asked("metadata" if reads else "token")
    if parts[:1] == ("user",) or parts[:2] == ("v1", "login"):
        who = parts[1].removeprefix(_ACCOUNT) if parts[1:] and parts[1].startswith(_ACCOUNT) \
            else None
        return asked("metadata" if reads else "login", target=who)
    if parts[:3] == ("npm", "v1", "user"):
        return asked("metadata" if reads else "profile")
    if parts[:1] in (("team",), ("org",)) and not reads:
        return asked("access", target="/".join(parts[:3 if parts[0] == "team" else 2]))
    if parts[:2] == ("v1", "search") or parts[:1] == ("all",):
        return asked("search")
    known = parts[:1] in (("ping",), ("whoami",), ("team",), ("org",)) or parts[:2] == ("npm", "v1")
    return asked("other") if certain or known else None
