"""Whether an answer came from the origin registry or through a mirror: tests, results, a score.

No single sign decides: a mirror that copies documents whole leaves none, and a company proxy that
only ends TLS leaves one on true bytes. So each test states its result with the line that it rests
on, and what the results add up to is a summary of them and no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from regforensics.model.citation import Absence, Fact

Result = Literal["origin", "mirror", "neither", "untested"]
#: The battery, in the order in which a report prints it: id -> what is tested.
TESTS = {
    "path": "address asked, redirects, TLS peer and headers of proxies",
    "front": "headers that the registry's own servers send",
    "files": "addresses of the files",
    "revision": "the document's identifier and revision",
    "times": "the time map",
    "signed": "publisher and registry signatures",
    "upload": "upload times inside the version objects",
    "store": "file addresses that carry the digest",
    "forms": "full and abbreviated document",
    "witness": "what other places say of the same package",
    "product": "keys and habits of mirror products",
}
TELLING = 3  # points for a mirror from which a capture reads as a mirror's


class Tell(NamedTuple):
    """The result of one test on one answer, with the line (or the absence) that it rests on.

    ``weight`` says how much it speaks for ``result``: 1 a lead, 2 an ordinary sign, 3 one that a
    registry's own answer does not show, 4 a product's own tell-tale; 0 for neither and untested.
    ``product`` is named on its own tell-tale only.
    """

    test: str
    result: Result
    sign: str
    weight: int = 0
    fact: Fact[Any] | None = None
    absence: Absence | None = None
    product: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The points for the registry itself and those for a mirror or proxy."""

    origin: int
    mirror: int

    @property
    def reads(self) -> str:
        """"mirror", "origin" or "unclear": what the points add up to."""
        if self.mirror >= TELLING:
            return "mirror"
        return "origin" if self.origin > self.mirror else "unclear"


STOPPED = "the tests of origin stopped with"


def untested(why: str) -> tuple[Tell, ...]:
    """What the tests of origin gave where they crashed: nothing, for the reason ``why``."""
    return tuple(Tell(test, "untested", f"the tests of origin {why}") for test in TESTS)


def score(tells: Iterable[Tell]) -> Score:
    """The points of some results; of equal signs of one test each counts once."""
    points = {"origin": 0, "mirror": 0}
    for _, result, _, weight in {(t.test, t.result, t.sign, t.weight) for t in tells}:
        if result in points:
            points[result] += weight
    return Score(points["origin"], points["mirror"])


def verdict(tells: Iterable[Tell]) -> str:
    """The score in one word: "mirror", "origin", or "unclear".

    A handed-over file never reads as the origin's, whatever it looks like: nobody recorded where
    it came from (its tests point to the origin nowhere).
    """
    return score(tells).reads


def asked_origin(tells: Iterable[Tell]) -> bool:
    """True where the address that was asked is the public registry's own."""
    return any(t.test == "path" and t.result == "origin" and t.weight > 1 for t in tells)
