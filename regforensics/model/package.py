"""PackageRef: which package (and optionally which version), or which account, anything is about."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Self
from urllib.parse import quote, unquote

from regforensics.errors import WrongUsage

REGISTRY_NAMES = ("npm", "pypi", "maven")
#: The form of a registry's accounts as targets, and the registry.
ACCOUNTS = {"npm-user": "npm", "pypi-user": "pypi"}
_TARGET_HINT = ("targets look like npm:left-pad, npm:@scope/name, pypi:requests,"
                " maven:junit:junit or pkg:npm/left-pad (npm:left-pad@1.3.0 where a version is"
                " meant); npm-user:LOGIN and pypi-user:LOGIN name an account")
_LONGEST_LOGIN = 214
_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True, order=True)
class PackageRef:
    """A package of one registry, or an account: ``registry`` is then one of ACCOUNTS, ``name`` the
    login, and ``str()`` the target, because there is no purl for accounts.

    ``namespace`` is the npm scope with its ``@``, the Maven group, else None. ``name`` is
    normalised for PyPI (PEP 503), exact elsewhere. ``str()`` is the purl (package-url/purl-spec).
    """

    registry: str
    name: str
    namespace: str | None = None
    version: str | None = None

    @classmethod
    def parse(cls, target: str) -> Self:
        """Read ``npm:@scope/name[@version]``, ``pypi:name[@version]``, ``maven:g:a``, a purl, or
        an account: ``npm-user:login``, ``pypi-user:login``.

        Raises WrongUsage for anything else.
        """
        if _CONTROL.search(target):
            raise WrongUsage(f"target {target!r} holds white space or a control character",
                             hint=_TARGET_HINT)
        if target.startswith("pkg:"):
            return cls._from_purl(target)
        registry, colon, rest = target.partition(":")
        if registry in ACCOUNTS:
            return cls._account(target, registry, rest)
        if not colon or registry not in REGISTRY_NAMES:
            raise WrongUsage(f"unknown target {target!r}", hint=_TARGET_HINT)
        if registry == "maven":
            group, colon, rest = rest.partition(":")
            name, _, version = rest.partition("@")
            return cls._checked(target, registry, group or None, name, version)
        head, at, version = rest[1:].partition("@")
        full = rest[:1] + head
        if at and not version:
            raise WrongUsage(f"target {target!r} ends in an empty version", hint=_TARGET_HINT)
        scope, slash, name = full.partition("/")
        if slash and scope.startswith("@"):
            return cls._checked(target, registry, scope, name, version)
        return cls._checked(target, registry, None, full, version)

    @classmethod
    def _account(cls, text: str, kind: str, login: str) -> Self:
        if not login or len(login) > _LONGEST_LOGIN or set("@/:?#") & set(login):
            raise WrongUsage(f"target {text!r} does not name an account",
                             hint="accounts look like npm-user:LOGIN or pypi-user:LOGIN")
        return cls(kind, login)

    @classmethod
    def _from_purl(cls, text: str) -> Self:
        from packageurl import PackageURL

        try:
            purl = PackageURL.from_string(text)
        except ValueError as error:
            raise WrongUsage(f"unreadable purl {text!r}: {error}", hint=_TARGET_HINT) from error
        if purl.type not in REGISTRY_NAMES:
            raise WrongUsage(f"purl type {purl.type!r} is not one of {', '.join(REGISTRY_NAMES)}")
        namespace, name = purl.namespace, purl.name
        if purl.type == "npm":  # the library lowers names; npm has old ones that differ in case
            path = re.split(r"[@?#]", text.partition(":")[2].lstrip("/"), maxsplit=1)[0]
            parts = [unquote(part) for part in path.strip("/").split("/")[1:]]
            if [p.lower() for p in parts] == [p.lower() for p in (namespace, name) if p]:
                namespace, name = (parts[0] if namespace else None), parts[-1]
        return cls._checked(text, purl.type, namespace, name, purl.version or "")

    @classmethod
    def _checked(cls, text: str, registry: str, namespace: str | None, name: str,
                 version: str) -> Self:
        bad_scope = namespace is not None and registry == "npm" and (
            len(namespace) < 2 or not namespace.startswith("@") or "/" in namespace)
        lacks_group = registry == "maven" and not namespace
        foreign_scope = namespace is not None and registry == "pypi"
        bad_name = not name or "/" in name or name[0] in "@." or "@" in name
        if bad_scope or lacks_group or foreign_scope or bad_name:
            raise WrongUsage(f"target {text!r} does not name a package", hint=_TARGET_HINT)
        if registry == "pypi":
            name = normalised(name)
        return cls(registry, name, namespace, version or None)

    @property
    def is_account(self) -> bool:
        """True for an account, which has neither versions nor a purl."""
        return self.registry in ACCOUNTS

    @property
    def home(self) -> str:
        """The registry that is asked about it."""
        return ACCOUNTS.get(self.registry, self.registry)

    @property
    def full_name(self) -> str:
        """The name as the registry prints it: ``@scope/name``, ``group:artifact`` or ``name``."""
        if self.namespace is None:
            return self.name
        return f"{self.namespace}{':' if self.registry == 'maven' else '/'}{self.name}"

    @property
    def target(self) -> str:
        """The form that the command line takes back."""
        return f"{self.registry}:{self.full_name}" + (f"@{self.version}" if self.version else "")

    def at(self, version: str | None) -> Self:
        """The same package at ``version``."""
        return replace(self, version=version)

    def __str__(self) -> str:
        if self.is_account:
            return self.target
        return _purl(self.registry, self.namespace, self.name, self.version)


@lru_cache(maxsize=4096)
def _purl(registry: str, namespace: str | None, name: str, version: str | None) -> str:
    """The purl, also where a registry lists a name or version that no purl library takes.

    packageurl-python fails on lone surrogates, drops a blank version and lowers npm names, of
    which old ones differ by case alone.
    """
    parts = [_quoted(part) for part in (namespace, name) if part is not None]
    at = f"@{_quoted(version)}" if version is not None else ""
    return f"pkg:{registry}/{'/'.join(parts)}{at}"


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe=":")


def normalised(name: str) -> str:
    """A PyPI project's name as indexes compare it (PEP 503). Names are ASCII: a letter beyond, such
    as KELVIN SIGN, names no project, and is never folded to one that does."""
    return re.sub(r"[-_.]+", "-", name).translate(_SMALL)
