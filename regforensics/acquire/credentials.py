"""Credential and Keyring: which Authorization header goes to which host and path, and no further.

npm keys its credentials by ``//host[:port]/path/``; a credential of that form is sent to URLs at
or below that path. A netrc entry is for a whole host on every port. netrc's ``default`` entry is
not used: it would send a password to hosts that nobody named.
"""

import base64
import netrc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from regforensics.acquire.text import shown_url
from regforensics.errors import WrongUsage

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Credential:
    """An Authorization header value for one host and the paths below ``path``.

    ``port`` is None where any port will do. ``secrets`` are the values that must not be shown.
    """

    host: str
    path: str
    header: str = field(repr=False)
    port: int | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    any_port: bool = False

    def matches(self, parts: SplitResult) -> bool:
        """True where the URL lies at or below this credential's host, port and path."""
        if (parts.hostname or "") != self.host:
            return False
        default = _PORTS.get(parts.scheme)
        if not self.any_port and (parts.port or default) != (self.port or default):
            return False
        path = parts.path if parts.path.endswith("/") else parts.path + "/"
        climbs = ".." in unquote(path).replace("\\", "/").split("/")
        return path.startswith(self.path) and not climbs


@dataclass(frozen=True, slots=True)
class Keyring:
    """All configured credentials; the longest matching path wins, then the earlier one."""

    credentials: tuple[Credential, ...] = ()

    def header_for(self, url: str) -> str | None:
        """The Authorization value for ``url``, or None."""
        parts = urlsplit(url)
        fitting = [c for c in self.credentials if c.matches(parts)]
        return max(fitting, key=lambda c: len(c.path)).header if fitting else None

    @property
    def secrets(self) -> frozenset[str]:
        """Every value that must not be shown or stored."""
        return frozenset(s for c in self.credentials for s in c.secrets if s)


def bearer(location: str, token: str) -> Credential:
    """A bearer token for ``//host[:port]/path/``."""
    host, port, path = _place(location)
    return Credential(host, path, f"Bearer {_sendable(location, token)}", port, (token,))


def basic(location: str, user: str, password: str) -> Credential:
    """User and password for ``//host[:port]/path/``."""
    host, port, path = _place(location)
    pair, secrets = _basic(user, password)
    return Credential(host, path, f"Basic {pair}", port, secrets)


def basic_pair(location: str, pair: str) -> Credential:
    """npm's ``_auth``: the base64 text of ``user:password``."""
    host, port, path = _place(location)
    return Credential(host, path, f"Basic {_sendable(location, pair)}", port,
                      (pair, *_password_in(pair)))


def _sendable(location: str, secret: str) -> str:
    """``secret``, or WrongUsage where no HTTP header can hold it (the secret is not printed)."""
    if not (secret.isascii() and secret.isprintable()):
        raise WrongUsage(f"credential for {shown_url(location)} holds a control or non-ASCII "
                         "character", hint="write it again, on one line")
    return secret


def _password_in(pair: str) -> tuple[str, ...]:
    try:
        _, _, password = base64.b64decode(pair).decode().partition(":")
    except ValueError:
        return ()
    return (password,)


def _basic(user: str, password: str) -> tuple[str, tuple[str, ...]]:
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return pair, (pair, password)


def _place(location: str) -> tuple[str, int | None, str]:
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError as error:
        raise WrongUsage(f"credential for {location!r}: {error}") from error
    path = parts.path or "/"
    return parts.hostname or "", port, path if path.endswith("/") else path + "/"


def split_userinfo(url: str) -> tuple[str, Credential | None]:
    """``url`` without ``user:password@``, and the credential that it held.

    A user without a password is sent with an empty one, as pip does.
    Raises ValueError where the URL cannot be split.
    """
    parts = urlsplit(url)
    _, at, place = parts.netloc.rpartition("@")
    bare = urlunsplit(parts._replace(netloc=place))
    if not at:
        return bare, None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    held = basic(urlunsplit(("", place, parts.path, "", "")), user, password)
    written = tuple(text for text in (parts.password, password or user) if text)
    return bare, Credential(held.host, held.path, held.header, held.port,
                            (*held.secrets, *written))


def from_netrc(env: Mapping[str, str], home: Path) -> tuple[tuple[Credential, ...], str | None]:
    """The hosts of ``NETRC`` or ``~/.netrc``, and a line for people where it cannot be read."""
    places = [Path(env["NETRC"])] if env.get("NETRC") else [home / ".netrc", home / "_netrc"]
    for path in places:
        if path.is_file():
            try:
                hosts = netrc.netrc(path).hosts
            except (netrc.NetrcParseError, OSError, UnicodeError) as error:
                return (), f"{path} is not used: {error}"
            return tuple(_netrc_entries(hosts)), None
    return (), None


def _netrc_entries(hosts: Mapping[str, tuple[str, str | None, str | None]]) -> Iterable[Credential]:
    for host, (login, account, password) in hosts.items():
        if host == "default":
            continue
        pair, secrets = _basic(login or account or "", password or "")
        yield Credential(host.lower(), "/", f"Basic {pair}", None, secrets, any_port=True)
