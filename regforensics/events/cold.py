"""The cold question: who asked for a package, straight from raw logs, without taking them.

What is found has a line and bytes in a file, and is no citation: nothing was stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import BinaryIO

from regforensics.events.needles import Needles
from regforensics.events.scan import Problem, Row, Tally, scan
from regforensics.model.event import AccessEvent
from regforensics.model.package import PackageRef


@dataclass(slots=True)
class Asking:
    """Reads the requests for a package out of files; of ``version`` alone where there is one.

    ``problems`` are lines that may be about the package and could not be read, ``stopped`` says
    what of a file was not looked at.
    """

    package: PackageRef
    version: str | None = None
    zone: tzinfo | None = None
    form: str | None = None
    problems: list[Problem] = field(default_factory=list)
    unparsed: int = 0
    stopped: list[str] = field(default_factory=list)

    def rows(self, file: BinaryIO, name: str) -> Iterator[tuple[Row, AccessEvent]]:
        """The requests in a log, in the order of its lines. Never raises for what it holds."""
        tally = Tally()
        for rows in scan(file, tally, name=name, zone=self.zone, form=self.form,
                         wholesale=Needles(self.package)):
            for row in rows:
                event = row.event
                if isinstance(event, AccessEvent) and self._meant(event):
                    yield row, event
        self.problems, self.unparsed, self.stopped = tally.problems, tally.unparsed, tally.stopped

    def _meant(self, event: AccessEvent) -> bool:
        return (event.registry, event.package) == (self.package.registry, self.package.full_name) \
            and self.version in (None, event.version)

