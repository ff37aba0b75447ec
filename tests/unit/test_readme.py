"""What the README says of rules is what the rules say of themselves."""

import pytest

from regforensics.analyze.running import ANALYZERS
from tests.support import rules

FIX = "README.md is behind the rules: run `python -m tests.support.rules`"


def test_the_table_of_rules_is_the_tuple_of_analyzers() -> None:
    stated = rules.README.read_text("utf-8")
    assert stated == rules.readme(stated), FIX
    for rule in (rule for analyzer in ANALYZERS for rule in analyzer.rules):
        assert stated.count(f"| `{rule.id}` |") == 1


def test_a_stale_table_is_written_anew_and_the_rest_is_kept() -> None:
    stale = f"# title\n{rules.BEGIN}\nold\n{rules.END}\nrest\n"
    fresh = rules.readme(stale)
    assert fresh.startswith(f"# title\n{rules.BEGIN}\n\n| publish | says |")
    assert fresh.endswith(f"|\n\n{rules.END}\nrest\n")
    assert rules.readme(fresh) == fresh
    with pytest.raises(ValueError, match="substring not found"):
        rules.readme("# no markers\n")
