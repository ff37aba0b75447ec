"""Limits: how much, how long and how often before a request is given up."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds.

    ``size`` caps the bytes on the wire, ``decoded`` those after content decoding. ``read`` is the
    longest silence, ``deadline`` the longest that one attempt may take in all, ``total`` that all
    attempts together may take before no further one is begun. ``rate`` is requests a second to
    one public host; loopback and private hosts are not paced.
    """

    size: int = 256 * MIB
    decoded: int = 256 * MIB
    connect: float = 15.0
    read: float = 30.0
    deadline: float = 300.0
    attempts: int = 4
    total: float = 600.0
    wait_initial: float = 0.5
    wait_max: float = 10.0
    wait_jitter: float = 1.0
    retry_after_max: float = 60.0
    redirects: int = 10
    rate: float = 8.0
