"""Package files of which something stays unread, or others read something else: never silent."""

import base64
import hashlib
import json
from typing import Any

import pytest

from regforensics.acquire import extract
from regforensics.archives.contents import listings
from simulator.archives import crafted, tarball
from tests.scenario.test_artifacts import NAME, TARGET, Bench, bench, inner, publish, rechained
from tests.unit.archives.crafted import block, ended, held

__all__ = ["bench"]

HOOK = {"postinstall": "node setup.js"}
JSON = "package/package.json"


def gaps(bench: Bench) -> list[str]:
    return [f"{gap['question']}: {gap['reason']}" for gap in bench.report()["gaps"]]


def about_files(bench: Bench) -> list[str]:
    return [gap for gap in gaps(bench)
            if " 1 package file" in gap or gap.startswith("what the file")]


def manifest(**members: Any) -> bytes:
    return json.dumps({"name": NAME, "version": "1.0.0", **members}).encode()


def integrity(data: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


def test_a_hook_hidden_in_the_body_of_a_directory_is_told(bench: Bench) -> None:
    hidden = held(JSON, manifest(scripts=HOOK))
    publish(bench, tarball=ended(held(JSON, manifest()), block("package/lib", len(hidden), b"5"),
                                 hidden))
    bench.snapshot()
    said = [c["statement"] for c in bench.claims("integrity.manifest-confusion")]
    assert any('has "node setup.js" as its postinstall script' in s for s in said)
    assert any("is one of 2 that stand where the manifest does" in s for s in said)
    assert any("describes members in two ways" in c["statement"]
               for c in bench.claims("integrity.artifact-danger"))
    assert bench.run("verify").code == 0


def test_two_manifests_in_two_roots_are_one_claim_and_twins_none(bench: Bench) -> None:
    publish(bench, tarball=crafted((JSON, manifest()), ("other/package.json", manifest(x=1))))
    publish(bench, "1.1.0", 20, tarball=crafted(
        (JSON, manifest(version="1.1.0")), (JSON, manifest(version="1.1.0")),
        ("package/lib/package.json", b"{}")))
    bench.snapshot()
    (claim,) = bench.claims("integrity.manifest-confusion")
    assert claim["subject"].endswith("@1.0.0") and "other/package.json" in claim["statement"]


def test_one_digest_of_a_stored_file_does_not_stand_for_another(bench: Bench) -> None:
    publish(bench)
    bench.snapshot()
    kept = extract.Kept(bench_store(bench))
    data = next(iter(bench.npm.tarballs.values()))
    sha1, sha512 = hashlib.sha1(data).hexdigest(), hashlib.sha512(data).hexdigest()
    assert kept([f"sha1:{sha1}", f"sha512:{sha512}"]) and kept([f"sha1:{sha1}"])
    assert not kept([f"sha1:{sha1}", f"sha512:{'0' * 128}"]) and not kept([])
    assert not kept([f"sha512:{sha512}", f"sha512:{'0' * 128}"])


def bench_store(bench: Bench) -> Any:
    from regforensics.evidence.store import EvidenceStore

    return EvidenceStore.create_or_open(bench.evidence)


@pytest.mark.parametrize("content", [b"[1]", b"{not json", b" " * (9 << 20)])
def test_a_manifest_that_cannot_be_read_is_a_gap(bench: Bench, content: bytes) -> None:
    publish(bench, tarball=crafted((JSON, content)))
    bench.snapshot()
    assert any("no manifest that can be read" in gap for gap in about_files(bench))


def test_a_package_file_without_a_manifest_is_a_gap_and_others_are_none(bench: Bench) -> None:
    publish(bench, tarball=tarball({"index.js": "1"}))
    publish(bench, "1.1.0", 20)
    bench.snapshot()
    (gap,) = about_files(bench)
    assert "no manifest that can be read" in gap and "of version 1.0.0" in gap


def test_a_large_manifest_is_compared(bench: Bench) -> None:
    publish(bench, tarball=crafted((JSON, manifest(scripts=HOOK) + b" " * (3 << 20))))
    bench.snapshot()
    assert len(bench.claims("integrity.manifest-confusion")) == 1 and about_files(bench) == []


def test_a_hook_beside_a_shortened_document_is_a_gap(bench: Bench) -> None:
    from simulator.npm_answers import abbreviated, published

    publish(bench, files=inner(scripts=HOOK))
    publish(bench, "1.1.0", 20)
    short = bench.folder / "short.json"
    short.write_text(json.dumps(abbreviated(published(bench.npm, NAME))))
    assert bench.run("ingest", short).code == 0
    for number, data in enumerate(bench.npm.tarballs.values()):
        path = bench.folder / f"{number}.tgz"
        path.write_bytes(data)
        assert bench.run("ingest", path, "--subject", f"{TARGET}@1.{number}.0").code == 0
    found = [gap for gap in gaps(bench) if "scripts that run at install time" in gap]
    assert len(found) == 1 and "(postinstall)" in found[0]
    assert bench.claims("integrity.manifest-confusion") == []


def test_a_file_that_is_listed_and_not_stored_is_a_gap(bench: Bench) -> None:
    publish(bench)
    bench.snapshot()
    assert about_files(bench) == []
    bench.npm.tick(3600)
    publish(bench, "1.1.0", 0.1)
    bench.snapshot(TARGET)
    (gap,) = about_files(bench)
    assert "their bytes are not stored" in gap and "of version 1.1.0" in gap


def test_what_was_never_read_is_a_gap_and_a_note(bench: Bench,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    publish(bench)
    with monkeypatch.context() as patch:
        patch.setattr(extract.Extractor, "take", lambda *_: ())
        bench.snapshot()
    assert any("were never read" in gap for gap in about_files(bench))
    done = bench.run("verify", "--json")
    assert done.code == 0 and any("was never read" in note for note in done.document["notes"])
    bench.snapshot()
    assert about_files(bench) == [] and bench.run("verify", "--json").document["notes"] == []


def test_a_manifest_that_was_left_out_is_a_gap_and_a_note(
        bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(bench, files=inner(scripts=HOOK))
    with monkeypatch.context() as patch:
        patch.setattr(extract, "manifest", lambda *_: None)
        bench.snapshot()
    assert any("no manifest that can be read" in gap for gap in about_files(bench))
    done = bench.run("verify", "--json")
    assert any("manifest inside was never read" in note for note in done.document["notes"])
    bench.snapshot(TARGET, "--artifacts", "all")
    assert len(bench.claims("integrity.manifest-confusion")) == 1


def test_another_member_than_the_manifest_is_damage(bench: Bench,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = manifest(), manifest(scripts=HOOK)
    publish(bench, tarball=crafted(("a/package.json", first), (JSON, last)))
    with monkeypatch.context() as patch:
        patch.setattr(extract, "manifest", lambda *_: ("a/package.json", first))
        bench.snapshot()
    done = bench.run("verify", "--json")
    assert done.code == 4 and [d["kind"] for d in done.document["damage"]] == ["derived"]
    assert "whose manifest is package/package.json" in done.document["damage"][0]["detail"]
    assert bench.run("timeline", "report").code == 4


def test_a_listing_of_the_first_form_holds_and_is_made_again(
        bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def first(file: Any, path: str, name: str) -> bytes:
        return list(listings(file, name))[-1]

    publish(bench)
    with monkeypatch.context() as patch:
        patch.setattr(extract, "derived", first)
        bench.snapshot()
    assert bench.run("verify").code == 0
    assert any("earlier form" in gap for gap in about_files(bench))
    bench.snapshot()
    assert bench.kinds().count("artifact-listing") == 2 and about_files(bench) == []
    assert bench.run("verify").code == 0


def test_custody_without_its_lines_of_extraction(bench: Bench) -> None:
    publish(bench)
    bench.snapshot()

    def change(record: dict[str, Any]) -> None:
        if record["kind"] in ("artifact-listing", "artifact-manifest"):
            record["kind"] = "raw"

    rechained(bench.evidence, change)
    assert any("were never read" in gap for gap in about_files(bench))
