"""Put claims and gaps in order, number them, and gather the lines they cite."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from shlex import join

from regforensics import __version__
from regforensics.model.chart import Chart
from regforensics.model.citation import Absence, Citation
from regforensics.model.claim import SECTIONS, Claim, Gap, Section
from regforensics.model.coverage import Coverage
from regforensics.model.instant import Instant
from regforensics.model.origin import TESTS
from regforensics.model.package import PackageRef
from regforensics.report.document import (
    Charted,
    Group,
    Line,
    Listed,
    Missing,
    Part,
    Report,
    Tested,
    gravity,
)
from regforensics.report.packed import Packings, not_packed
from regforensics.report.shell import (
    STDIN,
    absence_command,
    archive_commands,
    commands,
    digest_command,
    show_command,
)
from regforensics.report.silence import silence
from regforensics.report.times import DAY, dated, hours, sort_key, utc_text, within

MOST_CHARTS = 8  # of one package; the numbers of the others stand in their claims
Taken = Callable[[str], tuple[str, str] | None]


def _taken_from_nothing(_: str) -> None:
    return None


def compose(claims: Iterable[Claim], gaps: Iterable[Gap], *, case: str, generated_at: Instant,
            custody_head: str, file: Callable[[str], str],
            incidents: Sequence[PackageRef] = (), announced: Instant | None = None,
            since: Instant | None = None, until: Instant | None = None,
            coverage_rows: Sequence[Coverage] = (), charts: Sequence[Chart] = (),
            taken: Taken = _taken_from_nothing, window: timedelta = DAY,
            known_networks: Sequence[str] = (), unseen: Sequence[Gap] = (),
            packing: Packings = not_packed) -> Report:
    """The report of ``claims`` and ``gaps``, complete and in order.

    ``file`` gives the path of an exhibit inside the evidence directory, ``taken`` that of the
    archive it was taken out of and the member that it is there (empty: its listing), ``packing``
    how one is packed. Claims whose
    time lies wholly outside [since, until] are counted and left out. The order does not depend on
    the order of the claims given. A chart is drawn where its claim stands.
    """
    given = _folded(claims)
    kept = [claim for claim in given if within(claim.when, since, until)]
    gaps = tuple(sorted({*gaps, *unseen}, key=lambda gap: (gap.question, str(gap.subject or ""),
                                                    gap.reason)))
    appendix, numbers = _Appendix(file, taken, packing), iter(range(1, len(kept) + 1))
    drawn = {chart.claim: chart for chart in charts}
    parts = tuple(_part(section, kept, appendix, numbers.__next__, frozenset(incidents), drawn,
                        silence(section, gaps, coverage_rows, windowed=bool(since or until)))
                  for section in SECTIONS)
    gap_lines = tuple(tuple(map(appendix.line, gap.citations)) for gap in gaps)
    return Report(
        case=case, generated_at=generated_at, custody_head=custody_head,
        tool=f"regforensics {__version__}", incidents=tuple(incidents), announced=announced,
        since=since, until=until, left_out=len(given) - len(kept), parts=parts, gaps=gaps,
        gap_lines=gap_lines, coverage=tuple(coverage_rows), lines=tuple(appendix.lines.values()),
        missing=tuple(appendix.missing.values()),
        recompute=_recompute(incidents, announced, since, until, window, known_networks),
        window=window, known_networks=tuple(known_networks), unseen=tuple(unseen))


def _folded(claims: Iterable[Claim]) -> list[Claim]:
    """The claims, those that say the same of the same at the same time once, with all lines."""
    found: dict[tuple[object, ...], Claim] = {}
    for claim in dict.fromkeys(claims):
        key = (claim.rule, claim.section, claim.subject, claim.statement, claim.when, claim.reading)
        one = found.get(key)
        if one is None:
            found[key] = claim
            continue
        first, *rest = dict.fromkeys((*one.citations, *claim.citations))
        found[key] = replace(
            one, citations=(first, *rest), notable=one.notable or claim.notable,
            absences=tuple(dict.fromkeys((*one.absences, *claim.absences))))
    return list(found.values())


class _Appendix:
    """Numbers each distinct citation and absence once, in order of first use."""

    def __init__(self, file: Callable[[str], str], taken: Taken, packing: Packings) -> None:
        self._file, self._taken, self._packing = file, taken, packing
        self.lines: dict[Citation, Line] = {}
        self.missing: dict[Absence, Missing] = {}

    def line(self, citation: Citation) -> str:
        if citation not in self.lines:
            file, name, read, fed = self._held(citation.exhibit)
            shown = commands(citation.where, citation.start, citation.end, name, read)
            self.lines[citation] = Line(
                f"A{len(self.lines) + 1}", citation, file,
                (*(map(fed, shown) if shown
                   else (show_command(citation.exhibit, citation.where),)),
                 *self._from_archive(citation)),
                fed(digest_command(name, citation.end, read)))
        return self.lines[citation].id

    def _held(self, label: str) -> tuple[str, str, str, Callable[[str], str]]:
        """An exhibit's file, the name that says its kind, where commands read it, and what they
        are to be made of."""
        file, packing = self._file(label), self._packing(label)
        return (file, file, "", str) if packing is None else (
            file, packing.unpacked, STDIN, packing.fed)

    def _from_archive(self, citation: Citation) -> tuple[str, ...]:
        taken = self._taken(citation.exhibit)
        return archive_commands(citation.quote, *taken) if taken is not None else ()

    def absent(self, absence: Absence) -> str:
        if absence not in self.missing:
            file, name, read, fed = self._held(absence.exhibit)
            self.missing[absence] = Missing(
                f"N{len(self.missing) + 1}", absence, file,
                fed(absence_command(absence.pointer, name, read)),
                fed(digest_command(name, 0, read)))
        return self.missing[absence].id

    def listed(self, number: int, claim: Claim, incidents: frozenset[PackageRef]) -> Listed:
        lines = tuple(dict.fromkeys(map(self.line, claim.citations)))
        absent = tuple(dict.fromkeys(map(self.absent, claim.absences)))
        rerun = [command for citation in claim.citations
                 for command in self.lines[citation].commands]
        rerun += [self.missing[absence].command for absence in claim.absences]
        return Listed(f"C{number}", claim, lines + absent, tuple(dict.fromkeys(rerun)),
                      not incidents.isdisjoint({claim.subject, claim.subject.at(None)}))


def _part(section: Section, claims: Iterable[Claim], appendix: _Appendix,
          number: Callable[[], int], incidents: frozenset[PackageRef],
          drawn: Mapping[Claim, Chart], said: tuple[str, ...]) -> Part:
    mine = sorted((claim for claim in claims if claim.section == section), key=_order)
    packages = sorted({claim.subject.at(None) for claim in mine}, key=str)

    def listed(chosen: Iterable[Claim]) -> tuple[Listed, ...]:
        return tuple(appendix.listed(number(), claim, incidents) for claim in chosen)

    groups = []
    for package in packages:
        own = [claim for claim in mine if claim.subject.at(None) == package]
        notable = listed(c for c in own if c.notable and dated(c.when))
        undated = listed(c for c in own if c.notable and not dated(c.when))
        tables = tuple(Tested(place, listed(rows)) for place, rows in _tested(own).items())
        routine = listed(c for c in own if not c.notable and c.reading is None)
        charts = tuple(Charted(one, drawn[one.claim]) for one in (*notable, *undated, *routine)
                       if one.claim in drawn)[:MOST_CHARTS]
        groups.append(Group(package, notable, undated, routine, tables, charts))
    return Part(section, tuple(groups), () if mine else said)


def _tested(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    """The rows of each table of tests, in the order of the tests, those that weigh most first."""
    rows: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.reading is not None and not claim.notable:
            rows.setdefault(claim.reading.place, []).append(claim)
    order = {test: index for index, test in enumerate(TESTS)}
    for found in rows.values():
        found.sort(key=lambda c: (order.get(c.reading.test, len(order)), -c.reading.weight)
                   if c.reading else (len(order), 0))
    return dict(sorted(rows.items()))


def _order(claim: Claim) -> tuple[object, ...]:
    """By time; what happened to one version at one time by weight, its identity card first."""
    first = claim.citations[0]
    return (*sort_key(claim.when), str(claim.subject), gravity(claim), claim.rule, claim.statement,
            first.exhibit, first.start)


def _recompute(incidents: Sequence[PackageRef], announced: Instant | None,
               since: Instant | None, until: Instant | None, window: timedelta,
               known_networks: Sequence[str]) -> str:
    words = ["regforensics", "timeline", "report", "--evidence", ".", "--format", "json"]
    for ref in incidents:
        words += ["--incident", str(ref)]
    for flag, moment in (("--announced", announced), ("--since", since), ("--until", until)):
        if moment:
            words += [flag, utc_text(moment)]
    if window != DAY:
        words += ["--window", f"{hours(window):g}"]
    for network in known_networks:
        words += ["--known-networks", network]
    return join(words)
