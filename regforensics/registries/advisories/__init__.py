"""Advisories about a package: what to ask the databases for, and how their answers are read.

OSV is asked by ``POST /v1/query`` and pages by token (OSV docs, API), GitHub by ``GET
/advisories`` and pages by its Link header (GitHub REST docs). A database pages as it likes: after
MOST_PAGES no further one is asked for, and the answers say that there is more.
"""

import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsontree import Document
from regforensics.model.advisory import Advisory, AdvisoryAnswer, Source
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.registries.advisories import github, osv
from regforensics.registries.base import Part, Query, Wanted

OSV, GITHUB = "osv", "github-advisories"
KINDS = (OSV, GITHUB)
MOST_PAGES = 20  # of one question; GitHub's hold 100 records, OSV's 1000
_GITHUB_TYPES = ("reviewed", "malware")
_NEXT = re.compile(r'<([^<>\s]{1,2000})>\s{0,4};\s{0,4}rel="next"')
_TYPE = re.compile(r"[?&]type=([a-z]{1,20})(?:&|$)")
_OPENS = {OSV: b"{", GITHUB: b"["}
_SOURCES: dict[str, Source] = {OSV: "OSV", GITHUB: "GitHub"}


def ask(package: PackageRef, _base_url: str, answered: Sequence[Part],
        wanted: Wanted) -> Iterator[Query]:
    """The questions about a package, and the next page of each that was answered in part."""
    if not wanted.advisories or package.registry not in osv.ECOSYSTEMS:
        return
    pages = {kind: [part for part in answered if part.kind == kind] for kind in KINDS}
    tokens = [osv.more(part.document) for part in pages[OSV][:MOST_PAGES - 1] if part.document]
    for token in (None, *(fact.value for fact in tokens if fact)):
        yield _osv(package, wanted.osv_url, token)
    root = wanted.github_api_url
    first = f"advisories?ecosystem={github.ECOSYSTEMS[package.registry]}" \
            f"&affects={quote(package.full_name, safe='')}&per_page=100&type="
    for kind in _GITHUB_TYPES:
        yield _github(package, root, f"{root}{first}{kind}")
        mine = [part for part in pages[GITHUB] if _question(part) == kind]
        for part in mine[:MOST_PAGES - 1]:
            following = _next(part)
            if following and following.startswith(f"{root}advisories?"):
                yield _github(package, root, following)


def read(package: PackageRef, part: Part) -> Iterator[AdvisoryAnswer | Gap]:
    """What one answer says of ``package``. Raises UnreadableInput where it is no such answer."""
    document, database = part.document, osv if part.kind == OSV else github
    if document is None or (part.observation.status or 200) != 200 \
            or not (database.count(document) or document.body.lstrip()[:1] == _OPENS[part.kind]):
        raise UnreadableInput("no list of advisories was answered", offset=0)
    found: list[Advisory] = []
    for item in database.read(package, document):
        if isinstance(item, Gap):
            yield item
        else:
            found.append(item)
    asked = part.entry is not None and part.entry.way == "http"
    others = database.count(document) - len(found)
    if asked and others:
        yield Gap("whether there are more advisories about the package",
                  f"of the records in {part.observation.label} {others} do not name the package or"
                  " stand beyond the limit of this tool", package)
    if found or asked:
        yield AdvisoryAnswer(
            source=_SOURCES[part.kind], package=package, observation=part.observation,
            advisories=tuple(found), asked=asked, question=_question(part), more=_more(part),
            run=(part.entry.run or "") if part.entry else "")


def recognises(document: Document) -> str | None:
    """The kind of a saved answer or record, or None."""
    if osv.is_answer(document) or osv.is_record(document.top):
        return OSV
    return GITHUB if github.is_answer(document) else None


def package_of(document: Document, kind: str) -> PackageRef | None:
    """The one package that the document is about, or None where it names several, or none."""
    named = osv.subjects(document) if kind == OSV else github.subjects(document)
    return next(iter(named)) if len(named) == 1 else None


def _osv(package: PackageRef, root: str, token: str | None) -> Query:
    about = {"name": package.full_name, "ecosystem": osv.ECOSYSTEMS[package.registry]}
    body = {"package": about} | ({"page_token": token} if token else {})
    return Query(f"{root}v1/query", "application/json", OSV, OSV, package, optional=True,
                 base_url=root, body=json.dumps(body, separators=(",", ":")).encode())


def _github(package: PackageRef, root: str, url: str) -> Query:
    return Query(url, "application/vnd.github+json", GITHUB, GITHUB, package, optional=True,
                 base_url=root)


def _question(part: Part) -> str:
    """Which of a database's questions an answer is to."""
    asked = _TYPE.search((part.entry.url or "") if part.entry else "")
    return asked[1] if asked else ""


def _next(part: Part) -> str | None:
    links = ",".join(v for k, v in part.observation.headers if k.lower() == "link")
    found = _NEXT.search(links)
    return found[1] if found else None


def _more(part: Part) -> Fact[str] | None:
    if part.kind == OSV:
        return osv.more(part.document) if part.document is not None else None
    following, line = _next(part), part.observation.line
    return derive(following, line) if following and line is not None else None
