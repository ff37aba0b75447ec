"""An attacker who rewrites an evidence directory and recomputes every digest in it."""

import hashlib
import json
import os
import re
from pathlib import Path

from regforensics.evidence.custody import ZEROS, head_bytes


def write(path: Path, data: bytes) -> None:
    """Over a file that is read-only."""
    path.chmod(0o644)
    path.write_bytes(data)


def rehashed(root: Path, lines: list[bytes]) -> None:
    """Give the directory these custody lines, numbered, with all digests that fit them."""
    done = []
    for seq, line in enumerate(lines, 1):
        members = json.loads(line)
        members["seq"] = seq
        done.append(json.dumps(members, separators=(",", ":")).encode())
    rechained(root, done)


def rechained(root: Path, lines: list[bytes]) -> None:
    """Give the directory these very custody lines but for their ``prev``, and all digests."""
    prev, done = ZEROS, []
    for line in lines:
        done.append(re.sub(rb'"prev":"[0-9a-f]{64}"', b'"prev":"%s"' % prev.encode(), line) + b"\n")
        prev = hashlib.sha256(done[-1]).hexdigest()
    data = b"".join(done)
    write(root / "custody.jsonl", data)
    write(root / "custody-head.json", head_bytes(len(done), len(data), prev))
    listed = [root / "case.json", *sorted((root / "exhibits").iterdir())]
    write(root / "manifest-sha256.txt", b"".join(
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {os.path.relpath(p, root)}\n".encode()
        for p in listed))


def doctored(root: Path, label: str, data: bytes) -> None:
    """Put other bytes in the place of an exhibit, and let custody say that they came."""
    path = next((root / "exhibits").glob(f"{label}.*"))
    write(path, data)
    lines = []
    for line in (root / "custody.jsonl").read_bytes().splitlines():
        members = json.loads(line)
        if members["exhibit"] == label:
            members |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        lines.append(json.dumps(members).encode())
    rehashed(root, lines)
