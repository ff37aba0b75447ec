"""Events in memory answer as those of a table do."""

from datetime import UTC, datetime
from typing import Any

from regforensics.evidence.lines import Line, LineFact
from regforensics.model.event import AccessEvent, AccountEvent, Action
from regforensics.model.events import EventList
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef


def line(number: int) -> Line:
    return Line("EX-000002", "0" * 64, number, 0, b"a line")


def fetched(number: int, at: str | None, **more: Any) -> LineFact[AccessEvent]:
    fields: dict[str, Any] = {"registry": "npm", "package": "@acme/paint",
                              "version": "1.0.0"} | more
    return LineFact(AccessEvent(layer="proxy", at=Instant.parse(at) if at else None,
                                action="download", **fields), line(number))


LATE = fetched(1, "2026-03-02T12:00:00Z", remote_addr="192.0.2.1")
EARLY = fetched(2, "2026-03-02T10:00:00Z", remote_addr="192.0.2.1", version="1.0.1")
UNDATED = fetched(3, None)
OTHER = fetched(4, "2026-03-01T10:00:00Z", package="paint", remote_addr="192.0.2.1")
EVENTS = EventList(requests=(LATE, EARLY, UNDATED, OTHER))
NOTHING_SENT: tuple[Action, ...] = ("upload",)
PACKAGE = PackageRef.parse("npm:@acme/paint")


def test_requests_are_those_of_the_package_by_time() -> None:
    assert list(EVENTS.of(PACKAGE)) == [EARLY, LATE, UNDATED]
    assert list(EVENTS.of(PACKAGE, "1.0.1")) == [EARLY]
    assert list(EVENTS.of(PACKAGE.at("1.0.1"))) == [EARLY]
    assert list(EVENTS.of(PACKAGE, actions=NOTHING_SENT)) == []
    assert list(EVENTS.of(PackageRef.parse("pypi:paint"))) == []


def test_an_address_is_first_seen_at_its_earliest_request_for_anything() -> None:
    assert EVENTS.first_seen({"192.0.2.1", "192.0.2.9"}) == {"192.0.2.1": OTHER}


def test_account_events_lie_in_the_interval() -> None:
    def signed_in(number: int, at: Instant | None) -> LineFact[AccountEvent]:
        return LineFact(AccountEvent(at=at, actor="ada", what="sign-in", event_type="login"),
                        line(number))

    dated, undated = signed_in(1, Instant.parse("2026-03-02T12:00:00Z")), signed_in(2, None)
    events = EventList(account_events=(undated, dated))
    assert list(events.accounts()) == [dated, undated]
    assert list(events.accounts(datetime(2026, 3, 2, tzinfo=UTC))) == [dated]
    assert list(events.accounts(until=datetime(2026, 3, 2, tzinfo=UTC))) == []
