"""SSH signatures over checkpoints, made and checked by OpenSSH's own ssh-keygen (``-Y``).

Whoever holds an SSH key can sign, and whoever has an ``allowed_signers`` file (ssh-keygen(1)) can
check, with no tool of ours.
"""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage

NAMESPACE = "regforensics"  # so that a signature over a checkpoint is none over anything else
_SECONDS = 120.0  # a key may ask for its passphrase, or for a touch
_TOOL = "ssh-keygen"
_MOST = 50  # principals of one line that are tried
_NAMESPACES = re.compile(rb'\bnamespaces="([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Ended:
    code: int
    out: bytes
    err: str


def sign(data: bytes, key: Path) -> bytes:
    """An armored signature over ``data`` with a private key, or a public one that the agent has.

    Raises WrongUsage where ssh-keygen is missing or does not sign with that key.
    """
    if not key.is_file():
        raise WrongUsage(f"{key} is no file", hint="give an SSH key, such as ~/.ssh/id_ed25519")
    ended = _run(data, "-Y", "sign", "-f", str(key), "-n", NAMESPACE)
    if ended.code or not ended.out.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise WrongUsage(f"ssh-keygen does not sign with {key}: {ended.err or 'no signature'}",
                         hint="an encrypted key needs a terminal, or ssh-agent with its .pub")
    return ended.out


def signer(data: bytes, signature: bytes, allowed: Path, at: datetime | None = None) -> str:
    """Who of the ``allowed`` signers signed ``data``; ``at`` is when, now where that is None.

    Raises IntegrityError where none of them did, WrongUsage where ``allowed`` is no file,
    UnreadableInput where it cannot be read.
    """
    if not allowed.is_file():
        raise WrongUsage(f"{allowed} is no file", hint="a line of an allowed_signers file reads:"
                         " NAME namespaces=\"regforensics\" ssh-ed25519 AAAA...")
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    valid = f"-Overify-time={moment:%Y%m%d%H%M%S}Z"
    with _kept(signature) as file, _kept(_for_us(allowed)) as lines:
        found = _run(b"", "-Y", "find-principals", "-s", file.name, "-f", lines.name, valid)
        names = _principals(found.out)
        if found.code or not names:
            raise IntegrityError(f"none of the signers in {allowed} made the signature:"
                                 f" {found.err or 'no principal matches'}")
        refusal = ""
        for name in names[:_MOST]:
            checked = _run(data, "-Y", "verify", "-f", str(allowed), "-I", name, "-n", NAMESPACE,
                           "-s", file.name, valid)
            if not checked.code:
                return name
            refusal = refusal or checked.err
    raise IntegrityError(f"the signature does not hold: {refusal or 'refused'}")


@contextmanager
def _kept(data: bytes) -> Iterator[IO[bytes]]:
    with tempfile.NamedTemporaryFile(prefix="regforensics-") as file:
        file.write(data)
        file.flush()
        yield file


def _for_us(allowed: Path) -> bytes:
    """The lines whose ``namespaces`` allow ours: find-principals goes by the first line with the
    key, whatever that may be used for."""
    try:
        lines = allowed.read_bytes().split(b"\n")
    except OSError as error:
        raise UnreadableInput(f"{allowed} cannot be read: {error.strerror}") from error
    return b"\n".join(line for line in lines
                      if (limit := _NAMESPACES.search(line)) is None
                      or any(fnmatchcase(NAMESPACE, text.decode("utf-8", "replace").strip())
                             for text in limit[1].split(b",")))


def _principals(out: bytes) -> list[str]:
    """Each of the names that find-principals lists; a pattern that excludes one is none."""
    names = out.decode("utf-8", "backslashreplace").replace("\n", ",").split(",")
    return [name for name in dict.fromkeys(map(str.strip, names)) if name and name[0] not in "!-"]


def readable(signature: bytes) -> bytes:
    """The signature as it is. Raises UnreadableInput where it is plainly none."""
    if not signature.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise UnreadableInput("the signature file holds no SSH signature", offset=0)
    return signature


def _run(data: bytes, *words: str) -> _Ended:
    tool = shutil.which(_TOOL)
    if tool is None:
        raise WrongUsage(f"{_TOOL} is not on this machine", hint="it comes with OpenSSH 8.2 or"
                         " newer")
    return asyncio.run(_ended(tool, words, data))


async def _ended(tool: str, words: tuple[str, ...], data: bytes) -> _Ended:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(tool, *words, stdin=pipe, stdout=pipe,
                                                   stderr=pipe)
    try:
        out, err = await asyncio.wait_for(process.communicate(data), _SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return _Ended(255, b"", f"no answer from {_TOOL} within {_SECONDS:g} s")
    lines = err.decode("utf-8", "backslashreplace").split("\n")
    return _Ended(process.returncode or 0, out, next((t for t in map(str.strip, lines) if t), ""))
