"""The tests of origin that every registry shares: the path of an answer, and mirror products.

A product is named on its own tell-tale only: a header or an address that no other product gives.
Sources: the products' own code and documentation (Artifactory, Nexus, Verdaccio, cnpmcore, devpi,
GitLab), and reports of what they serve.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from regforensics.endpoints import PRODUCT_HOSTS
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import said
from regforensics.model.origin import Result, Tell
from regforensics.model.snapshot import Observation
from regforensics.registries.base import Part

LEAD, SIGN, STRONG, OWN = 1, 2, 3, 4
_PRODUCT_HEADERS = (
    ("x-jfrog-version", "", "Artifactory"), ("x-artifactory-id", "", "Artifactory"),
    ("x-artifactory-node-id", "", "Artifactory"), ("server", "artifactory", "Artifactory"),
    ("x-devpi-serial", "", "devpi"), ("x-devpi-master-uuid", "", "devpi"),
    ("x-devpi-primary-uuid", "", "devpi"), ("server", "nexus", "Nexus"),
    ("server", "verdaccio", "Verdaccio"), ("x-powered-by", "verdaccio", "Verdaccio"),
    ("x-gitlab-meta", "", "GitLab"), ("x-amzn-codeartifact-repository", "", "AWS CodeArtifact"))
_PRODUCT_PATHS = (
    (re.compile(r"/api/(npm|pypi)/[^/]+/"), "Artifactory"),
    (re.compile(r"/repository/[^/]+/(.+/-/|packages/)"), "Nexus"),
    (re.compile(r"/\+f/[0-9a-f]{3}/"), "devpi"),
    (re.compile(r"/api/v4/(projects|groups|packages)/.*/?(npm|pypi)/"), "GitLab"))
_CDN = ("varnish", "cloudflare")
_ISSUER = re.compile(r"certificate sha256 [0-9a-f]{64} issued by (?P<who>[^;]+)")
#: Organisations that run certificate authorities which browsers and Python trust.
_PUBLIC_AUTHORITIES = (
    "amazon", "certainly", "cloudflare", "digicert", "entrust", "globalsign", "godaddy",
    "google trust services", "internet security research group", "let's encrypt", "microsoft",
    "sectigo", "ssl corporation")


def path_tells(part: Part, public: str) -> Iterator[Tell]:
    """The address asked, redirects, the TLS peer, headers of proxies; ``public`` is the registry's
    own base URL. Nothing for a file that nobody captured: no line says how it came."""
    line, entry = part.observation.line, part.entry
    if line is None or not part.observation.registry:
        return
    asked, own = host_of(part.observation.registry), host_of(public)
    if asked == own:
        yield Tell("path", "origin", "the address asked is the registry's own", SIGN, line)
    else:
        yield Tell("path", "neither", f"the address asked ({said(asked or 'none')}) is not the"
                   " public registry's: a registry of its own, or a mirror", 0, line)
        yield from (Tell("path", "mirror", f"the address asked is one of {product}", OWN, line,
                         product=product)
                    for part_of_host, product in PRODUCT_HOSTS if part_of_host in asked)
    if entry is not None and entry.final_url and host_of(entry.final_url) != asked:
        yield Tell("path", "mirror", "a redirect led to another host"
                   f" ({said(host_of(entry.final_url))}), which answered", SIGN, line)
    issued = _ISSUER.search(entry.note or "") if entry is not None else None
    if issued:
        known = any(name in issued["who"].lower() for name in _PUBLIC_AUTHORITIES)
        yield Tell("path", "origin" if known else "mirror",
                   f"the server's certificate was issued by {said(issued['who'])}"
                   + ("" if known else ", no public authority known to this tool: a company that"
                      " ends TLS on the way can read and change answers"), LEAD, line)
    yield from _header_tells(part.observation, line)


def _header_tells(observation: Observation, line: Fact[Any]) -> Iterator[Tell]:
    """Response headers that mirrors and proxies add; they stand in the custody line."""
    named: dict[str, dict[str, None]] = {}
    for have, value in observation.headers:
        for name, part, product in _PRODUCT_HEADERS:
            if have.lower() == name and part in value.lower():
                named.setdefault(product, {})[repr(name)] = None
        if have.lower() == "via" and not any(cdn in value.lower() for cdn in _CDN):
            yield Tell("path", "mirror", "the answer's header 'via' names a proxy on the way, which"
                       " may have passed the bytes on as they were", LEAD, line)
    for product, names in named.items():
        what = "header" if len(names) == 1 else "headers"
        yield Tell("path", "mirror", f"the answer's {what} {', '.join(names)}"
                   f" {'names' if len(names) == 1 else 'name'} {product}", OWN, line,
                   product=product)
    if not named and observation.headers:
        yield Tell("path", "neither", "no header names a mirror product", 0, line)


def address_tells(urls: Sequence[Fact[str]]) -> Iterator[Tell]:
    """Products whose own path stands in file addresses; the first address of each is cited."""
    every = "\n".join(_path(url.value) for url in urls)
    for pattern, product in _PRODUCT_PATHS:
        found = next((url for url in urls if pattern.search(_path(url.value))), None) \
            if pattern.search(every) else None
        if found is not None:
            yield Tell("product", "mirror", f"file addresses have the path that {product} gives"
                       " them", OWN, found, product=product)


def as_asked(part: Part, tells: Iterable[Tell]) -> tuple[Tell, ...]:
    """Without a registry that was asked nothing points to it: a copy looks like the original."""
    if part.observation.registry:
        return tuple(tells)
    return tuple(t if t.result != "origin" else t._replace(result="neither", weight=0)
                 for t in tells)


def some(facts: Sequence[Fact[Any]], value: object = None) -> Fact[Any]:
    """The lines that a count rests on: all of a few, of more the first and the last."""
    kept = facts if len(facts) <= 4 else (facts[0], facts[-1])
    return derive(value, *kept)


def either(test: str, holds: bool, yes: str, no: str, weight: int, fact: Fact[Any],
           against: int | None = None) -> Tell:
    """One line that speaks for the origin where something holds, else for a mirror."""
    result: Result = "origin" if holds else "mirror"
    return Tell(test, result, yes if holds else no,
                weight if holds or against is None else against, fact)


def header(observation: Observation, name: str) -> str | None:
    """The first header of that name, whatever its case."""
    return next((v for k, v in observation.headers if k.lower() == name), None)


def host_of(url: str) -> str:
    """The host and port of a URL, in lower case; empty where it has none."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()


def _path(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2]
