"""What an npm account's owner can hand over: ``npm token list``, ``profile get``, ``owner ls``.

All of them show the present and no history. The one thing in them that is an event is that a token
or the account was created, at the time they state; everything else is said to be present state.
The forms: boxed tables (npm 6 to 10.6), sentences and ``key: value`` lines (10.7 and later), TAB
columns (``--parseable``), JSON (``--json``). Source: npm/cli lib/commands/token.js, profile.js,
owner.js.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from regforensics.evidence.lines import split_lines
from regforensics.logs import jsonrows
from regforensics.logs.base import Context, Parsed, Piece, ReadLine, Skipped, Unparsed
from regforensics.logs.jsonrows import Row, extras, inside, joined, said, when
from regforensics.model.event import AccountEvent
from regforensics.model.instant import Instant

_DRAWN = re.compile(r"\x1b\[[\d;]{0,20}m|[\u2500-\u257f]")  # colours; lines of a box
_SENTENCE = re.compile(r"(?P<kind>[\w -]{0,40}?) ?[Tt]oken (?P<head>\S{1,100})"
                       r" with id (?P<id>\S{1,100}) created (?P<created>\S{10,30})(?P<rest>.*)")
_OWNER = re.compile(r"(?P<name>[A-Za-z0-9_.~-]{1,214}) <[^<>\s]{0,254}>|no admin found")
_TOKEN_COLUMNS = frozenset({"created", "readonly", "CIDR whitelist"})
_PROFILE = frozenset({"name", "email", "two-factor auth", "tfa", "fullname", "homepage",
                      "freenode", "twitter", "github", "created", "updated", "email_verified",
                      "cidr_whitelist"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_LONG = 86400.0
_LISTED = "the list shows the present: a token that was revoked does not stand in it"


class NpmAccountJson:
    """Rows of ``npm token list --json``, and the object of ``npm profile get --json``."""

    name = "npm-account-json"
    title = "npm token list or npm profile get (JSON)"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(_json, '"created"', '"cidr_whitelist"')


class NpmAccountText:
    """A line a token, a member of the profile, or an owner."""

    name = "npm-account"
    title = "npm token list, npm profile get or npm owner ls (text)"
    met = True
    zoneless = False

    def recognises(self, head: bytes) -> bool:
        """Whether the first lines are those that these commands print."""
        if len(head) > 3 and head[:1] in (b"{", b"["):
            return False
        return _kind([text for _, _, text in _lines(head)][:40]) is not None

    def read(self, body: bytes, _context: Context) -> Iterator[Piece]:
        """Every line of the output that says something."""
        every = list(_lines(body))
        kind = _kind([text for _, _, text in every][:40])
        if kind == "tokens":
            yield from _tokens(every)
        elif kind == "profile":
            yield from _profile(every)
        elif kind == "owners":
            for start, end, text in every:
                yield Piece(start, end, _owner(text))


def _lines(body: bytes) -> Iterator[tuple[int, int, list[str]]]:
    """(start, end, cells) of each line with text in it; one cell where it is no table's row."""
    for _, start, end in split_lines(body):
        raw = body[start:end].decode("utf-8", "surrogateescape").rstrip("\r")
        boxed = "\u2502" in raw
        plain = _DRAWN.sub(lambda m: "\x00" if m[0] == "\u2502" else "", raw)
        cells = [cell.strip() for cell in re.split("[\x00]" if boxed else "\t", plain)]
        cells = cells[1:-1] if boxed and len(cells) > 2 else cells
        if any(cells):
            yield start, end, cells


def _kind(lines: list[list[str]]) -> str | None:
    if not lines:
        return None
    if set(lines[0]) >= _TOKEN_COLUMNS or _SENTENCE.fullmatch(lines[0][0]):
        return "tokens"
    pairs = [pair for cells in lines if (pair := _pair(cells)) is not None]
    known = {name for name, _ in pairs}
    if "name" in known and known & {"tfa", "two-factor auth"} and len(pairs) * 2 > len(lines):
        return "profile"
    owners = all(len(cells) == 1 and _OWNER.fullmatch(cells[0]) for cells in lines)
    return "owners" if owners else None


def _pair(cells: list[str]) -> tuple[str, str] | None:
    """(key, value) of a line of the profile, in any of its forms."""
    if len(cells) == 2 and cells[0] in _PROFILE:
        return cells[0], cells[1]
    name, colon, value = cells[0].partition(":")
    return (name, value.strip()) if len(cells) == 1 and colon and name in _PROFILE else None


def _tokens(every: list[tuple[int, int, list[str]]]) -> Iterator[Piece]:
    names: list[str] = []
    for start, end, cells in every:
        sentence = _SENTENCE.fullmatch(cells[0])
        if set(cells) >= _TOKEN_COLUMNS:
            names = cells
            yield Piece(start, end, Skipped("a header"))
        elif sentence:
            yield Piece(start, end, _token(sentence["created"], sentence["id"], joined(
                sentence["kind"].strip(), sentence["rest"].strip())))
        elif names and len(cells) == len(names):
            row = dict(zip(names, cells, strict=True))
            yield Piece(start, end, _token(
                row["created"], row.get("key") or row.get("id"),
                f"readonly: {row['readonly']}") if row["created"] else Skipped("a wrapped cell"))
        else:
            yield Piece(start, end, Skipped("no token"))


def _profile(every: list[tuple[int, int, list[str]]]) -> Iterator[Piece]:
    pairs = [(start, end, _pair(cells)) for start, end, cells in every]
    name = next((pair[1] for _, _, pair in pairs if pair and pair[0] == "name"), None)
    for start, end, pair in pairs:
        if pair is None:
            yield Piece(start, end, Skipped("no member of the profile"))
        elif pair[0] == "created":
            yield Piece(start, end, _account(pair[1], name))
        else:
            told = f": {pair[1][:60]}" if pair[0] in ("tfa", "two-factor auth") else ""
            yield Piece(start, end, Skipped(f"present state: {pair[0]}{told}"))


def _owner(cells: list[str]) -> Parsed:
    found = _OWNER.fullmatch(cells[0])
    if found is None:
        return Unparsed("no line of npm owner ls")
    return Skipped(f"present state: owner {found['name']}" if found["name"] else
                   "present state: no owner")


def _json(row: Row) -> Parsed | None:
    if "tfa" in row and "name" in row:
        return _account(said(row, "created"), said(row, "name"))
    if not ("key" in row or "token" in row):
        return None
    kind = "readonly: " + ("true" if inside(row, "readonly") is True else "false")
    return _token(said(row, "created"), said(row, "key"), kind)


def _token(created: str | None, name: str | None, kind: str | None) -> Parsed:
    at = _day(created)
    if at is None:
        return Unparsed(f"{str(created)[:40]!r} is no time")
    day = "a date alone: npm cuts it from a time in UTC" if at.precision == _DAY_LONG else None
    return AccountEvent(at=at, actor=None, what="token", event_type="npm token created",
                        done="success", target=name or None, key=name or None,
                        doubts=tuple(filter(None, (_LISTED, day))), extra=extras(token=kind))


def _account(created: str | None, name: str | None) -> Parsed:
    at = _day(created)
    if at is None:
        return Unparsed(f"{str(created)[:40]!r} is no time")
    return AccountEvent(at=at, actor=name, what="other", event_type="npm account created",
                        done="success", target=name)


def _day(value: str | None) -> Instant | None:
    """A time, or a day in UTC."""
    if value and _DAY.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return Instant(moment.replace(tzinfo=UTC), value, _DAY_LONG, "assumed")
    return when(value)
