"""list, cat, show and verify: what is in the evidence directory, and whether it still holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regforensics.cli.options import DEFAULT_EVIDENCE, Evidence, Json, Quiet, QuietRun

if TYPE_CHECKING:
    from regforensics.cli.against import Held
    from regforensics.evidence.exhibit import Exhibit


_DAMAGE_SHOWN = 100


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("list")(listing)
    app.command("cat")(cat)
    app.command("show")(show)
    app.command("verify")(verify)


def listing(evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False,
            quiet: Quiet = False) -> None:
    """List the exhibits, what each is about, and when it was seen.

    Example: regforensics list -e evidence
    """
    from regforensics.cli.console import Talk, out, out_json, size
    from regforensics.cli.opening import open_evidence

    Talk.quiet = quiet
    store = open_evidence(evidence)
    exhibits, lines = store.exhibits(), len(store.acquisitions())
    if as_json:
        out_json("list", {"case": store.case.name, "acquisitions": lines,
                          "exhibits": [_row(e) for e in exhibits],
                          "custody_head": store.custody_head})
        return
    rows = [_row(exhibit) for exhibit in exhibits]
    kind, subject = (min(max((len(row[name] or "-") for row in rows), default=0), most)
                     for name, most in (("kind", 24), ("subject", 48)))
    if rows:
        Talk.say(f"{'exhibit':<9}  {'kind':<{kind}}  {'about':<{subject}}  {'size':>9}"
                 "  first seen (UTC)          times")
    for row in rows:
        out(f"{row['exhibit']}  {row['kind']:<{kind}}  {row['subject'] or '-':<{subject}}"
            f"  {size(row['size']):>9}  {row['first'] or '-':<24}  x{row['observations']}")
    Talk.say(f"{len(exhibits)} exhibits, {lines} custody lines, head {store.custody_head}")


def _row(exhibit: "Exhibit") -> dict[str, Any]:
    seen = [a.entry for a in exhibit.acquisitions]
    times = [t for e in seen if (t := e.observed_at)]
    form = exhibit.form
    packed = {} if form is None else {"packed": {
        "file": form.file, "size": form.size, "keyframe": form.keyframe}}
    return {"exhibit": exhibit.label, "file": exhibit.file, **packed, "sha256": exhibit.sha256,
            "size": exhibit.size, "kind": seen[0].kind, "subject": seen[0].subject,
            "status": seen[0].status, "observations": len(seen),
            "first": min(times, default=None), "last": max(times, default=None)}


def cat(exhibit: Annotated[str, typer.Argument(help="A label or a sha256 prefix.")],
        evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False,
        quiet: Quiet = False) -> None:
    """Write an exhibit's exact bytes to stdout (in base64 with --json).

    Example: regforensics cat EX-000003 | jq .time
    """
    from base64 import b64encode

    from regforensics.cli.console import Talk, out_bytes, out_json
    from regforensics.cli.opening import open_evidence

    Talk.quiet = quiet
    store = open_evidence(evidence)
    found = store.exhibit(exhibit)
    body = store.read(found.label)
    if as_json:
        out_json("cat", {"exhibit": found.label, "file": found.place,
                         "sha256": found.sha256, "size": found.size,
                         "content_base64": b64encode(body).decode("ascii")})
    else:
        out_bytes(body)


def show(
    citation: Annotated[str, typer.Argument(
        help="EX-000003:START-END, EX-000003#/json/pointer, or EX-000003:LINE.")],
    context: Annotated[int, typer.Option(help="Bytes of context on either side.")] = 120,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show cited bytes with their context; the same forms as reports and diffs print.

    Example: regforensics show EX-000003#/time/1.3.0
    """
    from regforensics.cli import showing
    from regforensics.cli.console import Talk, out, out_json
    from regforensics.cli.opening import open_evidence
    from regforensics.report.jsondoc import citation_document

    Talk.quiet = quiet
    store = open_evidence(evidence)
    found, body, base = showing.find(store, citation)
    if as_json:
        out_json("show", {"citation": citation_document(found)})
        return
    out(f"{found.exhibit}  {found.where}  bytes [{found.start}, {found.end})"
        f"  sha256 {found.sha256}")
    out(showing.in_context(found, body, base, context))


def verify(
    against: Annotated[Path | None, typer.Option(
        metavar="CHECKPOINT", help="A checkpoint that seal made: the directory must be that one,"
        " or a continuation of it.")] = None,
    allowed_signers: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Who may have signed the checkpoint (as ssh-keygen reads it).")
    ] = None,
    tsa_ca: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Certificates (PEM) that vouch for the checkpoint's time-stamp.")
    ] = None,
    evidence: Evidence = DEFAULT_EVIDENCE, as_json: Json = False, quiet: QuietRun = False,
) -> None:
    """Check every exhibit, the manifest and the custody chain; name all damage in one run.

    Example: regforensics verify -e evidence

    Example: regforensics verify --against case.checkpoint.json --allowed-signers signers
    """
    from regforensics.cli.console import Talk, out, out_json
    from regforensics.errors import IntegrityError
    from regforensics.evidence.verify import verify as check

    Talk.quiet = quiet
    held = _held(evidence, against, allowed_signers, tsa_ca)
    report = check(Path(evidence))
    damaged = (*report.damage, *(held.damage if held else ()))
    ok = report.ok and (held is None or held.holds(report))
    if as_json:
        out_json("verify", {
            "ok": ok, "exhibits": report.exhibits, "custody_head": report.custody_head,
            "damage": [{"kind": d.kind, "path": d.path, "detail": d.detail} for d in damaged],
            "notes": list(report.notes),
            **({"left_out": len(report.left_out)} if report.left_out else {}),
            **({"intact": report.ok, "against": held.told(report)} if held else {})})
    else:
        for damage in damaged[:_DAMAGE_SHOWN]:
            out(f"{damage.kind:<14}{damage.path}  {damage.detail}")
        if len(damaged) > _DAMAGE_SHOWN:
            out(f"... and {len(damaged) - _DAMAGE_SHOWN} more (--json lists all)")
        for note in report.notes:
            Talk.say(f"note: {note}")
        for line in held.lines(report) if held else ():
            out(line)
        state = held.state(report) if held else \
            "intact" if report.ok else f"{len(report.damage)} damaged"
        lacking = f" ({len(report.left_out)} of them not in this hand-over)" if report.left_out \
            else ""
        if not (quiet and ok and held is None):
            out(f"{state}: {report.exhibits} exhibits{lacking}, custody head"
                f" {report.custody_head}")
    if not ok:
        raise typer.Exit(IntegrityError.exit_code)


def _held(root: Path, against: Path | None, allowed_signers: Path | None,
          tsa_ca: Path | None) -> "Held | None":
    """What holding the directory against a checkpoint gives, where that is asked for."""
    if against is not None:
        from regforensics.cli.against import held_against

        return held_against(root, against, allowed_signers, tsa_ca)
    if allowed_signers or tsa_ca:
        from regforensics.errors import WrongUsage

        raise WrongUsage("--allowed-signers and --tsa-ca are about a checkpoint",
                         hint="name it with --against CHECKPOINT")
    return None
