"""diff and drift: what changed, with the lines of both sides."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, FOUND, INCOMPLETE, Evidence, Json, Quiet

if TYPE_CHECKING:
    from regforensics.model.change import Change
    from regforensics.model.snapshot import Snapshot


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("diff")(diff)
    app.command("drift")(drift)


def diff(
    what: Annotated[list[str], typer.Argument(
        metavar="TARGET | OLD NEW", help="A target in the evidence directory, or two files.")],
    since: Annotated[str, typer.Option("--from", help="A time, 'first', 'latest', an exhibit label"
                                       " or a sha256 prefix.")] = "first",
    until: Annotated[str, typer.Option("--to", help="As --from.")] = "latest",
    everything: Annotated[bool, typer.Option(
        "--all", help="List every metadata change instead of counting them.")] = False,
    artifacts: Annotated[bool, typer.Option(
        "--artifacts", help="Compare what is inside two package files: files, exhibits, or"
        " TARGET@VERSION where they are stored.")] = False,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show what changed between two captures, or between two document files.

    Example: regforensics diff npm:left-pad --from first --to latest

    Example: regforensics diff pkg-last-week.json pkg-now.json

    Example: regforensics diff --artifacts npm:chalk@5.6.0 npm:chalk@5.6.1
    """
    from regforensics.analyze.compare.compare import compare
    from regforensics.cli import differing
    from regforensics.cli.console import Talk
    from regforensics.errors import WrongUsage

    Talk.quiet = quiet
    if artifacts:
        _inside(what, evidence, as_json=as_json, everything=everything)
        return
    if len(what) > 2:
        raise WrongUsage(f"diff takes a target, or two files; {len(what)} arguments were given",
                         hint="regforensics diff npm:left-pad, or regforensics diff OLD NEW")
    if len(what) == 2:
        old, new = differing.from_files(Path(what[0]), Path(what[1]))
    else:
        old, new = differing.from_evidence(evidence, what[0], since, until)
    changes = compare(old, new)
    (differing.as_document if as_json else differing.as_text)(old, new, changes, everything)
    _leave(old, new, changes)


def _inside(what: list[str], evidence: Path, *, as_json: bool, everything: bool) -> None:
    """Exit 10 where two package files differ, 6 where one could not be read to its end."""
    from regforensics.cli import unpacking
    from regforensics.errors import WrongUsage

    if len(what) != 2:
        raise WrongUsage(f"diff --artifacts takes two package files; {len(what)} arguments were"
                         " given", hint="regforensics diff --artifacts npm:x@1.0.0 npm:x@1.0.1")
    differ, whole = unpacking.compare(what[0], what[1], evidence, as_json=as_json,
                                      everything=everything)
    if differ or not whole:
        raise typer.Exit(FOUND if differ else INCOMPLETE)


def _leave(old: "Snapshot", new: "Snapshot", changes: "tuple[Change, ...]") -> None:
    """Exit 5 where a side could not be read, else 10 where more changed than representation."""
    from regforensics.cli.differing import found_in
    from regforensics.errors import UnreadableInput

    for side in (old, new):
        if side.state == "unreadable":
            reasons = "; ".join(gap.reason for gap in side.gaps) or "no readable document"
            raise UnreadableInput(f"{side.observation.label}: {reasons}",
                                  hint="regforensics cat shows its bytes")
    if found_in(changes):
        raise typer.Exit(FOUND)
    if old is new:
        raise typer.Exit(INCOMPLETE)


def drift(
    targets: Annotated[list[str] | None, typer.Argument(
        metavar="[TARGET]...", help="Packages; all in the evidence directory without.")] = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Find files whose bytes changed under one name and version, over every capture.

    Example: regforensics drift npm:left-pad
    """
    from regforensics.cli import drifting
    from regforensics.cli.console import Talk
    from regforensics.cli.opening import open_evidence, thinned_histories

    Talk.quiet = quiet
    known, captures = thinned_histories(open_evidence(evidence), targets or [])
    found, same = drifting.compare(known)
    (drifting.as_document if as_json else drifting.as_text)(found, same)
    if found:
        raise typer.Exit(FOUND)
    unread = [s.observation.label for h in known for s in h.snapshots if s.state == "unreadable"]
    count = captures - len(unread)
    Talk.say(f"{count} captures of {len(known)} packages were compared")
    if unread or not count:
        Talk.say(f"note: unread, so not compared: {', '.join(unread) or 'every attempt failed'}")
        raise typer.Exit(INCOMPLETE)
