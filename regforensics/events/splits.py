"""Formats whose fields stand between single characters, as ``columns`` reads them.

``plain`` is a line's fields, ``reads`` which columns of the table depend on which of them alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from regforensics.logs.alb import ApplicationLoadBalancer
from regforensics.logs.artifactory import ArtifactoryRequest
from regforensics.logs.base import Context, ReadLine
from regforensics.logs.combined import Combined

METHOD, AT = "method", "at"
_ASKED = ("registry", "package", "version", "filename", "action")
_SENT = ("status_code", "outcome", "size")
_FIXED = ("layer", "source", "event_type")


class Cut(NamedTuple):
    """A separator and how many pieces it makes; ``open``: the last holds what is left."""

    separator: str
    pieces: int
    open: bool = False

    @property
    def most(self) -> int:
        """Cuts that are made: one too many shows where there are more pieces than there must be."""
        return self.pieces - (1 if self.open else 0)


class Stamp(NamedTuple):
    """The fields of the time; in ``clock`` the seconds stand at ``seconds``, and behind a point
    as many ``digits``."""

    fields: tuple[str, ...]
    clock: str
    seconds: int
    digits: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Split:
    """One shape of a format: ``outer`` cuts the line, ``inner`` the first piece of that."""

    name: str
    reader: ReadLine
    outer: Cut
    inner: Cut | None = None
    plain: Mapping[str, str]
    stamp: Stamp
    reads: Mapping[tuple[str, ...], tuple[str, ...]]
    by_method: Callable[[str], Mapping[str, str]]
    ports: tuple[str, ...] = ()  # fields that end in a port, which no column holds
    doubted: bool = False  # what the reader doubts is left to it: no column would show that

    @property
    def fields(self) -> tuple[str, ...]:
        """Their names, in the line's order."""
        return tuple(self.plain)

    @property
    def read(self) -> frozenset[str]:
        """Those that the time or a column depends on; of the others nothing is looked at."""
        return frozenset((*self.stamp.fields, *chain(*self.reads)))

    def line(self, shown: Mapping[str, str]) -> str:
        """The line of these fields."""
        values = [shown[name] for name in self.plain]
        if self.inner is None:
            return self.outer.separator.join(values)
        head = self.inner.separator.join(values[:self.inner.pieces])
        return self.outer.separator.join((head, *values[self.inner.pieces:]))


def _request(method: str) -> Mapping[str, str]:
    return {"request": f"{method} / HTTP/1.1"}


def _combined(shape: Mapping[str, str]) -> Split:
    """A shape of the combined format; every field that is not read must be what it must be."""
    empty = tuple(name for name in ("between", "end", "forwarded", "last") if name in shape)
    told = {("agent",): ("user_agent",), empty: ()} if "agent" in shape else {}
    return Split(
        name="combined", reader=Combined().reader(Context()), outer=Cut('"', len(shape) + 1),
        inner=Cut(" ", 6),
        plain={"host": "10.0.0.1", "ident": "-", "user": "-", "time": "[08/Sep/2025:15:20:00",
               "zone": "+0000]", "blank": "", **shape},
        stamp=Stamp(("time", "zone"), "time", 19, 0),
        reads={("request",): (*_ASKED, METHOD), (METHOD, "counts"): _SENT, ("ident", "blank"): (),
               ("host",): ("remote_addr",), ("user",): ("user",), **told,
               (): _FIXED if "agent" in shape else (*_FIXED, "user_agent")},
        by_method=_request, doubted="agent" not in shape)


_GET = "GET / HTTP/1.1"
# The referer, and what stands behind the size, are the worst that there are: see what the reader
# says of requests without protocol.
_AGENT = {"request": _GET, "counts": " 200 0 ", "referer": "HTTP/", "between": " ", "agent": "x",
          "end": ""}
SPLITS = (
    Split(
        name="artifactory-request", reader=ArtifactoryRequest().reader(Context()),
        outer=Cut("|", 11, open=True),
        plain={"time": "2025-01-01T00:00:00.000Z", "trace": "t", "client": "10.0.0.1", "user": "u",
               "verb": "GET", "path": "/", "status": "200", "first": "0", "second": "0",
               "took": "0", "agent": "a"},
        stamp=Stamp(("time",), "time", 17, 3),
        reads={("verb", "path"): (*_ASKED, METHOD), ("took",): (),
               (METHOD, "status", "first", "second"): _SENT, ("client",): ("remote_addr",),
               ("user",): ("user",), ("agent",): ("user_agent",), (): _FIXED},
        by_method=lambda method: {"verb": method}),
    Split(
        name="alb", reader=ApplicationLoadBalancer().reader(Context()),
        outer=Cut('"', 5, open=True), inner=Cut(" ", 13),
        plain={"type": "https", "time": "2025-01-01T00:00:00.000000Z", "elb": "app/a/1",
               "client": "10.0.0.1:80", "target": "-", "took1": "0", "took2": "0", "took3": "0",
               "status": "200", "target_status": "200", "received": "0", "sent": "0", "blank": "",
               "request": _GET, "between": " ", "agent": "x", "tail": " - -"},
        stamp=Stamp(("time",), "time", 17, 6),
        reads={("request",): (*_ASKED, METHOD), (METHOD, "status", "sent"): _SENT,
               ("client",): ("remote_addr",), ("agent",): ("user_agent",),
               ("type", "blank", "between"): (), (): (*_FIXED, "user")},
        by_method=_request, ports=("client",)),
    _combined(_AGENT),
    _combined(_AGENT | {"end": " ", "forwarded": "-", "last": ""}),
    _combined({"request": _GET, "counts": " 200 0 HTTP/"}),
)
