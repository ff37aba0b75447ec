"""Which version a version is compared with: its neighbour in its release line, by publish order.

Why by line: a package that maintains two lines publishes them in turn, and what differs between
1.9.4 and 2.3.0 says nothing about either. A line is a major version, of 0.x a minor one (semver
makes no promise between those). A pre-release follows the pre-release before it: nightly builds
and releases come out of different hands.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from regforensics.analyze.releases.walk import Published, order, published
from regforensics.analyze.seen import Series, series
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History
from regforensics.model.identity import Identity
from regforensics.model.instant import Instant
from regforensics.model.snapshot import Release

Line = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Step:
    """A listed version and those it is compared with.

    ``before`` is its neighbour in the release line, ``last`` the version that was published last
    before it, whatever its line.
    """

    item: Published
    release: Release
    before: "Step | None"
    last: "Step | None"

    @property
    def version(self) -> str:
        """The version string."""
        return self.item.version

    @property
    def time(self) -> Fact[Instant]:
        """When it was published."""
        return self.item.time

    @property
    def named(self) -> Fact[str]:
        """The version, resting on its publish time."""
        return derive(self.version, self.time)

    @property
    def identity(self) -> Identity | None:
        """Who published it and with what; read anew each time."""
        return self.release.identity()

    def earlier(self, count: int) -> tuple["Step", ...]:
        """Up to ``count`` versions before it in its line, the nearest first."""
        found: list[Step] = []
        step = self.before
        while step is not None and len(found) < count:
            found.append(step)
            step = step.before
        return tuple(found)


def line(version: str) -> Line | None:
    """The release line of a version; None for a text that is no version."""
    numbers: Line = order(version)[0]
    if not numbers:
        return None
    return numbers[:1] if numbers[0] or len(numbers) == 1 else numbers[:2]


def steps(part: Series) -> list[Step]:
    """Every listed version of one place, in publish order, with those before it."""
    stable: dict[Line | None, Step] = {}
    ahead: dict[Line | None, Step] = {}
    found: list[Step] = []
    last: Step | None = None
    for item in published(part):
        if item.release is None:
            continue
        mine, early = line(item.version), not order(item.version)[1]
        before = (ahead.get(mine) if early else None) or stable.get(mine)
        last = Step(item, item.release, before, last)
        (ahead if early else stable)[mine] = last
        found.append(last)
    return found


def told_once(history: History, tell: Callable[[Series, Sequence[Step]], Iterable[Claim]]
              ) -> Iterator[Claim]:
    """What ``tell`` claims of each place, a version by the first place alone that lists it.

    It is given every version of a place all the same: which one is the first of its kind does not
    depend on what another place has told.
    """
    listed: set[str] = set()
    for part in series(history):
        found = steps(part)
        yield from (claim for claim in tell(part, found) if claim.subject.version not in listed)
        listed |= {step.version for step in found}
