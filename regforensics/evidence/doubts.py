"""Which statements rest on places of a document that two readers may take for different things.

JSON lets a key stand twice in one object, and readers disagree which value counts (ours: the
last). So a value that is cited from below such a key comes with a gap, and an absence below it is
not stated at all. The places are found by the second reader, which sees every member.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from regforensics.errors import RegForensicsError
from regforensics.evidence.jsontree import member_at
from regforensics.evidence.places import Malformed, Span, form_of, leads, locate
from regforensics.evidence.pointers import tokens
from regforensics.model.citation import Absence, Citation
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef

_MOST_QUOTED = 4096  # bytes of one member that a gap quotes


Read = Callable[[str, str], bytes]
Key = tuple[str, str]


class Stated(Protocol):
    """A statement: a claim, a change."""

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What it rests on."""

    @property
    def absences(self) -> tuple[Absence, ...]:
        """What it says is not there."""


S = TypeVar("S", bound=Stated)


def sift(stated: Iterable[S], read: Read,
         subject_of: Callable[[S], PackageRef | None] | None = None
         ) -> tuple[tuple[S, ...], tuple[Gap, ...]]:
    """(the statements that may be made, the gaps that come with them), both in order.

    A statement is left out, with a gap in its place, where it says that something is absent below
    a key that stands more than once, or where the second reader finds the place of a citation or
    an absence otherwise than the statement has it. ``read`` gives the bytes of an exhibit by its
    label and digest, and is asked once for each; where it raises RegForensicsError, nothing is
    doubted here: the check of the report says what is wrong with that exhibit.
    """
    stated = tuple(stated)
    places = _places(stated, read)
    kept: list[S] = []
    gaps: dict[Gap, None] = {}
    for one in stated:
        about = subject_of(one) if subject_of else None
        subject = about.at(None) if about else None
        cited = [(places[_key(c)], c) for c in one.citations if _is_pointer(c)
                 if _key(c) in places]
        absent = [(places[_key(a)], a) for a in one.absences if _key(a) in places]
        below = [place.repeated(c.where, subject) for place, c in cited]
        against = [*(place.place_doubt(c, subject) for place, c in cited),
                   *(place.absence_doubt(a, subject) for place, a in absent)]
        gaps.update(dict.fromkeys(gap for gap in (*below, *against) if gap))
        if not any(against):
            kept.append(one)
    return tuple(kept), tuple(gaps)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the second reader finds every pointer in question, and the pointers above them."""

    label: str
    sha256: str
    data: bytes
    spans: Mapping[str, tuple[Span, ...]]
    malformed: int | None = None

    def repeated(self, pointer: str, subject: PackageRef | None) -> Gap | None:
        """A gap where a key on the way to ``pointer`` stands more than once.

        In XML a name may: a path says which element it means, or every one.
        """
        if form_of(self.data) == "XML":
            return None
        twice = next((p for p in _ways(pointer) if len(self.spans.get(p, ())) > 1), None)
        if twice is None:
            return None
        spans = self.spans[twice]
        short = all(end - start <= _MOST_QUOTED for start, end in spans)
        offsets = ", ".join(str(start) for start, _ in spans)
        return Gap(
            f"which of the {len(spans)} values at {twice} of {self.label} counts",
            "the key stands there more than once; readers disagree which one they take (this tool"
            f" takes the last); the values start at the bytes {offsets}", subject,
            citations=tuple(member_at(self.label, self.sha256, self.data, twice, span)
                            for span in spans) if short else ())

    def absence_doubt(self, absent: Absence, subject: PackageRef | None) -> Gap | None:
        """A gap where it cannot be stated that nothing stands at a pointer."""
        question = f"whether anything stands at {absent.pointer} of {self.label}"
        if self.malformed is not None:
            return Gap(question, f"a second reader stops at byte {self.malformed}", subject)
        twice = self.repeated(absent.pointer, subject)
        if twice is not None:
            return Gap(question, "a key on the way there stands more than once, so nothing can be"
                       " said to be absent below it", subject, citations=twice.citations)
        parent = self.spans.get(absent.pointer.rpartition("/")[0], ())
        in_array = any(self.data[start:start + 1] == b"[" for start, _ in parent)
        if not in_array and self.spans.get(absent.pointer):
            return Gap(question, "two readers of the document disagree", subject)
        return None

    def place_doubt(self, citation: Citation, subject: PackageRef | None) -> Gap | None:
        """A gap where the pointer of a citation does not lead into its quote."""
        question = f"what stands at {citation.where} of {self.label}"
        if self.malformed is not None:
            return Gap(question, f"a second reader stops at byte {self.malformed}", subject)
        spans = self.spans.get(citation.where, ())
        if not any(citation.start <= start and end <= citation.end for start, end in spans):
            return Gap(question, "two readers of the document disagree", subject)
        if json.loads(json.dumps(citation.where)) != citation.where:
            return Gap(question, "its key cannot be written in JSON", subject)
        return None


def _places(stated: Sequence[Stated], read: Read) -> dict[Key, _Places]:
    wanted: defaultdict[Key, set[str]] = defaultdict(set)
    for one in stated:
        for citation in filter(_is_pointer, one.citations):
            wanted[_key(citation)].update(_ways(citation.where))
        for absent in one.absences:
            wanted[_key(absent)].update(_ways(absent.pointer))
    places = {}
    for (label, sha256), pointers in wanted.items():
        with suppress(RegForensicsError):
            places[label, sha256] = _placed(label, sha256, read(label, sha256), pointers)
    return places


def _placed(label: str, sha256: str, data: bytes, pointers: set[str]) -> _Places:
    try:
        return _Places(label, sha256, data, locate(data, [p for p in pointers if leads(data, p)]))
    except Malformed as error:
        return _Places(label, sha256, data, {}, error.offset)


def _key(stated: Citation | Absence) -> Key:
    return stated.exhibit, stated.sha256


def _ways(pointer: str) -> tuple[str, ...]:
    """The pointers on the way to ``pointer``, the shortest first, itself last."""
    cuts = [at for at, character in enumerate(pointer) if character == "/"][1:]
    return (*(pointer[:cut] for cut in cuts), pointer)


def _is_pointer(citation: Citation) -> bool:
    return citation.where.startswith("/") and tokens(citation.where) is not None
