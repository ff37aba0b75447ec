"""What a version brings along that the version before it did not: install scripts, dependencies."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from regforensics.analyze.contents.brought import (
    MOST_SHOWN,
    brought,
    dependencies,
    hooks,
    lacking,
    new_dependencies,
    shown,
)
from regforensics.analyze.releases.lineage import Step, told_once
from regforensics.analyze.releases.walk import Published, plain, published
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, series, span
from regforensics.errors import WrongUsage
from regforensics.model.citation import derive
from regforensics.model.claim import Claim, said
from regforensics.model.history import History, Scope
from regforensics.model.package import PackageRef

INSTALL_SCRIPT = Rule(
    "publish.install-script", "publish",
    "a version runs code at install time and the version published before it (in its release line,"
    " where there is one) did not run that; a lead only",
    "the scripts members of both versions and both publish times",
    "packages that build native code", lead=True)
DEPENDENCY = Rule(
    "publish.dependency-added", "publish",
    "a patch release depends on a package that the patch release before it did not depend on, and"
    " how young that package was where it is captured too; a lead only",
    "the dependency's entry, its absence from the earlier version, both publish times, and the"
    " first publish time of the dependency",
    "fixes bring dependencies along: nine times in express, once in chalk; routine unless the"
    " dependency is young, the version in question, or other leads meet in it", lead=True)
REMOTE = Rule(
    "publish.dependency-remote", "publish",
    "a version takes a dependency from a git repository or a URL, past the registry, and the"
    " version before it did not; a lead only",
    "the dependency's entry, both publish times",
    "forks that wait for a release; examples and tools that nobody depends on", lead=True)

YOUNG = timedelta(days=60)
_REMOTE = re.compile(r"(git(\+\w+)?:|https?:|ssh:|github:|gitlab:|bitbucket:|gist:|[\w.-]+@[\w.-]+:"
                     r"|[\w.-]+/[\w.-]+(#.*)?\Z)", re.ASCII | re.DOTALL)
_LONGEST = 4096


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Scripts and dependencies that appear, version by version."""
    named = scope.versions_of(history.package)
    return told_once(history, lambda part, found: _brings(history, part, found, named))


def _brings(history: History, part: Series, found: Sequence[Step],
            named: frozenset[str]) -> Iterator[Claim]:
    patches: dict[tuple[int, int], Step] = {}
    for step in found:
        before = step.before or step.last
        if before is not None:
            yield from _script(part, step, before, named)
            yield from _remote(part, step, before, named)
        numbers = plain(step.version)
        if numbers is not None:
            lower = patches.get(numbers[:2])
            if lower is not None and _numbers(lower) < numbers:
                yield from _added(history, part, step, lower, named)
            if lower is None or _numbers(lower) < numbers:
                patches[numbers[:2]] = step


def _numbers(step: Step) -> tuple[int, int, int]:
    return plain(step.version) or (0, 0, 0)


def _script(part: Series, step: Step, before: Step, named: frozenset[str]) -> Iterator[Claim]:
    now, had, scripts = hooks(step.release), hooks(before.release), step.release.scripts
    if scripts is None or not now.items() - had.items():
        return
    where = " in its release line" if step.before else ""
    yield part.claim(
        INSTALL_SCRIPT, step.time.value,
        "Version {version} ({published}) runs at install time: {hooks}. The version published"
        " before it" + where + ", {previous} ({earlier}), ran {old}.", on=step.version,
        notable=step.version in named or not (had or part.mirrored),
        version=step.named, published=step.time,
        hooks=derive(shown({k: v for k, v in now.items() if had.get(k) != v}), scripts),
        previous=before.named, earlier=before.time,
        old=derive(shown(had) or "nothing", before.release.scripts or before.release.anchor))


def _added(history: History, part: Series, step: Step, before: Step,
           named: frozenset[str]) -> Iterator[Claim]:
    new = new_dependencies(step, before)
    if new is None:
        return
    facts: Facts = {}
    template = ("Patch release {version} ({published}) depends on {new}; the patch release before"
                " it, {previous} ({earlier}), did not.")
    young = max((b for name in new.names[:MOST_SHOWN]
                 if (b := _birth(history, step, name))),
                key=lambda birth: birth.time.value.utc, default=None)
    if young is not None:
        template += " {young} itself was first published at {first}, {age} earlier."
        facts = {"young": derive(said(young.snapshot.package.target), young.time),
                 "first": young.time, "age": derive(
                     span(step.time.value.utc - young.time.value.utc), young.time, step.time)}
    yield part.claim(
        DEPENDENCY, step.time.value, template, on=step.version,
        notable=step.version in named or young is not None,
        absences=lacking(before, new), also=(before.release.anchor,), version=step.named,
        published=step.time, new=new.fact, previous=before.named,
        earlier=before.time, **facts)


def _birth(history: History, step: Step, name: str) -> Published | None:
    """The first publish of a dependency, where it is captured too and lies shortly before."""
    try:
        other = history.beside(PackageRef.parse(f"{history.package.registry}:{name}"))
    except WrongUsage:
        return None
    place = next(iter(series(other)), None) if other else None
    first = next(iter(published(place)), None) if place and not place.mirrored else None
    if first is None:
        return None
    age = step.time.value.utc - first.time.value.utc
    return first if timedelta(0) <= age <= YOUNG else None


def _remote(part: Series, step: Step, before: Step, named: frozenset[str]) -> Iterator[Claim]:
    had = dependencies(before.release)
    found = brought(step.release, {
        name: (section, spec) for name, (section, spec) in dependencies(step.release).items()
        if _is_remote(spec) and not _is_remote(had.get(name, ("", ""))[1])})
    if found is not None:
        yield part.claim(
            REMOTE, step.time.value,
            "Version {version} ({published}) takes {new} from outside the registry; the version"
            " published before it, {previous} ({earlier}), did not.", on=step.version,
            notable=step.version in named or not part.mirrored, also=(before.release.anchor,),
            version=step.named, published=step.time, previous=before.named,
            earlier=before.time, new=found.fact)


def _is_remote(spec: object) -> bool:
    return isinstance(spec, str) and len(spec) <= _LONGEST and bool(_REMOTE.match(spec))


ANALYZER = Analyzer("manifests", (INSTALL_SCRIPT, DEPENDENCY, REMOTE), run)
