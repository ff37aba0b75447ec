"""Play a day of snapshots, one a minute, with bad minutes, and hold the report against it.

    PYTHONPATH=.:examples python examples/cron/day.py [MINUTES]

Everything happens on 127.0.0.1 and in out/day/. Without MINUTES (100 or more) it is a whole day,
1,440 runs, which takes minutes. Exit code 0 where `verify` finds nothing and every interval of the
report is that of the runs around what the registries did, else 1.
"""

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from regforensics.cli.app import app
from simulator.day import Day, Record, plan

OUT = Path(__file__).resolve().parents[2] / "out" / "day"
#: What was done, the rule that tells it, and a word of its sentence.
TOLD = (("owner", "account.owner-added", "mallory"), ("takedown", "publish.withdrawn", "1.1.1"),
        ("yank", "publish.yanked", "2.0"), ("gone", "publish.withdrawn", "1.0.1"))


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def command(*words: object) -> Ended:
    """One command of regforensics, in this process."""
    done = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    return Ended(done.exit_code, done.stdout, done.stderr)


def main(minutes: int) -> int:
    """Play, verify, report, compare; the exit code."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    os.environ |= {"NO_PROXY": "127.0.0.1", "HOME": str(OUT)}
    evidence, began = OUT / "evidence", time.monotonic()
    day = Day(evidence, command, plan(minutes))
    record = day.play()
    print(f"{minutes} minutes: {len(record.good)} runs came through, {len(record.bad)} minutes were"
          f" bad, {len(record.said)} mails; played in {time.monotonic() - began:.0f} s")
    verified = command("verify", "-e", evidence)
    print(f"verify: {verified.out.strip()}")
    with day.lasting():
        report = json.loads(command("timeline", "report", "--format", "json", "-e", evidence).out)
        status = command("status", "-e", evidence).out
    wrong = [act for act, rule, about in TOLD if not _fits(record, report, act, rule, about)]
    print(status)
    print(f"wrong intervals: {', '.join(wrong)}" if wrong else "every interval is the right one")
    return 1 if wrong or verified.code else 0


def _fits(record: Record, report: dict[str, Any], act: str, rule: str, about: str) -> bool:
    """True where the claim's interval ends in the runs right before and right after the act."""
    claim = next(c for c in report["claims"] if c["rule"] == rule and about in c["statement"])
    print(f"{act:<9}{record.acts[act]:%H:%M:%S}  {claim['statement']}")
    after, before = (datetime.fromisoformat(claim["when"][end]) for end in ("after", "before"))
    last, first = record.around(act)
    run = timedelta(seconds=10)
    return last <= after < last + run and first <= before < first + run \
        and after < record.acts[act] < before


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1440))
