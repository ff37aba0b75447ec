"""Which attestations to ask for: those that a registry's state advertises."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, unquote, urlsplit

from regforensics.endpoints import PYPI_URL
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Release
from regforensics.registries.base import Part, Query, Wanted
from regforensics.registries.npm import Npm
from regforensics.registries.pypi import Pypi

NPM, PYPI = "npm-attestations", "pypi-provenance"
MOST_ASKED = 200  # attestation documents of one package in one run, the newest versions first
_INTEGRITY = "application/vnd.pypi.integrity.v1+json"


def ask(package: PackageRef, base_url: str, answered: Sequence[Part],
        wanted: Wanted) -> Iterator[Query]:
    """The attestations that the state advertises and that are not stored yet."""
    if not wanted.attestations or package.registry not in _ASKS:
        return
    queries, kind = _ASKS[package.registry]
    left = MOST_ASKED - sum(part.kind == kind for part in answered)
    for query in queries(package, base_url.rstrip("/"), answered):
        if left > 0 and not wanted.answered(query.url):
            left -= 1
            yield query


def _npm_queries(package: PackageRef, base: str, answered: Sequence[Part]) -> Iterator[Query]:
    name = quote(package.full_name, safe="@")
    for release in _newest(Npm().snapshot(package.at(None), [part]).releases
                           for part in answered if part.kind == "packument"):
        if any(file.provenance is not None for file in release.artifacts):
            at = f"{name}@{quote(release.version, safe='')}"
            yield Query(f"{base}/-/npm/v1/attestations/{at}", "application/json", NPM,
                        "attestations", package.at(release.version), optional=True)


def _pypi_queries(package: PackageRef, base: str, answered: Sequence[Part]) -> Iterator[Query]:
    for release in _newest(Pypi().snapshot(package.at(None), [part]).releases
                           for part in answered if part.kind == "pypi-simple"):
        for file in release.artifacts:
            stated = file.provenance.value if file.provenance is not None else None
            if isinstance(stated, str) and stated:
                refused = _refusal(stated, base)
                yield Query(stated, _INTEGRITY, PYPI, "provenance", package.at(release.version),
                            optional=True, found=True, let_pass=not refused, refused=refused)


def _refusal(address: str, base: str) -> str:
    """Why an address of provenance is not asked; empty where it is one of the Integrity API, at
    the index that was asked or at the public one, whose documents mirrors pass on.

    Whoever writes the index's answers chooses these addresses, and they are asked one and all.
    """
    try:
        parts = urlsplit(address)
        origin, path = _origin(address), unquote(parts.path)
    except ValueError:
        return "not asked: the address of the provenance is none"
    plain = not (parts.query or parts.fragment or parts.username or "\\" in path
                 or {".", ".."} & set(path.split("/")))
    if plain and origin in (_origin(base), _origin(PYPI_URL)) \
            and "/integrity/" in path and path.endswith("/provenance"):
        return ""
    return "not asked: the address is none of the Integrity API of the index or of PyPI"


def _origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port. Raises ValueError for a port that is none."""
    parts = urlsplit(address)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


_Queries = Callable[[PackageRef, str, Sequence[Part]], Iterator[Query]]
_ASKS: dict[str, tuple[_Queries, str]] = {
    "npm": (_npm_queries, NPM), "pypi": (_pypi_queries, PYPI)}


def _newest(listings: Iterable[Mapping[str, Release]]) -> list[Release]:
    """The listed releases, the last published first."""
    found = [release for listing in listings for release in listing.values()]
    return sorted(found, reverse=True,
                  key=lambda r: r.published.value.utc.timestamp() if r.published else 0.0)
