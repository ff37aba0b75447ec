"""requests: who asked for a package, out of raw logs or out of the evidence."""

from pathlib import Path
from typing import Annotated

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, FOUND, INCOMPLETE, Evidence, Json, Quiet


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("requests")(requests)


def requests(
    target: Annotated[str, typer.Argument(
        metavar="TARGET[@VERSION]", help="The package, or one version of it.")],
    files: Annotated[list[Path] | None, typer.Argument(
        metavar="[FILE]...", help="Logs, plain or packed; folders and patterns. They are not"
        " taken as evidence.")] = None,
    form: Annotated[str | None, typer.Option(
        "--format", help="The only log format to expect in the files.")] = None,
    zone: Annotated[str | None, typer.Option(
        "--assume-zone", help="The zone of times in the files that state none.")] = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Count who asked for a package; straight from raw logs where FILEs are named.

    Without FILEs the logs in the evidence directory are asked, and every row is cited. Counts are
    by kind of log and never added up: one request stands in the log of each layer it went through.

    Exit 10 where a line shows a request; where none does, 0 with what the logs cover, 6 where a
    part of them could not be read, 5 where a file is no log of a known format;
    4 where a log in the evidence is not what custody says, beside what the others show.

    Example: regforensics requests npm:chalk@5.6.1 /var/log/artifactory/*.log.gz
    """
    from regforensics.cli import asked_shown, asking
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    answer = asking.of_files(target, files, form, zone, digests=as_json) if files else \
        asking.of_evidence(target, evidence, every=as_json)
    (asked_shown.as_document if as_json else asked_shown.as_text)(answer)
    if answer.damaged:
        raise typer.Exit(answer.damaged)
    if answer.kinds:
        raise typer.Exit(FOUND)
    if answer.failed or answer.incomplete:
        raise typer.Exit(answer.failed or INCOMPLETE)
