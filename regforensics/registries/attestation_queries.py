"""Which attestations to ask for: those that a registry's state advertises."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

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


def _pypi_queries(package: PackageRef, _: str, answered: Sequence[Part]) -> Iterator[Query]:
    for release in _newest(Pypi().snapshot(package.at(None), [part]).releases
                           for part in answered if part.kind == "pypi-simple"):
        for file in release.artifacts:
            stated = file.provenance.value if file.provenance is not None else None
            if isinstance(stated, str) and stated:
                yield Query(stated, _INTEGRITY, PYPI, "provenance", package.at(release.version),
                            optional=True, found=True)


_Queries = Callable[[PackageRef, str, Sequence[Part]], Iterator[Query]]
_ASKS: dict[str, tuple[_Queries, str]] = {
    "npm": (_npm_queries, NPM), "pypi": (_pypi_queries, PYPI)}


def _newest(listings: Iterable[Mapping[str, Release]]) -> list[Release]:
    """The listed releases, the last published first."""
    found = [release for listing in listings for release in listing.values()]
    return sorted(found, reverse=True,
                  key=lambda r: r.published.value.utc.timestamp() if r.published else 0.0)
