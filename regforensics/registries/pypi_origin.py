"""PyPI: what an answer's headers, file addresses and omissions say about where it came from."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence

from regforensics.endpoints import PYPI_FILE_HOSTS, PYPI_URL
from regforensics.model.citation import Fact
from regforensics.model.claim import said
from regforensics.model.origin import Tell
from regforensics.model.snapshot import Artifact
from regforensics.registries.base import Part
from regforensics.registries.mirrors import (
    LEAD,
    SIGN,
    STRONG,
    address_tells,
    as_asked,
    either,
    header,
    host_of,
    path_tells,
    some,
)

_BLAKE_PATH = re.compile(r"/packages/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{60})/")


def pypi_tells(part: Part, serial: Fact[int] | None, files: Sequence[Artifact]
               ) -> tuple[Tell, ...]:
    """The battery on one answer of PyPI or of an index that speaks its protocols."""
    return as_asked(part, [
        *path_tells(part, PYPI_URL), *_front(part, serial), *_file_tells(part, files)])


def _front(part: Part, serial: Fact[int] | None) -> Iterator[Tell]:
    """The serial in header and body, the CDN's headers, and the ETag that PyPI makes."""
    seen = part.observation
    line = seen.line
    if line is None or not seen.headers or not seen.registry:
        return
    public = host_of(seen.registry) == host_of(PYPI_URL)
    stated = header(seen, "x-pypi-last-serial")
    if serial is not None:
        yield either("front", stated == str(serial.value),
                     "the header X-PyPI-Last-Serial agrees with the document's serial",
                     "no header X-PyPI-Last-Serial states the document's serial", STRONG, line)
    served = header(seen, "x-served-by") or header(seen, "x-cache")
    if served or public:
        yield either("front", bool(served),
                     "a header of the content network in front of PyPI is there",
                     "no header X-Served-By or X-Cache, which PyPI's content network sends", LEAD,
                     line)
    etag = header(seen, "etag")
    if etag and part.document is not None:
        made = base64.b64encode(hashlib.md5(part.document.body, usedforsecurity=False).digest())
        fits = etag.removeprefix("W/").strip('"') == made.decode().rstrip("=")
        if fits or public:
            yield either("front", fits, "the ETag is that which PyPI makes of these bytes",
                         "the ETag is not the one that PyPI makes of these bytes", SIGN, line, LEAD)


def _file_tells(part: Part, files: Sequence[Artifact]) -> Iterator[Tell]:
    urls = [file.url for file in files if file.url is not None]
    if not urls:
        return
    astray = [file.url for file in files
              if file.url is not None and not _addressed(file, file.url)]
    yield either("store", not astray,
                 "file addresses carry the BLAKE2 digests, as those of PyPI's file store do",
                 "file addresses are not those of PyPI's file store", LEAD,
                 some(astray or urls), STRONG)
    yield from _hosts(part, urls)
    yield from address_tells(urls)
    dated = [file for file in files if file.uploaded is not None]
    if not dated:
        yield Tell("product", "mirror", "no file states its upload time, which older Artifactory"
                   " and Nexus, among others, leave out", LEAD, some([f.name for f in files]))


def _addressed(file: Artifact, url: Fact[str]) -> bool:
    """Whether the path is made of the file's BLAKE2b-256 digest, as far as that is stated."""
    place = _BLAKE_PATH.search(url.value)
    stated = file.digests.get("blake2b_256")
    return place is not None and (stated is None
                                  or "".join(place.groups()) == stated.value.lower())


def _hosts(part: Part, urls: Sequence[Fact[str]]) -> Iterator[Tell]:
    """Whether the files are at the index's own host; nothing where nobody recorded which index."""
    asked = host_of(part.observation.registry)
    if not asked:
        return
    own = PYPI_FILE_HOSTS if asked == host_of(PYPI_URL) else (asked,)
    strays = [url for url in urls if host_of(url.value) not in own]
    if strays:
        host = said(host_of(strays[0].value) or "none")
        yield Tell("files", "mirror", f"files are at another host ({host}) than the index's own",
                   STRONG, some(strays))
    else:
        yield Tell("files", "origin", "files are at the index's own file host", SIGN, some(urls))
