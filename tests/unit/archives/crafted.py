"""Archives as nobody should make them, for tests: members given byte for byte."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any


def tar(*members: tarfile.TarInfo | tuple[str, bytes], form: Any = "w:gz",
        pax: bool = False) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode=form,
                      format=tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return raw.getvalue()


def special(name: str, kind: bytes, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info


def zipped(*members: tuple[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", packed) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, packed)
    return raw.getvalue()


def bomb(unpacked: int) -> bytes:
    """A tar.gz with one member of zeros."""
    info = tarfile.TarInfo("package/zeros")
    info.size = unpacked
    packer = zlib.compressobj(9, wbits=31)
    pieces: Iterable[bytes] = (bytes(1 << 20) for _ in range(unpacked >> 20))
    return b"".join([packer.compress(info.tobuf()), *map(packer.compress, pieces),
                     packer.flush()])


def two_headers(local: str, central: str, content: bytes) -> bytes:
    """A zip whose local header names another member than the central directory."""
    data = zipped((local, content), packed=zipfile.ZIP_STORED)
    at = data.index(b"PK\1\2")
    return data[:at] + data[at:].replace(local.encode(), central.encode())


def hidden_member(shown: str, hidden: str) -> bytes:
    """A zip with a local member that the central directory leaves out."""
    data = zipped((shown, b"1"), (hidden, b"2"), packed=zipfile.ZIP_STORED)
    directory = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", directory + 4)
    end = data.index(b"PK\5\6")
    kept = data[directory:second]
    record = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(kept), directory, 0)
    assert end
    return data[:directory] + kept + record


def several(*parts: bytes) -> bytes:
    """The gzip streams of ``parts`` one after another."""
    return b"".join(gzip.compress(part, mtime=0) for part in parts)


def block(name: str, size: int = 0, kind: bytes = b"0", link: str = "") -> bytes:
    """One ustar header that states what it is told to."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info.tobuf(tarfile.USTAR_FORMAT)


def held(name: str, content: bytes, kind: bytes = b"0") -> bytes:
    """A header, the content and its padding."""
    return block(name, len(content), kind) + content + bytes(-len(content) % 512)


def record(key: str, value: str) -> bytes:
    """One record of a pax header, which states its own length."""
    size = len(key) + len(value.encode()) + 4
    while len(text := f"{size} {key}={value}\n".encode()) != size:
        size = len(text)
    return text


def ended(*blocks: bytes) -> bytes:
    return gzip.compress(b"".join(blocks) + bytes(1024), mtime=0)


def zip64_end(members: int, length: int, offset: int) -> bytes:
    return struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, members, members, length,
                       offset)


def located(at: int, length: int = 0xFFFFFFFF, offset: int = 0xFFFFFFFF) -> bytes:
    """A zip64 locator and the end record."""
    return struct.pack("<4sLQL", b"PK\6\7", 0, at, 1) \
        + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, length, offset, 0)


def parted(data: bytes) -> tuple[bytes, bytes, int]:
    """Of a plain zip: the members, the central directory, and how many members there are."""
    end = data.rindex(b"PK\5\6")
    count, length, offset = struct.unpack("<HLL", data[end + 10:end + 20])
    return data[:offset], data[offset:offset + length], count


def zip64(data: bytes, **more: int) -> bytes:
    """A plain zip with the records of zip64 at its end."""
    body, directory, count = parted(data)
    at = len(body) + len(directory)
    return body + directory + zip64_end(count, len(directory), len(body)) + located(at, **more)


def both_forms(shown: bytes, inner: bytes) -> bytes:
    """A tar archive with a zip in it whose comment reaches to the end of the tar."""
    def built(comment: int) -> bytes:
        data = inner[:-2] + struct.pack("<H", comment)
        return held("p/a.py", shown) + held("p/logo.bin", data) + bytes(1024)
    plain = built(0)
    return built(len(plain) - plain.rindex(b"PK\5\6") - 22)
