"""The manifest inside a package file against the one outside, which is what registries show.

npm stores the manifest that the publishing client sends beside the tarball and does not compare
the two. Clients normalise what they send (npm's normalize-package-data): that stays silent.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from regforensics.analyze.contents.artifacts import stated
from regforensics.analyze.contents.brought import HOOKS
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import mirrored
from regforensics.model.artifact import ArtifactSeen, ManifestSeen
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.history import History, Scope
from regforensics.model.snapshot import Release, Snapshot

CONFUSION = Rule(
    "integrity.manifest-confusion", "integrity",
    "the manifest inside a package file states another name, version, install script or dependency"
    " than the registry's document of that version, or is one of several",
    "the members of both manifests, or the absence in one of them",
    "publishing tools that rewrite one of the two (old monorepo tools, workspace references);"
    " a lead only")

_IMPLICIT = {"install": "node-gyp rebuild", "start": "node server.js"}
#: Scripts that some clients leave out of what they publish: none of them runs at install time.
_PUBLISHING = frozenset({"prepublish", "prepublishOnly", "prepack", "postpack", "prepare",
                         "preprepare", "postprepare", "publish", "postpublish"})
_BIN = re.compile(r"^(\.[/\\])?node_modules[/\\]\.bin[\\/]")
_HOSTED = re.compile(r"^(git\+)?(https?|ssh|git)://(git@)?|^git@|^(github|gitlab|bitbucket|gist):"
                     r"|\.git(?=#|$)")
_RUNTIME = ("dependencies", "optionalDependencies")
_MANY = 20
_LONGEST_VERSION = 200  # characters


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """Each package file's manifest, once for the same contents."""
    told: set[object] = set()
    files = {seen.exhibit: seen for seen in history.of(ArtifactSeen)}
    for inside in history.of(ManifestSeen):
        if (inside.exhibit, inside.package) not in told and inside.exhibit in files:
            told.add((inside.exhibit, inside.package))
            yield from _several(inside, files[inside.exhibit])
        key = (inside.package.version, inside.observation.sha256)
        found = next(iter(stated(history, inside)), None)
        if found is None or key in told:
            continue
        told.add(key)
        snapshot, outside = found
        yield from _names(inside, outside)
        if inside.package.registry == "npm":
            yield from _scripts(inside, outside, snapshot)
            yield from _dependencies(inside, outside)


def _several(inside: ManifestSeen, seen: ArtifactSeen) -> Iterator[Claim]:
    """Manifests that stand where the one does: which of them counts depends on the reader."""
    if len({member.sha256 or member.line for member in seen.manifests}) > 1:
        lines = [member.line for member in seen.manifests[:_MANY]]
        yield _claim(inside, "is one of {count} that stand where the manifest does and have"
                     " different contents, so that readers see different manifests: {members}.",
                     count=derive(len(seen.manifests), *lines),
                     members=derive(tuple(line.value for line in lines), *lines))


def _names(inside: ManifestSeen, outside: Release) -> Iterator[Claim]:
    for word, fact, listed in (("name", inside.name, inside.package.full_name),
                               ("version", inside.version, inside.package.version or "")):
        if fact is not None and not _same(word, inside.package.registry, fact.value, listed):
            yield _claim(inside, "states the " + word + " {inner}, while the registry lists it as"
                         " {outer}.", inner=fact, outer=derive(listed, outside.anchor))


def _same(word: str, registry: str, one: str, other: str) -> bool:
    if registry == "pypi":
        return _pypi(word, one) == _pypi(word, other)
    if word == "name":
        return one.strip() == other
    return _clean(one) == _clean(other)


def _pypi(word: str, text: str) -> str:
    """Names by PEP 503, versions by PEP 440 where they are such."""
    if word == "name":
        return re.sub(r"[-_.]+", "-", text).lower()
    from packaging.utils import canonicalize_version

    return canonicalize_version(text) if len(text) < _LONGEST_VERSION else text


def _clean(version: str) -> str:
    """As node-semver's clean: without white space, a leading v or =, and build metadata."""
    return version.strip().lstrip("=v").strip().partition("+")[0]


def _not_comparable(inside: ManifestSeen, hooks: list[str]) -> Iterator[Gap]:
    if hooks and inside.scripts is not None:
        yield Gap(f"whether the registry's document of version {said(inside.package.version or '')}"
                  f" states the scripts that run at install time ({', '.join(hooks)}) and that the"
                  f" manifest inside {said(inside.filename)} has",
                  "the captured document is a shortened one, or a mirror's, and states no scripts",
                  inside.package, "the registry's own full document", inside.scripts.citations)


def _scripts(inside: ManifestSeen, outside: Release, snapshot: Snapshot) -> Iterator[Finding]:
    # a shortened document: what it leaves out says nothing
    shortened = outside.scripts is None and (outside.publisher is None or mirrored(snapshot))
    inner, outer = _texts(inside.scripts), _texts(outside.scripts)
    if shortened:
        yield from _not_comparable(inside, [hook for hook in HOOKS if hook in inner])
        return
    for hook in HOOKS:
        one, other = inner.get(hook), outer.get(hook)
        if one != other and (one is not None or other != _IMPLICIT.get(hook)):
            yield _hook(inside, outside, hook, one, other)
    rest = sorted(name for name in inner.keys() | outer.keys() if name not in (*HOOKS, *_PUBLISHING)
                  and inner.get(name) != outer.get(name)
                  and not (name not in inner and outer.get(name) == _IMPLICIT.get(name)))
    if rest:
        facts = [f for f in (inside.scripts, outside.scripts) if f is not None]
        yield _claim(inside, "states other scripts than the registry's document, none of which runs"
                     " at install time: {names}.", notable=False,
                     names=derive(", ".join(map(said, rest[:_MANY])), facts[0], *facts[1:]))


def _hook(inside: ManifestSeen, outside: Release, hook: str, one: str | None,
          other: str | None) -> Claim:
    first = inside.scripts or inside.anchor
    second = outside.scripts or outside.anchor
    absent: tuple[Absence, ...] = ()
    if other is None and outside.remainder is not None:
        absent = (outside.remainder.absence(f"/scripts/{hook}"),)
    return _claim(inside, "has {inner} as its {hook} script, which runs at install time, and the"
                  " registry's document of the version states {outer}.", absences=absent,
                  hook=derive(hook, first), inner=derive(one or "none", first),
                  outer=derive(other or "none", second))


def _texts(scripts: Fact[Any] | None) -> dict[str, str]:
    value = scripts.value if scripts is not None else None
    if not isinstance(value, Mapping):
        return {}
    return {str(name): _BIN.sub("", text) for name, text in value.items()
            if isinstance(text, str) and text}


def _dependencies(inside: ManifestSeen, outside: Release) -> Iterator[Claim]:
    for fields in (_RUNTIME, ("peerDependencies",)):
        inner = _named(inside.dependencies, fields)
        outer = _named(outside.dependencies, fields)
        for words, names, ours, theirs in (
                ("depends on {names}, which the registry's document of the version does not state",
                 [n for n in inner if n not in outer], inner, outside.anchor),
                ("does not depend on {names}, which the registry's document of the version states",
                 [n for n in outer if n not in inner], outer, inside.anchor),
                ("states other versions of {names} than the registry's document of the version",
                 [n for n in inner if n in outer
                  and not _alike(inner[n][0], outer[n][0])], inner, None)):
            if names:
                facts = [ours[n][1] for n in names[:_MANY]]
                more = [theirs] if theirs else [outer[n][1] for n in names[:_MANY]]
                yield _claim(inside, words + ".", names=derive(
                    _listed(names, inner, outer), facts[0], *facts[1:], *more))


def _listed(names: list[str], inner: Mapping[str, tuple[str, Any]],
            outer: Mapping[str, tuple[str, Any]]) -> str:
    def one(name: str) -> str:
        specs = [said(side[name][0]) for side in (inner, outer) if name in side]
        return f"{said(name)} ({' inside, '.join(dict.fromkeys(specs))}" + (
            " outside)" if len(set(specs)) > 1 else ")")

    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(map(one, names[:_MANY])) + more


def _named(sections: Mapping[str, Fact[Any]], fields: tuple[str, ...]
           ) -> dict[str, tuple[str, Fact[Any]]]:
    """name -> (what is asked for, where that stands); a list of names asks for any version."""
    found: dict[str, tuple[str, Fact[Any]]] = {}
    for field in fields:
        fact = sections.get(field)
        value = fact.value if fact is not None else None
        if isinstance(value, list):
            value = {name: "" for name in value if isinstance(name, str)}
        if fact is not None and isinstance(value, Mapping):
            for name, spec in value.items():
                if isinstance(spec, str):
                    found.setdefault(str(name).strip(), (spec, fact))
    return found


def _alike(one: str, other: str) -> bool:
    """True where two specifications ask for the same, or one is a reference that publishing
    tools replace."""
    replaced = ("workspace:", "catalog:")
    return _spec(one) == _spec(other) or one.startswith(replaced) or other.startswith(replaced)


def _spec(text: str) -> str:
    """A version range or address without what clients rewrite in it."""
    plain = " ".join(text.split())
    if ":" in plain or "/" in plain:
        bare = _HOSTED.sub("", plain)
        return re.sub(r"^(github\.com|gitlab\.com|bitbucket\.org)[:/]", "", bare)
    return "" if plain in ("*", "latest", "x") else plain


def _claim(inside: ManifestSeen, words: str, *, absences: tuple[Absence, ...] = (),
           notable: bool = True, **facts: Any) -> Claim:
    return CONFUSION.claim(
        inside.package, inside.observation.at,
        "The manifest {member} inside the package file {file} of version {v} " + words,
        absences=absences, notable=notable, member=derive(inside.member, inside.anchor),
        file=derive(inside.filename, inside.anchor),
        v=derive(inside.package.version or "", inside.anchor), **facts)


ANALYZER = Analyzer("manifest confusion", (CONFUSION,), run)
