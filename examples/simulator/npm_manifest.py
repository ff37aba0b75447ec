"""The version object of a packument: what the publisher sent, and what the registry adds."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator import signing
from simulator.archives import Files, as_bytes, tarball

Json = dict[str, Any]
TRUSTED_NAME, TRUSTED_EMAIL = "GitHub Actions", "npm-oidc-no-reply@git.example"


@dataclass(frozen=True, slots=True)
class Person:
    """An npm account: login and mail address."""

    name: str
    email: str

    @classmethod
    def of(cls, who: "Person | str") -> "Person":
        """``who`` itself, or the account of that login at ``mail.example``."""
        return who if isinstance(who, Person) else cls(who, f"{who}@mail.example")

    def entry(self) -> Json:
        """The account as packuments print it."""
        return {"name": self.name, "email": self.email}


def publisher(by: Person, trusted: str | None, approver: Person | None,
              config_of: str | None = None) -> Json:
    """``_npmUser``: the account, or the trusted publisher that hides it, and the approver.

    ``config_of`` is what the id of the configuration is made from (default: the account).
    """
    if trusted is None:
        return by.entry()
    config = hashlib.md5(f"{trusted} {config_of or by.name}".encode()).hexdigest()
    uuid = "-".join((config[:8], config[8:12], config[12:16], config[16:20], config[20:]))
    user: Json = {"name": TRUSTED_NAME, "email": TRUSTED_EMAIL,
                  "trustedPublisher": {"id": trusted, "oidcConfigId": f"oidc:{uuid}"}}
    return user | ({"approver": approver.entry()} if approver else {})


def packed(name: str, version: str, files: Files, sent: Mapping[str, Any]) -> tuple[bytes, int,
                                                                                   int]:
    """(tarball, file count, unpacked size). A ``package.json`` among the files wins over ``sent``:
    the registry never compares the two, so a manifest and its tarball may disagree.
    """
    manifest = json.dumps({"name": name, "version": version, **sent}, indent=2)
    contents = {"package.json": manifest, "index.js": f"// {name} {version}\n", **files}
    return tarball(contents), len(contents), sum(len(as_bytes(c)) for c in contents.values())


def dist(name: str, version: str, data: bytes, count: int, unpacked: int,
         keys: Sequence[signing.Key] = (signing.REGISTRY_KEY,)) -> Json:
    """The ``dist`` section of ``data``; ``tarball`` is a path, made a URL when it is served."""
    base = name.rpartition("/")[2]
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    return {
        "shasum": hashlib.sha1(data).hexdigest(),
        "tarball": f"{name}/-/{base}-{version}.tgz",
        "fileCount": count,
        "integrity": integrity,
        "signatures": signatures(name, version, integrity, keys),
        "unpackedSize": unpacked,
    }


def signatures(name: str, version: str, integrity: str,
               keys: Sequence[signing.Key]) -> list[Json]:
    """The registry's signatures over a release, one for each key."""
    message = f"{name}@{version}:{integrity}".encode()
    return [{"sig": key.sign(message), "keyid": key.keyid} for key in keys]


def version_object(name: str, version: str, sent: Mapping[str, Any], dist_section: Json,
                   user: Json, maintainers: list[Json], at: datetime) -> Json:
    """One entry of ``versions``, keys in the order that the registry prints them."""
    base = name.rpartition("/")[2]
    manifest: Json = {"name": name, "version": version, "license": "MIT",
                      "_id": f"{name}@{version}", "maintainers": maintainers,
                      "homepage": f"https://{base}.example/", "dist": dist_section,
                      "main": "index.js", "engines": {"node": ">=18"}}
    manifest |= sent
    manifest |= {
        "gitHead": hashlib.sha1(f"{name} {version}".encode()).hexdigest(), "_npmUser": user,
        "repository": {"url": f"git+https://git.example/{base}.git", "type": "git"},
        "_npmVersion": "11.4.2", "directories": {}, "_nodeVersion": "22.17.0",
        "_hasShrinkwrap": False,
        "_npmOperationalInternal": {**upload(name, version, dist_section, at),
                                    "host": "s3://npm-registry-packages-simulated"},
    }
    return manifest


def upload(name: str, version: str, dist_section: Json, at: datetime) -> Json:
    """The registry's own name for an upload, which carries its time."""
    epoch, noise = int(at.timestamp() * 1000), int(dist_section["shasum"][:12], 16)
    return {"tmp": f"tmp/{name.rpartition('/')[2]}_{version}_{epoch}_0.{noise}"}


def security_holder(name: str, at: datetime) -> tuple[Json, bytes]:
    """(version object, tarball) of the package that npm's staff puts in place of malware."""
    version = "0.0.1-security"
    sent = {"description": "security holding package",
            "repository": {"type": "git", "url": "git+https://git.example/npm/security-holder.git"}}
    data, count, unpacked = packed(name, version, {"README.md": "# Security holding package\n"},
                                   sent)
    section = dist(name, version, data, count, unpacked)
    staff = Person("npm", "npm@npm.example")
    holder = version_object(name, version, sent, section, staff.entry(), [staff.entry()], at)
    del holder["gitHead"], holder["license"], holder["engines"], holder["main"]
    holder["repository"] = sent["repository"]
    return holder, data
