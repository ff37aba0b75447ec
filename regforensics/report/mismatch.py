"""Mismatch: one thing in a report that the stored bytes do not bear out."""

from dataclasses import asdict, dataclass

from regforensics.report.text import visible

#: The kind of a mismatch that the claims, computed again, bring up; ``where`` names the field.
DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that does not hold.

    ``claim`` is a claim's number, or ``report``, ``A7``, ``gap 1``, ``source 2``; ``kind`` is
    custody-head, exhibit, digest, quote, where, absence, appendix, derived, difference, or again
    where the claims cannot be computed again.
    """

    claim: str
    kind: str
    detail: str
    exhibit: str | None = None
    where: str | None = None

    def __str__(self) -> str:
        kind = "" if self.kind == DIFFERENCE else self.kind
        place = " ".join(part for part in (self.exhibit, self.where) if part)
        return visible(": ".join(filter(None, (self.claim, kind, place, self.detail))))

    def document(self) -> dict[str, str | None]:
        """The mismatch in the document of ``timeline check --json``."""
        return asdict(self)
