"""What an empty section says: what was looked at, what was missing, whom to ask. Never "clean"."""

from collections.abc import Iterable, Sequence

from regforensics.model.claim import Gap, Section
from regforensics.model.coverage import SECTION_OF, Coverage

_ABOUT: dict[Section, str] = {
    "publish": "publishes or withdrawals",
    "account": "account activity",
    "distribution": "who downloaded or installed anything",
    "integrity": "the integrity of the evidence",
}
_NOTHING: dict[Section, str] = {
    "publish": "No registry document in this evidence directory gives a publish or a withdrawal",
    "account": "No identity log, account export or owner change is in this evidence directory",
    "distribution": "No download, proxy or install log is in this evidence directory",
    "integrity": "No check of the evidence directory is part of this report",
}


def silence(section: Section, gaps: Iterable[Gap], rows: Sequence[Coverage], *,
            windowed: bool = False) -> tuple[str, ...]:
    """The sentences that stand in for the claims of an empty section.

    ``windowed`` says that claims outside a stretch of time were left out.
    """
    mine = [row for row in rows if SECTION_OF[row.question] == section]
    sources = dict.fromkeys(_source(row) for row in mine if row.authority != "unavailable")
    asks = dict.fromkeys(row.ask for row in mine if row.ask)
    asks |= dict.fromkeys(gap.ask for gap in gaps
                          if gap.ask and SECTION_OF.get(gap.question) == section)
    about = _ABOUT[section]
    if sources:
        window = " in the stretch of time of this report" if windowed else ""
        lead = (f"What was looked at gives no claim{window}: {'; '.join(sources)}. "
                f"That is no statement that nothing happened.")
    elif mine:
        lead = f"{_NOTHING[section]}: nothing is said about {about}."
    else:
        lead = f"Nothing that went into this report speaks of {about}: nothing is said about it."
    return (lead, *(f"Ask: {ask}" for ask in asks))


def _source(row: Coverage) -> str:
    covers = f", {row.covers}" if row.covers else ""
    subject = f"{row.subject.target}: " if row.subject else ""
    return f"{subject}{row.source} ({row.authority}{covers})"
