"""Archives whose bytes depend on their contents alone: npm tarballs, sdists, wheels."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping

Files = Mapping[str, str | bytes]


def tarball(files: Files, *, root: str = "package") -> bytes:
    """A gzipped tar with every file below ``root``, dated as npm pack dates them (1985-10-26)."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            data = as_bytes(content)
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size, entry.mode, entry.mtime = len(data), 0o644, 499162500
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


def wheel(files: Files) -> bytes:
    """A zip with every file, dated as reproducible wheels are (1980-01-01)."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), as_bytes(content))
    return raw.getvalue()


def as_bytes(content: str | bytes) -> bytes:
    """``content`` as bytes; text is UTF-8."""
    return content.encode() if isinstance(content, str) else content
