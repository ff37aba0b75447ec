"""When two stated digests of one file say that its bytes differ."""

STRONG = frozenset({"integrity", "sha256", "sha512", "sha384", "blake2b_256"})


def differs(algorithm: str, one: str, other: str) -> bool:
    """True where two digests of the same kind contradict each other.

    A Subresource Integrity text may state several hashes: two such texts contradict each other
    only where they state the same hash kind with no value in common (W3C SRI, section 3.3).
    Hexadecimal digests are compared without regard to case.
    """
    if algorithm != "integrity":
        return one.strip().lower() != other.strip().lower()
    mine, theirs = _by_kind(one), _by_kind(other)
    return any(not mine[kind] & theirs[kind] for kind in mine.keys() & theirs.keys())


def _by_kind(integrity: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in integrity.split():
        kind, _, value = entry.partition("-")
        found.setdefault(kind.lower(), set()).add(value.partition("?")[0].rstrip("="))
    return found
