"""What a custody line may say of the form of exhibits; the directory may come from an attacker."""

import pytest

from regforensics.evidence.exhibit import Form
from regforensics.evidence.forms import MOST, Stored, by_keyframe, forms_fault, plain, take_forms

SHA, OTHER = "ab" * 32, "cd" * 32


def known(*sizes: int) -> dict[str, Stored]:
    """Exhibits of these sizes."""
    return {f"EX-{n:06}": Stored(f"EX-{n:06}", f"EX-{n:06}.a.json", SHA, size)
            for n, size in enumerate(sizes, 1)}


def form(number: int, keyframe: int | None = None, *, size: int = 9, sha256: str = OTHER,
         file: str | None = None) -> Form:
    """A packed form."""
    label = f"EX-{number:06}"
    return Form(label, file or f"{label}.a.json.zst", sha256, size,
                f"EX-{keyframe:06}" if keyframe else None)


def test_a_keyframe_and_its_patches() -> None:
    exhibits = known(100, 100, 100)
    forms = (form(1), form(2, 1), form(3, 1))
    assert forms_fault(None, forms, exhibits) is None
    take_forms(forms, exhibits)
    assert [one.kept for one in exhibits.values()] == [f"EX-{n:06}.a.json.zst" for n in (1, 2, 3)]
    assert [one.patches for one in exhibits.values()] == [2, 0, 0]
    back = [plain(one) for one in exhibits.values()]
    assert forms_fault(None, back, exhibits) is None
    take_forms(back, exhibits)
    assert [(one.form, one.patches) for one in exhibits.values()] == [(None, 0)] * 3
    assert exhibits["EX-000002"].was == form(2, 1)


@pytest.mark.parametrize(("forms", "fault"), [
    ((form(4),), "which no line before brought"),
    ((form(1), form(1)), "two forms"),
    ((form(1, 1),), "has no keyframe"),
    ((form(1, 9),), "has no keyframe"),
    ((form(2, 1), form(1, 2)), "a patch itself"),
    ((form(1, 2), form(2, 3), form(3, 1)), "a patch itself"),
    ((form(1, 2), form(2, 3)), "a patch itself"),
    ((form(1, file="EX-000002.a.json.zst"),), "cannot stand in the file"),
    ((form(1, file="../custody.jsonl"),), "cannot stand in the file"),
    ((form(1, file="EX-000001.a.json"),), "cannot stand in the file"),
    ((form(1, size=0),), "does not say"),
    ((form(1, size=MOST + 1),), "does not say"),
    ((form(1, size=-1),), "does not say"),
    ((form(1, sha256="ab"),), "does not say"),
    ((form(3),), "does not say"),
    ((form(1, 3),), "has a keyframe of more than"),
])
def test_what_cannot_be(forms: tuple[Form, ...], fault: str) -> None:
    assert fault in str(forms_fault(None, forms, known(100, 100, MOST + 1)))


def test_a_line_about_an_exhibit_gives_no_forms() -> None:
    assert forms_fault("EX-000001", (form(1),), known(100)) is not None


def test_a_keyframe_in_use_cannot_become_a_patch() -> None:
    exhibits = known(100, 100, 100)
    take_forms((form(1), form(2, 1)), exhibits)
    assert "keyframe of others" in str(forms_fault(None, (form(1, 3),), exhibits))
    assert "a patch itself" in str(forms_fault(None, (form(3, 2),), exhibits))
    both = (plain(exhibits["EX-000002"]), form(1, 3))
    assert forms_fault(None, both, exhibits) is None
    assert forms_fault(None, (plain(exhibits["EX-000001"]),), exhibits) is None


def test_patches_stand_with_their_keyframe() -> None:
    exhibits = known(1, 1, 1, 1)
    take_forms((form(3, 1), form(4, 2)), exhibits)
    assert [one.label[-1] for one in by_keyframe(exhibits.values())] == ["1", "3", "2", "4"]
