"""Sources: which log a request stands in. Counts of two kinds of log are never added up.

A registry proxy, the router in front of it and its traffic log are one layer, and write the same
request three times: what tells them apart is the format of the log.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from regforensics.model.event import AccessEvent, Layer
from regforensics.model.events import Covered

_LAYERS: dict[Layer, str] = {
    "registry": "registry", "proxy": "registry proxy", "server": "web server",
    "balancer": "load balancer", "cdn": "CDN", "audit": "audit"}


class Source(NamedTuple):
    """A layer and the kind of its log (the format's name; None where it is not known)."""

    layer: Layer
    log: str | None

    @property
    def words(self) -> str:
        """The log in words."""
        return f"{_LAYERS[self.layer]} log" + (f" ({self.log})" if self.log else "")


def source_of(event: AccessEvent) -> Source:
    """The log that a request stands in."""
    return Source(event.layer, event.log)


def words_of(event: AccessEvent) -> str:
    """That log in words."""
    return source_of(event).words


def sources_in(log: Covered) -> tuple[Source, ...]:
    """The kinds of log in it that tell who asked for packages, each by layer and format."""
    return tuple(Source(layer, form) for layer in _LAYERS for name, form in log.kinds
                 if name == layer)


def covering(covered: Iterable[Covered], source: Source) -> Sequence[Covered]:
    """The stored logs with times in which requests of a source stand."""
    return [log for log in covered if log.first and log.last and any(
        layer == source.layer and source.log in (None, form) for layer, form in log.kinds)]
