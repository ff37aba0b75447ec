"""Clients that asked about a version and for none of its files: possible, and not shown."""

from collections.abc import Iterator

from regforensics.analyze.logs.moments import resting, utc
from regforensics.analyze.logs.pulled import FEW, ends, shown, within
from regforensics.analyze.logs.requests import Dates, Requests, listed
from regforensics.analyze.rules import Rule
from regforensics.analyze.seen import counted
from regforensics.model.claim import Claim, said
from regforensics.model.instant import Interval

PEEKED = Rule(
    "distribution.peeked", "distribution",
    "clients that asked about a version's files (their size or headers, metadata, checksums,"
    " signatures) and for none of the files: no download",
    "their first and last request lines",
    "resolvers look at files that they do not choose; the file may have come by another way")
METADATA = Rule(
    "distribution.metadata-only", "distribution",
    "clients that asked one layer for the package's documents while the version could be had, and"
    " for none of its files: possible, not shown",
    "their first and last request lines", "editors, update checks and bots ask for documents alone")

PERHAPS_READ = Rule(
    "distribution.perhaps-metadata", "distribution",
    "clients with requests that have the form of ones for the package's documents, in a repository"
    " of which neither its name, nor the client, nor another line about the package tells that it"
    " holds npm packages: possible, not shown",
    "their first and last request lines",
    "a file of the package's name in a repository of another kind")


def possible(found: Requests, version: str, dates: Dates, *, notable: bool) -> Iterator[Claim]:
    """Who asked about the version's files; and, of a version in question, for documents alone."""
    yield from _peeked(found, version)
    if notable:
        yield from _metadata(found, version, dates)
        yield from _perhaps(found, version, dates)


def _peeked(found: Requests, version: str) -> Iterator[Claim]:
    """Clients with questions about the version's files, and none for a file."""
    for source in dict.fromkeys(c.key.source for c in found.consumers.values()):
        mine = [c for c in found.consumers.values() if c.key.source == source
                and c.kind in ("client", "CI") and version in c.peeks and version not in c.pulls]
        if not mine:
            continue
        cited = [row for c in mine[:FEW // 2]
                 for row in (c.peeks[version].first[0], c.peeks[version].facts[-1])]
        first, last = ends(c.peeks[version] for c in mine)
        yield PEEKED.claim(
            found.package.at(shown(found, version)), Interval(first, last),
            "In the " + source.words + ", {count} asked about files of version {version} (HEAD"
            " requests, metadata, checksums or signatures) between {first} and {last}, and for"
            " none of the files: {names}. That is no download.", notable=False,
            count=resting(counted(len(mine), "client"), cited),
            version=resting(shown(found, version), cited), first=resting(utc(first), cited),
            last=resting(utc(last), cited),
            names=resting(listed((c.name for c in mine), 4), cited))


def _metadata(found: Requests, version: str, dates: Dates) -> Iterator[Claim]:
    """Clients with requests for documents alone, in the time when the version could be had."""
    published, gone = dates.published.get(version), dates.end(version)
    if published is None:
        return
    for source in dict.fromkeys(c.key.source for c in found.consumers.values()):
        mine = [c for c in found.consumers.values()
                if c.key.source == source and c.kind in ("client", "CI") and not c.pulls
                and version not in c.peeks
                and within(c.reads, published.value, gone.value if gone else None)]
        if not mine:
            continue
        cited = [row for c in mine[:FEW // 2] for row in (c.reads.first[0], c.reads.facts[-1])]
        first, last = ends(c.reads for c in mine)
        yield METADATA.claim(
            found.package.at(shown(found, version)), Interval(first, last),
            "In the " + source.words + ", {count} asked for the package's documents between"
            " {first} and {last}, a time that reaches into the one in which version {version} could"
            " be had, and for no file of any version: {names}. That they hold it is possible and"
            " not shown.",
            notable=False, count=resting(counted(len(mine), "client"), cited),
            version=resting(shown(found, version), (published, *cited)),
            first=resting(utc(first), cited), last=resting(utc(last), cited),
            names=resting(listed((c.name for c in mine), 4), cited))


def _perhaps(found: Requests, version: str, dates: Dates) -> Iterator[Claim]:
    """Clients with requests that have the form of ones for the package's document, and no other."""
    published, gone = dates.published.get(version), dates.end(version)
    if published is None:
        return
    for source in dict.fromkeys(c.key.source for c in found.consumers.values()):
        mine = [(c, rows) for c in found.consumers.values() if c.key.source == source
                and c.kind in ("client", "CI") and not c.pulls and version not in c.peeks
                and not c.reads.count for rows in c.perhaps.values()
                if within(rows, published.value, gone.value if gone else None)]
        if not mine:
            continue
        cited = [row for _, rows in mine[:FEW // 2] for row in (rows.first[0], rows.facts[-1])]
        first, last = ends(rows for _, rows in mine)
        repos = dict.fromkeys(said(repo) for c, _ in mine for repo in c.perhaps if repo)
        yield PERHAPS_READ.claim(
            found.package.at(shown(found, version)), Interval(first, last),
            "In the " + source.words + ", {count} may have asked for the package's documents"
            " between {first} and {last}, a time that reaches into the one in which version"
            " {version} could be had: their requests have that form, in {repos}, of which no line"
            " about the package tells that it holds npm packages: {names}. Possible, and not"
            " shown.", notable=False,
            count=resting(counted(len({c.key for c, _ in mine}), "client"), cited),
            version=resting(shown(found, version), (published, *cited)),
            first=resting(utc(first), cited), last=resting(utc(last), cited),
            repos=resting(listed(repos, 4) or "a repository", cited),
            names=resting(listed(dict.fromkeys(c.name for c, _ in mine), 4), cited))
