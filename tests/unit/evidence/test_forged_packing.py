"""Directories whose custody was forged and hashes cleanly: what is packed in them is bounded."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regforensics.errors import IntegrityError
from regforensics.evidence.custody import CUSTODY, HEAD, head_bytes
from regforensics.evidence.forms import MOST
from regforensics.evidence.packing import pack
from regforensics.evidence.patches import packed
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.support.packable import document, grown

MANIFEST = "manifest-sha256.txt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A keyframe and three patches of it."""
    store, _ = grown(tmp_path, 4)
    assert store.writer is not None
    pack(store.writer)
    return tmp_path


def forge(root: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change the forms that the last line gives, and everything that a hash is of."""
    lines = (root / CUSTODY).read_bytes().splitlines(keepends=True)
    record = json.loads(lines[-1])
    before = {form["file"]: form["sha256"] for form in record["forms"]}
    change(record["forms"])
    lines[-1] = json.dumps(record, separators=(",", ":")).encode() + b"\n"
    (root / CUSTODY).write_bytes(b"".join(lines))
    (root / HEAD).write_bytes(head_bytes(len(lines), len(b"".join(lines)),
                                         hashlib.sha256(lines[-1]).hexdigest()))
    text = (root / MANIFEST).read_text()
    for form in record["forms"]:
        text = text.replace(before.get(form["file"], "-"), form["sha256"])
    (root / MANIFEST).write_text(text)


def put(root: Path, form: dict[str, Any], data: bytes) -> None:
    """Put other bytes in the place of a packed file, and say so in its form."""
    path = root / "exhibits" / form["file"]
    path.unlink()
    path.write_bytes(data)
    form |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


@pytest.mark.parametrize(("data", "why"), [
    (packed(bytes(MOST)), "does not unpack to"), (packed(b""), "does not unpack to"),
    (document(1), "cannot be unpacked"), (b"\x28\xb5\x2f\xfd" + b"\xff" * 50, "cannot be unpacked"),
    (packed(document(2), document(0, seed=3)), "cannot be unpacked"),
    (packed(document(2))[:-9], "does not unpack to"),
])
def test_a_patch_of_other_bytes(root: Path, data: bytes, why: str) -> None:
    forge(root, lambda forms: put(root, forms[2], data))
    began = time.process_time()
    damage = verify(root).damage
    assert time.process_time() - began < 1
    assert [(d.path, why in d.detail) for d in damage] == \
        [("exhibits/EX-000003.npm.left-pad.packument.json.zst", True)]
    with pytest.raises(IntegrityError, match="EX-000003"):
        EvidenceStore.open(root).read("EX-000003")


def test_a_patch_of_contents_that_never_came(root: Path) -> None:
    """Everything opens, and is of the right size; the line that brought the exhibit still says."""
    other = document(2).replace(b"left-pad", b"leff-pad")
    forge(root, lambda forms: put(root, forms[2], packed(other, document(0))))
    assert [d.kind for d in verify(root).damage] == ["changed"]
    with pytest.raises(IntegrityError, match="is not what custody line 4 says"):
        EvidenceStore.open(root).read("EX-000003")


@pytest.mark.parametrize("change", [
    lambda forms: forms[2].update(keyframe="EX-000002"),
    lambda forms: forms[0].update(keyframe="EX-000004"),
    lambda forms: forms[0].update(keyframe="EX-000001"),
    lambda forms: forms[1].update(keyframe="EX-000009"),
    lambda forms: forms[1].update(file="../custody.jsonl"),
    lambda forms: forms[1].update(file=forms[2]["file"]),
    lambda forms: forms[1].update(size=1 << 60),
    lambda forms: forms[1].update(exhibit="EX-000009"),
    lambda forms: forms.append(forms[1]),
])
def test_forms_that_cannot_be(root: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    forge(root, change)
    said = [d.detail for d in verify(root).damage if d.path == CUSTODY]
    assert len(said) == 1
    assert said[0].startswith("line 6 ")
    with pytest.raises(IntegrityError, match="line 6 "):
        EvidenceStore.open(root)


def test_a_reader_takes_no_forged_form_either(root: Path) -> None:
    """Who opened the directory before reads what custody says later with the same eyes."""
    head = json.loads((root / CUSTODY).read_bytes().splitlines()[-1])["prev"]
    whole = (root / CUSTODY).read_bytes()
    (root / CUSTODY).write_bytes(whole[:whole.rindex(b"\n", 0, -1) + 1])
    lines = whole.splitlines(keepends=True)[:-1]
    (root / HEAD).write_bytes(head_bytes(len(lines), len(b"".join(lines)), head))
    early = EvidenceStore.open(root)
    (root / CUSTODY).write_bytes(whole)
    forge(root, lambda forms: forms[1].update(file="../custody.jsonl"))
    assert early.read("EX-000003") == document(2)
    with pytest.raises(IntegrityError, match="EX-000002"):
        early.read("EX-000002")
