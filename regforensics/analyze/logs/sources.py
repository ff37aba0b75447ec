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
_UNREAD = "unknown"  # lines of no known format


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
    """The sources of downloads that a stored log holds; its layers alone where several formats and
    several layers are mixed in it."""
    forms = [form for form in log.formats if form != _UNREAD]
    layers = [layer for layer in _NAMED if layer in log.asked]
    if len(layers) == 1 and forms:
        return tuple(Source(layers[0], form) for form in forms)
    return tuple(Source(layer, forms[0] if len(forms) == 1 else None) for layer in layers)


def covering(covered: Iterable[Covered], source: Source) -> Sequence[Covered]:
    """The stored logs with times in which requests of a source stand."""
    return [log for log in covered if log.first and log.last and source.layer in log.asked
            and (source.log is None or not log.formats or source.log in log.formats)]


_NAMED: tuple[Layer, ...] = ("registry", "proxy", "server", "balancer", "cdn")
