"""What differs and leaves the bytes the same is named by its cause, and kept apart from drift."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from regforensics.analyze.compare import stated
from regforensics.analyze.compare.digests import agreement, compared
from regforensics.analyze.compare.drift import find_drift
from regforensics.analyze.compare.meaning import meaning
from regforensics.analyze.compare.variations import find_variations
from regforensics.analyze.running import run_all
from regforensics.endpoints import NPM_REGISTRY, PYPI_URL
from regforensics.evidence.lines import Line, LineFact
from regforensics.model.drift import CAUSES, Sighting
from regforensics.model.history import History
from regforensics.model.snapshot import Observation
from tests.unit.analyze.documents import (
    MIRROR,
    NO_SCOPE,
    ORIGIN,
    Case,
    claimed,
    file,
    npm,
    pypi,
    simple,
    version,
)

TIMES = {"1.0.0": "06:00", "1.1.0": "07:00"}
SIGNED = [{"keyid": "SHA256:a", "sig": "s"}]
AGAIN = [*SIGNED, {"keyid": "SHA256:b", "sig": "t"}]
BYTES = hashlib.sha512(b"1.0.0").digest()


def shown(**dist: Any) -> dict[str, Any]:
    one = version("1.0.0")
    one["dist"] |= {"integrity": "sha512-" + base64.b64encode(BYTES).decode()}
    one["dist"] = {k: v for k, v in (one["dist"] | dist).items() if v is not None}
    return npm(TIMES, {"1.0.0": one, "1.1.0": version("1.1.0")})


def between(one: dict[str, Any], other: dict[str, Any], **more: Any) -> Case:
    return Case("npm:paint").at("10:00", one).at("11:00", other, **more)


@pytest.mark.parametrize(("before", "after", "cause"), [
    (shown(signatures=SIGNED), shown(signatures=AGAIN), "re-signed"),
    (shown(), shown(signatures=SIGNED), "signed"),
    (shown(integrity=None), shown(), "backfilled"),
    (shown(), shown(integrity=None), "dropped"),
    (shown(), shown(shasum=version("1.0.0")["dist"]["shasum"].upper()), "re-encoded"),
    (shown(), shown(integrity=f"sha512-{BYTES.hex()}"), "re-encoded"),
    (shown(), shown(tarball=f"{MIRROR}paint/-/paint-1.0.0.tgz"), "moved")], ids=str)
def test_each_cause_is_named_and_is_no_drift(before: dict[str, Any], after: dict[str, Any],
                                             cause: str) -> None:
    case = between(before, after)
    assert find_drift([case.history()]) == ()
    (one,) = find_variations([case.history()])
    assert (one.cause, one.versions, one.across) == (cause, ("1.0.0",), False)
    (claim,) = claimed(case, "publish.same-bytes")
    assert CAUSES[cause] in claim.statement
    assert not claim.notable
    assert {c.exhibit for c in claim.citations} >= {"custody.jsonl"}


def test_key_order_and_white_space_are_no_difference() -> None:
    plain, turned = shown(signatures=SIGNED), shown(signatures=SIGNED)
    turned["versions"]["1.0.0"] = dict(reversed(turned["versions"]["1.0.0"].items()))
    assert find_variations([between(plain, turned).history()]) == ()


def test_a_mirror_that_moves_files_is_one_variation_across() -> None:
    moved = shown(tarball=f"{MIRROR}paint/-/paint-1.0.0.tgz")
    moved["versions"]["1.1.0"]["dist"]["tarball"] = f"{MIRROR}paint/-/paint-1.1.0.tgz"
    case = between(shown(), moved, registry=MIRROR)
    (one,) = find_variations([case.history()])
    assert (one.cause, one.versions, one.across) == ("moved", ("1.0.0", "1.1.0"), True)
    (claim,) = claimed(case, "publish.same-bytes")
    assert claim.statement.startswith(f"Between {ORIGIN} and {MIRROR}, the file's address changed")
    assert "2 versions: 1.0.0, 1.1.0" in claim.statement


def test_a_change_of_bytes_is_never_called_benign() -> None:
    evil = {"shasum": hashlib.sha1(b"evil").hexdigest(), "integrity": "sha512-ZXZpbA=="}
    case = between(shown(signatures=SIGNED), shown(signatures=AGAIN, **evil))
    assert find_variations([case.history()]) == ()
    assert len(find_drift([case.history()])) == 1


def test_one_hash_however_it_is_written_and_called() -> None:
    text = "sha512-" + base64.b64encode(BYTES).decode()
    assert agreement("integrity", text, f"sha512-{BYTES.hex()}") == {"sha512": True}
    line = Line("x", "0", 1, 0, b"x")
    one = {"integrity": LineFact(text, line)}
    assert [p.agrees for p in compared(one, {"sha512": LineFact(BYTES.hex(), line)})] == [True]
    other = {"sha512": LineFact("0" * 128, line)}
    assert [(p.kind, p.agrees) for p in compared(one, other)] == [("sha512", False)]
    assert list(compared(one, {"sha256": LineFact("0" * 64, line)})) == []


# --- files on disk


def on_disk(digest: str, number: str = "1.0.0") -> Sighting:
    line = Line("EX-000009", "9" * 64, 1, 0, f"sha512 {digest}".encode())
    return Sighting(
        version=number, filename="paint-1.0.0.tgz", exhibit="EX-000009",
        digests={"sha512": LineFact(digest, line)},
        observation=Observation(label="EX-000009", sha256="9" * 64))


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[Sighting]:
    held: list[Sighting] = []

    def find(_: History) -> Iterator[Sighting]:
        yield from held

    monkeypatch.setattr(stated, "SIGHTINGS", (find,))
    return held


def test_a_file_on_disk_with_other_bytes_than_stated_is_drift(files: list[Sighting]) -> None:
    history = Case("npm:paint").at("10:00", shown()).history()
    files.append(on_disk("0" * 128))
    (drift,) = find_drift([history])
    assert (drift.grade, drift.across) == ("confirmed", True)
    assert [seen.source for seen in drift.observations][-1] == "EX-000009"
    assert "two places" in drift.meaning


def test_a_file_on_disk_with_the_stated_bytes_is_none(files: list[Sighting]) -> None:
    files.append(on_disk(BYTES.hex()))
    assert find_drift([Case("npm:paint").at("10:00", shown()).history()]) == ()
    files.append(on_disk("0" * 128, "9.9.9"))
    assert find_drift([Case("npm:paint").at("10:00", shown()).history()]) == ()


def test_two_files_on_disk_that_differ_make_one_claim(files: list[Sighting]) -> None:
    files += [on_disk("0" * 128), on_disk("1" * 128)]
    case = Case("npm:paint").at("10:00", npm({"1.1.0": "07:00"}))
    (drift,) = find_drift([case.history()])
    assert drift.across
    (claim,) = [c for c in run_all([case.history()], NO_SCOPE)[0]
                if c.rule == "publish.drift-across"]
    assert claim.statement.startswith(
        "The stored file paint-1.0.0.tgz (EX-000009) and the stored file paint-1.0.0.tgz"
        " (EX-000009) hold different bytes for")


# --- what a true change means


def test_what_a_change_means_depends_on_registry_and_place() -> None:
    for target, body, public, words in (
            ("npm:paint", shown(), NPM_REGISTRY, "none may use its number again"),
            ("pypi:paint", pypi({"2.0": [file("paint-2.0.tar.gz", "07:00")]}), PYPI_URL,
             "even after a deletion")):
        (own,) = Case(target).at("10:00", body, registry=public).snapshots
        (private,) = Case(target).at("10:00", body).snapshots
        assert words in meaning(own.package.registry, own)
        assert "a private" not in meaning(own.package.registry, own)
        assert "a private" in meaning(own.package.registry, private)
    assert "Maven Central never changes a published file" in meaning("maven", None)
    assert "depends on the registry" in meaning("elsewhere", None)


def test_the_claim_across_places_says_what_it_can_mean() -> None:
    evil = {"integrity": "sha512-" + base64.b64encode(bytes(64)).decode()}
    case = between(shown(), shown(**evil), registry=MIRROR)
    (claim,) = claimed(case, "publish.drift-across")
    assert "a package of the same name in a private registry" in claim.statement
    (drift,) = find_drift([case.history()])
    assert drift.meaning
    assert drift.meaning in claim.statement


# --- a version made anew under other file names


def index(*names: str, at: str = "07:00", number: str = "2.0") -> tuple[dict[str, Any], ...]:
    releases = {number: [file(name, at) for name in names]}
    return pypi(releases), simple(releases)


def test_a_version_string_reused_with_new_file_names_is_a_claim_and_no_drift() -> None:
    case = Case("pypi:paint").at("09:00", *index("paint-2.0.tar.gz"))
    case.at("11:00", *index("paint-2.0-1-py3-none-any.whl", at="10:00"))
    (claim,) = claimed(case, "publish.version-reused")
    assert "paint-2.0.tar.gz" in claim.statement
    assert "paint-2.0-1-py3-none-any.whl" in claim.statement
    assert claim.absences[0].pointer.endswith("/paint-2.0.tar.gz")
    assert claim.notable
    assert find_drift([case.history()]) == ()


def test_gone_in_between_is_reused_all_the_same() -> None:
    case = Case("pypi:paint").at("09:00", *index("paint-2.0.tar.gz"))
    case.at("10:00", *index("paint-3.0.tar.gz", number="3.0"))
    case.at("11:00", *index("paint-2.0.zip", at="10:30"))
    assert len(claimed(case, "publish.version-reused")) == 1


@pytest.mark.parametrize("later", [
    ("paint-2.0.tar.gz", "paint-2.0-py3.whl"), ("paint-2.0.tar.gz",), ()])
def test_a_further_file_or_a_deleted_one_is_no_reuse(later: tuple[str, ...]) -> None:
    case = Case("pypi:paint").at("09:00", *index("paint-2.0.tar.gz", "paint-2.0.zip"))
    case.at("11:00", *index(*later))
    assert claimed(case, "publish.version-reused") == []


def test_a_mirror_that_renames_npm_tarballs_reuses_nothing() -> None:
    assert claimed(between(shown(), shown(tarball=f"{MIRROR}x/download/1.tgz")),
                   "publish.version-reused") == []
