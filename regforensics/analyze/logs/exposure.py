"""Who has a version, or pulled it: every consumer with its grade, and what nobody could check.

Clients are graded by their own lines alone. Bots and scanners are nobody's exposure; a mirror or
cache that holds a version makes everybody behind it possible.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from regforensics.analyze.logs.consumers import Consumer, Rows
from regforensics.analyze.logs.logged import dates_of
from regforensics.analyze.logs.pinned import entries, known_hashes, strange
from regforensics.analyze.logs.pulled import ends, within
from regforensics.analyze.logs.requests import HAD, MAYBE, Dates, Requests, gathered, plain
from regforensics.analyze.logs.sources import Source, covering, sources_in
from regforensics.analyze.logs.spans import coverage, percent
from regforensics.analyze.seen import counted
from regforensics.model.citation import Fact
from regforensics.model.event import AccessEvent
from regforensics.model.events import AUDIT, Covered
from regforensics.model.exposure import GRADES, Exposure, Grade
from regforensics.model.history import History
from regforensics.model.locked import Locked

_WHY: dict[Grade, str] = {
    "confirmed": "the file was handed over, or the client had it already",
    "likely": "a part of the file, a redirect to it, or an outcome that the log does not tell",
    "possible": "documents of the package alone, while the version could be had, or questions about"
                " its files (HEAD requests, metadata, checksums)"}
_LET = "the log tells that the client was allowed to have the file; the transfer stands in other" \
       " logs"
_PERHAPS = "requests of the form of ones for the package's document, in a repository of which no" \
           " line about the package tells that it holds npm packages"
_KEPT = "a machine that may have kept it: everybody behind it"


def exposures(history: History, versions: Sequence[str]) -> tuple[Exposure, ...]:
    """Every consumer of the versions, the gravest grade and the earliest first, each version with
    what stays unchecked."""
    dates = dates_of(history)
    found = gathered(history.package, history.events.of(history.package), dates)
    every = [one for version in versions for one in _of(history, found, version, dates)]
    return tuple(sorted(every, key=lambda e: (
        versions.index(e.version), GRADES.index(e.grade), e.first is None,
        e.first.utc.timestamp() if e.first else 0.0)))


def set_apart(history: History, versions: Sequence[str]) -> dict[tuple[str, str], int]:
    """Requests for the versions' files by bots and scanners, by layer and user agent."""
    found = gathered(history.package, history.events.of(history.package), dates_of(history))
    counts = Counter[tuple[str, str]]()
    for key in (plain(history.package, version) for version in versions):
        for one in found.of(key, "bot or scanner"):
            name = (one.key.layer, one.key.agent or "no user agent")
            counts[name] += sum(rows.count for rows in one.of(key))
    return dict(counts)


def _of(history: History, found: Requests, version: str, dates: Dates) -> Iterator[Exposure]:
    key = plain(history.package, version)
    for one in found.of(key, "client", "CI"):
        for outcomes, grade in ((HAD, "confirmed"), (MAYBE, "likely")):
            rows = one.got(key, outcomes)
            if rows:
                yield _client(history, version, one, rows, "confirmed" if grade == "confirmed"
                              else "likely", _LET if one.key.layer == AUDIT else "")
                break
    for one in found.of(key, "mirror or proxy", "server"):
        rows = one.got(key, HAD | MAYBE)
        if rows:
            yield _client(history, version, one, rows, "possible", _KEPT)
    for source, filled in found.fills:
        if filled == key:
            yield _kept(history, version, source, found.fills[source, filled])
    published, gone = dates.published.get(key), dates.end(key)
    for one in found.consumers.values():
        if one.kind not in ("client", "CI"):
            continue
        if key in one.peeks and key not in one.pulls:
            yield _client(history, version, one, [one.peeks[key]], "possible")
        elif published and not one.pulls and within(one.reads, published.value,
                                                    gone.value if gone else None):
            yield _client(history, version, one, [one.reads], "possible")
        elif published and not one.pulls and not one.reads.count:
            rows = [r for r in one.perhaps.values()
                    if within(r, published.value, gone.value if gone else None)]
            if rows:
                yield _client(history, version, one, rows, "possible", _PERHAPS)
    yield from _pinned(history, version, key)
    yield _unchecked(history, version, key, dates)


def _pinned(history: History, version: str, key: str) -> Iterator[Exposure]:
    """The lockfiles and SBOMs that name the version, and those that leave open which they do."""
    subject, known = history.package.at(version), known_hashes(history)
    for one in entries(history):
        mine = one.package.version
        layer = "SBOM" if one.sbom else "lockfile"
        flags = f" ({', '.join(one.flags)})" if one.flags else ""
        grade, reason = told(one)
        if mine is None or plain(history.package, mine) != key:
            if mine is not None or one.elsewhere:
                continue
            grade, reason = "unchecked", "it names the package and no one version"
        other = strange(history, one, known) if mine is not None and not one.elsewhere else None
        if other is not None:
            reason += "; the hash that it pins is that of no captured file of the version: other" \
                      " bytes of that name, or an entry that was altered"
        yield Exposure(subject=subject, version=version, grade=grade, layer=layer, file=one.path,
                       reason=reason + flags, repository=one.repository, commit=one.commit,
                       count=1, facts=(one.line, *((other.mine, other.theirs) if other else ())))
    for gap in history.gaps_in(Locked):
        yield Exposure(subject=subject, version=version, grade="unchecked", layer="lockfile",
                       reason=f"{gap.question}: {gap.reason}")


def told(one: Locked) -> tuple[Grade, str]:
    """The grade of an entry that names the version, and why."""
    if one.elsewhere:
        return "possible", f"it names the version, but {one.elsewhere}"
    if one.installed:
        return "confirmed", "npm wrote this record when it had unpacked the files"
    if one.sbom:
        return "likely", "the SBOM lists it: what it describes holds it, if the SBOM is right"
    return "likely", "the lockfile pins it: whoever set up from it was to get it"


def _client(history: History, version: str, one: Consumer, rows: Sequence[Rows], grade: Grade,
            reason: str = "") -> Exposure:
    first, last = ends(rows)
    facts: list[Fact[AccessEvent]] = [f for r in rows for f in (r.first[0], r.facts[-1])]
    return Exposure(
        subject=history.package.at(version), version=version, grade=grade, layer=one.key.layer,
        log=one.key.log,
        reason=reason or _WHY[grade], kind=one.kind, address=one.key.address, user=one.key.user,
        user_agent=one.key.agent, first=first, last=last, count=sum(r.count for r in rows),
        facts=tuple(facts))


def _kept(history: History, version: str, source: Source, rows: Rows) -> Exposure:
    """A cache that fetched the version, as an audit shows it without naming who asked."""
    return Exposure(
        subject=history.package.at(version), version=version, grade="possible", layer=source.layer,
        log=source.log, kind="server", first=rows.start, last=rows.end, count=rows.count,
        reason=_KEPT, facts=rows.facts)


def _unchecked(history: History, version: str, key: str, dates: Dates) -> Exposure:
    """Who could have it without a line in this evidence."""
    logs = [log for log in history.events.coverage() if log.asked and log.first and log.last]
    return Exposure(
        subject=history.package.at(version), version=version, grade="unchecked",
        layer="everything that is not in this evidence", reason=_uncovered(logs, key, dates))


def _uncovered(logs: Sequence[Covered], key: str, dates: Dates) -> str:
    if not logs:
        return "no log that tells who asked is in this evidence: nobody was checked"
    start, end = dates.published.get(key), dates.end(key)
    rest = "whoever reaches the registry by another way, or is served from a cache in front, has" \
           " no line in these logs"
    if start is None:
        return f"the publish time is not known, so neither is what the logs cover of it; {rest}"
    last = max(log.last.value.utc for log in logs if log.last)
    until = end.value.utc if end else max(last, start.value.utc)
    if until <= start.value.utc:
        return f"the logs end before the publish, and cover nothing of the time after it; {rest}"
    sources = dict.fromkeys(source for log in logs for source in sources_in(log))
    each = ", ".join(f"the {source.words}"
                     f" {percent(coverage(covering(logs, source), start.value.utc, until))}"
                     for source in sources)
    to = dates.ending(key) if end else "the end of the logs"
    unread = counted(sum(log.unparsed for log in logs), "line")
    return f"of the time from the publish to {to}, these logs cover: {each}; {unread} unread;" \
           f" {rest}"
