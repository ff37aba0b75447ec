"""seal and export: what lets others hold, check and take over an evidence directory."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, Evidence, Json, Quiet


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("seal")(seal)
    app.command("export")(export)


def seal(
    file: Annotated[Path | None, typer.Option(
        "--output", "-o", help="Where the checkpoint goes; stdout where none is named.")] = None,
    key: Annotated[Path | None, typer.Option(
        "--sign-key", metavar="SSHKEY", help="Sign it with this SSH key, into FILE.sig.")] = None,
    tsa: Annotated[str | None, typer.Option(
        metavar="URL", help="Have an RFC 3161 authority time-stamp it, into FILE.tsr.")] = None,
    tsa_ca: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Certificates (PEM) that the authority must be vouched for by."
    )] = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Make a checkpoint of the evidence as it is now, for somebody else to hold.

    Exit 3 where the authority gives no time-stamp; the checkpoint is written all the same.

    Example: regforensics seal -o case.checkpoint.json --sign-key ~/.ssh/id_ed25519
    """
    from regforensics.cli import sealing
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    code = sealing.run(evidence, sealing.Wish(file, key, tsa, tsa_ca), as_json=as_json)
    if code:
        raise typer.Exit(code)


def export(
    place: Annotated[Path, typer.Argument(
        metavar="DIR", help="The new folder of a bag. A zip or WARC goes into it, under the case's"
        " name; or name its file (.zip, .warc.gz, .warc).")],
    targets: Annotated[list[str] | None, typer.Argument(
        metavar="[TARGET...]", help="Only what is about these; default: everything.")] = None,
    form: Annotated[Literal["bagit", "zip", "warc"], typer.Option(
        "--format", help="A bag, a zip of a bag, or a web archive.")] = "bagit",
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Hand the evidence over: as a bag, a zip or a web archive that other tools open.

    Custody goes along whole, so that it can be checked; ingest takes each of them back.

    Example: regforensics export --format zip out/ npm:left-pad
    """
    from regforensics.cli import exporting
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    exporting.run(evidence, place, targets or [], form, as_json=as_json)
