"""No secret of the environment, of configuration files or of addresses is ever written or shown."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.server import serving
from tests.support.figures import Figures

REPOSITORY = Path(__file__).parents[2]
SECRETS = {
    "bearer": "npm_q7Zk3vXw9LrT2yPd8sBf", "basic": "Hx4vNc7tQm2z",
    "environment": "tok-Yw8Rk1Lp5Vd3",
    "netrc": "nrc-Jd93kLs02Qx", "address": "urlPw-Zz71Qk", "pip": "pipPw-Ra55Lm",
    "github": "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"}


def home_of(folder: Path, host: str) -> Path:
    """A home directory with a secret in every file that is read from it."""
    port, coded = host.rsplit(":", 1)[1], base64.b64encode(SECRETS["basic"].encode()).decode()
    (folder / ".npmrc").write_text(
        f"//{host}/:_authToken={SECRETS['bearer']}\n"
        f"//127.0.0.1:{port}/basic/:username=ada\n"
        f"//127.0.0.1:{port}/basic/:_password={coded}\n"
        f"//{host}/other/:_authToken=${{MY_TOKEN}}\n")
    (folder / ".netrc").write_text(f"machine 127.0.0.1 login ada password {SECRETS['netrc']}\n")
    (folder / ".netrc").chmod(0o600)
    config = folder / ".config" / "pip"
    config.mkdir(parents=True)
    (config / "pip.conf").write_text(
        f"[global]\nindex-url = http://ada:{SECRETS['pip']}@{host}/simple/\n")
    return folder


def forms(secret: str) -> list[bytes]:
    """As it is, in base64 of any alignment, and percent-escaped throughout."""
    found = [secret.encode()]
    for lead in ("", "a", "ab", "ada:"):
        coded = base64.b64encode((lead + secret).encode()).decode()
        found.append(coded[4:-4].encode())
    found.append("".join(f"%{ord(c):02X}" for c in secret).encode())
    return found


@pytest.mark.parametrize("words", [
    ("snapshot", "npm:demo", "npm:hangup", "npm:denied", "--npm-registry", "{url}"),
    ("snapshot", "npm:demo", "npm:moved-with-password", "npm:echo",
     "--npm-registry", "http://ada:{address}@{host}/"),
    ("snapshot", "npm:demo", "--npm-registry", "http://ada:{address}@{host}/basic/"),
    ("snapshot", "npm:demo", "--npm-registry", "http://ada:{address}@127.0.0.1:9/"),
    ("snapshot", "npm:demo", "--npm-registry", "http://ada:{address}@[half/"),
    ("snapshot", "npm:demo", "--npm-registry", "{url}other/"),
    ("snapshot", "pypi:demo", "--journal", "--pypi-url", "http://ada:{address}@{host}/"),
    ("snapshot", "pypi:demo"),
    ("snapshot", "npm:demo", "--advisories", "--npm-registry", "{url}", "--osv-url",
     "http://x:{address}@{host}/", "--github-api-url", "{url}"),
    ("downloads", "npm:demo", "--npm-downloads-url", "http://x:{address}@{host}/"),
])
def test_no_secret_is_written_or_shown(tmp_path: Path, words: tuple[str, ...],
                                       figures: Figures) -> None:
    evidence = tmp_path / "evidence"
    with serving() as server:
        host = server.url.removeprefix("http://").rstrip("/")
        (tmp_path / "home").mkdir()
        home = home_of(tmp_path / "home", host)
        environment = {
            "HOME": str(home), "PATH": os.environ["PATH"], "MY_TOKEN": SECRETS["environment"],
            "NPM_TOKEN": SECRETS["environment"], "GITHUB_TOKEN": SECRETS["github"],
            "REGFORENSICS_OSV_URL": f"http://x:{SECRETS['address']}@{host}/",
            "npm_config_registry": f"http://ada:{SECRETS['address']}@{host}/", "NO_PROXY": "*",
            "HTTPS_PROXY": f"http://ada:{SECRETS['address']}@127.0.0.1:9"}
        said = [word.format(url=server.url, host=host, **SECRETS) for word in words]
        shown = b""
        for command in ([*said], ["list"], ["timeline", "report", "--format", "html"],
                        ["timeline", "show"], ["verify"]):
            done = subprocess.run(
                [sys.executable, "-m", "regforensics", "--debug", *command, "-e", str(evidence)],
                cwd=REPOSITORY, env=environment, capture_output=True, timeout=120)
            shown += done.stdout + done.stderr
    assert server.credentials or "127.0.0.1:9" in words[-1] or "[half" in words[-1]
    written = b"".join(path.read_bytes() for path in evidence.rglob("*") if path.is_file()
                       and "echo" not in path.name)
    for name, secret in SECRETS.items():
        for form in forms(secret):
            assert form not in written, (name, "in the directory")
            assert form not in shown, (name, "on the terminal")
    figures.say(f"secrets of 7 kinds around `{words[0]} {words[1]} ... {words[-1]}`",
                "none in the directory, on the terminal, in a traceback or in a report")
