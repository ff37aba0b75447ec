"""python -m tests.support.rules   writes the table of rules in README.md anew, from ANALYZERS."""

from collections.abc import Iterator
from pathlib import Path

from regforensics.analyze.rules import Rule
from regforensics.analyze.running import ANALYZERS
from regforensics.model.claim import SECTIONS, Section

README = Path(__file__).parents[2] / "README.md"
BEGIN = "<!-- rules: written by `python -m tests.support.rules` -->"
END = "<!-- end of rules -->"


def table(section: Section) -> Iterator[str]:
    """The lines of one section's table, rules in the order of the analyzers."""
    yield f"| {section} | says | cites | known false alarms |"
    yield "|---|---|---|---|"
    for rule in (r for analyzer in ANALYZERS for r in analyzer.rules if r.section == section):
        yield f"| {' | '.join(map(_cell, _cells(rule)))} |"


def readme(text: str) -> str:
    """``text`` with the tables between the two markers. Raises ValueError where one is missing."""
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    tables = "\n\n".join("\n".join(table(section)) for section in SECTIONS)
    return f"{text[:before]}\n\n{tables}\n\n{text[after:]}"


def _cells(rule: Rule) -> tuple[str, ...]:
    return f"`{rule.id}`", rule.says, rule.cites, rule.false_alarms


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    README.write_text(readme(README.read_text("utf-8")), "utf-8")
