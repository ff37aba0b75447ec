"""StoredFile: that the bytes of a package file are stored, whatever was read in them."""

from dataclasses import dataclass

from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A package file that was fetched or handed over: the version that it is of, its name where it
    came from, its exhibit, and the custody line that says so."""

    package: PackageRef
    filename: str
    exhibit: str
    line: Fact[str]
