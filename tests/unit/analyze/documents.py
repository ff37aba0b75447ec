"""Small registry documents, read into histories through the real adapters.

    Case("npm:paint").at("10:00", npm({...})).at("11:00", npm({...})).history()

The custody line of each capture is a real line, so that every citation can be checked.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from regforensics.analyze.running import ANALYZERS, run_all
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.freshness import freshness
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import Line, LineFact
from regforensics.model.claim import Claim, Gap
from regforensics.model.dating import settled
from regforensics.model.history import Attempt, History, Scope
from regforensics.model.instant import Instant, iso
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation, Snapshot
from regforensics.registries import REGISTRIES, registry_named
from regforensics.registries.base import Part
from regforensics.registries.companions import COMPANIONS

ORIGIN = "https://registry.example/"
MIRROR = "https://mirror.example/"
NO_SCOPE = Scope()
SHARED = Path(__file__).parents[4] / "shared" / "data"


@dataclass
class Case:
    """Captures of one package, in the order in which they are added."""

    target: str
    snapshots: list[Snapshot] = field(default_factory=list)
    failures: list[Attempt] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    companions: list[Part] = field(default_factory=list)
    order: int = 0

    @property
    def package(self) -> PackageRef:
        """The package that every capture is about."""
        return PackageRef.parse(self.target)

    def at(self, when: str | None, *bodies: object, status: int = 200, registry: str = ORIGIN,
           headers: tuple[tuple[str, str], ...] = (), complete: bool = True,
           asked: str | None = None, apart: int = 0, recorded: str | None = None,
           note: str | None = None, final_url: str | None = None) -> "Case":
        """One capture: ``when`` is a time of day, an ISO time, or None for an unknown date.

        A body is an object, raw bytes, or None for an answer without a document. ``asked`` is when
        the request went out (default: at once), ``apart`` how many minutes lie between the
        answers to several, ``recorded`` when the custody line was written.
        """
        kinds = ("packument",) if self.package.registry == "npm" else ("pypi-json", "pypi-simple")
        parts = []
        for index, body in enumerate(bodies):
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            parts.append(self._part(later(when, apart * index),
                                    kinds[min(index, len(kinds) - 1)], body is not None, raw,
                                    status if body is not None else 404, registry, headers,
                                    complete=complete, asked=asked, recorded=recorded, note=note,
                                    final_url=final_url))
        return self._add(parts)

    def fails(self, when: str, reason: str) -> "Case":
        """One attempt without an answer."""
        line = self._line({"seq": self.order, "error": reason})
        self.failures.append(Attempt(self.package, moment(when), reason, LineFact(reason, line)))
        return self

    def beside(self, when: str, kind: str, body: object, *, on: str | None = None,
               status: int = 200, registry: str = ORIGIN, url: str | None = None,
               headers: tuple[tuple[str, str], ...] = (), run: str = "",
               subject: str | None = None) -> "Case":
        """One answer beside the states: about version ``on``, about another ``subject``, or about
        no package in particular.

        ``url`` is the address that was asked; answers of one ``run`` (default: the time) belong
        together.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        part = self._part(when, kind, True, raw, status, registry, headers, complete=True,
                          as_json=raw[:1] != b"<")
        about = PackageRef.parse(subject) if subject else self.package.at(on) if on else None
        self.companions.append(replace(
            part, subject=about, body=lambda: raw,
            entry=Entry(how="http", kind=kind, status=status, url=url, run=run or when)))
        return self

    def _records(self, kind: type) -> tuple[Any, ...]:
        return tuple(record for companion in COMPANIONS if companion.makes is kind
                     for part in self.companions if part.kind in companion.kinds
                     for record in companion.read(self.package, part))

    def file(self, path: Path, when: str | None = None) -> "Case":
        """One stored document of a real registry."""
        raw = path.read_bytes()
        document = Document("x", "x", raw)
        kind = next(k for r in REGISTRIES if (k := r.recognises(document)))
        return self._add([self._part(when, kind, True, raw, None, "", (), complete=True)])

    def history(self) -> History:
        """What the analyzers are given."""
        return History(self.package, tuple(self.snapshots), tuple(self.failures), self.order,
                       self._records)

    def _add(self, parts: list[Part]) -> "Case":
        adapter = registry_named(self.package.registry)
        assert adapter is not None
        snapshot = adapter.snapshot(self.package, parts)
        self.snapshots.append(settled(snapshot, snapshot.latest))
        return self

    def _part(self, when: str | None, kind: str, found: bool, raw: bytes, status: int | None,
              registry: str, headers: tuple[tuple[str, str], ...], *, complete: bool,
              asked: str | None = None, recorded: str | None = None, note: str | None = None,
              final_url: str | None = None, as_json: bool = True) -> Part:
        self.order += 1
        digest = hashlib.sha256(raw).hexdigest()
        label = next((k for k, v in self.stored.items() if v == raw), f"EX-{self.order:06d}")
        at = moment(when)
        entry = Entry(how="http" if registry else "file", kind=kind, headers=headers,
                      observed_at=at.text if at else None, note=note, final_url=final_url,
                      requested_at=stamp(asked) if asked else at.text if at else None)
        line = self._line({"seq": self.order, "observed_at": entry.observed_at,
                           "requested_at": entry.requested_at, "recorded_at": recorded,
                           "headers": headers, "status": status, "sha256": digest,
                           "note": note, "final_url": final_url})
        fresh = freshness(entry)
        document = None
        if found:
            self.stored[label] = raw
            document = Document(label, digest, raw) if as_json else None
        return Part(kind, document, Observation(
            label=label, sha256=digest if found else "", at=at, order=self.order, kind=kind,
            since=fresh.since, served=fresh.served, recorded=moment(recorded),
            registry=registry, status=status, headers=headers, complete=complete,
            line=LineFact(at.text if at else None, line)), entry=entry)

    def _line(self, entry: object) -> Line:
        data = json.dumps(entry).encode()
        custody = self.stored.get("custody.jsonl", b"")
        self.stored["custody.jsonl"] = custody + data + b"\n"
        return Line("custody.jsonl", hashlib.sha256(custody + data).hexdigest(),
                    custody.count(b"\n") + 1, len(custody), data)


def moment(when: str | None) -> Instant | None:
    """A time of day on the day that all small scenarios play, or a whole time."""
    if when is None:
        return None
    return Instant.parse(when if "T" in when else f"2026-03-02T{when}:00.000Z")


def later(when: str | None, minutes: int) -> str | None:
    """A time some minutes later."""
    at = moment(when)
    return iso(at.utc + timedelta(minutes=minutes)) if at and minutes else when


def stamp(when: str) -> str:
    """The text of such a time."""
    at = moment(when)
    assert at is not None
    return at.text


def version(number: str, *, by: str | None = "ada", name: str = "paint", **more: Any
            ) -> dict[str, Any]:
    """A version object with digests that follow from its number."""
    seed = more.pop("bytes_of", number)
    return {
        "name": name, "version": number,
        "dist": {"shasum": hashlib.sha1(seed.encode()).hexdigest(),
                 "integrity": f"sha512-{hashlib.sha512(seed.encode()).hexdigest()[:40]}==",
                 "tarball": f"{ORIGIN}{name}/-/{name}-{number}.tgz"},
        **({"_npmUser": {"name": by, "email": f"{by}@inbox.example"}} if by else {}), **more}


def npm(times: dict[str, str], listed: dict[str, dict[str, Any]] | None = None, *,
        owners: tuple[str, ...] = ("ada",), tags: dict[str, str] | None = None,
        created: str = "2020-01-01T00:00:00.000Z", modified: str | None = None,
        unpublished: Any = None, name: str = "paint", **more: Any) -> dict[str, Any]:
    """A packument: ``times`` by version; ``listed`` defaults to every version with a time."""
    shown = {v: version(v, name=name) for v in times} if listed is None else listed
    time = {"created": created, **{v: stamp(t) for v, t in times.items()}}
    time["modified"] = modified or max([*time.values()])
    document: dict[str, Any] = {"_id": name, "_rev": "3-abc", "name": name, "time": time, **more}
    if unpublished is not None:
        return document | {"time": time | {"unpublished": unpublished}}
    return document | {"dist-tags": tags if tags is not None else {"latest": [*shown][-1]},
                       "versions": shown, "maintainers": [{"name": o} for o in owners]}


def file(name: str, uploaded: str, *, yanked: str | bool = False, bytes_of: str | None = None
         ) -> dict[str, Any]:
    """A file object of the JSON API."""
    seed = (bytes_of or name).encode()
    blake = hashlib.blake2b(seed, digest_size=32).hexdigest()
    return {"filename": name, "upload_time_iso_8601": stamp(uploaded), "size": 3,
            "digests": {"sha256": hashlib.sha256(seed).hexdigest(),
                        "md5": hashlib.md5(seed).hexdigest(), "blake2b_256": blake},
            "url": f"{ORIGIN}packages/{blake[:2]}/{blake[2:4]}/{blake[4:]}/{name}",
            "yanked": bool(yanked), "yanked_reason": yanked if isinstance(yanked, str) else None}


def pypi(releases: dict[str, list[dict[str, Any]]], *, roles: dict[str, str] | None = None,
         name: str = "paint") -> dict[str, Any]:
    """A JSON API document."""
    owned = [{"user": u, "role": r} for u, r in (roles or {}).items()]
    return {"info": {"name": name, "version": [*releases, ""][0]}, "last_serial": 7,
            "releases": releases, "urls": [],
            **({"ownership": {"roles": owned, "organization": None}} if roles else {})}


def simple(releases: dict[str, list[dict[str, Any]]], *, status: str = "active",
           name: str = "paint") -> dict[str, Any]:
    """The Simple API's document of the same releases."""
    files = [{"filename": f["filename"], "url": f["url"],
              "hashes": {"sha256": f["digests"]["sha256"]},
              "upload-time": f["upload_time_iso_8601"],
              "yanked": f["yanked_reason"] or f["yanked"]}
             for group in releases.values() for f in group]
    return {"meta": {"api-version": "1.4", "_last-serial": 7}, "name": name,
            "project-status": {"status": status},
            "versions": [v for v, group in releases.items() if group], "files": files}


def run(case: Case, scope: Scope = NO_SCOPE) -> tuple[list[Claim], list[Gap]]:
    """Everything that is claimed about a case, each citation and absence checked."""
    claims, gaps, failed = run_all([case.history()], scope)
    assert failed == ()
    for claim in claims:
        check(case, claim)
    return list(claims), list(gaps)


def claimed(case: Case, *rules: str, scope: Scope = NO_SCOPE) -> list[Claim]:
    """The claims of some rules."""
    known = {rule.id for analyzer in ANALYZERS for rule in analyzer.rules}
    assert set(rules) <= known
    return [claim for claim in run(case, scope)[0] if claim.rule in rules]


def check(case: Case, claim: Claim) -> None:
    """The bytes are at their spans, and what is said to be absent is absent."""
    for cited in claim.citations:
        assert case.stored[cited.exhibit][cited.start:cited.end] == cited.quote
    for absence in claim.absences:
        above, _, name = absence.pointer.rpartition("/")
        name = name.replace("~1", "/").replace("~0", "~")
        place: Any = json.loads(case.stored[absence.exhibit])
        for token in above.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            inner = place.get(token) if isinstance(place, dict) else None
            place = inner if isinstance(inner, dict | list) else {}
        held = place if isinstance(place, dict) else [
            i.get(k) if isinstance(i, dict) else i
            for i in place for k in ("filename", "name", "user")]
        assert name not in held


def quotes(claim: Claim) -> list[str]:
    """What the claim quotes."""
    return [cited.quote.decode() for cited in claim.citations]


def scope(*targets: str) -> Scope:
    """A scope that names incidents."""
    return Scope(tuple(map(PackageRef.parse, targets)))
