"""npm: what the time map and the upload times inside version objects say about their origin.

A mirror that lacks times may leave them out (GitHub Packages, GitLab, content networks), fill them
with the moment of the request (Nexus), or regenerate them all at once.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from regforensics.evidence.jsonraw import Raw, decoded, members_of
from regforensics.evidence.jsontree import Document, Leaf
from regforensics.evidence.pointers import escape
from regforensics.model.citation import Fact
from regforensics.model.claim import said
from regforensics.model.instant import Instant
from regforensics.model.origin import Tell
from regforensics.model.snapshot import Observation
from regforensics.registries.mirrors import LEAD, OWN, SIGN, STRONG, some

_FILLED = timedelta(seconds=5)  # between a request and a time that was made up for it
_UPLOADED = timedelta(seconds=60)  # between the upload and the publish time of one version
#: The public registry wrote times of old packages anew in 2010 and 2013 (express shows both).
_REGENERATED = datetime(2014, 1, 1, tzinfo=UTC)
_CLUSTER = 3  # versions of one and the same millisecond
PLAIN_TIME = re.compile(  # surely a time; the last days of months are left to the parser
    rb'"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])'
    rb'T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z"')
_TMP = re.compile(r"_(\d{13})_\d")


def time_tells(seen: Observation, document: Document, time: Mapping[str, Raw],
               versions: Mapping[str, Raw], *, signed: bool) -> Iterator[Tell]:
    """created, modified and a time for every version; none made up, none null."""
    anchor = document.at("/name") or document.at("/_id")
    if "time" not in document.top:
        stays = " while registry signatures stay, as content networks strip it" if signed else ""
        yield Tell("times", "mirror", f"the time map is missing{stays}", STRONG, anchor,
                   document.absence("/time"))
        return
    unpublished = time.get("unpublished")
    if unpublished is not None and bytes(unpublished) == b"null":
        yield Tell("times", "mirror", "time.unpublished is null, as Artifactory writes it", OWN,
                   document.leaf(unpublished, "/time", "unpublished"), product="Artifactory")
    whole = True
    for key, weight in (("created", STRONG), ("modified", SIGN)):
        value = decoded(time[key]) if key in time else None
        if not value:
            whole = False
            fact = document.leaf(time[key], "/time", key) if key in time else anchor
            yield Tell("times", "mirror", f"time.{key} is missing", weight, fact,
                       None if key in time else document.absence(f"/time/{escape(key)}"))
    bare = [v for v in versions if v not in time]
    if bare:
        yield Tell("times", "mirror", f"{len(bare)} of {len(versions)} listed versions have no time"
                   f" of that spelling ({said(bare[-1])})", LEAD, anchor,
                   document.absence(f"/time/{escape(bare[-1])}"))
    elif whole:
        yield Tell("times", "origin", "the time map has created, modified and a time for every"
                   " listed version", SIGN,
                   some([document.leaf(time[k], "/time", k) for k in ("created", "modified")]))
    yield from _made_up(seen, document, time)
    yield from _late_write(document, time)


def _made_up(seen: Observation, document: Document, time: Mapping[str, Raw]) -> Iterator[Tell]:
    """Times that several keys share: the moment of the request, or of a regeneration."""
    shared: defaultdict[str, list[str]] = defaultdict(list)
    for key, raw in time.items():
        text = decoded(raw) if key not in ("modified", "unpublished") else None
        if isinstance(text, str):
            shared[text].append(key)
    for text, keys in shared.items():
        moment = _parsed(text) if len(keys) > 1 else None
        if moment and seen.at and abs(moment.utc - seen.at.utc) <= _FILLED:
            facts = [document.leaf(time[key], "/time", key) for key in keys]
            yield Tell("times", "mirror", f"{len(keys)} times are one and the same, and that of the"
                       " capture, as Nexus fills in missing ones", OWN, some(facts),
                       product="Nexus")
            return
    text, keys = max(shared.items(), key=lambda item: len(item[1]), default=("", []))
    keys = [key for key in keys if key != "created"]
    if len(keys) >= _CLUSTER:
        moment, facts = _parsed(text), [document.leaf(time[key], "/time", key) for key in keys]
        own = moment is not None and moment.utc < _REGENERATED
        yield Tell("times", "neither" if own else "mirror",
                   f"{len(keys)} times are one and the same ({said(text)}): a regenerated time map"
                   + (", as the public registry itself left some of before that" if own else ""),
                   0 if own else SIGN, some(facts))


def _late_write(document: Document, time: Mapping[str, Raw]) -> Iterator[Tell]:
    """Modified after every version: any write does that, and so does leaving young versions out."""
    modified = _fact(document, time, "modified")
    newest: Fact[Instant] | None = None
    for key in _candidates(time):
        fact = _fact(document, time, key)
        if fact is not None and (newest is None or fact.value.utc > newest.value.utc):
            newest = fact
    if modified and newest and modified.value.utc - newest.value.utc > timedelta(minutes=1):
        yield Tell("times", "neither", "time.modified is later than every version's time: a write"
                   " that published nothing, or versions that an age gate leaves out", 0,
                   some([newest, modified]))


def _candidates(time: Mapping[str, Raw]) -> list[str]:
    """The versions of which one has the latest time: of times in the registry's own form, which
    sort as they stand, the greatest; and every one that is written otherwise."""
    own = {key: bytes(raw) for key, raw in time.items()
           if key not in ("created", "modified", "unpublished")}
    plain = {key: text for key, text in own.items() if PLAIN_TIME.fullmatch(text)}
    latest = max(plain.values(), default=b"")
    return [key for key, text in own.items() if key not in plain or text == latest]


def upload_tells(document: Document, time: Mapping[str, Raw], internal: Mapping[str, Raw],
                 newest: str | None) -> Iterator[Tell]:
    """The upload epoch inside ``_npmOperationalInternal.tmp`` against the version's time."""
    pairs = []
    for version, raw in internal.items():
        inside, published = members_of(raw).get("tmp"), _parsed_raw(time.get(version))
        found = _TMP.search(str(decoded(inside))) if inside is not None else None
        if inside is not None and found and published is not None:
            at = datetime.fromtimestamp(int(found[1]) / 1000, UTC)
            pairs.append((abs(published.utc - at) <= _UPLOADED, version, inside))

    def facts(version: str, inside: Raw) -> list[Fact[object]]:
        pointer = f"/versions/{escape(version)}/_npmOperationalInternal"
        return [document.leaf(time[version], "/time", version),
                document.leaf(inside, pointer, "tmp")]

    anchor = document.at("/name") or document.at("/_id")
    if not pairs:
        if newest is not None and anchor is not None:
            places = (f"/versions/{escape(newest)}/_npmOperationalInternal/tmp",
                      f"/time/{escape(newest)}")
            missing = next((place for place in places if document.at(place) is None), None)
            yield Tell("upload", "untested", "no version carries both an upload time and a publish"
                       " time", 0, anchor, document.absence(missing) if missing else None)
        return
    apart = [fact for near, v, raw in pairs if not near for fact in facts(v, raw)]
    if not apart:
        both = [fact for _, v, raw in (pairs[0], pairs[-1]) for fact in facts(v, raw)]
        yield Tell("upload", "origin", f"the upload times inside {len(pairs)} versions agree with"
                   " their publish times to the minute", SIGN, some(both))
        return
    most = len(apart) > len(pairs)
    yield Tell("upload", "mirror", f"the upload times inside {len(apart) // 2} of {len(pairs)}"
               " versions differ from their publish times by more than a minute",
               STRONG if most else LEAD, some(apart))


def _fact(document: Document, time: Mapping[str, Raw], key: str) -> Leaf | None:
    moment = _parsed_raw(time.get(key))
    return document.leaf(time[key], "/time", key, moment) if moment else None


def _parsed_raw(raw: Raw | None) -> Instant | None:
    text = decoded(raw) if raw is not None else None
    return _parsed(text) if isinstance(text, str) else None


def _parsed(text: str) -> Instant | None:
    try:
        return Instant.parse(text)
    except ValueError:
        return None
