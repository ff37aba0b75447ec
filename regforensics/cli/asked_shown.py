"""How the answer to ``requests`` is shown: by kind of log, networks and agents, never added up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regforensics.analyze.logs.moments import utc
from regforensics.analyze.logs.networks import network_of
from regforensics.analyze.logs.requests import HAD
from regforensics.analyze.logs.sources import Source
from regforensics.cli.asked_cover import words
from regforensics.cli.asking import CONSUMERS, Answer, Counts, Group
from regforensics.cli.console import Talk, out, out_json
from regforensics.model.events import AUDIT
from regforensics.model.instant import Instant, iso

_SHOWN = 20  # networks and agents of one kind of log on screen
_SAID = 6  # kinds of requests of one of them
_TOLD = 5  # unread lines of a file on screen
_WIDTH = 120  # characters of a user agent


def as_document(answer: Answer) -> None:
    """The JSON document of the schema."""
    out_json("requests", {
        "subject": str(answer.package), "version": answer.version, "cited": answer.cited,
        "repeated": answer.repeated, "challenged": answer.challenged,
        "kinds": [_kind(answer, source, counts) for source, counts in answer.kinds.items()],
        "files": answer.files,
        "groups": [{**dict(list(group.key._asdict().items())[:-1]), "count": group.count,
                    "layer": group.key.source.layer, "log": group.key.source.log,
                    "first": _iso(group.first), "last": _iso(group.last), "rows": group.rows}
                   for group in answer.ordered()]})


def _kind(answer: Answer, source: Source, counts: Counts) -> dict[str, Any]:
    return {"layer": source.layer, "log": source.log, "consumers": _consumers(answer, source),
            "unlisted": counts.unlisted, "ungrouped": counts.ungrouped,
            "counts": [{"by": by, "action": action, "outcome": outcome, "count": count}
                       for (by, action, outcome), count in counts.said.most_common()]}


def _consumers(answer: Answer, source: Source) -> int:
    return len({key[:3] for key in answer.groups if key.source == source and key.by in CONSUMERS})


@dataclass(slots=True)
class _Crowd:
    """Groups of one network and user agent."""

    network: str
    agent: str
    groups: list[Group] = field(default_factory=list)

    @property
    def got(self) -> int:
        """How often a file was handed over, or was there already."""
        return sum(g.count for g in self.groups if g.key.action == "download"
                   and g.key.outcome in HAD)

    @property
    def count(self) -> int:
        """Its requests."""
        return sum(g.count for g in self.groups)


def as_text(answer: Answer) -> None:
    """For people: by kind of log who asked, those who got a file first; and what was not read."""
    named = f"{answer.package.target}@{answer.version}" if answer.version else answer.package.target
    if answer.kinds:
        out(named)
    else:
        _nothing(answer, named)
    for source, counts in answer.kinds.items():
        _shown(answer, source, counts)
    if len(answer.kinds) > 1:
        out("Kinds of log are not added up: one request stands in the log of every layer that it"
            " went through.")
    _settled(answer)
    for file in answer.files:
        _unread(file, answer)
    if not answer.cited and answer.kinds:
        Talk.say("note: nothing was stored, so these lines are no citations; ingest takes the files"
                 " as evidence")


def _nothing(answer: Answer, named: str) -> None:
    covers = [file for file in answer.files if file.get("coverage")]
    if not any(file["coverage"]["formats"] for file in covers):
        out(f"{named}: nothing is known: there is no log that could be read")
    else:
        out(f"{named}: no line that could be read shows a request; what these logs cover:")
    for file in covers:
        out(f"  {file['path']}: {words(file['coverage'])}")
    if covers:
        out("Whoever was served by another way, or by a cache in front, is not in them.")


def _shown(answer: Answer, source: Source, counts: Counts) -> None:
    groups = [g for g in answer.ordered() if g.key.source == source]
    mine = [g for g in groups if g.key.by in CONSUMERS]
    count = _consumers(answer, source)
    more = "at least " if counts.ungrouped else ""
    out(f"{source.words}: {more}{count} consumer{'s' * (count != 1)}"
        f"{', ' + _span(mine) if mine else ''}")
    if source.layer == AUDIT:
        out("  decisions and changes: it shows no transfer")
    _said(counts)
    crowds = _crowds(mine)
    for crowd in crowds[:_SHOWN]:
        out(f"  {_who(crowd)}: {_what(crowd.groups)}; {_span(crowd.groups)}"
            f" [{_where(answer, crowd.groups)}]")
    if len(crowds) > _SHOWN:
        out(f"  and {len(crowds) - _SHOWN} more networks and agents with"
            f" {sum(c.count for c in crowds[_SHOWN:])} lines: --json lists every one")
    for by in dict.fromkeys(g.key.by for g in groups if g.key.by not in CONSUMERS):
        _apart(answer, by, [g for g in groups if g.key.by == by])


def _said(counts: Counts) -> None:
    """What consumers asked for, by outcome."""
    said = Counter[str]()
    for (by, action, outcome), count in counts.said.items():
        if by in CONSUMERS:
            said[f"{action}, {outcome}"] += count
    if said:
        out("  " + "; ".join(f"{name}: {count}" for name, count in said.most_common()))


_APART = {"server": "by the layer itself", "mirror or proxy": "by mirrors and proxies",
          "bot or scanner": "by bots and scanners"}


def _apart(answer: Answer, by: str, groups: Sequence[Group]) -> None:
    out(f"  set apart, {_APART[by]}: {_what(groups)}; {_span(groups)}"
        f" [{_where(answer, groups)}]")


def _crowds(groups: Iterable[Group]) -> list[_Crowd]:
    """By network and user agent; whoever got a file first, then who asked most."""
    found: dict[tuple[str, str], _Crowd] = {}
    for group in groups:
        key = (network_of(group.key.address) if group.key.address else "no address",
               group.key.user_agent or "no user agent")
        found.setdefault(key, _Crowd(*key)).groups.append(group)
    return sorted(found.values(), key=lambda c: (-c.got, -c.count, c.network, c.agent))


def _who(crowd: _Crowd) -> str:
    addresses = dict.fromkeys(g.key.address for g in crowd.groups if g.key.address)
    users = dict.fromkeys(g.key.user for g in crowd.groups if g.key.user)
    where = next(iter(addresses)) if len(addresses) == 1 else \
        f"{crowd.network} ({len(addresses)} addresses)" if addresses else crowd.network
    who = f"users {', '.join(list(users)[:3])}" + f" and {len(users) - 3} more" * (len(users) > 3) \
        if len(users) > 1 else next(iter(users), "")
    agent = crowd.agent if len(crowd.agent) <= _WIDTH else f"{crowd.agent[:_WIDTH]}..."
    return ", ".join(filter(None, (where or "", who, agent)))


def _what(groups: Iterable[Group]) -> str:
    said = Counter[str]()
    for group in groups:
        said[f"{group.key.version or 'no version'} {group.key.action}, {group.key.outcome}"] += \
            group.count
    told = [f"{name} x{count}" for name, count in said.most_common(_SAID)]
    return "; ".join(told) + f"; and {len(said) - _SAID} more kinds" * (len(said) > _SAID)


def _span(groups: Iterable[Group]) -> str:
    times = [at for g in groups for at in (g.first, g.last) if at is not None]
    if not times:
        return "no time"
    return f"{utc(min(times, key=lambda t: t.utc))} to {utc(max(times, key=lambda t: t.utc))}"


def _where(answer: Answer, groups: Iterable[Group]) -> str:
    row = next((row for group in sorted(groups, key=_start) for row in group.rows), None)
    if row is None:
        return "--json lists it no more"
    if answer.cited:
        return f"{row['exhibit']} {row['where']}"
    name = Path(answer.files[row["file"]]["path"]).name
    return f"{name}: {row['where']}, bytes {row['start']}-{row['end']}"


def _start(group: Group) -> tuple[bool, float]:
    return group.first is None, group.first.utc.timestamp() if group.first else 0.0


def _settled(answer: Answer) -> None:
    if answer.repeated:
        Talk.say(f"note: {answer.repeated} lines stand in several files, or twice under one key:"
                 " they count once")
    if answer.challenged:
        Talk.say(f"note: {answer.challenged} refusals (401) are the first step of a request that"
                 " was then let in: they do not count")


def _unread(file: dict[str, Any], answer: Answer) -> None:
    for problem in file.get("problems", ())[:_TOLD]:
        Talk.say(f"note: {file['path']}: {problem['where']}: {problem['reason']}")
    if file.get("unparsed"):
        about = "" if answer.cited else " that may be about it"
        Talk.say(f"note: {file['path']}: {file['unparsed']} lines{about} could not be read")
    for reason in file.get("stopped", ()):
        Talk.say(f"note: {file['path']}: {reason}")


def _iso(moment: Instant | None) -> str | None:
    return iso(moment.utc) if moment else None
