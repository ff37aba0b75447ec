"""PyPI's journal and roles by XML-RPC (warehouse docs/dev/api-reference/xml-rpc.md).

``changelog_since_serial`` gives at most 50,000 rows of the whole index, in the order of their
serials, and cannot be asked about one project: so it is read from a known serial, page by page,
up to the serial that the project has now. The answers are stored whole; the rows of one project
are read out of them.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from regforensics.errors import UnreadableInput
from regforensics.evidence.xmltree import Element, XmlDocument
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Gap, said
from regforensics.model.instant import Instant
from regforensics.model.journal import Act, JournalPage, JournalRow, StatedRole
from regforensics.model.package import PackageRef, normalised
from regforensics.registries import base
from regforensics.registries.xmlrpc import call, items, query, scalar, value_of

JOURNAL, ROLES = "pypi-journal", "pypi-roles"
MOST_PAGES = 5
_ASKED = re.compile(r"<methodName>changelog_since_serial</methodName>.*?<int>(\d{1,10})</int>")
_LARGEST = 2 ** 31 - 1
_PLAIN: dict[str, Act] = {
    "create": "created", "new release": "release-added", "remove release": "release-removed",
    "yank release": "yanked", "unyank release": "unyanked", "remove project": "project-removed",
    "project quarantined": "quarantined", "project quarantine cleared": "quarantine-cleared",
    "release quarantined": "release-quarantined",
    "release quarantine cleared": "release-quarantine-cleared"}
_ROLE = r"(?P<role>Owner|Maintainer|[A-Z]\w{0,30}) (?P<login>\S.{0,200}?)"
_PATTERNS: tuple[tuple[re.Pattern[str], Act], ...] = (
    (re.compile(r"add \S{1,40} file (?P<file>.{1,400})"), "file-added"),
    (re.compile(r"remove file (?P<file>.{1,400})"), "file-removed"),
    (re.compile(f"add {_ROLE}"), "role-added"),
    (re.compile(f"change {_ROLE} to .{{1,40}}"), "role-changed"),
    (re.compile(f"remove {_ROLE}"), "role-removed"),
    (re.compile(f"invite {_ROLE}"), "invited"),
    (re.compile(f"revoke_invite {_ROLE}"), "invite-revoked"),
    (re.compile(f"accepted {_ROLE}"), "invite-accepted"))


def ask(package: PackageRef, base_url: str, answered: Sequence[base.Part],
        wanted: base.Wanted) -> Iterator[base.Query]:
    """The roles, and the journal from the known serial up to the project's own."""
    if not wanted.journal or package.registry != "pypi":
        return
    yield query(package, base_url, ROLES, "roles",
                 call("package_roles", f"<string>{escape(package.name)}</string>"))
    since, now = wanted.journal_since(package), _serial(answered)
    if since is None or (now is not None and now <= since):
        return
    pages = [p for p in answered if p.kind == JOURNAL]
    for part in pages:
        last = max((serial for _, serial, _ in _rows(part.xml)), default=None) if part.xml else None
        if last is None or last <= since:
            return
        since = last
    if len(pages) < MOST_PAGES and since < _LARGEST and (now is None or since < now):
        yield query(package, base_url, JOURNAL, "journal",
                     call("changelog_since_serial", f"<int>{since}</int>"))


def read_rows(package: PackageRef, part: base.Part) -> Iterator[JournalRow | Gap]:
    """The rows of one project in an answer of the journal."""
    if part.kind != JOURNAL or not _answered(part):
        return
    document = _document(part)
    yield from _faults(package, part, document, "the index's journal")
    for element, serial, name in _rows(document):
        if normalised(name) == package.name:
            row = _row(element, serial)
            yield row if row else Gap(
                f"what row {serial} of the index's journal says", "it is not of the known form",
                package, citations=element.citations)


def read_pages(_: PackageRef, part: base.Part) -> Iterator[JournalPage]:
    """How far an answer of the journal goes."""
    asked = _ASKED.search(part.entry.request_body or "") if part.entry else None
    if part.kind != JOURNAL or part.xml is None or asked is None or part.observation.line is None \
            or part.xml.find("methodResponse", "fault"):
        return
    serials = [serial for _, serial, _ in _rows(part.xml)]
    yield JournalPage(since=int(asked[1]), last=max(serials, default=None), rows=len(serials),
                      line=part.observation.line)


def read_roles(package: PackageRef, part: base.Part) -> Iterator[StatedRole | Gap]:
    """The roles that an answer names."""
    if part.kind != ROLES or not _answered(part):
        return
    document = _document(part)
    yield from _faults(package, part, document, "the index's list of roles")
    for element in items(value_of(document)):
        cells = list(items(element))
        if len(cells) == 2 and part.observation.line:
            role, login = map(scalar, cells)
            if role and login:
                yield StatedRole(login=derive(login, element), role=derive(role, element),
                                 line=part.observation.line)


def _answered(part: base.Part) -> bool:
    return (part.observation.status or 200) not in base.ABSENT


def _document(part: base.Part) -> XmlDocument:
    if part.xml is None:
        raise UnreadableInput(f"{part.observation.label} is no XML that can be read")
    return part.xml


def _faults(package: PackageRef, part: base.Part, document: XmlDocument, what: str
            ) -> Iterator[Gap]:
    fault = document.find("methodResponse", "fault")
    if fault is None:
        if value_of(document) is None:
            yield Gap(f"what {part.observation.label} says", "it is no XML-RPC response", package)
        return
    told = {name.text: scalar(value) or "" for member in _members(fault)
            if (name := member.find("name")) and (value := member.find("value"))}
    code, text = (told.get(key, "")[:200] for key in ("faultCode", "faultString"))
    yield Gap(f"what {what} says", f"it answered with the fault {said(code)}: {said(text)}",
              package, "the same question again, later", fault.citations)


def _members(fault: Element) -> Iterator[Element]:
    struct = fault.find("value", "struct")
    return struct.children("member") if struct else iter(())


def _rows(document: XmlDocument) -> Iterator[tuple[Element, int, str]]:
    """(the row's element, serial, name) of each row of five cells that ends in a serial."""
    for element in items(value_of(document)):
        cells = list(items(element))
        serial = _whole(scalar(cells[4])) if len(cells) == 5 else None
        if serial is not None:
            yield element, serial, scalar(cells[0]) or ""


def _row(element: Element, serial: int) -> JournalRow | None:
    _, version, seconds, action, _ = map(scalar, items(element))
    moment = _instant(seconds)
    if moment is None or not action:
        return None
    act, named = _act(action)
    facts: dict[str, Fact[str]] = {name: derive(text, element) for name, text in named.items()}
    return JournalRow(
        serial=derive(serial, element), at=derive(moment, element), action=derive(action, element),
        act=act, version=derive(version, element) if version else None, **facts)


def _act(action: str) -> tuple[Act, dict[str, str]]:
    """What an action's words mean; words of older code are not all known."""
    if action in _PLAIN:
        return _PLAIN[action], {}
    for pattern, act in _PATTERNS:
        found = pattern.fullmatch(action)
        if found:
            return act, {name: text for name, text in found.groupdict().items() if text}
    return "other", {}


def _instant(seconds: str | None) -> Instant | None:
    number = _whole(seconds)
    if number is None:
        return None
    try:
        moment = datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Instant(moment, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), 1.0)


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else None


def _serial(answered: Sequence[base.Part]) -> int | None:
    """The project's serial as the answers of this run state it."""
    found = []
    for part in answered:
        pointer = {"pypi-json": "/last_serial", "pypi-simple": "/meta/_last-serial"}.get(part.kind)
        leaf = part.document.at(pointer) if pointer and part.document else None
        if leaf is not None and type(leaf.value) is int:
            found.append(leaf.value)
    return max(found, default=None)
