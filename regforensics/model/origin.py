"""Whether an answer looks like the origin registry's or a mirror's."""

from collections.abc import Sequence

from regforensics.model.snapshot import Tell


def verdict(tells: Sequence[Tell]) -> str:
    """"mirror" where any sign says so, "origin" where all signs do, "unclear" without signs.

    A handed-over file carries no sign of the origin, whatever it looks like: nobody recorded where
    it came from.
    """
    if any(tell.points_to == "mirror" for tell in tells):
        return "mirror"
    return "origin" if tells else "unclear"
