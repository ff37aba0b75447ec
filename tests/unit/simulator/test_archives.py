"""The archives are real ones, and the same bytes on every machine."""

import gzip
import hashlib
import io
import tarfile
import zipfile

from simulator.archives import tarball, wheel


def test_tarball_holds_the_files_below_its_root() -> None:
    big = bytes(range(256)) * 600
    data = tarball({"package.json": "{}", "big.bin": big})
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        assert archive.getnames() == ["package/package.json", "package/big.bin"]
        member = archive.extractfile("package/big.bin")
        assert member is not None
        assert member.read() == big
    assert len(gzip.decompress(data)) % 512 == 0


def test_wheel_holds_the_files() -> None:
    with zipfile.ZipFile(io.BytesIO(wheel({"a/__init__.py": "x = 1\n"}))) as archive:
        assert archive.read("a/__init__.py") == b"x = 1\n"


def test_bytes_do_not_depend_on_the_machine() -> None:
    digest = hashlib.sha256(tarball({"a": "1"}) + wheel({"a": "1"})).hexdigest()
    assert digest == "45b752dd6f5de3c26ccefb8f501e86c1877415c8bb8bdcfc664af91209b52317"
