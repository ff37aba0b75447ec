"""JSON Schemas (draft 2020-12) of the records that other tools may read, one file a kind.

A kind is the middle of a document's ``schema`` field (``regforensics/diff/1``), or one of
``citation`` and ``custody-line``, which stand inside other files.
"""

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from regforensics.errors import UnreadableInput

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

KINDS = ("audit-event", "case", "cat", "checkpoint", "citation", "custody-line", "diff",
         "diff-artifacts", "downloads", "drift", "export", "exposure", "hand-over", "ingest",
         "inventory", "list", "pack", "requests", "seal", "show", "snapshot", "status",
         "timeline-check", "timeline-report", "verify")
_SHOWN = 120


def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind. Raises KeyError for a name that is none."""
    if kind not in KINDS:
        raise KeyError(kind)
    text = files(__name__).joinpath(f"{kind}.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def validate(kind: str, document: Any) -> None:
    """Check a document that comes from outside.

    Raises UnreadableInput that names the first place that is wrong as a JSON path.
    """
    from jsonschema.exceptions import best_match

    try:
        error = best_match(_validator(kind).iter_errors(document))
    except RecursionError as too_deep:
        raise UnreadableInput(f"the {kind} document is nested too deep") from too_deep
    if error is not None:
        what = error.message if len(error.message) <= _SHOWN else error.message[:_SHOWN] + "..."
        place = ascii(error.json_path)[1:-1][:_SHOWN]
        raise UnreadableInput(
            f"no valid {kind} document: at {place}: {ascii(what)[1:-1]}",
            hint=f"the form is in regforensics/evidence/schemas/{kind}.json")


@cache
def _validator(kind: str) -> "Validator":
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    shared = schema("citation")
    registry: Registry[Any] = Registry().with_resource(
        shared["$id"], Resource.from_contents(shared))
    return Draft202012Validator(schema(kind), registry=registry)
