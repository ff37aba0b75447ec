"""Sentences that every form of the report shares."""

from regforensics.model.citation import Absence, Citation
from regforensics.model.claim import Basis
from regforensics.report.document import Line, Listed, Missing, Report
from regforensics.report.shell import CUSTODY
from regforensics.report.times import clock

TIMES = ("All times are UTC, to the precision that their source states. \"Between\" is a window "
         "that the evidence bounds: it holds no instant inside it.")
ZONE = "Where a source states no time zone, UTC was assumed, and the time says so."
ESCAPES = ("Each quote is the bytes of the file as stored. What cannot be seen (control "
           "characters, direction marks, bytes that are not UTF-8) is shown as an escape such as "
           r"\x1b or \u202e; the file keeps the bytes.")
COMMANDS = ("Run these inside the evidence directory. For a line, the first command shows the "
            "value or the line, the second the exact bytes. For an absence it prints what holds "
            "the place (its type and how many keys or items it has) and \"has\":false.")
TESTED = ("Each test of origin is a sign and no verdict. Points say how much a result speaks for "
          "itself: 1 a lead, 2 an ordinary sign, 3 one that a registry's own answer does not show, "
          "4 a product's own tell-tale; 0 points decide nothing.")
#: How a table names a result.
RESULTS = {"origin": "the registry itself", "mirror": "a mirror or proxy", "neither": "neither",
           "untested": "not testable"}
_NAMED = 3
_LIKE = 4  # claims that stand behind a key finding, by number
BASIS: dict[Basis, str] = {
    "evidenced": "evidenced: the cited lines state it",
    "inferred": "inferred: it follows from the cited lines, or from what is absent beside them",
}


def facts(report: Report) -> list[tuple[str, list[str]]]:
    """The head of the report: names and their values."""
    window = [f"{word} {clock(moment)}" for word, moment in
              (("from", report.since), ("to", report.until)) if moment]
    rows = [
        ("Written", [f"{clock(report.generated_at)} by {report.tool}"]),
        ("Packages", [packages(report)] if report.subjects else []),
        ("Incident versions, as named", [ref.target for ref in report.incidents]),
        ("Announced, as stated", [clock(report.announced)] if report.announced else []),
        ("Stretch of time", window),
        ("Claims outside it, left out", [str(report.left_out)] if report.left_out else []),
        ("Claims", [f"{len(report.claims)} resting on {len(report.lines)} cited lines"]),
        ("Custody head", [report.custody_head]),
    ]
    return [(name, values) for name, values in rows if values]


def title(report: Report) -> str:
    """The case's name and the packages it is about."""
    named = packages(report)
    return f"{report.case or 'unnamed case'}{' - ' if named else ''}{named}"


def packages(report: Report) -> str:
    """The first packages by name, and how many more there are."""
    names = [ref.target for ref in report.subjects]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def missing_text(gone: Missing) -> str:
    """An absence as a sentence."""
    absence = gone.absence
    return f"Nothing stands at {absence.pointer} in {gone.file} ({absence.exhibit})"


def exhibits(report: Report) -> tuple[tuple[str, str, str], ...]:
    """(label, file, sha256) of each exhibit that the appendix quotes, in order of label.

    Custody is not among them: it grows, and each of its lines has a digest of its own.
    """
    cited: tuple[Citation | Absence, ...] = (*(line.citation for line in report.lines),
                                             *(gone.absence for gone in report.missing))
    files = (*(line.file for line in report.lines), *(gone.file for gone in report.missing))
    return tuple(sorted({(one.exhibit, file, one.sha256)
                         for one, file in zip(cited, files, strict=True)
                         if one.exhibit != CUSTODY}))


def digests(report: Report) -> tuple[str, ...]:
    """The commands that print the digests of the appendix, each once."""
    entries: tuple[Line | Missing, ...] = (*report.lines, *report.missing)
    return tuple(dict.fromkeys(entry.digest_command for entry in entries))


def unseen(report: Report) -> list[str]:
    """The named versions that no capture mentions, a sentence each."""
    return [f"{gap.subject.target} is in no capture of this evidence directory."
            for gap in report.unseen if gap.subject]


def likewise(report: Report, one: Listed) -> str:
    """What else a key finding stands for, as the end of its sentence; empty where nothing."""
    others = report.like(one)
    if not others:
        return ""
    packages = len({other.claim.subject for other in others} - {one.claim.subject})
    of = f" of {packages} more packages" if packages > 1 else " of another package" if packages \
        else ""
    return f" (the same{of}: {', '.join(other.id for other in others[:_LIKE])}" \
        + (" ...)" if len(others) > _LIKE else ")")


def more_findings(report: Report) -> str:
    """How many key findings stand in the sections only."""
    return (f"{len(report.key_findings) - len(report.leading)} more key findings stand in the "
            f"sections below.")
