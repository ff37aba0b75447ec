"""Play an incident against simulated registries, and let the real command line work on it.

Run by ``quickstart.sh``, which prepares the environment. Without arguments everything happens on
127.0.0.1: a package is taken over, malware is published and taken down, and between the steps
``regforensics`` takes snapshots. With targets it captures those from the real registries.
Exit code 0 where every command ended as expected, 1 otherwise, 2 for a wrong target.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from simulator import Npm, PyPI, serve
from simulator.stories import PACKAGE, PROJECT, takeover

ROOT = Path(__file__).resolve().parent.parent
_SCRIPT = Path(sys.executable).with_name("regforensics")
COMMAND = [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-m", "regforensics"]
FOUND = 10
Claim = dict[str, Any]


class Unexpected(Exception):
    """A command ended otherwise than expected, or its document lacks what it should say."""


class Case:
    """One evidence directory and the commands run on it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.evidence = directory / "evidence"

    def run(self, *arguments: str, expect: int = 0, show: bool = True) -> str:
        """Run one command on the evidence directory and give its stdout.

        Raises Unexpected where the exit code is not ``expect``.
        """
        command = [*arguments, "-e", str(self.evidence.relative_to(ROOT))]
        if show:
            print(f"  $ regforensics {shlex.join(command)}", flush=True)
        done = subprocess.run([*COMMAND, *command], cwd=ROOT, env=_environment(), text=True,
                              encoding="utf-8", capture_output=True, stdin=subprocess.DEVNULL,
                              check=False)
        if done.returncode != expect:
            raise Unexpected(f"'regforensics {shlex.join(command)}' ended with exit code "
                             f"{done.returncode}, expected {expect}\n"
                             f"{done.stdout[-2000:]}{done.stderr[-4000:]}".rstrip())
        return done.stdout

    def report(self, *options: str) -> dict[str, Any]:
        """Write report.html, report.md and report.json, check the citations, give the last."""
        for form in ("html", "md", "json"):
            self.run("timeline", "report", "--format", form, "-o", self.path(f"report.{form}"),
                     *options)
        self.run("timeline", "check", self.path("report.json"))
        document: dict[str, Any] = json.loads((self.directory / "report.json").read_bytes())
        return document

    def path(self, name: str) -> str:
        """A file of the case, relative to the checkout."""
        return str((self.directory / name).relative_to(ROOT))


def main(targets: Sequence[str]) -> int:
    """Run the quickstart; one exit code for the shell."""
    if any(target.startswith("-") for target in targets):
        print("usage: sh examples/quickstart.sh [npm:NAME | pypi:NAME]...", file=sys.stderr)
        return 2
    try:
        capture_real(targets) if targets else play_incident()
    except Unexpected as problem:
        print(f"quickstart: {problem}", file=sys.stderr)
        return 1
    return 0


def play_incident() -> None:
    """The embedded default: takeover, malicious publish, takedown, clean release."""
    case = _fresh(ROOT / "out" / "quickstart")
    npm, pypi = Npm(), PyPI()
    with serve(npm, pypi) as urls:
        print(f"npm is played at {urls.npm}, PyPI at {urls.pypi}")
        for step in takeover(npm, pypi):
            print(f"{step.name}: {step.what}")
            case.run("snapshot", *step.targets, "--npm-registry", urls.npm, "--pypi-url", urls.pypi)
    print("the registries are gone; from here on everything is read from the evidence directory")
    for target in (f"npm:{PACKAGE}", f"pypi:{PROJECT}"):
        case.run("diff", target, "--from", "first", "--to", "latest", expect=FOUND)
    case.run("drift", expect=FOUND)
    report = case.report("--incident", f"npm:{PACKAGE}@1.2.1", "--incident",
                         f"pypi:{PROJECT}@2.1.1")
    verified = json.loads(case.run("verify", "--json"))
    _conclude(case, five_lines(report["claims"], verified))


def capture_real(targets: Sequence[str]) -> None:
    """The same commands on the real registries; the evidence of earlier runs is kept."""
    case = Case(ROOT / "out" / "targets")
    case.directory.mkdir(parents=True, exist_ok=True)
    case.run("snapshot", *targets)
    report = case.report()
    verified = json.loads(case.run("verify", "--json"))
    lines = [f"{_when(claim)}  {claim['statement']}" for claim in report["claims"][:4]]
    _conclude(case, [*lines, _verified(verified)])


def five_lines(claims: Sequence[Claim], verified: dict[str, Any]) -> list[str]:
    """The lines that matter, taken from the report's claims and from ``verify``.

    Raises Unexpected where the report lacks one of them.
    """
    wanted: tuple[tuple[str, Callable[[Claim], bool]], ...] = (
        ("published", lambda c: c["section"] == "publish" and isinstance(c["when"], str)
         and _about(c, "1.2.1") and "mallory" in c["statement"]),
        ("taken down", lambda c: c["section"] == "publish" and isinstance(c["when"], dict)
         and _about(c, "1.2.1")),
        ("bytes drifted", lambda c: "drift" in c["rule"] and _about(c, "1.1.0")),
        ("owners", lambda c: c["section"] == "account" and "mallory" in c["statement"]
         and PACKAGE in c["subject"]),
    )
    lines = []
    for label, matches in wanted:
        claim = next((claim for claim in claims if matches(claim)), None)
        if claim is None:
            raise Unexpected(f"report.json has no claim for the line '{label}'")
        lines.append(f"{label:<15}{_when(claim)}  {claim['statement']}  [{claim['id']}]")
    return [*lines, _verified(verified)]


def _about(claim: Claim, version: str) -> bool:
    return version in claim["statement"] or str(claim["subject"]).endswith(f"@{version}")


def _when(claim: Claim) -> str:
    when = claim["when"]
    if isinstance(when, dict):
        ends = [f"{end} {when[end]}" for end in ("after", "before") if when.get(end)]
        return " and ".join(ends) or "undated"
    return str(when or "undated")


def _verified(document: dict[str, Any]) -> str:
    if not document["ok"]:
        raise Unexpected(f"verify says that the evidence is damaged: {document['damage']}")
    head = document["custody_head"]
    digest = head["sha256"] if isinstance(head, dict) else head
    return f"{'verified':<15}{document['exhibits']} exhibits, custody head {digest}"


def _conclude(case: Case, lines: Sequence[str]) -> None:
    print("\nthe report, in three forms:")
    for form in ("html", "md", "json"):
        print(f"  {case.path(f'report.{form}')}")
    print("\nthe lines that matter:")
    for line in lines:
        print(f"  {line}")


def _fresh(directory: Path) -> Case:
    """A case without the evidence of an earlier play, which nobody will ever need."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return Case(directory)


def _environment() -> dict[str, str]:
    """Ours, so that nothing configured elsewhere leads the commands to another place."""
    kept = {k: v for k, v in os.environ.items() if k != "REGFORENSICS_EVIDENCE"}
    known = kept.get("NO_PROXY") or kept.get("no_proxy")
    direct = ",".join(filter(None, (known, "127.0.0.1")))
    return kept | {"NO_COLOR": "1", "NO_PROXY": direct, "no_proxy": direct}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
