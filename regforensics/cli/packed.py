"""pack and unpack: how the stored captures stand on the disk."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, Evidence, Json, Quiet

if TYPE_CHECKING:
    from regforensics.evidence.packing import Outcome
    from regforensics.evidence.store import EvidenceStore
    from regforensics.evidence.writer import Writer

Targets = Annotated[list[str] | None, typer.Argument(
    metavar="[TARGET]...", help="Packages; all in the evidence directory without.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("pack")(pack)
    app.command("unpack")(unpack)


def pack(targets: Targets = None, evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False,
         quiet: Quiet = False) -> None:
    """Keep the captures of a package as zstd patches of one of them; nothing cited changes.

    Example: regforensics pack npm:left-pad
    """
    from regforensics.evidence import packing

    store, writer, wanted = _opened(evidence, targets or [], quiet)
    outcome = packing.pack(writer, wanted)
    _tell(store, outcome, "packed", as_json)


def unpack(targets: Targets = None, evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False,
           quiet: Quiet = False) -> None:
    """Keep packed captures as the plain files again in which they came.

    Example: regforensics unpack npm:left-pad
    """
    from regforensics.evidence import packing

    store, writer, wanted = _opened(evidence, targets or [], quiet)
    outcome = packing.unpack(writer, wanted)
    _tell(store, outcome, "unpacked", as_json)


def _opened(root: Path, targets: list[str], quiet: bool
            ) -> "tuple[EvidenceStore, Writer, Callable[[str], bool]]":
    """The directory for writing, and which subjects are meant.

    Raises WrongUsage where a target is no package, or nothing about it is there.
    """
    from regforensics.cli.console import Talk
    from regforensics.cli.opening import open_evidence, whole_package
    from regforensics.errors import EvidenceUnwritable
    from regforensics.evidence.store import EvidenceStore
    from regforensics.reading import Reader

    Talk.quiet = quiet
    there = open_evidence(root)  # a directory that is not there is not made
    chosen = Reader(there).named(map(whole_package, targets)) if targets else ()
    names = {str(package) for package in chosen}
    store = EvidenceStore.create_or_open(root)
    for line in store.repairs:
        Talk.say(f"note: {line}")
    if store.writer is None:
        raise EvidenceUnwritable(f"{root} was opened for reading")
    return store, store.writer, lambda subject: not names or subject.partition("@")[0] in names


def _tell(store: "EvidenceStore", outcome: "Outcome", done: str, as_json: bool) -> None:
    from regforensics.cli.console import Talk, out, out_json, size

    if as_json:
        out_json("pack", {
            "exhibits": [{
                "exhibit": form.exhibit, "file": f"exhibits/{form.file}", "size": form.size,
                "keyframe": form.keyframe} for form in outcome.done],
            "left": [{"reason": reason, "exhibits": count}
                     for reason, count in sorted(outcome.left.items()) if count],
            "before": outcome.before, "after": outcome.after,
            "custody_head": store.custody_head})
        return
    share = f", {100 * outcome.after / outcome.before:.2f} %" if outcome.before else ""
    out(f"{len(outcome.done)} exhibits {done}: {size(outcome.before)} are"
        f" {size(outcome.after)} now{share}")
    for reason, count in sorted(outcome.left.items()):
        if count:
            Talk.say(f"left as they are: {count} {reason}")
    Talk.say(f"custody head {store.custody_head}")
