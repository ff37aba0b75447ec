"""ANALYZERS and run_all: every analyzer over every history.

Why one visible tuple: adding an analyzer is one file and one line here; the table of rules in the
README comes from it.
"""

from collections.abc import Iterable
from dataclasses import replace

from regforensics.analyze.accounts import accounts, activity, card, frozen, marks, reach, trust
from regforensics.analyze.advisories import advisories, advisory_errors
from regforensics.analyze.compare import drift, variations
from regforensics.analyze.contents import added, artifacts, confusion, manifests
from regforensics.analyze.custody import agreement, evidence, handed, holes, origin, since
from regforensics.analyze.logs import changes, logged, pinned
from regforensics.analyze.releases import (
    announced,
    deliveries,
    index,
    journal,
    leads,
    notices,
    publishes,
    reuse,
    rhythm,
    search_index,
    states,
    uploads,
    whereabouts,
    withdrawals,
)
from regforensics.analyze.rules import Analyzer
from regforensics.analyze.served import distribution, downloads
from regforensics.analyze.signed import attestations, signatures, signers
from regforensics.analyze.silence import folded, silent
from regforensics.analyze.together import lifted
from regforensics.model.chart import Chart
from regforensics.model.claim import Claim, Gap, stopped
from regforensics.model.history import History, Scope

ANALYZERS: tuple[Analyzer, ...] = (
    publishes.ANALYZER,
    deliveries.ANALYZER,
    signers.ANALYZER,
    search_index.ANALYZER,
    withdrawals.ANALYZER,
    announced.ANALYZER,
    states.ANALYZER,
    whereabouts.ANALYZER,
    notices.ANALYZER,
    drift.ANALYZER,
    manifests.ANALYZER,
    variations.ANALYZER,
    reuse.ANALYZER,
    leads.ANALYZER,
    index.ANALYZER,
    rhythm.ANALYZER,
    card.ANALYZER,
    added.ANALYZER,
    accounts.ANALYZER,
    activity.ANALYZER,
    journal.ANALYZER,
    frozen.ANALYZER,
    trust.ANALYZER,
    marks.ANALYZER,
    reach.ANALYZER,
    distribution.ANALYZER,
    signatures.ANALYZER,
    downloads.ANALYZER,
    logged.ANALYZER,
    changes.ANALYZER,
    uploads.ANALYZER,
    pinned.ANALYZER,
    attestations.ANALYZER,
    artifacts.ANALYZER,
    confusion.ANALYZER,
    advisories.ANALYZER,
    advisory_errors.ANALYZER,
    evidence.ANALYZER,
    holes.ANALYZER,
    handed.ANALYZER,
    origin.ANALYZER,
    agreement.ANALYZER,
)


def run_all(histories: Iterable[History], scope: Scope, beside: Iterable[History] = ()) -> tuple[
        tuple[Claim, ...], tuple[Gap, ...], tuple[str, ...]]:
    """(claims, gaps, names of analyzers that failed) over every history.

    ``beside`` are further histories of the same evidence, which nothing is claimed about.

    An analyzer that crashes keeps the claims that it made before, and becomes a Gap that names
    it: silence must never look like nothing found.
    """
    leads = [rule.id for analyzer in ANALYZERS for rule in analyzer.rules if rule.lead]
    claims: list[Claim] = []
    gaps: dict[Gap, None] = {}
    failed: dict[str, None] = {}
    wanted = tuple(histories)
    others = {history.package: history for history in (*beside, *wanted)}
    for one in wanted:
        history = replace(one, beside=others.get)
        mine: list[Claim] = []
        for analyzer in ANALYZERS:
            try:
                for finding in analyzer.run(history, scope):
                    if isinstance(finding, Claim):
                        mine.append(finding)
                    else:
                        gaps[finding] = None
            except Exception as error:  # whatever it is, the others go on and the report says so
                failed[analyzer.name] = None
                gaps[Gap(f"what the analyzer {analyzer.name} would have found",
                         f"it {stopped(error)}", history.package,
                         "the maintainers of this tool, with the text of this line")] = None
        try:
            mine, open_ends = holes.spanned(history, mine)
            gaps |= dict.fromkeys((*open_ends, *since.open_ends(history, scope)))
        except Exception as error:  # whatever it is, the claims stand and the report says so
            failed[holes.ANALYZER.name] = None
            gaps[Gap("which captures are missing inside the times of claims",
                     f"looking for them {stopped(error)}", history.package,
                     "the maintainers of this tool, with the text of this line")] = None
        gaps |= dict.fromkeys(silent(history, mine))
        claims += lifted(mine, leads)
    return tuple(claims), folded(gaps), tuple(failed)


def all_charts(histories: Iterable[History], scope: Scope) -> tuple[tuple[Chart, ...],
                                                                    tuple[Gap, ...]]:
    """(bars of the totals that are claimed, gaps) over every history; a crash becomes a Gap."""
    found: list[Chart] = []
    gaps: list[Gap] = []
    for history in histories:
        try:
            found += downloads.charts(history, scope)
        except Exception as error:  # whatever it is, the others go on and the report says so
            gaps.append(Gap("what the charts of downloads would have shown",
                            f"drawing them {stopped(error)}", history.package,
                            "the maintainers of this tool, with the text of this line"))
    return tuple(found), tuple(gaps)
