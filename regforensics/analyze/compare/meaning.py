"""What a true change of a published file means, by registry and place."""

from regforensics.model.origin import asked_origin
from regforensics.model.snapshot import Snapshot

#: (of the public registry, of any other place that speaks its protocol)
_MEANING = {
    "npm": (
        "npm lets no publisher replace a published version, and none may use its number again, so"
        " this was the registry's operator, a proxy on the way, or tampering",
        "npm lets no publisher replace a published version, so this was the registry's operator, a"
        " mirror or proxy, or tampering; a private registry may allow it"),
    "pypi": (
        "PyPI never takes a file name a second time, even after a deletion, so this was a mirror or"
        " proxy, or tampering; new bytes for a version come under new file names only",
        "PyPI never takes a file name a second time, so this was a mirror or proxy, or tampering; a"
        " private index may allow it"),
    "maven": (
        "Maven Central never changes a published file, so this was a mirror or proxy, or tampering",
        "Maven Central never changes a published file, so this was a mirror or proxy, or tampering;"
        " a private repository may allow an overwrite"),
}
_OTHERWISE = "whether a publisher can replace a published file depends on the registry"
ACROSS = ("two places serve different bytes under one name: a package of the same name in a private"
          " registry, a file that one of them rebuilt or repacked, or tampering at one of them")

LOCKED = ("a file that was replaced after it was locked, a place that serves other bytes than the"
          " one it was locked from, or an entry that was altered")


def meaning(registry: str, snapshot: Snapshot | None) -> str:
    """What it means that a file changed at the place of a capture, without a final stop.

    None stands for a file on disk.
    """
    if registry not in _MEANING:
        return _OTHERWISE
    own, elsewhere = _MEANING[registry]
    return own if snapshot is not None and asked_origin(snapshot.origin) else elsewhere
