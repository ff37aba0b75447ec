"""A key of this account, by which it knows again what it computed and left in another's reach.

An evidence directory may come from anybody, and what lies below its ``derived/`` with it. The key
is 32 random bytes in ``$XDG_STATE_HOME/regforensics`` (``~/.local/state``); it proves nothing to
anybody else, and losing it costs nothing but time.
"""

import hmac
import os
import secrets
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from regforensics.evidence.files import Folder

MAC = 32  # bytes
_NAME, _SIZE = "index.key", 32


def mac(key: bytes, about: bytes, data: bytes | memoryview) -> bytes:
    """What marks data as this account's; ``about`` says what it is and what it was made of, so
    that nothing of ours can be put in the place of something else of ours."""
    made = hmac.new(key, sha256(about).digest(), "sha256")
    made.update(data)
    return made.digest()


def own(key: bytes, about: bytes, data: bytes) -> memoryview | None:
    """What stands behind the mark in ``data``, where it is this account's; else None."""
    rest = memoryview(data)[MAC:]
    return rest if hmac.compare_digest(data[:MAC], mac(key, about, rest)) else None


def name(key: bytes | None) -> str:
    """A few digits by which accounts keep off each other's files."""
    return sha256(b"name" + key).hexdigest()[:8] if key else "nobody"


def key(*, make: bool = False) -> bytes | None:
    """The key; with ``make`` a new one where there is none. None where there can be none."""
    place = _place()
    if place is None:
        return None
    try:
        if make:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Folder.open(place)
        if make and folder.stat(_NAME) is None:
            _make(folder)
        return _read(folder)
    except OSError:
        return None


def _place() -> Path | None:
    stated = os.environ.get("XDG_STATE_HOME", "")
    try:
        place = Path(stated) if stated else Path.home() / ".local" / "state"
    except RuntimeError:  # no home is known
        return None
    return place / "regforensics" if place.is_absolute() else None


def _make(folder: Folder) -> None:
    """Under another name first: two processes may be making it, and one of them is first."""
    name = f".{_NAME}-{secrets.token_hex(8)}"
    folder.write(name, secrets.token_bytes(_SIZE), flags=os.O_CREAT | os.O_EXCL, mode=0o600)
    try:
        with suppress(FileExistsError):
            os.link(name, _NAME, src_dir_fd=folder.fd, dst_dir_fd=folder.fd)
    finally:
        folder.remove(name)


def _read(folder: Folder) -> bytes | None:
    """The key, unless anybody else could have written it or can read it."""
    found = folder.stat(_NAME)
    if found is None or not stat.S_ISREG(found.st_mode) or found.st_size != _SIZE \
            or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        return None
    return folder.read(_NAME)
