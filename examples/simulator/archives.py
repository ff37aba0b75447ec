"""Archives whose bytes depend on their contents alone: npm tarballs, sdists, wheels."""

import io
import struct
import tarfile
import zipfile
import zlib
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
        used = archive.offset
    return _gzip(raw.getvalue()[:used + 1024])


def crafted(*entries: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    """A gzipped tar with members exactly as given: climbing names, links, devices, twins."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                member = tarfile.TarInfo(entry[0])
                member.size, member.mtime = len(entry[1]), 499162500
                archive.addfile(member, io.BytesIO(entry[1]))
    return _gzip(raw.getvalue())


def bomb(mebibytes: int) -> bytes:
    """A gzipped tar whose one member unpacks to that many mebibytes of zeros."""
    member = tarfile.TarInfo("package/zeros.js")
    member.size = mebibytes << 20
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    pieces = [packer.compress(member.tobuf()), *(packer.compress(zeros) for _ in range(mebibytes))]
    return b"".join((*pieces, packer.compress(bytes(1024)), packer.flush()))


def wheel(files: Files) -> bytes:
    """A zip with every file, dated as reproducible wheels are (1980-01-01)."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), as_bytes(content))
    return raw.getvalue()


def _gzip(data: bytes) -> bytes:
    """A gzip file of stored blocks (RFC 1951, 1952): the same on every build of zlib."""
    parts = [data[at:at + 65535] for at in range(0, len(data), 65535)] or [b""]
    blocks = (struct.pack("<BHH", part is parts[-1], len(part), len(part) ^ 0xFFFF) + part
              for part in parts)
    end = struct.pack("<II", zlib.crc32(data), len(data) % 2**32)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + b"".join(blocks) + end


def as_bytes(content: str | bytes) -> bytes:
    """``content`` as bytes; text is UTF-8."""
    return content.encode() if isinstance(content, str) else content
