"""The evidence matrix: which question the evidence on disk answers, and how well."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from regforensics.analyze.accounts.reach import asked
from regforensics.analyze.advisories.advised import records as records_of
from regforensics.analyze.custody.asks import ask
from regforensics.analyze.custody.logs_held import (
    account_logs,
    audit_logs,
    present_state,
    request_logs,
)
from regforensics.analyze.releases.deliveries import asked as files_asked
from regforensics.analyze.releases.walk import Withdrawal, published, withdrawals
from regforensics.analyze.seen import LISTING, Series, counted, dated, series
from regforensics.analyze.signed.attested import best, judged
from regforensics.model.account import AccountAnswer
from regforensics.model.advisory import AdvisoryAnswer
from regforensics.model.attestation import Build
from regforensics.model.claim import stopped
from regforensics.model.coverage import QUESTIONS, Authority, Coverage, Question
from regforensics.model.downloads import SERVICES, Days, DownloadCounts, LastWeek
from regforensics.model.history import History, Scope
from regforensics.model.journal import JournalPage, JournalRow
from regforensics.model.origin import verdict
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot

FEW = 8  # versions that a row names


def inventory(histories: Iterable[History], scope: Scope) -> tuple[Coverage, ...]:
    """One row for each question and source of each package.

    A package that the scope names and no history holds gets four unavailable rows.
    """
    found = tuple(histories)
    known = {history.package.at(None) for history in found}
    rows = [row for history in found for row in _rows(history)]
    missing = dict.fromkeys(p.at(None) for p in scope.incidents)
    rows += [_unavailable(p, question, "nothing about the package is on disk")
             for p in missing if p not in known for question in QUESTIONS]
    return tuple(rows)


def _rows(history: History) -> Iterator[Coverage]:
    """Every row; where one source crashes, a row says so and the others stand."""
    if history.package.is_account:
        yield from _bearing(history, "account", lambda: [_reach(history)])
        return
    parts = cache(lambda: series(history))
    sources: tuple[tuple[Question, Callable[[], Iterable[Coverage]]], ...] = (
        ("publish", lambda: _each(history, "publish", parts(), _publish)),
        ("withdrawal", lambda: _each(history, "withdrawal", parts(), _withdrawal)),
        ("install", lambda: _install(history)),
        ("account", lambda: _each(history, "account", parts(), _account)),
        ("account", lambda: account_logs(history)), ("account", lambda: present_state(history)),
        ("publish", lambda: audit_logs(history)), ("account", lambda: _journal(history)),
        ("publish", lambda: _attested(history)), ("publish", lambda: _advised(history)))
    for question, rows in sources:
        yield from _bearing(history, question, rows)


def _bearing(history: History, question: Question,
             rows: Callable[[], Iterable[Coverage]]) -> Iterator[Coverage]:
    try:
        yield from list(rows())
    except Exception as error:  # whatever it is, the matrix has a row that says so
        yield _unavailable(history.package, question,
                           f"this tool's reading of a source {stopped(error)}")


def _each(history: History, question: Question, parts: Sequence[Series],
          row: Callable[[Series], Coverage]) -> Iterable[Coverage]:
    """A row for each place that was captured."""
    return map(row, parts) if parts else (_unavailable(
        history.package, question, "no capture of the package could be read"),)


def _attested(history: History) -> Iterator[Coverage]:
    """What attestations that verify add: a third party's times, and where things were built."""
    good = [item for item in judged(history) if item.verdict.judgement == "verified"]
    logged = {item.version for item in good if item.verdict.logged}
    built = {item.version for item in good if best(item.attestation) != Build()}
    if logged:
        yield Coverage(
            "publish", "approximate", "attestations that verify: a transparency log's times for"
            f" {counted(len(logged), 'version')}, from somebody else than the registry",
            history.package)
    if built:
        yield Coverage(
            "account", "limited", "attestations that verify: the workflow, repository and commit"
            f" that {counted(len(built), 'version')} came from; no person", history.package,
            ask=ask(history.package.registry, "account"))


def _advised(history: History) -> Iterator[Coverage]:
    """The databases that were asked, or whose records were handed over."""
    answers = history.of(AdvisoryAnswer)
    for source in dict.fromkeys(answer.source for answer in answers):
        mine = [answer for answer in answers if answer.source == source]
        ids = [record.now.id.value for record in records_of(mine)]
        more = f" and {len(ids) - FEW} more" if len(ids) > FEW else ""
        named = f" ({', '.join(ids[:FEW])}{more})" if ids else ""
        times = [at for answer in mine if answer.asked and (at := answer.observation.at)]
        yield Coverage(
            "publish", "limited",
            f"{source}: advisories: {len(ids)}{named}; their times are those of the records, not of"
            " an attack", history.package,
            f"asked last at {times[-1]}" if times else "records that were handed over")


def _reach(history: History) -> Coverage:
    """What an account could publish, by the newest answer."""
    account, runs = history.package, asked(history.of(AccountAnswer))
    if not runs:
        return _unavailable(account, "account", "no answer about the account could be read")
    authority: Authority = "limited" if account.home == "npm" or not runs[-1].complete \
        else "authoritative"
    only = "the registry's search, which lags behind and leaves packages out" \
        if account.home == "npm" else "direct roles only, none through organisations"
    return Coverage(
        "account", authority, f"{counted(len(runs[-1].packages), 'package')} that the account can"
        f" publish ({only}); no logins and no tokens", account,
        f"{counted(len(runs), 'answer')}, the newest of {runs[-1].at.value}",
        ask(account.registry, "account"))


def _journal(history: History) -> Iterator[Coverage]:
    """What the index's journal answers over the serials that were read."""
    pages = history.of(JournalPage)
    if not pages:
        return
    mine = {row.serial.value: row for row in history.of(JournalRow)}
    roles = sum(1 for row in mine.values() if row.login is not None)
    last = max((page.last for page in pages if page.last is not None), default=pages[0].since)
    spans = f"serials {min(page.since for page in pages)} to {last}, as far as they were read"
    place = "the index's journal: "
    yield Coverage("withdrawal", "authoritative", place + f"{counted(len(mine), 'row')} of the"
                   " project, with times and without actors", history.package, spans)
    yield Coverage("account", "limited", place + f"{counted(roles, 'row')} about roles; none about"
                   " roles through organisations, tokens or logins", history.package, spans,
                   ask(history.package.registry, "account"))


def _publish(part: Series) -> Coverage:
    versions, package = published(part), part.package
    told = [r for _, r in files_asked(part) if r.delivered]
    if not versions and told:
        return Coverage("publish", "approximate", f"{_place(part)}: for"
                        f" {counted(len(told), 'version')} a time by which it was delivered"
                        " (Last-Modified), none at which it became public", package,
                        _captured(part), ask(package.registry, "publish"))
    if not versions:
        return _unavailable(package, "publish", f"{_place(part)}: no publish times")
    spread = f"versions published {versions[0].time.value} to {versions[-1].time.value}"
    source = f"{_place(part)}: {counted(len(versions), 'publish time')}"
    why = _doubt(versions[-1].snapshot)
    if not why:
        return Coverage("publish", "authoritative", source, package, spread)
    return Coverage("publish", "limited", f"{source}; {why}", package, spread,
                    ask(package.registry, "publish"))


def _doubt(snapshot: Snapshot) -> str:
    """Why a document is less than the registry's own word; empty where it is that."""
    looks = verdict(snapshot.origin)
    if looks == "mirror":
        return "the document looks like a mirror's, whose times are not the registry's"
    base = snapshot.observation.registry
    if not base:
        return "the document was handed over, and where it came from is not recorded"
    if base.startswith("http://"):
        return "the document came over unencrypted HTTP, on which anybody on the way can change it"
    return "" if looks == "origin" else "the document carries no sign of where it came from"


def _withdrawal(part: Series) -> Coverage:
    package, place = part.package, _place(part)
    telling = next((s for s in part.snapshots if s.tombstone or s.state == "held"), None)
    if telling is not None:
        what = "tombstone" if telling.tombstone else "security holder"
        why = _doubt(telling) or ("it is not the leading source" if part.qualified else "")
        authority: Authority = "limited" if why else "authoritative"
        return Coverage("withdrawal", authority, f"{place}: the registry's {what} of the package"
                        + (f"; {why}" if why else ""), package, _captured(part),
                        ask(package.registry, "withdrawal") if why else None)
    times = {at.utc for s in part.snapshots if (at := dated(s))}
    gone = [item for item in withdrawals(part) if item.back is None]
    if len(times) < 2:
        verb = "is" if len(gone) == 1 else "are"
        left = f", though {counted(len(gone), 'version')} {verb} gone" if gone else ""
        return _unavailable(package, "withdrawal",
                            f"{place}: fewer than two captures of known time{left}",
                            _captured(part))
    bounded = [item for item in gone if item.listed or item.known]
    authority = "approximate" if bounded or not gone else "limited"
    return Coverage("withdrawal", authority,
                    f"{place}: {_went(part, gone, bounded)}", package, _captured(part),
                    ask(package.registry, "withdrawal"))


def _went(part: Series, gone: Sequence[Withdrawal], bounded: Sequence[Withdrawal]) -> str:
    """What is gone, and how closely the captures bound when it went."""
    state = part.snapshots[-1].state
    parts = [f"the package is {state} in the last capture"] if state not in LISTING else []
    if not gone and part.listings:
        parts.append("no listed version is missing from a later list of versions"
                     if len(part.listings) > 1 else "one capture lists versions")
    elif not gone:
        parts.append("no capture lists versions")
    if bounded:
        parts.append(f"{counted(len(bounded), 'version')} went between two captures"
                     f" ({_names(bounded)})")
    before = [item for item in gone if item not in bounded]
    if before:
        verb = "was" if len(before) == 1 else "were"
        parts.append(f"{counted(len(before), 'version')} {verb} gone already in the first capture"
                     f" ({_names(before)}): bounded by publish time and that capture only")
    return "; ".join(parts)


def _names(items: Sequence[Withdrawal]) -> str:
    named = [item.version for item in items]
    return ", ".join(named[:FEW]) + (f" and {len(named) - FEW} more" if len(named) > FEW else "")


def _install(history: History) -> Iterator[Coverage]:
    """A row for each counting service; counts say how often, and never who."""
    package, question = history.package, ask(history.package.registry, "install")
    spans = defaultdict[str, list[DownloadCounts]](list)
    for record in history.of(DownloadCounts):
        spans[SERVICES[record.service]].append(record)
    for name, records in spans.items():
        days = Days(min(r.covers.first for r in records), max(r.covers.last for r in records))
        split = [word for word, there in (
            ("version", any(r.by_version for r in records)),
            ("client", any(r.by_client for r in records))) if there]
        by = f", by {' and '.join(split)}" if split else ", over all versions and clients"
        yield Coverage("install", "limited", f"{name}: downloads a day{by}; they name nobody",
                       package, days.text(), question)
    weeks = history.of(LastWeek)
    if weeks:
        times = [w.observation.at.text for w in weeks if w.observation.at]
        yield Coverage("install", "limited", "the npm downloads API: downloads by version in the"
                       " seven days before each answer; they name nobody", package,
                       f"asked at {times[0]}" if times[:1] == times[-1:] and times else
                       f"asked from {times[0]} to {times[-1]}" if times else None, question)
    held = tuple(request_logs(history))
    yield from held
    if not (spans or weeks or held):
        yield _unavailable(package, "install",
                           "no download counts and no request logs are on disk")


def _account(part: Series) -> Coverage:
    package, place = part.package, _place(part)
    named = sum(1 for p in published(part) if p.release and p.release.publisher)
    lists = sum(1 for s in part.snapshots if s.owners)
    if named:
        return Coverage("account", "limited",
                        f"{place}: the publisher of {counted(named, 'version')} and the owners in"
                        f" {counted(lists, 'capture')}; no logins, tokens or times of owner"
                        " changes", package, _captured(part), ask(package.registry, "account"))
    signed = sum(1 for _, release in files_asked(part) if release.signer)
    if signed:
        return Coverage("account", "limited",
                        f"{place}: the key that the signatures of {counted(signed, 'version')}"
                        " name; no account, login or owner", package, _captured(part),
                        ask(package.registry, "account"))
    roles = f"; roles in {counted(lists, 'capture')}" if lists else ""
    return _unavailable(package, "account", f"{place}: no version names its publisher{roles}",
                        _captured(part))


def _unavailable(package: PackageRef, question: Question, why: str,
                 covers: str | None = None) -> Coverage:
    return Coverage(question, "unavailable", why, package, covers, ask(package.registry, question))


def _place(part: Series) -> str:
    newest: Snapshot = part.snapshots[-1]
    looks = " (looks like a mirror)" if verdict(newest.origin) == "mirror" else ""
    if not part.base:
        return f"handed-over documents{looks}"
    return f"captures from {part.base}{looks}"


def _captured(part: Series) -> str:
    times = [at for s in part.snapshots if (at := dated(s))]
    if not times:
        return "one copy of unknown date" if len(part.snapshots) == 1 \
            else f"{len(part.snapshots)} copies of unknown date"
    unknown = len(part.snapshots) - len(times)
    more = f", and {unknown} of unknown date" if unknown else ""
    if len(times) == 1:
        return f"one capture, of {times[0]}{more}"
    return f"{len(times)} captures, {times[0]} to {times[-1]}{more}"
