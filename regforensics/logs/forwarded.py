"""Which of the addresses that a request was forwarded for is the client's.

Anybody may write an X-Forwarded-For header; a proxy adds the address of whoever asked it. So the
list is read from the right, where our own proxies wrote, and the client is the first address that
is none of theirs. What stands to its left is the client's own word. Without a list of proxies
nobody but the peer is believed.
"""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address

from regforensics.logs.fields import address
from regforensics.model.event import AccessEvent

Network = IPv4Network | IPv6Network


def believed(event: AccessEvent, trusted: Sequence[Network]) -> AccessEvent:
    """The event with the address that trusted proxies forwarded; itself where they did none.

    Where a hop of theirs is no address, the peer stays and a doubt says so.
    """
    if not event.chain or event.addr_kind != "peer" or not _ours(event.remote_addr, trusted):
        return event
    client = event.remote_addr
    for hop in reversed(event.chain):
        found = address(hop)
        if found.value is None:
            return replace(event, doubts=(*event.doubts, "a trusted proxy forwarded what is no"
                                          f" address: {found.doubt or 'nothing'}"))
        client = found.value
        if not _ours(client, trusted):
            break
    if client == event.remote_addr:
        return event
    return replace(event, remote_addr=client, addr_kind="forwarded",
                   extra={**event.extra, "peer": event.remote_addr})


def _ours(text: str | None, trusted: Sequence[Network]) -> bool:
    try:
        return text is not None and any(ip_address(text) in network for network in trusted)
    except ValueError:
        return False
