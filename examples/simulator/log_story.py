"""One incident as four sources saw it: the registry, a registry proxy, a load balancer, and Okta.

    files = incident()          # file name -> bytes, as they would be handed over

What is planted (all on 2 March 2026, UTC, of paint-lines 1.2.1):
- published at 08:00 by mallory, whose account signed in from Lisbon at 06:10 and from Osaka at
  07:10, and had a factor added at 07:20; the publish went through the proxy from that address;
- fetched at 07:40, before the publish, by a generic HTTP client from a lone address;
- fetched by a mirror within a minute, by a scanner, and by a CI runner over and over;
- first fetched by a developer at 08:04;
- twelve addresses of one network fetch it between 09:00 and 09:30;
- taken down by 12:00, and handed out once more by the proxy at 12:25;
- the load balancer's log is silent from 10:00 to 12:00.
Names, people and addresses are invented; the addresses are those kept for documentation.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from simulator.clock import Clock
from simulator.npm import Npm
from simulator.told import PACKAGE
from simulator.web import Request

DAY = datetime(2026, 3, 2, tzinfo=UTC)
BAD = "1.2.1"
DEVELOPER, LONE, OSAKA, RUNNER = "10.20.30.41", "198.51.100.66", "192.0.2.200", "10.20.40.9"
CROWD = tuple(f"203.0.113.{n}" for n in range(11, 23))
NPM = "npm/10.8.2 node/v20.17.0 linux x64 workspaces/false"
CI = NPM + " ci/github-actions"
MIRROR, SCANNER, TOOL = "Nexus/3.63.0-01 (PRO; Linux)", "guarddog/2.1", "curl/8.5.0"


class Fetch(NamedTuple):
    """One request at the proxy."""

    at: datetime
    address: str
    user: str
    agent: str
    version: str | None = BAD
    method: str = "GET"
    status: int = 200
    package: str = PACKAGE


def incident() -> dict[str, bytes]:
    """The files, by name; ``before`` and ``after`` are packuments of 07:30 and 12:00."""
    before, after = _packuments()
    fetches = sorted(_fetches(), key=lambda f: f.at)
    return {"before.json": before, "after.json": after,
            "artifactory-request.log": _lines(map(_proxy, fetches)),
            "balancer.log": _lines(_balancer(f) for f in fetches
                                   if not clock(10) < f.at < clock(12)),
            "okta.json": _lines(_identity())}


def clock(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A time of the day."""
    return DAY + timedelta(hours=hour, minutes=minute, seconds=second)


def _packuments() -> tuple[bytes, bytes]:
    npm = Npm(Clock(clock(7, 30)))
    for version, days in (("1.0.0", 700), ("1.2.0", 90)):
        npm.publish(PACKAGE, version, by="ada", at=npm.clock.ago(days=days))
    npm.add_owner(PACKAGE, "mallory", at=npm.clock.ago(days=30))
    before = npm.respond(Request(f"/{PACKAGE}")).body
    npm.publish(PACKAGE, BAD, by="mallory", at=clock(8), scripts={"postinstall": "node setup.js"})
    npm.unpublish(PACKAGE, BAD, at=clock(11, 58))
    return before, npm.respond(Request(f"/{PACKAGE}")).body


def _fetches() -> Iterator[Fetch]:
    for minutes in range(0, 14 * 60, 10):  # everyday work
        yield Fetch(DAY + timedelta(minutes=minutes, seconds=7), DEVELOPER, "ada", NPM, "1.2.0",
                    package=PACKAGE if minutes % 30 == 0 else "line-width")
    yield Fetch(clock(7, 40), LONE, "-", TOOL)
    yield Fetch(clock(8), OSAKA, "mallory", NPM, None, "PUT", 201)
    yield Fetch(clock(8, 0, 40), "10.20.50.2", "replicator", MIRROR)
    yield Fetch(clock(8, 1, 30), "10.20.50.3", "scanner", SCANNER)
    yield from (Fetch(clock(8, 2 * n, 5), RUNNER, "ci", CI) for n in range(1, 20))
    yield Fetch(clock(8, 3, 58), DEVELOPER, "ada", NPM, None)
    yield Fetch(clock(8, 4), DEVELOPER, "ada", NPM)
    for n, address in enumerate(CROWD):
        yield Fetch(clock(9, 2 * n), address, "-", NPM, None)
        yield Fetch(clock(9, 2 * n, 1), address, "-", NPM)
    yield Fetch(clock(12, 25), "10.20.30.44", "ben", NPM)


def _path(fetch: Fetch) -> str:
    file = f"/-/{fetch.package}-{fetch.version}.tgz" if fetch.version else ""
    return f"/api/npm/npm-remote/{fetch.package}{file}"


def _proxy(fetch: Fetch) -> str:
    return (f"{_stamp(fetch.at)}|a1347a2e5ad0d45b|{fetch.address}|{fetch.user}|{fetch.method}"
            f"|{_path(fetch)}|{fetch.status}|-1|43210|40|{fetch.agent}")


def _balancer(fetch: Fetch) -> str:
    ended = _stamp(fetch.at + timedelta(milliseconds=2)).replace("Z", "000Z")
    began = _stamp(fetch.at - timedelta(milliseconds=40)).replace("Z", "000Z")
    return (f'https {ended} app/npm/50dc6c495c0c9188 {fetch.address}:2817 10.0.0.1:8081 0.001'
            f' 0.040 0.000 {fetch.status} {fetch.status} 34 43366 "{fetch.method}'
            f' https://npm.corp.example:443/artifactory{_path(fetch)} HTTP/1.1" "{fetch.agent}"'
            f' - TLSv1.2 - "Root=1-58337262-36d228ad5d99923122bbe354" "npm.corp.example" "-" 0'
            f' {began} "forward" "-" "-" "10.0.0.1:8081" "{fetch.status}" "-" "-"')


def _identity() -> Iterator[str]:
    lisbon, osaka = ("Lisbon", "Portugal", 38.7, -9.1), ("Osaka", "Japan", 34.7, 135.5)
    yield _row(clock(5, 30), "ada", DEVELOPER, lisbon)
    yield _row(clock(6, 10), "mallory", "10.20.30.50", lisbon)
    yield _row(clock(7, 10), "mallory", OSAKA, osaka)
    yield _row(clock(7, 20), "mallory", OSAKA, osaka, "user.mfa.factor.activate")
    yield _row(clock(9), "ben", "10.20.30.44", lisbon)


def _row(at: datetime, who: str, address: str, place: tuple[str, str, float, float],
         kind: str = "user.session.start") -> str:
    city, country, lat, lon = place
    return json.dumps({
        "uuid": f"{_stamp(at)}-{who}", "published": _stamp(at), "eventType": kind,
        "actor": {"alternateId": f"{who}@corp.example"}, "outcome": {"result": "SUCCESS"},
        "client": {"ipAddress": address, "geographicalContext": {
            "city": city, "country": country, "geolocation": {"lat": lat, "lon": lon}}}})


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lines(rows: Iterable[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()
