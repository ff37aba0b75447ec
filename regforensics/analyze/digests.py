"""When two stated digests of one file say that its bytes differ."""

STRONG = frozenset({"sha256", "sha384", "sha512", "blake2b_256"})


def differs(algorithm: str, one: str, other: str) -> bool:
    """True where two digests of the same kind contradict each other."""
    return not all(agreement(algorithm, one, other).values())


def agreement(algorithm: str, one: str, other: str) -> dict[str, bool]:
    """For each hash kind that both texts state: whether they agree on it.

    A Subresource Integrity text may state several hashes: two such texts contradict each other
    only where they state the same hash kind with no value in common (W3C SRI, section 3.3).
    Hexadecimal digests are compared without regard to case.
    """
    if algorithm != "integrity":
        return {algorithm: one.strip().lower() == other.strip().lower()}
    mine, theirs = _by_kind(one), _by_kind(other)
    return {kind: bool(mine[kind] & theirs[kind]) for kind in mine if kind in theirs}


def _by_kind(integrity: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in integrity.split():
        kind, _, value = entry.partition("-")
        found.setdefault(kind.lower(), set()).add(value.partition("?")[0].rstrip("="))
    return found
