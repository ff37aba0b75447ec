"""Stored, and the forms in which an exhibit may stand on the disk: as it came, or packed.

A packed exhibit NAME is the file NAME.zst: a zstd frame of its contents, or a zstd patch from the
contents of a keyframe, an exhibit that is no patch itself. The custody line of a ``pack`` says
which, with the digest of the file; the line that brought the exhibit says what must come out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from regforensics.evidence.exhibit import Form

PACKED = ".zst"
MOST = 1 << 27  # bytes: larger exhibits stay plain, so that no patch can ask for more memory


@dataclass(slots=True, weakref_slot=True)
class Stored:
    """An exhibit as custody names it, and the numbers of the lines that do.

    ``file`` is its name as it came, ``form`` how it stands now where that is otherwise, ``was``
    the same before the last change of it, ``patches`` how many exhibits it is the keyframe of.
    ``places`` are the absolute paths of one that was left where it was found, in their order: it
    has no file below ``exhibits/``, and ``file`` is what that would be called. ``later`` are those
    that were named after the lines that are looked at.
    """

    label: str
    file: str
    sha256: str
    size: int
    lines: Sequence[int] = ()
    places: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    form: Form | None = None
    was: Form | None = None
    patches: int = 0

    @property
    def kept(self) -> str:
        """The name of the file that stands for it now."""
        return self.form.file if self.form else self.file


def plain(stored: Stored) -> Form:
    """The form in which the exhibit came."""
    return Form(stored.label, stored.file, stored.sha256, stored.size)


def forms_of(stored: Stored) -> tuple[str, str]:
    """The names of the files that may stand for an exhibit: as it came, packed."""
    return stored.file, stored.file + PACKED


def by_keyframe(exhibits: Iterable[Stored]) -> list[Stored]:
    """In the order of their labels, but the patches of a keyframe together, after it."""
    every = list(exhibits)
    place = {one.label: number for number, one in enumerate(every)}
    return sorted(every, key=lambda one: place[(one.form and one.form.keyframe) or one.label])


def forms_fault(exhibit: str | None, forms: Sequence[Form], known: Mapping[str, Stored]
                ) -> str | None:
    """Why a custody line cannot give exhibits these forms, or None where it can.

    The directory may come from somebody else: nothing in it is to lead to a patch of a patch, to
    another file, or to more memory than MOST.
    """
    if exhibit is not None:
        return "names an exhibit and forms of exhibits"
    if len({form.exhibit for form in forms}) != len(forms):
        return "gives an exhibit two forms"
    becomes = {form.exhibit: form for form in forms}
    freed = [form.keyframe for label in becomes if label in known
             and (form := known[label].form) and form.keyframe]
    for form in forms:
        stored = known.get(form.exhibit)
        if stored is None:
            return f"gives a form to {form.exhibit!r}, which no line before brought"
        fault = form_fault(form, stored)
        if fault is None and form.keyframe is not None:
            fault = _keyframe_fault(form, becomes, known)
            if fault is None and stored.patches > freed.count(stored.label):
                fault = "is the keyframe of others and cannot be a patch itself"
        if fault:
            return f"{form.exhibit} {fault}"
    return None


def form_fault(form: Form, stored: Stored) -> str | None:
    """Why an exhibit cannot have a form, whatever the others have, or None where it can."""
    if stored.places:
        return "was left in place and has no form"
    if form == plain(stored):
        return None
    if form.file != stored.file + PACKED:
        return f"cannot stand in the file {form.file!r}"
    if len(form.sha256) != 64 or not 0 < form.size <= MOST or stored.size > MOST:
        return "does not say sha256 and size of its packed file as it must"
    return None


def _keyframe_fault(form: Form, becomes: Mapping[str, Form], known: Mapping[str, Stored]
                    ) -> str | None:
    key = known.get(form.keyframe or "")
    if key is None or key.label == form.exhibit:
        return f"has no keyframe {form.keyframe!r}"
    new = becomes.get(key.label, key.form)
    if new is not None and new.keyframe is not None:
        return f"is called a patch from {key.label}, which is a patch itself"
    return None if key.size <= MOST else f"has a keyframe of more than {MOST} bytes"


def take_forms(forms: Iterable[Form], known: Mapping[str, Stored]) -> None:
    """Give exhibits the forms of a faultless line."""
    for form in forms:
        stored = known.get(form.exhibit)
        if stored is None:
            continue
        _count(stored.form, known, -1)
        stored.was, stored.form = stored.form, None if form == plain(stored) else form
        _count(stored.form, known, 1)


def _count(form: Form | None, known: Mapping[str, Stored], change: int) -> None:
    key = known.get(form.keyframe) if form is not None and form.keyframe else None
    if key is not None:
        key.patches += change
