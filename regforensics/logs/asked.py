"""Asked: what a request is about, whichever log it stands in."""

from typing import NamedTuple

from regforensics.model.event import Action


class Asked(NamedTuple):
    """What a request is about. ``doubt`` says why something was left open, or is not certain.

    ``version`` is as the address spells it (decoded); ``package`` is normalised for PyPI only.
    ``target`` is what a change is about beside a package: a dist-tag, an account, a team.
    """

    action: Action = "other"
    registry: str | None = None
    repo: str | None = None
    package: str | None = None
    version: str | None = None
    filename: str | None = None
    doubt: str | None = None
    target: str | None = None


class Segments(NamedTuple):
    """Decoded path segments. ``ends`` is True where the path ends in a slash."""

    parts: tuple[str, ...]
    ends: bool
    doubt: str | None = None
