"""status: how capturing went, per target and over all runs."""

from typing import Annotated

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, Evidence, Json, Quiet


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("status")(status)


def status(
    targets: Annotated[list[str] | None, typer.Argument(
        metavar="[TARGET]...", help="Packages or accounts; every one where none is named.")] = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Say for each target when it was captured last, the longest gap, and what failed why.

    Exit 6 where the newest run over a target failed, or the newest run of all was killed.

    Example: regforensics status npm:left-pad pypi:requests
    """
    from regforensics.cli import standing
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    code = standing.run(targets or [], evidence, as_json=as_json)
    if code:
        raise typer.Exit(code)
