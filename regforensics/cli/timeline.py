"""timeline show, report and check, and inventory: what the evidence says, and what it cannot."""

from pathlib import Path
from typing import Annotated

import typer

from regforensics.cli.options import (
    DEFAULT_EVIDENCE,
    INCOMPLETE,
    Evidence,
    Json,
    Quiet,
    Tables,
)
from regforensics.model.claim import SECTIONS

Incidents = Annotated[list[str] | None, typer.Option(
    "--incident", metavar="TARGET@VERSION", help="A version the report is about; repeatable.")]
Announced = Annotated[str | None, typer.Option(help="When the incident was announced.")]
Since = Annotated[str | None, typer.Option(help="Leave out what happened before this time.")]
Until = Annotated[str | None, typer.Option(help="Leave out what happened after this time.")]
Window = Annotated[float, typer.Option(
    metavar="HOURS", help="How long before and after a publish account activity is told.")]
Known = Annotated[list[str] | None, typer.Option(
    "--known-networks", metavar="CIDR|FILE", help="Networks from which downloads are expected, such"
    " as 10.0.0.0/8, or a file with one a line (# begins a comment); their downloads make no burst;"
    " repeatable.")]
DAY = 24.0
_timeline = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None,
    help="The timeline of an evidence directory, and the report in which every claim cites its"
         " line.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(_timeline, name="timeline")
    app.command("inventory")(inventory)


@_timeline.command("show")
def show(
    targets: Annotated[list[str] | None, typer.Argument(
        metavar="[TARGET]...", help="Only the claims about these; all without.")] = None,
    key: Annotated[bool, typer.Option("--key", help="Only the key findings.")] = False,
    section: Annotated[list[str] | None, typer.Option(
        help=f"Only claims of this section ({', '.join(SECTIONS)}); repeatable.")] = None,
    rule: Annotated[list[str] | None, typer.Option(
        metavar="RULE", help="Only claims of this rule, such as distribution.burst or just burst;"
        " repeatable.")] = None,
    incident: Incidents = None, announced: Announced = None, since: Since = None,
    until: Until = None, window: Window = DAY, known: Known = None,
    mmdb: Tables = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show the claims in the order of time, a line each.

    TARGET, --key, --section and --rule choose lines for people; --json is the report's whole
    document.

    Example: regforensics timeline show --since 2025-09-01

    Example: regforensics timeline show npm:left-pad --key

    Example: regforensics timeline show npm:left-pad --section distribution --rule burst
    """
    from regforensics.cli import placing, reporting
    from regforensics.cli.console import Talk
    from regforensics.cli.opening import whole_package
    from regforensics.cli.scoping import scoped

    Talk.quiet = quiet
    about = {whole_package(target) for target in targets or ()}
    placing.take(mmdb or [], evidence)
    made, complete = reporting.make(evidence, scoped(
        incident or [], announced, since, until, window=window, known_networks=known or ()))
    for target in sorted(about - set(made.subjects)):
        Talk.say(f"note: {target.target} is in no capture")
    reporting.show(made, as_json=as_json, about=about, key=key,
                   only=reporting.chosen(section or (), rule or ()))
    _leave(complete)


@_timeline.command("report")
def report(
    form: Annotated[str | None, typer.Option(
        "--format", help="html, md or json; by default what the file name says, else md.")] = None,
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", help="The file to write.")] = None,
    incident: Incidents = None, announced: Announced = None, since: Since = None,
    until: Until = None, window: Window = DAY, known: Known = None,
    mmdb: Tables = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Write the report; every cited line is read again from disk before anything is written.

    Example: regforensics timeline report -o report.html --incident npm:chalk@5.6.1

    Example: regforensics timeline report --mmdb GeoLite2-City.mmdb --mmdb GeoLite2-ASN.mmdb
    """
    from regforensics.cli import placing, reporting
    from regforensics.cli.console import Talk
    from regforensics.cli.scoping import scoped

    Talk.quiet = quiet
    to_stdout = output is None or str(output) == "-"
    form = reporting.form_of(form or ("json" if as_json and to_stdout else None), output)
    placing.take(mmdb or [], evidence)
    made, complete = reporting.make(evidence, scoped(
        incident or [], announced, since, until, window=window, known_networks=known or ()))
    reporting.write(made, form, output, evidence)
    if as_json and not (to_stdout and form == "json"):
        reporting.show(made, as_json=True)
    _leave(complete)


def _leave(complete: bool) -> None:
    """Exit 6 where an analyzer failed: what is missing could change the picture."""
    if not complete:
        raise typer.Exit(INCOMPLETE)


@_timeline.command("check")
def check(
    report_file: Annotated[Path, typer.Argument(
        metavar="REPORT", help="A report in JSON, of timeline report --format json.")],
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Compute a report again from the evidence it was made of; exit 4 where it says anything else.

    Reports in HTML and Markdown are not checked: make the one in JSON from the same evidence.

    Example: regforensics timeline check report.json
    """
    from regforensics.cli import reporting
    from regforensics.cli.console import Talk
    from regforensics.errors import IntegrityError

    Talk.quiet = quiet
    if not reporting.check(report_file, evidence, as_json=as_json):
        raise typer.Exit(IntegrityError.exit_code)


def inventory(
    targets: Annotated[list[str] | None, typer.Argument(
        metavar="[TARGET]...", help="Packages; all in the evidence directory without.")] = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show what can be answered with evidence, what only inferred, and whom to ask for the rest.

    Example: regforensics inventory npm:left-pad
    """
    from regforensics.cli import reporting
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    reporting.inventory(evidence, targets or [], as_json=as_json)
