"""Whatever a log says of a package: the claims about it never fail, and each cites a line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.analyze.logs import changes, logged
from regforensics.evidence.lines import Line, LineFact
from regforensics.model import event as of
from regforensics.model.claim import Claim
from regforensics.model.event import AccessEvent
from regforensics.model.events import Covered, EventList
from regforensics.model.history import History
from regforensics.model.instant import Instant
from tests.unit.analyze.documents import scope
from tests.unit.analyze.logs.test_logged import case

HISTORY: History = case(gone=True).history()
WORDS = st.one_of(st.none(), st.sampled_from(("1.1.0", "1.0.0", "paint", "203.0.113.7", "curl/8")),
                  st.text(max_size=12))
TIMES = st.builds(
    lambda minutes, precision, zone: Instant(
        datetime(2026, 3, 2, 5, tzinfo=UTC) + timedelta(minutes=minutes), str(minutes), precision,
        zone),
    st.integers(0, 600), st.sampled_from((0.001, 1.0, 60.0)),
    st.sampled_from(("stated", "assumed")))


def _one(name: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(getattr(of, name)))


EVENTS = st.builds(
    AccessEvent, layer=_one("Layer"), at=st.one_of(st.none(), TIMES), moment=_one("Moment"),
    started=st.one_of(st.none(), TIMES), side=_one("Side"),
    source=st.sampled_from((None, "cache", "upstream")), event_type=WORDS,
    registry=st.sampled_from(("npm", "pypi", None)), repo=WORDS,
    package=st.sampled_from(("paint", "paint", "paint", None)),
    version=st.sampled_from(("1.1.0", "1.1.0", "1.0.0", None)), filename=WORDS,
    action=_one("Action"), method=st.sampled_from(("GET", "HEAD", "PUT", "POST", "DELETE", None)),
    status_code=st.sampled_from((200, 206, 304, 401, 403, 404, 500, None)),
    outcome=_one("Outcome"), size=st.sampled_from((None, 0, 10, 20)), remote_addr=WORDS, user=WORDS,
    user_agent=WORDS, key=WORDS, target=WORDS, log=st.sampled_from(("nginx", "artifactory", None)),
    file=st.sampled_from(("EX-000101", "EX-000102")))


def _line(number: int) -> Line:
    return Line("EX-000101", "0" * 64, number, number * 5, b"line\n")


@settings(max_examples=150)
@given(st.lists(EVENTS, max_size=25))
def test_any_events_give_claims_that_cite_and_no_failure(events: list[AccessEvent]) -> None:
    facts = tuple(LineFact(one, _line(n)) for n, one in enumerate(events))
    ends = sorted((LineFact(one.at, _line(n)) for n, one in enumerate(events) if one.at),
                  key=lambda fact: fact.value.utc)
    covered = Covered(exhibit="EX-000101", source=LineFact("x.log", _line(0)), formats={"nginx": 1},
                      lines=len(events) + 1, events=len(events), unparsed=1,
                      first=ends[0] if ends else None, last=ends[-1] if ends else None,
                      layers=tuple(dict.fromkeys(one.layer for one in events)),
                      kinds=tuple(dict.fromkeys((one.layer, "nginx") for one in events)))
    history = replace(HISTORY, events=EventList(requests=facts, covered=(covered,)))
    asked = replace(scope("npm:paint@1.1.0"), announced=Instant.parse("2026-03-02T09:00:00.000Z"),
                    known_networks=("203.0.113.0/24",))
    for finding in (*logged.run(history, asked), *changes.run(history, asked)):
        assert not isinstance(finding, Claim) or finding.citations
        assert "clean" not in (finding.statement if isinstance(finding, Claim) else finding.reason)
