"""Signs that an answer came from the origin registry, or from a mirror or proxy of it.

Each sign is a lead with its own line, never a verdict: a mirror's time map is not the
registry's, and a capture must say which it looks like. Fingerprints: Artifactory, Nexus,
Verdaccio, devpi, cnpmcore and the registries' own answers.
"""

import re
from collections.abc import Mapping, Sequence

from regforensics.endpoints import PYPI_FILE_HOSTS, PYPI_URL
from regforensics.evidence.jsonraw import members_of
from regforensics.evidence.jsontree import Document
from regforensics.model.citation import Fact
from regforensics.model.snapshot import Artifact, Observation, Release, Tell

_PROXY_HEADERS = (
    ("x-jfrog-version", "", "Artifactory"), ("x-artifactory-id", "", "Artifactory"),
    ("x-artifactory-node-id", "", "Artifactory"), ("x-devpi-serial", "", "devpi"),
    ("x-devpi-master-uuid", "", "devpi"), ("x-devpi-primary-uuid", "", "devpi"),
    ("server", "nexus", "Nexus"), ("server", "verdaccio", "Verdaccio"),
    ("x-powered-by", "verdaccio", "Verdaccio"), ("via", "", "a proxy on the way"))
_MIRROR_KEYS = (("_uplinks", "Verdaccio"), ("_distfiles", "Verdaccio"),
                ("_cnpmcore_publish_time", "cnpmcore"), ("_source_registry_name", "cnpmcore"))
_BLAKE_PATH = re.compile(r"/packages/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{60})/")


def header_tells(observation: Observation) -> tuple[Tell, ...]:
    """Response headers that mirrors and proxies add; they stand in the custody line."""
    if observation.line is None:
        return ()
    return tuple(Tell("mirror", f"the answer's header {name!r} names {product}", observation.line)
                 for have, value in observation.headers
                 for name, part, product in _PROXY_HEADERS
                 if have.lower() == name and part in value.lower())


def npm_tells(document: Document, observation: Observation,
              newest: Release | None) -> tuple[Tell, ...]:
    """What a packument's own shape says about where it came from."""
    top, time = document.top, members_of(document.top.get("time"))
    tells = [Tell("mirror", f"the top-level key {key!r} is one of {product}",
                  document.leaf(top[key], "", key)) for key, product in _MIRROR_KEYS if key in top]
    tells += [_present_or_not(document, top, "", "_rev", "the registry's revision")]
    if "time" in top:
        tells.append(_present_or_not(document, time, "/time", "created", "the creation time"))
    else:
        tells.append(Tell("mirror", "the time map is missing", absence=document.absence("/time")))
    if "unpublished" in time and bytes(time["unpublished"]) == b"null":
        tells.append(Tell("mirror", "time.unpublished is null, as Artifactory writes it",
                          document.leaf(time["unpublished"], "/time", "unpublished")))
    if newest is not None:
        tells += _release_tells(observation, newest)
    return _asked(observation, tells)


def pypi_tells(observation: Observation, serial: Fact[int] | None,
               sample: Artifact | None) -> tuple[Tell, ...]:
    """What a PyPI answer's headers and file addresses say about where it came from."""
    tells = []
    stated = next((v for k, v in observation.headers if k.lower() == "x-pypi-last-serial"), None)
    if observation.line is not None and observation.headers and serial is not None:
        agrees = stated == str(serial.value)
        tells.append(Tell("origin" if agrees else "mirror",
                          "the header X-PyPI-Last-Serial agrees with the document's serial"
                          if agrees else "no header X-PyPI-Last-Serial states that serial",
                          observation.line))
    blake = sample.digests.get("blake2b_256") if sample else None
    if sample and sample.url:
        place = _BLAKE_PATH.search(sample.url.value)
        fits = bool(place) and (blake is None or "".join(place.groups()) == blake.value) \
            if place else False
        if not fits:
            tells.append(Tell("mirror", "file addresses are not those of the registry's file store",
                              sample.url))
        tells += _file_host(observation, sample.url)
    return _asked(observation, tells)


def _file_host(observation: Observation, url: Fact[str]) -> list[Tell]:
    """Whether the files are at the index's own host; nothing where nobody recorded which index."""
    asked, host = _host(observation.registry), _host(url.value)
    if not asked:
        return []
    own = PYPI_FILE_HOSTS if asked == _host(PYPI_URL) else (asked,)
    if host in own:
        return [Tell("origin", "files are at the index's own file host", url)]
    return [Tell("mirror", f"files are at another host ({host or 'none'}) than the index's own",
                 url)]


def _asked(observation: Observation, tells: Sequence[Tell]) -> tuple[Tell, ...]:
    """Without a registry that was asked nothing can point to it: a copy looks like the original."""
    return tuple(t for t in tells if observation.registry or t.points_to == "mirror")


def _present_or_not(document: Document, level: Mapping[str, object], at: str, key: str,
                    what: str) -> Tell:
    leaf = document.at(f"{at}/{key}")
    if key in level and leaf is not None and leaf.value not in (None, "", "0-0000000000000000"):
        return Tell("origin", f"{what} is there", leaf)
    return Tell("mirror", f"{what} is missing", leaf,
                None if leaf is not None else document.absence(f"{at}/{key}"))


def _release_tells(observation: Observation, newest: Release) -> list[Tell]:
    tells = []
    if newest.publisher is not None:
        tells.append(Tell("origin", "the newest version names its publisher", newest.publisher))
    else:
        tells.append(Tell("mirror", "the newest version names no publisher", newest.anchor))
    url = newest.artifacts[0].url if newest.artifacts else None
    asked = _host(observation.registry)
    if url is not None and asked:
        same = _host(url.value) == asked
        tells.append(Tell("origin" if same else "mirror",
                          "tarballs are at the host that was asked" if same
                          else "tarballs are at another host than was asked", url))
    return tells


def _host(url: str) -> str:
    """The host and port of a URL, in lower case; empty where it has none."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
