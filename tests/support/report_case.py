"""A small case held in memory: two captures of an npm package, and the claims made from them."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence

from regforensics.errors import WrongUsage
from regforensics.evidence.lines import custody_lines
from regforensics.model.citation import Absence, Citation
from regforensics.model.claim import Claim, Gap
from regforensics.model.coverage import Coverage
from regforensics.model.instant import Instant, Interval
from regforensics.model.package import PackageRef
from regforensics.report.compose import compose
from regforensics.report.document import Report

PACKAGE = PackageRef.parse("npm:@acme/widget")
BEFORE = b"""{"name":"@acme/widget","versions":{"1.0.0":{"_npmUser":{"name":"ada"}},
"1.0.1":{"_npmUser":{"name":"mallory"},"deprecated":"see <b>x</b> | `y`"}},
"time":{"1.0.0":"2026-03-01T09:00:00.000Z","1.0.1":"2026-03-07T22:14:05.511Z"},
"maintainers":[{"name":"ada"},{"name":"mallory"}]}
"""
AFTER = b"""{"name":"@acme/widget","versions":{"1.0.0":{}},
"time":{"1.0.0":"2026-03-01T09:00:00.000Z","1.0.1":"2026-03-07T22:14:05.511Z"}}
"""
LOG = b"10.0.0.5 GET widget-1.0.1.tgz\n10.0.0.6 \xff\x1b[31m widget-1.0.1.tgz\n"
EXHIBITS = {"EX-000001": BEFORE, "EX-000002": AFTER, "EX-000003": LOG}


class Evidence:
    """The bytes of a case, as the check asks for them."""

    def __init__(self, exhibits: dict[str, bytes] | None = None) -> None:
        self.exhibits = dict(EXHIBITS if exhibits is None else exhibits)
        self.custody, self.head = b"", "0" * 64
        for number, (label, data) in enumerate(self.exhibits.items(), 1):
            line = json.dumps({"seq": number, "exhibit": label, "prev": self.head,
                               "sha256": hashlib.sha256(data).hexdigest(),
                               "observed_at": f"2026-03-0{7 + number}T06:00:00.000Z"})
            self.custody += line.encode() + b"\n"
            self.head = hashlib.sha256(line.encode() + b"\n").hexdigest()

    def read(self, label: str) -> bytes:
        if label not in self.exhibits:
            raise WrongUsage(f"no exhibit {label}")
        return self.exhibits[label]

    def stored(self, label: str) -> tuple[str, int]:
        data = self.read(label)
        return hashlib.sha256(data).hexdigest(), len(data)

    def file(self, label: str) -> str:
        return label if label == "custody.jsonl" else f"exhibits/{label}.npm.widget.json"

    def quoted(self, label: str, member: str | None, spans: Collection[tuple[int, int]],
               ) -> dict[tuple[int, int], tuple[int, bytes]]:
        return {}

    def derivation_fault(self, label: str) -> str | None:
        return None

    def custody_bytes(self) -> bytes:
        return self.custody

    def cite(self, label: str, quote: bytes, where: str) -> Citation:
        data = self.exhibits[label]
        start = data.index(quote)
        return Citation(label, hashlib.sha256(data).hexdigest(), start, start + len(quote), where,
                        quote)

    def absent(self, label: str, pointer: str) -> Absence:
        return Absence(label, hashlib.sha256(self.exhibits[label]).hexdigest(), pointer)

    def custody_line(self, number: int) -> Citation:
        return list(custody_lines(self.custody))[number - 1].citation


def at(text: str) -> Instant:
    return Instant.parse(text)


def claims_of(evidence: Evidence) -> list[Claim]:
    """Out of order on purpose."""
    bad = PACKAGE.at("1.0.1")
    published = evidence.cite("EX-000001", b'"1.0.1":"2026-03-07T22:14:05.511Z"', "/time/1.0.1")
    user = evidence.cite("EX-000001", b'"name":"mallory"}', "/versions/1.0.1/_npmUser/name")
    ghost = evidence.cite("EX-000002", b'"1.0.1":"2026-03-07T22:14:05.511Z"', "/time/1.0.1")
    first, second = evidence.custody_line(1), evidence.custody_line(2)
    return [
        Claim("ghost-version", "publish", bad,
              Interval(at("2026-03-08T06:00:00.000Z"), at("2026-03-09T06:00:00.000Z")),
              "Version 1.0.1 was taken down: it has a publish time and is no longer listed.",
              (ghost, first, second), (evidence.absent("EX-000002", "/versions/1.0.1"),),
              "inferred"),
        Claim("publish", "publish", PACKAGE.at("1.0.0"), at("2026-03-01T09:00:00.000Z"),
              "Version 1.0.0 was published.",
              (evidence.cite("EX-000001", b'"1.0.0":"2026-03-01T09:00:00.000Z"', "/time/1.0.0"),),
              notable=False),
        Claim("publish", "publish", bad, at("2026-03-07T22:14:05.511Z"),
              "Version 1.0.1 was published at 2026-03-07T22:14:05.511Z by mallory.",
              (published, user)),
        Claim("deprecated", "publish", bad, None,
              "Version 1.0.1 is deprecated with the text: see <b>x</b> | `y`",
              (evidence.cite("EX-000001", b'"deprecated":"see <b>x</b> | `y`"',
                             "/versions/1.0.1/deprecated"),)),
        Claim("download", "distribution", bad, Interval(None, at("2026-03-10T06:00:00.000Z")),
              "Address 10.0.0.6 fetched widget-1.0.1.tgz.",
              (evidence.cite("EX-000003", LOG.splitlines()[1], "line 2"),)),
    ]


ANNOUNCED = at("2026-03-09T12:00:00Z")
GAPS = (
    Gap("account", "no identity log was handed over", PACKAGE,
        "the identity provider: sign-ins of mallory@mail.example, 30 days"),
    Gap("withdrawal", "the registry does not state when a version was taken down", PACKAGE),
)
ROWS = (
    Coverage("publish", "authoritative", "registry document", PACKAGE, "2 captures"),
    Coverage("account", "unavailable", "identity log", PACKAGE,
             ask="the project's owners: the account's security history"),
    Coverage("install", "limited", "proxy log", PACKAGE, "2 lines"),
)


def report(evidence: Evidence | None = None, *, claims: Iterable[Claim] | None = None,
           gaps: Iterable[Gap] = GAPS, case: str = "widget takeover",
           incidents: Sequence[PackageRef] = (PACKAGE.at("1.0.1"),),
           announced: Instant | None = ANNOUNCED, since: Instant | None = None,
           until: Instant | None = None,
           coverage_rows: Sequence[Coverage] = ROWS) -> Report:
    """The composed report of the case."""
    evidence = evidence or Evidence()
    return compose(
        claims_of(evidence) if claims is None else claims, gaps, case=case,
        generated_at=at("2026-03-11T08:00:00Z"), custody_head=evidence.head, file=evidence.file,
        incidents=incidents, announced=announced, since=since, until=until,
        coverage_rows=coverage_rows)
