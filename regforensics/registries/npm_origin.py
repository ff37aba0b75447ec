"""npm: what a packument's shape, addresses, times and identifiers say about where it came from.

Fingerprints of mirror products and of the public registry's own answers; every version is looked
at, since a mirror may treat old and new ones differently.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import UNSET

from regforensics.endpoints import NPM_REGISTRY
from regforensics.evidence.jsonraw import Raw, decoded, decoded_as, members_of
from regforensics.evidence.jsontree import Document
from regforensics.evidence.pointers import escape
from regforensics.model.citation import Fact
from regforensics.model.claim import said
from regforensics.model.instant import Instant
from regforensics.model.origin import Tell
from regforensics.registries.base import Part
from regforensics.registries.mirrors import (
    LEAD,
    OWN,
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
from regforensics.registries.npm_times import time_tells, upload_tells

_EMPTY_REVISION = "0-0000000000000000"
_PRODUCT_KEYS = {"_uplinks": "Verdaccio", "_distfiles": "Verdaccio",
                 "_cnpmcore_publish_time": "cnpmcore", "_source_registry_name": "cnpmcore"}
_SPACED = b'"dist" : {'
_HEX_ETAG = re.compile(r'(W/)?"[0-9a-f]{32}"')
_SIGNED_SINCE = datetime(2023, 1, 1, tzinfo=UTC)
_NAMED_SINCE = datetime(2013, 1, 1, tzinfo=UTC)
_Optional = Raw | msgspec.UnsetType


class Dist(msgspec.Struct):
    """What the battery looks at in ``dist``."""

    tarball: _Optional = UNSET
    signatures: _Optional = UNSET
    attestations: _Optional = UNSET


class Version(msgspec.Struct):
    """What the battery looks at in a version object."""

    dist: Dist = msgspec.field(default_factory=Dist)
    user: _Optional = msgspec.field(name="_npmUser", default=UNSET)
    internal: _Optional = msgspec.field(name="_npmOperationalInternal", default=UNSET)


def _by_hand(raw: Raw) -> Version:
    """The slower road for a version in which a section has another type than it should."""
    top = members_of(raw)
    held = {k: v for k, v in members_of(top.get("dist")).items() if k in Dist.__struct_fields__}
    return Version(Dist(**held), top.get("_npmUser", UNSET),
                   top.get("_npmOperationalInternal", UNSET))


def npm_tells(part: Part, document: Document, name: str, time: Mapping[str, Raw],
              versions: dict[str, Raw]) -> tuple[Tell, ...]:
    """The battery on one packument; ``time`` and ``versions`` are its maps, split."""
    read = {v: decoded_as(Version, raw) or _by_hand(raw) for v, raw in versions.items()}
    return as_asked(part, [
        *path_tells(part, NPM_REGISTRY), *_front(part, time),
        *_files(part, document, name, read), *_revision(document, time),
        *time_tells(part.observation, document, time, versions,
                    signed=any(v.dist.signatures is not UNSET for v in read.values())),
        *_signed(part, document, read, versions, time), *upload_tells(
            document, time, {v: m.internal for v, m in read.items() if m.internal is not UNSET},
            next(reversed(versions), None)),
        *_products(document, versions)])


def _front(part: Part, time: Mapping[str, Raw]) -> Iterator[Tell]:
    """The headers of the content network in front of the public registry."""
    seen = part.observation
    line = seen.line
    if line is None or not seen.headers or not seen.registry:
        return
    public = host_of(seen.registry) == host_of(NPM_REGISTRY)
    server, etag = header(seen, "server") or "", header(seen, "etag")
    whole = server.lower() == "cloudflare" and header(seen, "cf-ray") is not None
    if whole or public:
        yield either("front", whole, "the headers Server and CF-Ray are those of the content"
                     " network in front of the registry", "no headers of the content network in"
                     f" front of the registry (Server: {said(server) if server else 'none'})",
                     SIGN, line)
    else:
        yield Tell("front", "neither", "no headers of the public registry's front, which was not"
                   " asked", 0, line)
    if public and etag and not _HEX_ETAG.fullmatch(etag):
        yield Tell("front", "mirror", f"the ETag {said(etag)} is not of the registry's form", LEAD,
                   line)
    stated, modified = header(seen, "last-modified"), time.get("modified")
    written = _http_time(stated), _instant(modified)
    if written[0] and written[1]:
        near = abs(written[0] - written[1].utc) <= timedelta(seconds=2)
        yield either("front", near, "the header Last-Modified agrees with time.modified",
                     "the header Last-Modified differs from time.modified", LEAD, line)


def _files(part: Part, document: Document, name: str, read: Mapping[str, Version]
           ) -> Iterator[Tell]:
    urls = {v: url for v, m in read.items() if (url := _url(document, v, m)) is not None}
    if not urls:
        return
    yield from address_tells(list(urls.values()))
    asked = part.observation.registry
    if not asked:
        yield Tell("files", "untested", "nobody recorded which registry was asked, so that the"
                   " hosts of tarballs say nothing", 0, some(list(urls.values())))
        return
    host = host_of(asked)
    strays = [url for url in urls.values() if host_of(url.value) != host]
    odd = [url for v, url in urls.items() if not _standard(url.value, name, v)]
    if strays:
        yield Tell("files", "mirror", f"tarballs of {len(strays)} of {len(urls)} versions are at"
                   f" another host ({said(host_of(strays[0].value) or 'none')}) than was asked",
                   STRONG, some(strays))
        return
    where = "" if not odd else f", {len(odd)} of them at another path than name and version give"
    yield Tell("files", "origin", f"tarballs of all {len(urls)} versions are at the host that was"
               f" asked{where}", SIGN, some([*odd, *urls.values()][:4] if odd
                                            else list(urls.values())))


def _url(document: Document, version: str, manifest: Version) -> Fact[str] | None:
    raw = manifest.dist.tarball
    value = decoded(raw) if raw is not UNSET else None
    at = f"/versions/{escape(version)}/dist"
    return document.leaf(raw, at, "tarball", value) \
        if raw is not UNSET and isinstance(value, str) and value else None


def _standard(url: str, name: str, version: str) -> bool:
    """``.../{name}/-/{basename}-{version}.tgz``, as the registry gives it."""
    end = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    return url.endswith(end) or unquote(url).endswith(end)


def _revision(document: Document, time: Mapping[str, Raw]) -> Iterator[Tell]:
    identifier, stated = document.at("/_id"), document.at("/_rev")
    anchor = document.at("/name")
    if stated is None or not isinstance(stated.value, str) or not stated.value:
        yield Tell("revision", "mirror", "the registry's revision is missing", STRONG,
                   stated or identifier or anchor,
                   None if stated is not None else document.absence("/_rev"))
    elif stated.value == _EMPTY_REVISION:
        yield Tell("revision", "mirror", "the revision is the empty one that Verdaccio writes", OWN,
                   stated, product="Verdaccio")
    else:
        yield Tell("revision", "origin", "the registry's revision is there", SIGN, stated)
        yield from _generation(stated, len(time.keys() - {"created", "modified", "unpublished"}))
    if identifier is None:
        yield Tell("revision", "mirror", "the document's identifier is missing", LEAD, anchor,
                   document.absence("/_id"))


def _generation(stated: Fact[Any], published: int) -> Iterator[Tell]:
    """CouchDB counts writes: fewer writes than versions is odd (a lead; npm promises nothing)."""
    number = str(stated.value).partition("-")[0]
    if number.isascii() and number.isdecimal() and len(number) < 10 and int(number) < published:
        yield Tell("revision", "mirror", f"the revision counts {int(number)} writes for {published}"
                   " published versions", LEAD, stated)


def _signed(part: Part, document: Document, read: dict[str, Version],
            versions: Mapping[str, Raw], time: Mapping[str, Raw]) -> Iterator[Tell]:
    newest = next(reversed(read), None)
    if newest is None:
        return
    yield from _publisher(document, versions[newest], newest, _instant(time.get(newest)))
    signed = [document.leaf(m.dist.signatures, f"/versions/{escape(v)}/dist", "signatures", None)
              for v, m in read.items() if m.dist.signatures is not UNSET]
    at = part.observation.at
    bare = next((v for v, m in reversed(read.items()) if m.dist.signatures is UNSET), None)
    gone = document.absence(f"/versions/{escape(bare)}/dist/signatures") if bare else None
    anchor = _shown(document, versions[bare or newest], bare or newest)
    if signed and bare is None:
        yield Tell("signed", "origin", f"all {len(read)} versions carry a registry signature"
                   " (whether they verify is another question)", SIGN, some(signed))
    elif signed:
        yield Tell("signed", "mirror", f"{len(signed)} of {len(read)} versions carry a registry"
                   " signature; the registry signed every version it holds", LEAD, some(signed),
                   gone)
    elif at is None or at.utc < _SIGNED_SINCE:
        yield Tell("signed", "untested", "no version carries a registry signature, and the capture"
                   " is not known to be younger than the signing of every version", 0, anchor, gone)
    elif host_of(part.observation.registry) == host_of(NPM_REGISTRY):
        yield Tell("signed", "mirror", "no version carries a registry signature, which the public"
                   " registry gives each", STRONG, anchor, gone)
    else:
        yield Tell("signed", "neither", "no version carries a registry signature; a private"
                   " registry need not sign", 0, anchor, gone)


def _publisher(document: Document, raw: Raw, newest: str, published: Instant | None
               ) -> Iterator[Tell]:
    at = f"/versions/{escape(newest)}"
    top = members_of(raw)
    name = members_of(top.get("_npmUser")).get("name")
    if name is not None:
        yield Tell("signed", "origin", "the newest version names its publisher", SIGN,
                   document.leaf(name, f"{at}/_npmUser", "name"))
        return
    old = published is not None and published.utc < _NAMED_SINCE
    missing = f"{at}/_npmUser/name" if "_npmUser" in top else f"{at}/_npmUser"
    yield Tell("signed", "neither" if old else "mirror", "the newest version names no publisher"
               + (", as versions of before that time may" if old else ""), 0 if old else STRONG,
               _shown(document, raw, newest), document.absence(missing))


def _shown(document: Document, raw: Raw, version: str) -> Fact[Any]:
    """A short line that shows a version to be listed."""
    at, inside = f"/versions/{escape(version)}", members_of(raw)
    for key in ("version", "name"):
        if key in inside:
            return document.leaf(inside[key], at, key)
    digest = members_of(inside.get("dist")).get("shasum")
    if digest is not None:
        return document.leaf(digest, f"{at}/dist", "shasum")
    return document.leaf(raw, "/versions", version)


def _products(document: Document, versions: dict[str, Raw]) -> Iterator[Tell]:
    """Keys and habits of single products: at the top, in the newest version, in the JSON text."""
    top, newest = document.top, next(reversed(versions), None)
    inside = members_of(versions[newest]) if newest is not None else {}
    for key, product in _PRODUCT_KEYS.items():
        if key in top:
            yield Tell("product", "mirror", f"the top-level key {key!r} is one of {product}", OWN,
                       document.leaf(top[key], "", key, None), product=product)
        elif newest is not None and key in inside:
            yield Tell("product", "mirror", f"the newest version's key {key!r} is one of {product}",
                       OWN, document.leaf(inside[key], f"/versions/{escape(newest)}", key, None),
                       product=product)
    if newest is not None and _SPACED in document.body:
        dist = inside.get("dist")
        if dist is not None:
            yield Tell("product", "mirror", "a space stands before each colon, as Artifactory"
                       " writes JSON", STRONG, document.leaf(
                           dist, f"/versions/{escape(newest)}", "dist", None))
    if not (_PRODUCT_KEYS.keys() & top.keys()):
        yield Tell("product", "neither", "no key of a mirror product stands at the top level", 0,
                   document.at("/name") or document.at("/_id"))


def _instant(raw: Raw | None) -> Instant | None:
    text = decoded(raw) if raw is not None else None
    try:
        return Instant.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _http_time(text: str | None) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
