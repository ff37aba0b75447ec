"""Maven: what the answers of a repository say about where they came from.

A repository's layout is the same at every product, so that little is left: the address, the TLS
peer, and the Last-Modified header, which Maven Central and plain web servers give every file and
which some proxies leave out.
"""

import re
from collections.abc import Iterator, Sequence

from regforensics.endpoints import MAVEN_URL
from regforensics.model.citation import Fact
from regforensics.model.origin import Tell
from regforensics.registries.base import Part
from regforensics.registries.mirrors import LEAD, OWN, SIGN, as_asked, header, path_tells, some

#: Addresses under which products serve a repository (their own documentation).
_PRODUCT_BASES = (
    (re.compile(r"/artifactory/[^/]+(/|\Z)"), "Artifactory"),
    (re.compile(r"/repository/[^/]+/?\Z"), "Nexus"),
    (re.compile(r"/api/v4/(projects|groups)/[^/]+/(-/)?packages/maven"), "GitLab"))


def maven_tells(part: Part, asked: Sequence[Part]) -> tuple[Tell, ...]:
    """The battery on the metadata of an artifact and the files asked about with it."""
    return as_asked(part, [*path_tells(part, MAVEN_URL), *_product(part), *_modified(part, asked)])


def _product(part: Part) -> Iterator[Tell]:
    line, base = part.observation.line, part.observation.registry
    for pattern, product in _PRODUCT_BASES if line is not None else ():
        if pattern.search("/" + base.partition("://")[2].partition("/")[2]):
            yield Tell("path", "mirror", f"the address asked has the path that {product} gives a"
                       " repository", OWN, line, product=product)


def _modified(part: Part, asked: Sequence[Part]) -> Iterator[Tell]:
    """Whether any file carries a Last-Modified header; files alone, since indexes may be made."""
    lines = list[Fact[object]]()
    for one in (part, *asked):
        seen = one.observation
        if seen.registry and seen.headers and (seen.status or 200) == 200 and seen.line is not None:
            if header(seen, "last-modified") is not None:
                yield Tell("front", "origin", "files carry a Last-Modified header", LEAD, seen.line)
                return
            lines.append(seen.line)
    if lines:
        yield Tell("front", "mirror", f"none of {len(lines)} answers carries a Last-Modified"
                   " header, as some proxies strip it", SIGN, some(lines))
