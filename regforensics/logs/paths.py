"""From a request's method and target to (registry, repository, package, version, action).

One grammar for every log format. Order of work: the path without scheme, host and query; a known
mount off its front; then the registry's own grammar, with an unknown mount matched from the right.
Segments are split at literal slashes first and decoded afterwards, each until it is stable: an
npm scope's slash travels as ``/``, ``%2f``, ``%2F`` or ``%252f``.
"""

import re
from functools import lru_cache
from urllib.parse import unquote

from regforensics.logs import npm_paths, pypi_paths
from regforensics.logs.asked import Asked, Segments
from regforensics.model.event import PERHAPS

_ROUNDS = 3  # of percent-decoding
_SHORT = 500  # characters of a path that is remembered
_LONGEST = 8192  # characters of a path that are looked at
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
_OF_ANY_KIND = "/repository/"  # Nexus: below it stands a repository's name, and never its kind
_NPM = re.compile(r"(?<![a-z])(?:npm(?:js|org)?|yarn|pnpm)(?![a-z])", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?<![a-z])(?:maven|mvn|gradle|releases|snapshots|pypi|pip|python|docker|oci|nuget|raw|apt|deb|"
    r"yum|rpm|gems?|rubygems|helm|go|golang|conda|conan|cran|cargo|composer|p2|bower|swift|gitlfs|"
    r"terraform|huggingface)(?![a-z])", re.IGNORECASE)
_FILES = re.compile(r"\.(?:html?|xml|txt|gz|tgz|zip|jar|pom|json|ya?ml|css|ico|png|svg|md5|sha1|"
                    r"sha256|sha512|asc|sig|war|exe|deb|rpm)$", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
# (what stands before the registry's own paths, which registry it is); ``repo`` names the repository
_MOUNTS: tuple[tuple[re.Pattern[str], str | None], ...] = tuple(
    (re.compile(pattern), registry) for pattern, registry in (
        (r"/(?:artifactory/)?api/npm/(?P<repo>[^/]+)(?=/|$)", "npm"),
        (r"/(?:artifactory/)?api/pypi/(?P<repo>[^/]+)(?=/|$)", "pypi"),
        (r"/repository/(?P<repo>[^/]+)(?=/|$)", None),
        (r"/api/v4/(?:projects/[^/]+/)?packages/npm(?=/|$)", "npm"),
        (r"/api/v4/(?:projects|groups)/[^/]+/(?:-/)?packages/pypi(?=/|$)", "pypi"),
        (r"/[^/]+(?:/[^/]+)?/_packaging/(?P<repo>[^/]+)/npm/registry(?=/|$)", "npm"),
        (r"/[^/]+(?:/[^/]+)?/_packaging/(?P<repo>[^/]+)/pypi(?=/|$)", "pypi"),
        (r"/npm/(?P<repo>[^/@][^/]*)(?=/(?!-/))", "npm"),
        (r"/pypi/(?P<repo>[^/]+)(?=/(?:simple|packages)/)", "pypi"),
        (r"/artifactory/(?P<repo>[^/]+)(?=/)", None),
    ))


def read_path(method: str, target: str, registry: str | None = None) -> Asked:
    """What a request line is about; ``registry`` where the log is known to be of one registry.

    Never raises: what cannot be read has the action "other" and a doubt.
    """
    return _read(method, target, registry) if len(target) < _SHORT else \
        _read.__wrapped__(method, target, registry)


@lru_cache(1 << 14)  # few paths make most of a log
def _read(method: str, target: str, registry: str | None) -> Asked:
    path = path_of(target)
    if path is None:
        return Asked(doubt="the address is too long, or no path")
    mounted, repo, rest = _unmounted(path)
    cut = segments(rest)
    if cut is None:
        return Asked(repo=repo, registry=mounted, doubt="the path holds control characters or '..'")
    method, known = method.upper(), mounted or registry
    for name, read in (("npm", npm_paths.read), ("pypi", pypi_paths.read)):
        found = read(method, cut, known == name) if known in (None, name) else None
        if found is not None:
            return found._replace(repo=repo, doubt=found.doubt or cut.doubt)
    guessed = _guessed(method, cut, repo) if known is None and repo \
        and path.startswith(_OF_ANY_KIND) else None
    if guessed is not None:
        return guessed._replace(repo=repo)
    if known is None and repo and method == "POST" and not cut.parts:
        return Asked("upload", "pypi", repo, doubt="a POST to a repository's root, as Python"
                     " packages are uploaded: the name stands in the body, which no log holds")
    return Asked(registry=known, repo=repo, doubt=cut.doubt)


def _guessed(method: str, cut: Segments, repo: str) -> Asked | None:
    """What is asked of a repository whose kind the address does not state: its name decides, and
    where that says nothing, what has the form of an npm document may be one."""
    found = npm_paths.read(method, cut, True)
    if found is None or found.package is None:
        return None
    if _NPM.search(repo):
        return found._replace(doubt=found.doubt or cut.doubt)
    plain = found.action == "metadata" and method in ("GET", "HEAD") and not _FILES.search(
        cut.parts[-1]) and (found.version is None or npm_paths.VERSION.fullmatch(found.version))
    return found._replace(doubt=PERHAPS) if plain and not _OTHERS.search(repo) else None


def path_of(target: str) -> str | None:
    """The path of a request target: no scheme, no host, no query."""
    if len(target) > _LONGEST:
        return None
    path = _SCHEME.sub("", target.strip(), count=1).partition("?")[0].partition("#")[0]
    return path if path.startswith("/") else "/" + path


def segments(path: str) -> Segments | None:
    """The path's decoded segments, or None where one of them is no name at all."""
    raw = [part for part in path.split("/") if part]
    rounds, parts = 0, []
    for part in raw:
        decoded, needed = _stable(part)
        rounds = max(rounds, needed)
        if _FORBIDDEN.search(decoded) or decoded in (".", ".."):
            return None
        parts += [piece for piece in decoded.split("/") if piece]
    if ".." in parts:
        return None
    doubt = "the path was percent-encoded more than once" if rounds > 1 else None
    return Segments(tuple(parts), path.endswith("/"), doubt)


def _stable(text: str) -> tuple[str, int]:
    """``text`` decoded until nothing changes, and how many rounds that took."""
    for number in range(_ROUNDS):
        decoded = unquote(text, errors="surrogateescape")
        if decoded == text:
            return text, number
        text = decoded
    return text, _ROUNDS


def _unmounted(path: str) -> tuple[str | None, str | None, str]:
    """(registry of the mount, repository, the rest of the path)."""
    for pattern, registry in _MOUNTS:
        found = pattern.match(path)
        if found:
            repo = found.groupdict().get("repo")
            return registry, unquote(repo, errors="surrogateescape") if repo else None, \
                path[found.end():] or "/"
    return None, None, path
