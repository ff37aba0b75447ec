"""What is wrong with a line that no format knows, held against the format of the lines before.

Nothing is read here: these are the words for a line that was refused already. Counts and places
are as people count, from 1.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import Any

import msgspec

Fault = Callable[[str], str | None]
_SHOWN = 40  # characters of a field
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)|\d{14}"
_WHOLE = r"-?\d{1,18}"
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\S+')
# A line whose fields stand between single characters: (place, name, form of the whole field).
_Field = tuple[int, str, str]


def fault(form: str, line: str) -> str:
    """Why ``line`` is no line of the format of that name, in words that follow "no line of X: "."""
    told = _FAULTS.get(form)
    return (told(line) if told else None) or "it has another form"


def _split(separator: str, least: int, fields: tuple[_Field, ...], line: str) -> str | None:
    parts = line.split(separator)
    if len(parts) < least:
        name = "TAB" if separator == "\t" else repr(separator)
        return f"{len(parts)} {'field' if len(parts) == 1 else 'fields'} between {name}, where" \
            f" there are at least {least}"
    return next((f"field {place} ({name}) is {parts[place - 1][:_SHOWN]!r}"
                 for place, name, form in fields if not re.fullmatch(form, parts[place - 1])), None)


def _staged(stages: tuple[tuple[str, str], ...], line: str) -> str | None:
    """The first stage, searched for behind the one before, that is not there."""
    at = 0
    for number, (name, form) in enumerate(stages):
        found = re.compile(form).search(line, at)
        if found is None:
            before = f" behind {stages[number - 1][0]}" if number else ""
            return f"there is no {name}{before}"
        at = found.end()
    return None


def _tokens(least: int, fields: tuple[_Field, ...], line: str) -> str | None:
    found = _TOKEN.findall(line)
    if len(found) < least:
        return f"{len(found)} {'field' if len(found) == 1 else 'fields'} between blanks, where" \
            f" there are at least {least}"
    return next((f"field {place} ({name}) is {found[place - 1][:_SHOWN]!r}"
                 for place, name, form in fields if not re.fullmatch(form, found[place - 1])), None)


def _json(line: str) -> str | None:
    text = line.strip()
    if text[:1] != "{":
        return f"it begins with {text[:1]!r} and not with '{{'"
    try:
        value: Any = msgspec.json.decode(text.encode("utf-8", "surrogateescape"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return f"it is no JSON: {error}"
    names = ", ".join(sorted(map(repr, value))[:6]) if isinstance(value, dict) else ""
    return f"an object with other members: {names or 'none'}"


_COMMON = (("time in brackets", r"\[[^\]]{10,40}\]"), ("request in quotes", r' "(?:[^"\\]|\\.)*"'),
           ("status", r"(?<=\") (?:\d{3}|-)(?= |$)"))
_TIMES: tuple[_Field, ...] = ((1, "time", _ISO),)
_FAULTS: Mapping[str, Fault] = dict(chain(
    ((name, _json) for name in (
        "artifactory-router", "nexus-audit", "verdaccio", "cloudfront-json", "audit-events", "okta",
        "github-audit", "entra", "google-workspace", "codeartifact", "artifact-registry", "fastly",
        "cloudflare", "npm-account-json", "splunk-rows")),
    ((name, partial(_staged, _COMMON)) for name in ("combined", "nexus-request")),
    (("nexus-outbound", partial(_staged, _COMMON)),
     ("s3-access", partial(_staged, _COMMON)),
     ("artifactory-access", partial(_staged, (
         ("time", r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"), ("decision in brackets",
                                                          r"\[(?:ACCEPTED|DENIED) [A-Z_]+\]"),
         ("user", " for "), ("address", "/")))),
     ("artifactory-request", partial(_split, "|", 11, (
         *_TIMES, (7, "status", r"\d{3}"), (8, "request length", _WHOLE),
         (9, "response length", _WHOLE), (10, "duration", _WHOLE)))),
     ("artifactory-request-out", partial(_split, "|", 10, (
         *_TIMES, (7, "status", r"\d{3}"), (8, "request length", _WHOLE),
         (9, "response length", _WHOLE), (10, "duration", _WHOLE)))),
     ("artifactory-traffic", partial(_split, "|", 6, _TIMES)),
     ("artifactory-6-request", partial(_split, "|", 10, (
         (1, "time", r"\d{14}"), (2, "duration", r"\d{1,18}"), (3, "word", "REQUEST"),
         (9, "status", r"\d{3}"), (10, "length", _WHOLE)))),
     ("cloudfront", partial(_split, "\t", 12, ())),
     ("alb", partial(_tokens, 14, (
         (1, "type", "https?|h2|grpcs|wss?"), (2, "time", _ISO), (9, "status", r"\d{3}|-"),
         (11, "received bytes", r"\d+"), (12, "sent bytes", r"\d+")))),
     ("classic-elb", partial(_tokens, 12, (
         (1, "time", _ISO), (8, "status", r"\d{3}|-"), (10, "received bytes", r"\d+"),
         (11, "sent bytes", r"\d+")))),
     ("devpi", partial(_staged, (("time", r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"),
                                 ("number of the request", r"\[req\d+\]")))),
     ("verdaccio-pretty", partial(_staged, (("status", r"\b\d{3}\b"), ("user", "user:"),
                                            ("request", "req: '"))))),
))
