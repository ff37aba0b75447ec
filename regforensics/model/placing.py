"""Placed: what offline tables say of an address, and when they were made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An address by the offline tables that are among the evidence; their word, no measurement.

    ``country`` is an ISO 3166 code, ``asn`` the number of the autonomous system and
    ``organisation`` its holder, coordinates are in degrees. ``tables`` name the tables that have
    the address, with the day they were made.
    """

    country: str | None = None
    asn: int | None = None
    organisation: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    tables: tuple[str, ...] = ()

    @property
    def coordinates(self) -> tuple[float, float] | None:
        """Latitude and longitude, where the tables have both."""
        return None if self.latitude is None or self.longitude is None \
            else (self.latitude, self.longitude)

    @property
    def system(self) -> str | None:
        """The autonomous system as a sentence names it."""
        if self.asn is None:
            return None
        return f"AS{self.asn}" + (f" ({self.organisation})" if self.organisation else "")
