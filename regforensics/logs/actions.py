"""From a source's own names of events to the words of ACCOUNT_ACTIONS."""

from collections.abc import Sequence

Names = Sequence[tuple[str, str]]


def action(name: str, known: Names) -> str:
    """The word of the first beginning that ``name`` has; "other" where none fits."""
    return next((word for beginning, word in known if name.startswith(beginning)), "other")
