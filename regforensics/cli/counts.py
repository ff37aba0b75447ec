"""downloads: how often packages were downloaded, captured as evidence."""

from typing import Annotated

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, Evidence, Json, Quiet


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("downloads")(downloads)


def downloads(
    targets: Annotated[list[str], typer.Argument(
        metavar="TARGET...", help="npm:NAME or pypi:NAME; with @VERSION that version as well.")],
    first: Annotated[str | None, typer.Option(
        "--from", metavar="DAY", help="The first day (UTC); four weeks before --to by default."
    )] = None,
    last: Annotated[str | None, typer.Option(
        "--to", metavar="DAY", help="The last day, itself included; yesterday by default.")] = None,
    by: Annotated[str, typer.Option(help="day, week (from Monday) or month.")] = "day",
    offline: Annotated[bool, typer.Option(
        "--offline", help="Ask nobody: show what is in the evidence directory.")] = False,
    npm_downloads_url: Annotated[str | None, typer.Option(
        envvar="REGFORENSICS_NPM_DOWNLOADS_URL", help="Base URL of the npm downloads API.")] = None,
    pypistats_url: Annotated[str | None, typer.Option(
        envvar="REGFORENSICS_PYPISTATS_URL", help="Base URL of pypistats.")] = None,
    clickpy_url: Annotated[str | None, typer.Option(
        envvar="REGFORENSICS_CLICKPY_URL", help="Base URL of ClickPy's ClickHouse.")] = None,
    timeout: Annotated[float, typer.Option(
        min=0.1, help="Seconds that one attempt may take in all.")] = 120.0,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Capture and show download counts, by day, week or month.

    npm's counts per version go first: they cover seven days and nobody keeps older ones. A day that
    a service did not count is missing, and never zero. Exit 3 where a service gave no answer, 6
    where no day has a count.

    Example: regforensics downloads npm:left-pad --from 2025-09-01 --to 2025-09-14
    """
    from regforensics.cli import counting
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    wanted = counting.Wish.of(targets, first, last, by)
    code = counting.run(wanted, evidence, as_json=as_json, offline=offline, timeout=timeout, urls={
        "npm-downloads": npm_downloads_url, "pypistats": pypistats_url, "clickpy": clickpy_url})
    if code:
        raise typer.Exit(code)
