"""exposure: who has a version or pulled it, graded, with what nobody could check."""

from pathlib import Path
from typing import Annotated

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, FOUND, INCOMPLETE, Evidence, Json, Quiet


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("exposure")(exposure)


def exposure(
    targets: Annotated[list[str], typer.Argument(
        metavar="TARGET@VERSION...", help="The versions in question.")],
    lockfiles: Annotated[list[Path] | None, typer.Option(
        "--lockfile", metavar="FILE", help="A lockfile to look into; repeatable.")] = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show who has a version or pulled it, by the logs in the evidence directory.

    Example: regforensics exposure npm:chalk@5.6.1 --lockfile package-lock.json
    """
    from regforensics.cli import exposing
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    pinned = exposing.pinned(targets, lockfiles or [])
    found, apart, covered = exposing.look(evidence, targets)
    found = pinned + found
    (exposing.as_document if as_json else exposing.as_text)(found, apart, covered)
    if any(one.grade != "unchecked" for one in found):
        raise typer.Exit(FOUND)
    Talk.say("note: nobody was found; who is unchecked is not clean")
    raise typer.Exit(INCOMPLETE)
