"""zstd frames of contents, and patches of contents from others, that stock zstd opens.

``zstd -d --long=31 --patch-from=KEYFRAME NAME.zst`` gives back what ``packed`` took. The prefix of
a frame is the whole of the keyframe; long-distance matching and a window over both find in it
whatever stands where (a dictionary would silently use its end alone).
"""

import errno
from functools import cache
from importlib import import_module
from sys import version_info

zstd = import_module("compression.zstd" if version_info >= (3, 14) else "backports.zstd")

_LEVEL, _KEY_LEVEL = 3, 9  # a patch is hardly smaller at more; a keyframe is written once
_LONGEST = 28  # log2 of the window: the contents and the keyframe, each of at most MOST bytes


def packed(data: bytes, prefix: bytes | None = None) -> bytes:
    """A zstd frame of ``data``, with its size and a checksum; a patch where there is a prefix."""
    window = max(10, min(_LONGEST, (len(data) + len(prefix or b"")).bit_length()))
    names = zstd.CompressionParameter
    made: bytes = zstd.compress(
        data, zstd_dict=_prefix(prefix),
        options={names.compression_level: _KEY_LEVEL if prefix is None else _LEVEL,
                 names.window_log: window, names.enable_long_distance_matching: 1,
                 names.checksum_flag: 1})
    return made


def unpacked(frame: bytes, size: int, prefix: bytes | None = None) -> bytes:
    """The ``size`` bytes that a frame holds; never more are made.

    Raises OSError where it is no such frame, or none of these contents.
    """
    _hold_memory()
    unpacker = zstd.ZstdDecompressor(
        zstd_dict=_prefix(prefix), options={zstd.DecompressionParameter.window_log_max: _LONGEST})
    try:
        data: bytes = unpacker.decompress(frame, size + 1)
    except (zstd.ZstdError, EOFError) as error:
        raise OSError(errno.EBADMSG, f"it cannot be unpacked: {error}") from error
    if len(data) != size or not unpacker.eof or unpacker.unused_data:
        raise OSError(errno.EBADMSG, f"it does not unpack to {size} bytes")
    return data


@cache
def _hold_memory() -> None:
    """Let the allocator keep what it frees, up to twice this much, instead of giving it back.

    Contents of megabytes are unpacked one after the other, and fresh memory costs more than the
    unpacking: glibc keeps as much as the largest piece that it ever gave back, which this is. The
    piece itself is never touched, and so never there.
    """
    bytearray(31 << 20)


def _prefix(data: bytes | None) -> object:
    """``data`` as what stands before the frame; fewer than eight bytes are no help to zstd."""
    return None if data is None or len(data) < 8 else zstd.ZstdDict(data, is_raw=True).as_prefix
