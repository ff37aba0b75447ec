"""What a command imports: a list of modules is stable where milliseconds are not."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {"httpx", "httpcore", "h2", "anyio", "rich", "jinja2", "jsonschema", "deepdiff", "stamina",
         "msgspec", "packageurl", "packaging", "nodesemver", "asyncio", "ssl", "numpy", "pydantic",
         "cryptography", "sigstore"}


def imported(*words: str) -> set[str]:
    code = ("import runpy, sys\n"
            "try:\n    runpy.run_module('regforensics', run_name='__main__')\n"
            "except SystemExit:\n    pass\n"
            "sys.stderr.write('\\n'.join(sys.modules))")
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, text=True, check=True,
                          capture_output=True)
    return {module.split(".")[0] for module in done.stderr.split()}


def test_help_loads_nothing_heavy() -> None:
    assert imported("--help") & HEAVY == set()
    assert imported("snapshot", "--help") & HEAVY == set()


def test_an_offline_diff_loads_no_network_and_no_renderer(tmp_path: Path) -> None:
    document = '{"name":"p","versions":{"1.0.0":{"version":"1.0.0"}},"time":{},"_rev":"%s"}'
    (tmp_path / "a.json").write_text(document % "1")
    (tmp_path / "b.json").write_text(document % "2")
    loaded = imported("diff", str(tmp_path / "a.json"), str(tmp_path / "b.json"))
    assert loaded & (HEAVY - {"msgspec", "packageurl"}) == set()
