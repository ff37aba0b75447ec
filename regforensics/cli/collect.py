"""snapshot and ingest: what brings evidence in."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, Evidence, Json, Quiet, QuietRun


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("snapshot")(snapshot)
    app.command("ingest")(ingest)


def snapshot(
    targets: Annotated[list[str] | None, typer.Argument(
        metavar="TARGET...",
        help="npm:NAME, npm:@scope/name, pypi:NAME, maven:GROUP:ARTIFACT or a purl; npm-user:LOGIN"
        " or pypi-user:LOGIN for what an account can publish.")] = None,
    watchlists: Annotated[list[Path] | None, typer.Option(
        "--from", metavar="FILE", help="A watchlist (one target a line, # comments), a lockfile or"
        " an SBOM. May be repeated.")] = None,
    npm_registry: Annotated[str | None, typer.Option(
        help="Base URL of an npm registry or mirror (default: .npmrc, then the public one)."
    )] = None,
    pypi_url: Annotated[str | None, typer.Option(
        help="Base URL of a PyPI or mirror (default: pip's configuration, then the public one)."
    )] = None,
    artifacts: Annotated[Literal["none", "new", "all"], typer.Option(
        help="Fetch the package files too: those that are not stored yet, or all.")] = "none",
    artifact_hosts: Annotated[list[str] | None, typer.Option(
        "--artifact-host", help="A further host that files may be fetched from. May be repeated."
    )] = None,
    attestations: Annotated[bool, typer.Option(
        "--attestations", help="Capture attestations and provenance too.")] = False,
    advisories: Annotated[bool, typer.Option(
        "--advisories", help="Capture the advisories about each target too.")] = False,
    osv_url: Annotated[str | None, typer.Option(
        help="Base URL of OSV's API or of a copy of it, for --advisories.")] = None,
    github_api_url: Annotated[str | None, typer.Option(
        help="Base URL of GitHub's API, for --advisories. GITHUB_TOKEN, where it is set, is sent"
        " there and nowhere else.")] = None,
    both_forms: Annotated[bool, typer.Option(
        "--both-forms", help="Capture npm's abbreviated document too: a filtering proxy often"
        " treats one form only.")] = False,
    journal: Annotated[bool, typer.Option(
        "--journal", help="Capture the index's journal too, from the serial that the evidence"
        " knows on (PyPI).")] = False,
    journal_since: Annotated[int | None, typer.Option(
        min=0, max=2**31 - 1, help="Capture the journal from this serial on.")] = None,
    maven_url: Annotated[str | None, typer.Option(
        help="Base URL of a Maven repository or mirror (default: Maven Central).")] = None,
    search_index: Annotated[bool, typer.Option(
        "--search-index", help="Ask Maven Central's search index too, which lags behind.")] = False,
    maven_search_url: Annotated[str | None, typer.Option(
        help="Base URL of such an index, for --search-index.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Requests at once.")] = 8,
    max_size: Annotated[int, typer.Option(
        min=1, help="Largest document, in MiB, on the wire and decoded.")] = 256,
    timeout: Annotated[float, typer.Option(
        min=0.1, help="Seconds that one attempt may take in all.")] = 300.0,
    metrics: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Write what came of the run to FILE, in the Prometheus text format;"
        " when the run fails, too.")] = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: QuietRun = False,
) -> None:
    """Capture what the registries say now, into the evidence directory.

    Exit 3 where a target gave no answer, 5 where an answer, a line of a watchlist or a lockfile is
    unreadable; the rest is captured.

    Example: regforensics snapshot npm:left-pad pypi:requests maven:junit:junit

    Example: regforensics snapshot pypi:six --journal --attestations --advisories

    Example: regforensics snapshot npm:left-pad --artifacts new

    Example: regforensics snapshot npm-user:ada

    Example: regforensics snapshot --from watch.txt --from package-lock.json --from sbom.json

    Example: regforensics snapshot -q --from watch.txt --metrics snapshot.prom
    """
    from regforensics.cli import capturing
    from regforensics.cli.console import Talk
    from regforensics.cli.metrics import Measured
    from regforensics.registries.base import Wanted

    Talk.quiet = quiet
    with Measured(metrics, evidence) as measured:
        code = capturing.run(
            capturing.watch(targets or [], watchlists or []), evidence, measured=measured,
            as_json=as_json, npm_registry=npm_registry, pypi_url=pypi_url,
            maven_url=maven_url, maven_search_url=maven_search_url, concurrency=concurrency,
            max_size=max_size << 20, timeout=timeout, osv_url=osv_url,
            github_api_url=github_api_url,
            beyond=Wanted(artifacts=artifacts, search_index=search_index,
                          artifact_hosts=frozenset(artifact_hosts or ()),
                          attestations=attestations, advisories=advisories,
                          journal=journal or journal_since is not None, forms=both_forms),
            journal_since=journal_since)
    if code:
        raise typer.Exit(code)


def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files handed over.")],
    form: Annotated[str | None, typer.Option(
        "--format", help="The kind of document, where it is not to be recognised by its shape."
        " 'raw' stores any bytes.")] = None,
    observed_at: Annotated[str | None, typer.Option(
        help="When the file was obtained (ISO 8601; UTC where no zone is given).")] = None,
    subject: Annotated[str | None, typer.Option(
        help="The package that the file is about, where it does not say.")] = None,
    note: Annotated[str | None, typer.Option(help="A remark for the custody line.")] = None,
    assume_zone: Annotated[str | None, typer.Option(
        metavar="TZ", help="The zone of log times that state none: Europe/Berlin, +02:00.")] = None,
    trusted_proxies: Annotated[list[str] | None, typer.Option(
        metavar="CIDR,...|FILE", help="Networks of your own proxies: whom they say that a request"
        " was forwarded for is believed. Without it, nobody but the peer.")] = None,
    in_place: Annotated[bool, typer.Option(
        "--in-place", help="Copy nothing: record digest, size and path of each file, and read it"
        " there from now on.")] = False,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Take files that someone hands over: logs, account exports, packuments saved with curl,
    lockfiles, SBOMs.

    Folders and patterns stand for every file in them. Logs may be compressed (gzip, zstd, bzip2,
    xz, zip); they are stored as they are.

    Example: regforensics ingest chalk.json --observed-at 2025-09-08T14:00:00Z

    Example: regforensics ingest --in-place /srv/logs/artifactory-request.log
    """
    from regforensics.cli import ingesting
    from regforensics.cli.console import Talk

    Talk.quiet = quiet
    code = ingesting.run(files, evidence, as_json=as_json, form=form, observed_at=observed_at,
                         subject=subject, note=note, zone=assume_zone, in_place=in_place,
                         trusted=trusted_proxies or ())
    if code:
        raise typer.Exit(code)
