"""examples/cron: what stands in the files works as it stands."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from simulator import Npm, serve
from tests.support.command import run

CRON = Path(__file__).parents[3] / "examples" / "cron"


class Unit(configparser.ConfigParser):
    """A unit file; its keys are as they are written."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service() -> Unit:
    parser = Unit(strict=False, interpolation=None)
    parser.read(CRON / "regforensics.service")
    return parser


def jobs() -> dict[str, str]:
    """The commands of the crontab, by the first word after regforensics."""
    lines = [line for line in (CRON / "regforensics.crontab").read_text().splitlines()
             if re.match(r"[\d*]", line)]
    commands = [line.split(None, 6)[6].rpartition("; ")[2] for line in lines]
    assert all(line.split()[5] == "regforensics" for line in lines), "the user"
    return {shlex.split(command)[1]: command for command in commands}


@pytest.mark.parametrize("line", [service()["Service"]["ExecStart"], jobs()["snapshot"]])
def test_the_snapshot_of_the_service_and_of_the_crontab_runs(
        line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("REGFORENSICS_EVIDENCE", str(tmp_path / "evidence"))
    (tmp_path / "watch.txt").write_text("npm:paint  # a comment\n")
    words = [word.replace("/etc/regforensics", str(tmp_path)).replace(
        "/var/lib/regforensics", str(tmp_path)) for word in shlex.split(line)]
    npm = Npm()
    npm.publish("paint", "1.0.0", by="ada")
    with serve(npm) as urls:
        done = run(*words[1:], "--npm-registry", urls.npm)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert "regforensics_snapshot_new" in (tmp_path / "snapshot.prom").read_text()


def test_the_weekly_mail_holds_the_custody_head(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x")
    run("ingest", path, "--format", "raw", "-e", tmp_path / "e")
    done = run(*shlex.split(jobs()["verify"])[1:], "-e", tmp_path / "e")
    assert "custody head" in done.out


def test_the_watchlist_is_one() -> None:
    from regforensics.cli.capturing import watch

    assert len(watch((), [CRON / "watch.txt"]).targets) == 3


def test_service_and_crontab_name_the_same_places() -> None:
    unit = service()["Service"]
    crontab = (CRON / "regforensics.crontab").read_text()
    assert unit["ExecStart"].partition(" ")[2] == jobs()["snapshot"].partition(" ")[2]
    assert "REGFORENSICS_EVIDENCE=/var/lib/regforensics/evidence" in crontab
    assert unit["UMask"] == "0027" and "umask 027" in crontab


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name in ("regforensics.service", "regforensics.timer"):
        text = (CRON / name).read_text().replace("/usr/local/bin/regforensics", "/bin/true")
        (tmp_path / name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", *map(str, tmp_path.iterdir())],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
