"""PyPI's security-history pages, as the owner of a project or account saved them.

Machine-readable times stand in ``<time datetime>``; the third column shows a place instead of the
address where one is known. Rows of a deleted file are gone with it: no row is no proof. The
headings of two team rows are swapped in the page's template, so the line below the heading counts.
Events that the template does not know are printed by their raw tag. Source: warehouse
templates/manage/project/history.html, templates/manage/account.html, events/tags.py.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from regforensics.logs.actions import Names
from regforensics.logs.base import Context, Piece, Unparsed
from regforensics.logs.fields import Address, address
from regforensics.logs.html import Token, tokens
from regforensics.logs.jsonrows import extras, untimed, when
from regforensics.model.event import AccountEvent, Done
from regforensics.model.package import normalised

_TABLE = "table--security-logs"
_VERSION = re.compile(r"[Vv]ersion (?P<version>\S{1,100})"
                      r"(?: (?:created|removed|yanked|unyanked))?$")
_PROJECT = re.compile(r"Security history for (?P<a>[A-Za-z0-9._-]{1,200})"
                      r"|'(?P<b>[A-Za-z0-9._-]{1,200})' security history")
_USERNAME = re.compile(r"\bUsername\s+(?P<name>[A-Za-z0-9._-]{1,100})\b")
_TEAM = re.compile(r"(?P<team>.{1,200}?) team (?P<verb>added as|removed as|changed to) project"
                   r" (?P<role>\w{1,40})")
_PERSON = re.compile(r"(?:Revoked invitation for )?(?P<who>[A-Za-z0-9._-]{1,100})"
                     r" (?:(?:added|removed) as|changed to|invited to|declined invitation"
                     r"|to join as)")
_BY = re.compile(r"(?P<verb>[A-Z][a-z]{2,20}) by: ?(?P<who>.{1,100})")
_VERBS = {"Added": "added as", "Removed": "removed as", "Changed": "changed to"}
# Beginnings of a heading or raw tag, and what it is about; the first that fits counts.
_ACTIONS: Names = (
    ("file added", "publish"), ("file removed", "unpublish"), ("logged in", "sign-in"),
    ("login", "sign-in"), ("new device", "sign-in"), ("email", "email"), ("primary email", "email"),
    ("password", "password"), ("two factor", "factor"), ("two-factor", "factor"),
    ("recovery code", "factor"), ("device remembered", "factor"), ("api token", "token"),
    ("short-lived api token", "token"), ("trusted publisher", "publisher"),
    ("pending trusted publisher", "publisher"), ("openid connect", "publisher"),
    ("project added to", "membership"), ("project removed from", "membership"),
    ("2fa requirement", "policy"), ("revoked invitation", "role"),
    ("project:release:add", "publish"), ("file:add", "publish"), ("file:remove", "unpublish"),
    ("project:release:remove", "unpublish"), ("project:release:yank", "yank"),
    ("project:release:unyank", "yank"), ("project:role:", "role"), ("project:team", "role"),
    ("project:api_token", "token"), ("project:oidc:", "publisher"), ("account:login", "sign-in"),
    ("account:email", "email"), ("account:password", "password"), ("account:two_factor", "factor"),
    ("account:recovery_codes", "factor"), ("account:api_token", "token"),
    ("account:short_lived", "token"), ("account:oidc", "publisher"), ("account:role", "role"),
    ("account:organization_role", "membership"), ("account:team_role", "membership"))
_LATER: Names = ((" created", "publish"), (" removed", "unpublish"), (" unyanked", "yank"),
                 (" yanked", "yank"))
_LABELS = ("Time", "IP address", "Additional Info", "Additional info", "Event", "Location info",
           "Location Info", "Device Info", "Device info")
_PLACES, _DEVICES = ("Location info", "Location Info", "IP address"), ("Device Info", "Device info")
_ABOVE = 20_000  # characters above the table in which a name is looked for


@dataclass(slots=True)
class _Cell:
    """The texts of one cell, by the tag they stand in."""

    strong: list[str] = field(default_factory=list)
    small: list[list[str]] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    time: str | None = None


class PypiHistory:
    """One row of the table an event; the span is that of the row's ``<tr>``."""

    name = "pypi-history"
    title = "PyPI security history page (saved HTML)"
    met = False
    zoneless = False

    def recognises(self, head: bytes) -> bool:
        """Whether this is a page of PyPI's that shows such a table."""
        page = b"<html" in head[:4096].lower() or b"<table" in head[:4096].lower()
        return page and (_TABLE.encode() in head or (b"PyPI" in head and b"ecurity history" in head)
                         or (b"PyPI" in head and b"Account settings" in head))

    def read(self, body: bytes, _context: Context) -> Iterator[Piece]:
        """Every row below the header."""
        for start, end, cells, above in _rows(tokens(body)):
            found, owner = _PROJECT.search(above), _USERNAME.search(above)
            project = (found["a"] or found["b"]) if found else None
            if len(cells) < 2:
                yield Piece(start, end, Unparsed(f"{len(cells)} cells where a row has three"))
                continue
            yield Piece(start, end, _event(cells, project, owner["name"] if owner else None))


def _rows(page: Iterable[Token]) -> Iterator[tuple[int, int, list[_Cell], str]]:
    """(start, end, cells, the text that stood above) of each row of the table that has cells."""
    within, start, above = False, -1, ""
    cells: list[_Cell] = []
    tags: list[str] = []
    end = 0
    for token in page:
        if not within:
            if not token.name and token.text.strip():
                above = f"{above}\n{token.text}"[-_ABOVE:]
            within = token.name == "table" and _TABLE in token.attributes().get("class", "")
            continue
        if token.name in ("tr", "/tr", "/table") and start >= 0:
            if cells:
                yield start, token.end if token.name == "/tr" else end, cells, above
            start, cells = -1, []
        if token.name == "/table":
            within = False
        elif token.name == "tr":
            start = token.start
        elif token.name == "td" and start >= 0:
            cells.append(_Cell())
            tags = []
        elif cells:
            _take(cells[-1], token, tags)
        elif not token.name and start < 0:
            above = f"{above}\n{token.text}"[-_ABOVE:]
        end = token.end


def _take(cell: _Cell, token: Token, tags: list[str]) -> None:
    """Put a text where it belongs, and follow the tags that say where that is."""
    if token.name in ("strong", "small", "time", "br"):
        tags[:] = [token.name]
        if token.name == "small":
            cell.small.append([])
        if token.name == "time":
            cell.time = cell.time or token.attributes().get("datetime")
    elif token.name in ("/strong", "/small", "/time"):
        tags.clear()
    elif not token.name and token.text.strip():
        into = (cell.strong if tags == ["strong"] else cell.small[-1] if tags == ["small"]
                else cell.rest)
        into.append(token.text)
        cell.texts.append(token.text)


def _event(cells: list[_Cell], project: str | None, owner: str | None) -> AccountEvent:
    heading = _plain(cells[0].strong) or _plain(cells[0].rest)
    details = [_plain(lines) for lines in cells[0].small]
    stamp = cells[1].time
    at = when(stamp)
    by = next((found for line in details if (found := _BY.fullmatch(line))), None)
    kind, doubt = _kind(heading, by["verb"] if by else None)
    version = _VERSION.search(heading)
    where, place, device = _origin(cells[2] if len(cells) > 2 else _Cell())
    who = _TEAM.match(heading) or _PERSON.match(heading)
    stated = {"detail": "; ".join(details), "device": device or ""}
    return AccountEvent(
        at=at, actor=by["who"] if by else _after(details, "Controlled by:") or (
            None if project else owner),
        what=_what(heading), event_type=kind[:200], done=_done(heading), remote_addr=where.value,
        place=place, package=normalised(project) if project else None,
        version=version["version"] if version else None,
        target=(who.group(1) if who else None) or _after(details, "Filename:", "Token name:",
                                                         "Publisher:"),
        doubts=tuple(filter(None, (untimed(stamp, at), doubt))), extra=extras(**stated))


def _kind(heading: str, verb: str | None) -> tuple[str, str | None]:
    """What the row says happened, and the doubt where heading and detail say different things."""
    team = _TEAM.fullmatch(heading)
    meant = _VERBS.get(verb or "")
    if team is None or meant is None or meant == team["verb"]:
        return heading, None
    return (f"{team['team']} team {meant} project {team['role']}",
            f"the heading says {team['verb']!r}, the line below it '{verb} by':"
            " the line below is what was recorded")


def _what(heading: str) -> str:
    folded = heading.lower()
    found = next((word for start, word in _ACTIONS if folded.startswith(start)), None)
    if found is None and _VERSION.search(heading):
        found = next((word for end, word in _LATER if folded.endswith(end)), None)
    joins = any(w in folded for w in (" as project ", " to project ", " to join as "))
    return found or ("role" if joins else "other")


def _done(heading: str) -> Done:
    folded = heading.lower()
    return "failure" if "failed" in folded or ":failure" in folded else "success"


def _origin(cell: _Cell) -> tuple[Address, str | None, str | None]:
    """(address, place, device) of the third column: it shows a place or an address, not both."""
    seen: dict[str, str] = {}
    label = _PLACES[0]
    for part in cell.texts:
        shown = " ".join(part.split())
        if shown.rstrip(":") in _LABELS:
            label = shown.rstrip(":")
        else:
            seen[label] = f"{seen[label]} {shown}" if label in seen else shown
    where = next((seen[name] for name in _PLACES if name in seen), None)
    device = next((seen[name] for name in _DEVICES if name in seen), None)
    found = address(where)
    if found.value or where in (None, "Redacted"):
        return found if found.value else Address(None), None, device
    return Address(None), where, device


def _after(details: list[str], *labels: str) -> str | None:
    """What stands behind the first of the labels that a detail has."""
    return next((line.removeprefix(label).strip() for label in labels for line in details
                 if line.startswith(label) and line.removeprefix(label).strip()), None)


def _plain(parts: list[str]) -> str:
    return " ".join(" ".join(parts).split())
