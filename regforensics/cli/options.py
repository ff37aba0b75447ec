"""The options that every command shares."""

from pathlib import Path
from typing import Annotated

import typer

Evidence = Annotated[Path, typer.Option(
    "--evidence", "-e", envvar="REGFORENSICS_EVIDENCE", help="The evidence directory.",
    show_envvar=True)]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr but errors.")]
QuietRun = Annotated[bool, typer.Option(
    "--quiet", "-q", help="Print nothing where all is well, and what is not.")]
DEFAULT_EVIDENCE = Path("evidence")
FOUND, INCOMPLETE = 10, 6
Tables = Annotated[list[Path] | None, typer.Option(
    "--mmdb", metavar="FILE", help="A MaxMind DB file that says where addresses are (country,"
    " place, autonomous system); it becomes an exhibit, and its digest is cited; repeatable.")]
