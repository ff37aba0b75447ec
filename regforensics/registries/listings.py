"""The listing of a package file, read back from its exhibit (the form: ``archives.listing``)."""

from collections.abc import Iterable, Mapping

from regforensics.archives.contents import MANIFESTS, is_manifest
from regforensics.archives.listing import ALGORITHMS, FORM, FORMS
from regforensics.archives.text import unescaped
from regforensics.errors import UnreadableInput
from regforensics.evidence.lines import Line, LineFact, lines_of
from regforensics.model.artifact import ArtifactSeen, MemberSeen, OddityFound
from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part

_MANIFESTS = tuple(name.decode() for names in MANIFESTS.values() for name in names)
_COLUMNS = (5, 6)  # a link has its target after its path


def read_listing(package: PackageRef, part: Part) -> ArtifactSeen:
    """The package file that a listing describes. Raises UnreadableInput where it is none."""
    entry, label = part.entry, part.observation.label
    if entry is None or entry.source is None:
        raise UnreadableInput(f"{label}: no custody line says which archive this is the listing of")
    head, *lines = _lines(part)
    if head.data.decode("ascii", "replace") not in FORMS:
        raise UnreadableInput(f"{label}: no listing of the form {FORM}", offset=0)
    stated = {fact.value[0]: fact for line in lines if (fact := _stated(line))}
    size = _need(label, stated, "size")
    about = part.subject or package
    members = tuple(_member(line) for line in lines if line.data[:2] not in (b"= ", b"! "))
    return ArtifactSeen(
        package=about, filename=entry.path or "", exhibit=entry.source.exhibit,
        sha256=entry.source.sha256, observation=part.observation,
        size=LineFact(_number(size.value[1], size.line), size.line),
        form=_second(_need(label, stated, "form")),
        complete=LineFact(_need(label, stated, "complete").value[1] == "yes",
                          stated["complete"].line),
        digests={name: _second(stated[name]) for name in ALGORITHMS if name in stated},
        members=members, oddities=tuple(_oddity(line) for line in lines if line.data[:2] == b"! "),
        manifests=tuple(m for m in members if m.kind == "file" and m.path.endswith(_MANIFESTS)
                        and is_manifest(unescaped(m.path), about.registry)),
        dated=head.data.decode("ascii", "replace") != FORM)


def stated_digests(body: bytes) -> Iterable[tuple[str, str]]:
    """(algorithm, hex) for each digest in a listing's head; none for what is no listing."""
    for line in body[:4096].split(b"\n"):
        name, _, value = line[2:].decode("ascii", "replace").partition(" ")
        if line.startswith(b"= ") and name in ALGORITHMS:
            yield name, value


def _lines(part: Part) -> list[Line]:
    found = list(lines_of(part.observation.label, part.observation.sha256, part.body()))
    if not found:
        raise UnreadableInput(f"{part.observation.label}: an empty listing", offset=0)
    return found


def _text(line: Line) -> str:
    try:
        return line.data.decode("ascii")
    except UnicodeDecodeError as error:
        raise _broken(line) from error


def _broken(line: Line) -> UnreadableInput:
    return UnreadableInput(f"{line.exhibit}: line {line.number} is none of a listing",
                           offset=line.start)


def _stated(line: Line) -> LineFact[tuple[str, str]] | None:
    if line.data[:2] != b"= ":
        return None
    name, _, value = _text(line)[2:].partition(" ")
    return LineFact((name, value), line)


def _need(label: str, stated: Mapping[str, LineFact[tuple[str, str]]], name: str
          ) -> LineFact[tuple[str, str]]:
    if name not in stated:
        raise UnreadableInput(f"{label}: the listing states no {name}")
    return stated[name]


def _second(fact: LineFact[tuple[str, str]]) -> Fact[str]:
    return LineFact(fact.value[1], fact.line)


def _member(line: Line) -> MemberSeen:
    columns = _text(line).split("  ")
    if len(columns) not in _COLUMNS:
        raise _broken(line)
    digest, mode, size, kind, path, *target = columns
    return MemberSeen(path, kind, _number(size, line), _number(mode, line, 8),
                      None if digest == "-" else digest, target[0] if target else None,
                      LineFact(path, line))


def _oddity(line: Line) -> OddityFound:
    kind, path, detail = (*_text(line)[2:].split("  ", 2), "", "")[:3]
    return OddityFound(kind, path, detail, LineFact(path, line))


def _number(text: str, line: Line, base: int = 10) -> int:
    if not text.isdigit() or len(text) > 20:
        raise _broken(line)
    try:
        return int(text, base)
    except ValueError as error:
        raise _broken(line) from error
