"""Stories about who publishes: takeovers without noise, and three that only look like one."""

from collections.abc import Iterator
from datetime import UTC, datetime

from simulator.npm import Npm
from simulator.npm_manifest import Person
from simulator.pypi import PyPI
from simulator.told import HOUR, PACKAGE, Step

TARGETS = (f"npm:{PACKAGE}",)
ADA = Person("ada", "ada@mail.example")
NEW_ADDRESS = Person("ada", "ada@inbox.example")
OTHER_CLIENT = {"_npmVersion": "8.19.4", "_nodeVersion": "16.20.2", "gitHead": None}


def quiet_takeover(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """A token of the owner publishes past the trusted publisher: no script, one young dependency.

    Address, client, commit and provenance differ; nothing in the owner list does.
    """
    _trusted(npm)
    npm.publish("plain-paint-js", "4.2.0", by="mallory", at=npm.clock.ago(seconds=18 * HOUR))
    npm.publish("plain-paint-js", "4.2.1", by="mallory", at=npm.clock.ago(seconds=HOUR),
                scripts={"postinstall": "node setup.js"})
    yield Step("healthy", "three releases by trusted publishing", (*TARGETS, "npm:plain-paint-js"))
    npm.tick(HOUR)
    npm.publish(PACKAGE, "1.2.1", by=NEW_ADDRESS, declared=OTHER_CLIENT,
                dependencies={"line-width": "^2.0.0", "plain-paint-js": "4.2.1"})
    yield Step("token-publish", "1.2.1 by hand, with a dependency a day old", TARGETS)


def woken_package(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """A finished package is handed to a stranger, who publishes at once, after two years."""
    for version, days in (("1.0.0", 830), ("1.1.0", 810), ("1.1.1", 800), ("1.2.0", 770)):
        npm.publish(PACKAGE, version, by=ADA, at=npm.clock.ago(days=days))
    yield Step("healthy", "four releases, the last of them two years ago", TARGETS)
    npm.tick(HOUR)
    npm.set_owner(PACKAGE, "mallory")
    npm.publish(PACKAGE, "1.2.1", by="mallory", dependencies={"x": "git+https://git.example/x.git"})
    yield Step("woken", "1.2.1 by the new owner, with a dependency past the registry", TARGETS)


def staged_release(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """Harmless: npm 11.15 stages a release and records the human who approved it."""
    _trusted(npm, before=datetime(2026, 5, 22, 9, tzinfo=UTC))
    yield Step("healthy", "three releases by trusted publishing", TARGETS)
    npm.tick(HOUR)
    npm.publish(PACKAGE, "1.2.1", by="ada", at=datetime(2026, 5, 22, 9, tzinfo=UTC),
                uploaded=datetime(2026, 5, 22, 8, 59, 40, tzinfo=UTC),
                declared={"_npmVersion": "11.15.0"}, dependencies={"line-width": "^2.0.0"})
    yield Step("approved", "1.2.1 was staged by the workflow and approved by ada", TARGETS)


def restored_version(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """Harmless: the operator puts a version back, at its old time, as if it had never gone."""
    _trusted(npm)
    yield Step("healthy", "three releases by trusted publishing", TARGETS)
    before = npm.documents[PACKAGE]["versions"]["1.1.0"]
    npm.tick(HOUR)
    npm.unpublish(PACKAGE, "1.1.0")
    yield Step("gone", "1.1.0 is unpublished", TARGETS)
    npm.tick(HOUR)
    npm.restore(PACKAGE, before)
    yield Step("restored", "1.1.0 is there again", TARGETS)


def hasty_release(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """Harmless: a broken release is deprecated and followed by a fix within the hour."""
    _trusted(npm)
    yield Step("healthy", "three releases by trusted publishing", TARGETS)
    npm.tick(HOUR)
    for version in ("1.2.1", "1.2.2"):
        npm.publish(PACKAGE, version, by=ADA, trusted_publisher="github", provenance=True,
                    dependencies={"line-width": "^2.0.0"})
        npm.tick(HOUR / 2)
    npm.deprecate(PACKAGE, "1.2.1", "broken, use 1.2.2")
    yield Step("deprecated", "1.2.1 is deprecated on the day of its publish", TARGETS)


def _trusted(npm: Npm, before: datetime | None = None) -> None:
    moment = before or npm.clock.now()
    days = (npm.clock.now() - moment).total_seconds() / 86400
    for version, age in (("1.0.0", 700), ("1.1.0", 400), ("1.2.0", 90)):
        npm.publish(PACKAGE, version, by=ADA, at=npm.clock.ago(days=days + age),
                    trusted_publisher=None if version == "1.0.0" else "github",
                    provenance=version != "1.0.0", dependencies={"line-width": "^2.0.0"},
                    description="Draws lines in terminals")


STORIES = (quiet_takeover, woken_package, staged_release, restored_version, hasty_release)
