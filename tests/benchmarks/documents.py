"""Large synthetic packuments, seeded: the same on every machine."""

import base64
import json
import random
from typing import Any

VERSIONS = 3000


def packument(versions: int = VERSIONS, seed: int = 1) -> dict[str, Any]:
    """A packument of about 10 MB for 3,000 versions, in the shape that the registry gives."""
    chance = random.Random(seed)
    manifests, times = {}, {"created": "2012-01-01T00:00:00.000Z",
                            "modified": "2026-01-01T00:00:00.000Z"}
    for index in range(versions):
        version = f"1.{index // 50}.{index % 50}" + ("" if index % 3 else f"-canary.{index}")
        manifests[version] = manifest(version, index, chance)
        times[version] = (f"20{12 + index // 240:02}-{index // 20 % 12 + 1:02}-{index % 20 + 1:02}"
                          f"T{index % 24:02}:{index % 60:02}:07.{index % 1000:03}Z")
    return {"_id": "big", "_rev": f"{versions}-0a", "name": "big",
            "dist-tags": {"latest": list(manifests)[-1]}, "versions": manifests, "time": times,
            "maintainers": [_person(n) for n in range(6)], "description": "groß und größer",
            "readme": "# big\n" + "text " * 4000, "users": {f"fan{n}": True for n in range(200)}}


def later(old: dict[str, Any]) -> dict[str, Any]:
    """The same package some days on: a version more, one less, three deprecated, one integrity
    changed, one owner swapped, a dist-tag moved."""
    new: dict[str, Any] = json.loads(json.dumps(old))
    names = list(new["versions"])
    added = manifest("2.0.0", len(names), random.Random(2))
    new["versions"]["2.0.0"], new["time"]["2.0.0"] = added, "2026-01-02T00:00:00.000Z"
    del new["versions"][names[100]]
    for name in names[200:203]:
        new["versions"][name]["deprecated"] = "use 2.0.0"
    new["versions"][names[300]]["dist"]["integrity"] = "sha512-" + "A" * 86 + "=="
    new["maintainers"][0] = _person(99)
    new["dist-tags"]["latest"] = "2.0.0"
    new["time"]["modified"] = "2026-01-02T00:00:00.000Z"
    new["_rev"] = "3002-0b"
    return new


def encoded(document: dict[str, Any]) -> bytes:
    """As a registry sends it."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _person(number: int) -> dict[str, str]:
    return {"name": f"maintainer{number}", "email": f"maintainer{number}@big.example"}


def manifest(version: str, index: int, chance: random.Random) -> dict[str, Any]:
    """One version object of about 3 KB."""
    noise = chance.randbytes(64)
    manifest: dict[str, Any] = {
        "name": "big", "version": version, "description": "Größe zählt – ein großes Paket",
        "keywords": [f"word{n}" for n in range(12)], "license": "MIT", "main": "lib/index.js",
        "author": _person(1), "homepage": "https://big.example/", "gitHead": noise[:20].hex(),
        "repository": {"type": "git", "url": "git+https://code.example/big/big.git"},
        "contributors": [_person(n) for n in range(20, 25)], "files": ["lib", "dist", "types"],
        "bugs": {"url": "https://code.example/big/big/issues"}, "engines": {"node": ">=18"},
        "scripts": {name: f"node scripts/{name}.js" for name in ("build", "dist", "lint", "test")},
        "dependencies": {f"dependency-{n}": f"^{n}.{index % 9}.0" for n in range(30)},
        "devDependencies": {f"tool-{n}": f"^{n}.0.{index % 7}" for n in range(24)},
        "_id": f"big@{version}", "_nodeVersion": "20.1.0", "_npmVersion": "10.2.0",
        "_npmUser": _person(index % 6), "maintainers": [_person(n) for n in range(6)],
        "dist": {"shasum": noise[20:40].hex(),
                 "integrity": "sha512-" + base64.b64encode(noise).decode(),
                 "tarball": f"https://npm.example/big/-/big-{version}.tgz", "fileCount": 12,
                 "unpackedSize": 123456 + index,
                 "signatures": [{"keyid": "SHA256:synthetic",
                                 "sig": base64.b64encode(noise + noise[:7]).decode()}]},
        "_npmOperationalInternal": {"host": "s3://store", "tmp": f"tmp/big_{version}_{index}_0.1"},
        "directories": {}, "_hasShrinkwrap": False}
    if index % 20 == 0:
        manifest["deprecated"] = "no longer supported"
    return manifest
