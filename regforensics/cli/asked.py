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

    Without FILEs the logs in the evidence directory are asked, and every row is cited.

    Example: regforensics requests npm:chalk@5.6.1 /var/log/artifactory/*.log.gz
    """
    from regforensics.cli import asking
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    answer = asking.of_files(target, files, form, zone, digests=as_json) if files else \
        asking.of_evidence(target, evidence)
    (asking.as_document if as_json else asking.as_text)(answer)
    if answer.count:
        raise typer.Exit(FOUND)
    if answer.failed or answer.incomplete:
        raise typer.Exit(answer.failed or INCOMPLETE)
