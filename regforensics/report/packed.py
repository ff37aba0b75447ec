"""Commands of stock tools on the contents of an exhibit that is packed."""

from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote

_ZSTD = "zstd -dcq --long=31"


@dataclass(frozen=True, slots=True)
class Packing:
    """How the contents of a packed file are had: its ``path``, the one by whose suffix its kind is
    known, and of a patch the file of its keyframe and whether that is packed itself."""

    path: str
    unpacked: str
    keyframe: str | None = None
    key_is_packed: bool = False

    def fed(self, command: str) -> str:
        """A command that reads STDIN, given the contents. A remark stays what it is."""
        if command.startswith("#"):
            return command
        path = quote(self.path)
        if self.keyframe is None:
            return f"{_ZSTD} {path} | {command}"
        key = quote(self.keyframe)
        if not self.key_is_packed:
            return f"{_ZSTD} --patch-from={key} {path} | {command}"
        return (f'k=$(mktemp) && {_ZSTD} {key} >"$k" && {_ZSTD} --patch-from="$k" {path}'
                f' | {command}; rm "$k"')


#: The packing of the exhibit of a label; None where its bytes stand as they came.
Packings = Callable[[str], Packing | None]


def not_packed(_: str) -> None:
    """Of every exhibit that it stands as it came."""
    return
