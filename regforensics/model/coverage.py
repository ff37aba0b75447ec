"""Coverage: which source answers which question about a package, and with what authority.

``authoritative``: the source records the thing itself. ``approximate``: it follows from what the
source records. ``limited``: the source sees a part. ``unavailable``: no source is on disk.
"""

from dataclasses import dataclass
from typing import Literal

from regforensics.model.claim import Section
from regforensics.model.package import PackageRef

Question = Literal["publish", "withdrawal", "install", "account"]
Authority = Literal["authoritative", "approximate", "limited", "unavailable"]
QUESTIONS: tuple[Question, ...] = ("publish", "withdrawal", "install", "account")
SECTION_OF: dict[str, Section] = {
    "publish": "publish", "withdrawal": "publish", "account": "account",
    "install": "distribution", "distribution": "distribution", "integrity": "integrity",
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """One row of the inventory.

    ``source`` names what is on disk (or what is missing), ``covers`` the times it spans,
    ``ask`` what to ask for and from whom. ``subject`` None means every package of the case.
    """

    question: Question
    authority: Authority
    source: str
    subject: PackageRef | None = None
    covers: str | None = None
    ask: str | None = None
