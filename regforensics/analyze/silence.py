"""A section without a claim is never a clean bill: what could not be known, and who could say."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from regforensics.analyze.custody.asks import ask
from regforensics.model.account import AccountAnswer
from regforensics.model.claim import SECTIONS, Claim, Gap, Section
from regforensics.model.coverage import Question
from regforensics.model.history import History

_WORDS: dict[Section, tuple[str, str, Question]] = {
    "publish": ("what was published and taken down, and when",
                "no document with publish times is in the evidence", "publish"),
    "account": ("who could publish and who did",
                "the documents show no change of owners or publishers; logins, tokens and"
                " owner changes that were undone between captures leave no trace in them",
                "account"),
    "distribution": ("what consumers were served",
                     "no tag, download count or request log is in the evidence", "install"),
    "integrity": ("how far the evidence can be relied on",
                  "no capture of the package could be read", "publish"),
}


def silent(history: History, claims: Iterable[Claim]) -> Iterator[Gap]:
    """A Gap for each section in which nothing is claimed about the package."""
    spoken = {claim.section for claim in claims if claim.subject.at(None) == history.package}
    for section in SECTIONS if not history.package.is_account else ("account",):
        if section not in spoken:
            question, reason, kind = _WORDS[section]
            if section == "account" and not history.snapshots \
                    and not history.of(AccountAnswer):
                about = "account" if history.package.is_account else "package"
                reason = f"no document about the {about} is in the evidence"
            yield Gap(question, reason, history.package, ask(history.package.registry, kind))


def folded(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """The gaps, one for all packages of a registry about which the same could not be known."""
    groups: dict[tuple[str, str, str, str | None], list[Gap]] = {}
    for gap in gaps:
        place = gap.subject.registry if gap.subject and gap.subject.version is None else \
            str(gap.subject)
        groups.setdefault((place, gap.question, gap.reason, gap.ask), []).append(gap)
    return tuple(_one(group) for group in groups.values())


def _one(group: list[Gap]) -> Gap:
    packages = list(dict.fromkeys(gap.subject.target for gap in group if gap.subject))
    if len(packages) < 2:
        return group[0]
    lines = dict.fromkeys(line for gap in group for line in gap.citations)
    return replace(group[0], subject=None, citations=tuple(lines),
                   reason=f"{group[0].reason} ({len(packages)} packages: {', '.join(packages)})")
