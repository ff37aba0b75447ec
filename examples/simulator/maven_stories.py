"""Incidents in a Maven repository, told step by step as ``stories`` does for the others."""

from collections.abc import Callable, Iterator

from simulator.maven import Maven
from simulator.stories import HOUR, Step

ARTIFACT = "example.paint:lines"
TARGET = f"maven:{ARTIFACT}"

MavenStory = Callable[[Maven], Iterator[Step]]


def maven_takedown(maven: Maven) -> Iterator[Step]:
    """A release signed with another key appears, and the operator takes it away."""
    _healthy(maven)
    yield Step("healthy", "three releases, one key", (TARGET,))
    maven.tick(HOUR)
    maven.deploy(ARTIFACT, "1.2.1", key="mallory", content=b"implant")
    yield Step("malicious", "1.2.1, signed with another key", (TARGET,))
    maven.tick(HOUR)
    maven.remove(ARTIFACT, "1.2.1")
    yield Step("removed", "1.2.1 is gone, files and list entry", (TARGET,))


def maven_drift(maven: Maven) -> Iterator[Step]:
    """Other bytes, with checksums to match, under a released version."""
    _healthy(maven)
    yield Step("healthy", "the first bytes", (TARGET,))
    maven.tick(HOUR)
    maven.replace_file(ARTIFACT, "1.2.0", b"implant")
    yield Step("replaced", "other bytes in the jar of 1.2.0", (TARGET,))


def maven_files_gone(maven: Maven) -> Iterator[Step]:
    """The files of a release are gone, and the metadata still lists it."""
    _healthy(maven)
    yield Step("healthy", "three releases", (TARGET,))
    maven.tick(HOUR)
    maven.remove_files(ARTIFACT, "1.2.0")
    yield Step("files-gone", "no file of 1.2.0 is served", (TARGET,))


def maven_quiet(maven: Maven) -> Iterator[Step]:
    """Nothing that matters: the same bytes with new dates, then a release by the same key."""
    _healthy(maven)
    yield Step("healthy", "three releases", (TARGET,))
    maven.tick(HOUR)
    maven.touch(ARTIFACT, "1.2.0")
    yield Step("touched", "the storage was moved", (TARGET,))
    maven.tick(HOUR)
    maven.deploy(ARTIFACT, "1.3.0")
    yield Step("released", "1.3.0", (TARGET,))


MAVEN_STORIES: dict[str, MavenStory] = {
    story.__name__.replace("_", "-"): story
    for story in (maven_takedown, maven_drift, maven_files_gone, maven_quiet)}


def _healthy(maven: Maven) -> None:
    for version, days in (("1.0.0", 700), ("1.1.0", 400), ("1.2.0", 90)):
        maven.deploy(ARTIFACT, version, at=maven.clock.ago(days=days))
