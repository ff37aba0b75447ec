"""One way to make an access event out of what every request log has."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from regforensics.logs.fields import Address, outcome
from regforensics.logs.paths import read_path
from regforensics.model.event import AccessEvent, Layer
from regforensics.model.instant import Instant

_LONGEST = 30 * 86400.0  # seconds: a longer request is a number that means something else
_NO_ADDRESS = Address(None)


def access(layer: Layer, at: Instant | None, method: str | None, target: str, *,
           status: int | None = None, size: int | None = None, took: float | None = None,
           started: Instant | None = None, client: Address = _NO_ADDRESS,
           doubts: Iterable[str | None] = (), registry: str | None = None,
           **more: Any) -> AccessEvent:
    """The event of a request for ``target``; ``took`` is in seconds before ``at``.

    ``registry`` as in ``read_path``; ``more`` are further fields of the event.
    """
    asked = read_path(method or "", target, registry)
    fields = {"registry": asked.registry, "repo": asked.repo, "package": asked.package,
              "version": asked.version, "filename": asked.filename, "action": asked.action,
              "target": asked.target,
              "remote_addr": client.value, "status_code": status, "size": size,
              "outcome": outcome(status, size, method=method or "")} | more
    return AccessEvent(
        layer=layer, at=at, method=method, started=started or _before(at, took),
        doubts=tuple(filter(None, (*doubts, client.doubt, asked.doubt))), **fields)


def _before(at: Instant | None, took: float | None) -> Instant | None:
    if at is None or took is None or not 0 <= took < _LONGEST:
        return None
    try:
        started = at.utc - timedelta(seconds=took)
    except OverflowError:  # before the year 1
        return None
    return Instant(started, at.text, at.precision, at.zone)
