"""The command line: which commands there are, and how an error becomes a line and a code."""

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from regforensics import __version__
from regforensics.cli import (
    asked,
    collect,
    counts,
    differences,
    evidence,
    exposed,
    handing,
    packed,
    status,
    timeline,
)
from regforensics.errors import EvidenceUnwritable, RegForensicsError, WrongUsage

#: What options and arguments are refused with; typer exports only kinds of it.
_Refused: Any = typer.BadParameter.__mro__[1]


class _Commands(TyperGroup):
    """Turns errors into one line, a hint and the exit code of their class."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None,
                     **extra: Any) -> Any:
        """Options that stand before a command are refused here."""
        from regforensics.cli.console import Talk

        Talk.argv = tuple(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except _Refused as refused:
            error = _as_ours(refused)
            Talk.error(error)
            raise SystemExit(error.exit_code) from refused

    def invoke(self, ctx: Any) -> Any:
        from regforensics.cli.console import Talk

        try:
            return super().invoke(ctx)
        except RegForensicsError as error:
            if ctx.params.get("debug"):
                raise
            Talk.error(error)
            raise typer.Exit(error.exit_code) from error
        except _Refused as refused:
            ours = _as_ours(refused)
            Talk.error(ours)
            raise typer.Exit(ours.exit_code) from refused
        except BrokenPipeError as error:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the reader has left
            raise typer.Exit(0) from error


def _as_ours(refused: Any) -> RegForensicsError:
    """What typer says of options and arguments; the help itself where it shows that."""
    message = refused.format_message().strip().rstrip(".")
    if refused.ctx is None or type(refused).__name__ == "NoArgsIsHelpError":
        raise refused
    return WrongUsage(message[:1].lower() + message[1:],
                      hint=f"{refused.ctx.command_path} --help shows what it takes, and an example")


def _run() -> None:
    """The command, with its output flushed while an error can still be told."""
    try:
        app()
    finally:
        sys.stdout.flush()


def _stop_writing() -> None:
    """Let the interpreter's own flush at the end go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
    help="Registry incident forensics: capture what registries say, compare it, and report it with"
         " the verbatim line behind every claim.")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"regforensics {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                          help="Print the version and stop.")] = False,
    debug: Annotated[bool, typer.Option(
        "--debug", help="Show a traceback where an error stops a command.")] = False,
) -> None:
    """Hold the options that stand before a command."""


collect.register(app)
counts.register(app)
evidence.register(app)
differences.register(app)
exposed.register(app)
asked.register(app)
status.register(app)
timeline.register(app)
packed.register(app)
handing.register(app)


def main() -> None:
    """Run the command line; a bug exits 1, an output that takes no more exits 3."""
    if sys.stdout is None:  # closed by the caller
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - open to the end
    try:
        _run()
    except OSError as error:
        _stop_writing()
        sys.stderr.write(f"error: the output could not be written: {error.strerror}\n")
        sys.exit(EvidenceUnwritable.exit_code)
    except RegForensicsError:  # with --debug
        raise
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        sys.stderr.write(f"internal error: {type(error).__name__}: {ascii(str(error))[:300]}\n"
                         "hint: this is a bug; run the command again as"
                         " 'regforensics --debug ...' and report what it prints\n")
        sys.exit(1)
