"""Remade: a new file for an exhibit that stands on the disk already."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from regforensics.evidence.exhibit import Form
from regforensics.evidence.forms import Stored, forms_fault, plain
from regforensics.evidence.incoming import Incoming


@dataclass(frozen=True, slots=True)
class Remade:
    """``file`` is to stand for an exhibit in the form ``form``, in the place of ``was``."""

    was: Form
    form: Form
    file: Incoming


def unchanged(made: Iterable[Remade], known: Mapping[str, Stored]) -> list[Remade]:
    """Those whose exhibits stand as when they were made, and whose keyframes can be ones."""
    found: list[Remade] = []
    for one in made:
        stored = known.get(one.form.exhibit)
        if stored is not None and (stored.form or plain(stored)) == one.was \
                and forms_fault(None, [*(r.form for r in found), one.form], known) is None:
            found.append(one)
    return found
