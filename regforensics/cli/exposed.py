"""exposure: who has a version or pulled it, graded, with what nobody could check."""

from pathlib import Path
from typing import Annotated

import typer

from regforensics.cli.options import (
    DEFAULT_EVIDENCE,
    FOUND,
    INCOMPLETE,
    Evidence,
    Json,
    Quiet,
    Tables,
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("exposure")(exposure)


def exposure(
    targets: Annotated[list[str], typer.Argument(
        metavar="TARGET@VERSION...", help="The versions in question.")],
    lockfiles: Annotated[list[Path] | None, typer.Option(
        "--lockfile", metavar="FILE", help="A lockfile to look into; it is taken into the evidence."
        " May be repeated.")] = None,
    sboms: Annotated[list[Path] | None, typer.Option(
        "--sbom", metavar="FILE", help="A CycloneDX or SPDX SBOM, in the same way.")] = None,
    repositories: Annotated[list[Path] | None, typer.Option(
        "--repo", metavar="GITDIR", help="A git repository, bare or not: which commits had the"
        " version in a lockfile or SBOM. May be repeated.")] = None,
    mmdb: Tables = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show who has a version or pulled it, by the logs, lockfiles and SBOMs in the evidence.

    confirmed: handed over, already there, or unpacked by a package manager. likely: a part of the
    file, a redirect to it, or a lockfile or SBOM that names the version. possible: the package's
    documents alone, a cache in front of others, or an entry of that name and version from another
    source. UNCHECKED: nothing in the evidence tells; that is never clean.

    Exit 10 where somebody was found, 6 where nobody was, 5 where a file could not be read,
    4 where a log is not what custody says: the rest is answered, and that log is UNCHECKED.

    Example: regforensics exposure npm:chalk@5.6.1 --lockfile package-lock.json --sbom bom.json

    Example: regforensics exposure npm:chalk@5.6.1 npm:debug@4.4.2 --repo ~/src/shop
    """
    from regforensics.cli import exposing, placing
    from regforensics.cli.console import Talk
    from regforensics.errors import IntegrityError

    Talk.quiet = quiet
    exposing.wanted(targets)
    placing.take(mmdb or [], evidence)
    handed = [*(lockfiles or []), *(sboms or [])]
    lost = exposing.hand_over(evidence, handed) if handed else []
    looked, unopened = exposing.in_history(evidence, targets, repositories or [])
    lost += unopened
    damaged: list[IntegrityError] = []
    found, apart, covered = exposing.look(evidence, targets, looked, damaged)
    found += exposing.unread(targets, lost) + exposing.unread(targets, damaged, "log")
    (exposing.as_document if as_json else exposing.as_text)(
        found, apart, covered, exposing.files_held(evidence, looked))
    for error in (*damaged, *lost):
        Talk.error(error)
    if damaged or lost:
        raise typer.Exit((*damaged, *lost)[0].exit_code)
    if any(one.grade != "unchecked" for one in found):
        raise typer.Exit(FOUND)
    Talk.say("note: nobody was found; who is unchecked is not clean")
    raise typer.Exit(INCOMPLETE)
