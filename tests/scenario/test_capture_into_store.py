"""What a hostile registry answers, captured into a real evidence directory."""

from pathlib import Path

from regforensics.acquire.capture import TargetResult, run_capture
from regforensics.acquire.config import ClientConfig
from regforensics.acquire.credentials import Keyring, bearer
from regforensics.acquire.ingest import Recognised, ingest
from regforensics.evidence.redact import Redactor
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from regforensics.model.package import PackageRef
from tests.hostile.fakes import QUICK, OneQuestion
from tests.hostile.server import BEHAVIOURS, DOCUMENT, serving

TOKEN = "tok-9f8e7d6c5b4a"


def test_everything_at_once_twice_leaves_a_sound_directory(tmp_path: Path) -> None:
    root = tmp_path / "evidence"
    names = [name for name in BEHAVIOURS if name not in ("echo", "cookies", "to-private")]
    with serving() as server:
        config = ClientConfig(keyring=Keyring((bearer(f"//127.0.0.1:{server.port}/", TOKEN),)))
        outcomes = []
        for _ in range(2):
            store = EvidenceStore.create_or_open(root, redactor=Redactor(config.secrets))
            results: list[TargetResult] = []
            run_capture([PackageRef("npm", name) for name in names],
                        registries=[OneQuestion(server.url)], config=config, store=store,
                        on_result=results.append, limits=QUICK)
            outcomes.append({result.target.name: result for result in results})
        handed = tmp_path / "saved.json"
        handed.write_bytes(DOCUMENT)
        line = ingest(handed, store=store, recognise=lambda path, head: Recognised("packument"))
    first, second = outcomes
    assert (first["ok"].outcome, second["ok"].outcome) == ("new", "unchanged")
    assert second["ok"].answers[0].status == 304
    label = first["ok"].answers[0].acquisition.exhibit
    assert second["ok"].answers[0].acquisition.entry.unchanged_exhibit == label
    assert (line.exhibit, line.new) == (label, False)
    assert second["missing"].outcome == "absent"
    report = verify(root)
    assert report.ok, report.damage
    for path in root.rglob("*"):
        if path.is_file() and path.parent.name != "exhibits":
            assert TOKEN not in path.read_text("utf-8", errors="replace"), path
    assert not list(root.glob("exhibits/.incoming-*"))
