"""What the logs cover in which nobody asked: the ground under every "no request"."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from regforensics.analyze.logs.spans import percent
from regforensics.events.sampled import Sampled
from regforensics.model.events import ACCOUNT, Covered, Silence
from regforensics.model.instant import iso


def sampled_cover(one: Sampled) -> dict[str, Any]:
    """Of a file that was searched and not taken."""
    return {"lines": one.lines, "read": one.read, "unparsed": one.unknown,
            "formats": list(one.formats), "first": _iso(one.first), "last": _iso(one.last),
            "silences": None if one.silences is None else _silences(one.silences),
            "share": None if one.silences is None else _share(one.first, one.last, one.silences)}


def held_cover(log: Covered) -> dict[str, Any]:
    """Of a log in the evidence, every line of which was read."""
    first, last = (fact.value.utc if fact else None for fact in (log.first, log.last))
    return {"lines": log.lines, "read": log.lines, "unparsed": log.unparsed,
            "formats": [form for form in log.formats if form != "unknown"],
            "first": _iso(first), "last": _iso(last), "silences": _silences(log.silences),
            "share": _share(first, last, log.silences),
            "accounts_only": log.layers == (ACCOUNT,)}


def _silences(silences: Iterable[Silence]) -> list[dict[str, str]]:
    return [{"after": iso(one.after), "before": iso(one.before)} for one in silences]


def _share(first: datetime | None, last: datetime | None, silences: Iterable[Silence]
           ) -> float | None:
    """The share of the time from the first to the last line in which it is not silent."""
    if first is None or last is None or last <= first:
        return None
    return 1 - sum(one.seconds for one in silences) / (last - first).total_seconds()


def words(cover: Mapping[str, Any]) -> str:
    """A file's coverage in words."""
    if not cover["lines"]:
        return "no line: it covers nothing"
    told = [f"{cover['lines']} lines, all read" if cover["read"] >= cover["lines"] else
            f"{cover['lines']} lines, all searched for the name and {cover['read']} read",
            ", ".join(cover["formats"]) or "no known format, so it covers nothing"]
    if cover.get("accounts_only"):
        told.append("account events alone, no requests")
    told.append(f"{cover['first']} to {cover['last']}" if cover["first"] else "no times")
    told.append(f"{cover['unparsed']} unparsed")
    told.append(_quiet(cover))
    return "; ".join(filter(None, told))


def _quiet(cover: Mapping[str, Any]) -> str:
    if cover["silences"] is None:
        return "silences are not looked for" if cover["formats"] else ""
    if cover["share"] is None:
        return ""
    return f"{percent(cover['share'])} of that time covered, {len(cover['silences'])} silences" \
           " longer than usual"


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
