"""Commands that show cited bytes again with stock tools, run inside the evidence directory.

Every key and file name is hostile: keys travel as ASCII JSON in one quoted argument of jq, file
names are quoted for sh and never look like an option.
"""

import json
import re
from shlex import quote

from regforensics.evidence.lines import UNPACKED, place_of
from regforensics.evidence.pointers import steps, tokens

CUSTODY = "custody.jsonl"
STDIN = "/dev/stdin"  # what every one of these tools takes for a file
_SURROGATE = re.compile("[\ud800-\udfff]")  # in keys that are no Unicode text: jq takes none
#: Members of attestations that hold base64, and what shows the text inside.
_ENCODED = dict.fromkeys(("payload", "statement"), "base64 -d | jq .") | dict.fromkeys(
    ("rawBytes", "certificate"), "base64 -d | openssl x509 -inform der -noout -text")
_SIGNED = re.compile(r"/attestations/|/attestation_bundles/")
#: The fields by which an item of an array is called, where an absence names one.
NAMES = ("filename", "name", "user")
_ZIPPED = (".whl", ".zip", ".egg", ".jar")
_ICONV = "iconv -f UTF-16 -t UTF-8"
_UNPACKERS = {".gz": "gzip -dc", ".bz2": "bzip2 -dc", ".xz": "xz -dc", ".zst": "zstd -dcq"}
_PLAIN_PATH = re.compile(r"(?!-)[A-Za-z0-9._@+/-]+")  # nothing that unzip takes for a pattern
_SUMS = {"sha256": "sha256sum", "sha512": "sha512sum", "sha384": "sha384sum", "sha1": "sha1sum",
         "md5": "md5sum", "blake2b_256": "b2sum -l 256", "size": "wc -c"}
_HAS = ('if type == "array" then any(.[]; . == $l or (type == "object" and '
        '(' + " or ".join(f".{field} == $l" for field in NAMES) + '))) '
        'elif type == "object" then has($l) else false end')
_KEYS = 'if type == "array" or type == "object" then length else 0 end'
_STEP = 'if type == "array" then .[$k | tonumber] else .[$k] end'
#: As ``_STEP``, but an error where the step leads nowhere.
_REACH = ('if type == "array" then ($k | tonumber) as $n | if $n < length then .[$n] '
          'else error end elif has($k) then .[$k] else error end')


def line_number(where: str) -> int | None:
    """N of ``line N``, or None where ``where`` is not of that form."""
    place = place_of(where)
    return place.number if place is not None and place.member is None else None


def commands(where: str, start: int, end: int, file: str, read: str = "") -> tuple[str, ...]:
    """Commands for one citation: the value or the line for people (of an attestation also what is
    encoded in it), then the exact bytes. ``read``: where to read what ``file`` is the name of."""
    name, number, path = _file(read or file), line_number(where), tokens(where)
    exact = f"tail -c +{start + 1} {name} | head -c {end - start}"
    place = place_of(where)
    if place is not None and place.member is not None:
        unpacked = _unpacking(file, name, place.member)
        return (f"{unpacked} | sed -n {place.number}p",
                f"{unpacked} | tail -c +{start + 1} | head -c {end - start}") if unpacked else ()
    if number is not None:
        return (f"sed -n {number}p {name}", exact)
    expression = _xpath(where) if _is_xml(file) else None
    if expression is not None:
        return (f"xmllint --nonet --xpath {quote(expression)} {name}", exact)
    if path is not None and not _is_xml(file) and not _SURROGATE.search(where):
        value = f"--argjson p {_ascii(path)} 'reduce $p[] as $k (.; {_STEP})' {name}"
        inside = _ENCODED.get(path[-1] if path else "")
        decoded = (f"jq -r {value} | {inside}",) if inside and _SIGNED.match(where) else ()
        return (f"jq {value}", *decoded, exact)
    return (exact,)


def _unpacking(file: str, name: str, member: str) -> str | None:
    """The command that prints what a compressed log holds; None where no plain one does."""
    if member != UNPACKED:
        if not _PLAIN_PATH.fullmatch(member):
            return None
        taken = f"tar --occurrence=1 -xOf {name} -- {quote(member)}" \
            if ".tar" in file.rpartition("/")[2] else f"unzip -p {name} {quote(member)}"
        tool = _unpacker(member)
        return f"{taken} | {tool}" if tool else taken
    if file.endswith(".utf16"):
        outer = _unpacker(file.removesuffix(".utf16"))
        return f"{outer} {name} | {_ICONV}" if outer else f"{_ICONV} {name}"
    tool = _unpacker(file)
    return f"{tool} {name}" if tool else None


def _unpacker(file: str) -> str | None:
    return next((tool for suffix, tool in _UNPACKERS.items() if file.endswith(suffix)), None)


def show_command(exhibit: str, where: str) -> str:
    """For a line that no plain command of stock tools unpacks."""
    return f"regforensics show -e . {quote(f'{exhibit}:{where}')}"


def absence_command(pointer: str, file: str, read: str = "") -> str:
    """A command that shows what holds ``pointer``, and that nothing stands there (``Absence``).

    It prints ``{"parent":"object","keys":3,"has":false}``: the type and size of the value one
    step up, so that a pointer that leads nowhere at all shows itself as ``"parent":"missing"``.
    For XML it prints how many elements stand at the path: 0. ``read`` as for ``commands``.
    """
    name = _file(read or file)
    if _is_xml(file):
        expression = _xpath(pointer)
        return (f"xmllint --nonet --xpath {quote(f'count({expression})')} {name}"
                if expression else "# no XPath expression can ask for this text; regforensics"
                f" timeline check reads it: {_ascii(pointer)}")
    if _SURROGATE.search(pointer):
        return ("# jq takes no key that is not Unicode text; regforensics timeline check reads it:"
                f" {_ascii(pointer)}")
    *parents, last = tokens(pointer) or [""]
    return (f"jq -c --argjson p {_ascii(parents)} --argjson l {_ascii(last)} "
            f"'(try [reduce $p[] as $k (.; {_REACH})] catch []) | if . == [] then "
            f"{{parent: \"missing\", keys: 0, has: false}} else .[0] | {{parent: type, "
            f"keys: ({_KEYS}), has: ({_HAS})}} end' {name}")


def digest_command(file: str, end: int, read: str = "") -> str:
    """The digest that a citation states; of the custody file only the bytes before ``end``.

    ``read`` as for ``commands``."""
    if file == CUSTODY:
        return f"head -c {end} {CUSTODY} | sha256sum"
    return f"sha256sum {_file(read or file)}"


def archive_commands(quoted: bytes, archive: str, member: str) -> tuple[str, ...]:
    """Commands that show again, out of the package file ``archive``, what an exhibit that was
    taken out of it says: the content of a member, or a line of the listing (no ``member``)."""
    name, zipped = _file(archive), archive.endswith(_ZIPPED)
    if member:
        return (_member(name, member, zipped),) if _PLAIN_PATH.fullmatch(member) else ()
    words = quoted.decode("ascii", "replace").split("  ")
    head = words[0].split(" ")
    if head[0] == "=" and len(head) == 3 and head[1] in _SUMS:
        return (f"{_SUMS[head[1]]} {name}",)
    if len(words) > 4 and words[3] == "file" and words[0] != "-" \
            and _PLAIN_PATH.fullmatch(words[4]):
        return (f"{_member(name, words[4], zipped)} | sha256sum",)
    return (f"unzip -Z {name}" if zipped else f"tar -tvf {name}",)


def _member(name: str, path: str, zipped: bool) -> str:
    """GNU tar and Info-ZIP; ``-O`` and ``-p`` write to the pipe and nowhere else."""
    return f"unzip -p {name} {quote(path)}" if zipped else f"tar -PxOf {name} -- {quote(path)}"


def _is_xml(file: str) -> bool:
    return file.endswith(".xml")


def _xpath(path: str) -> str | None:
    """The XPath 1.0 expression for a path, whatever the namespaces; None where none is plain.

    XPath has no escapes, and its ``normalize-space`` joins runs of white space.
    """
    found = []
    for step in steps(path) or ():
        text = step.text
        if not step.name.isascii() or (text is not None and (
                not text.isascii() or not text.isprintable() or '"' in text or "  " in text)):
            return None
        number = f"[{step.number}]" if step.number else ""
        told = f'[normalize-space(.)="{text}"]' if text is not None else ""
        found.append(f'/*[local-name()="{step.name}"]{number}{told}')
    return "".join(found) or None


def _ascii(value: object) -> str:
    return quote(json.dumps(value).replace("\x7f", "\\u007f"))


def _file(file: str) -> str:
    return quote(f"./{file}" if file.startswith("-") else file)
