"""ClientConfig: whom to ask, through what, as whom, and whom to believe.

Read once from what npm and pip users have already set up: .npmrc, pip.conf, netrc and the usual
environment variables. The command line's own flags win over all of it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from regforensics.acquire.credentials import Credential, Keyring, bearer, from_netrc, split_userinfo
from regforensics.acquire.npmrc import NpmSettings, read_npm
from regforensics.acquire.pipconf import PipSettings, read_pip
from regforensics.acquire.proxies import Proxies, from_environment, rules, with_scheme
from regforensics.acquire.text import one_line, shown_url
from regforensics.acquire.tls import Trust
from regforensics.endpoints import (
    CLICKPY_URL,
    GITHUB_API,
    MAVEN_SEARCH_URL,
    MAVEN_URL,
    NPM_DOWNLOADS,
    NPM_REGISTRY,
    OSV_API,
    PYPI_URL,
    PYPISTATS_URL,
)
from regforensics.errors import WrongUsage
from regforensics.model.package import PackageRef

_PUBLIC = {"npm": NPM_REGISTRY, "pypi": PYPI_URL, "maven": MAVEN_URL, "osv": OSV_API,
           "github-api": GITHUB_API, "maven-search": MAVEN_SEARCH_URL}
_SERVICES = frozenset({"osv", "github-api", "maven-search"})
#: Counting services, and the option that names another one.
_COUNTING = {"npm-downloads": (NPM_DOWNLOADS, "--npm-downloads-url"),
             "pypistats": (PYPISTATS_URL, "--pypistats-url"),
             "clickpy": (CLICKPY_URL, "--clickpy-url")}
_HINT = "a base URL looks like https://registry.internal.example/npm/"


@dataclass(frozen=True, slots=True)
class Base:
    """A registry's base URL (ends in ``/``, holds no credentials) and where it was set."""

    url: str
    origin: str


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """The whole client configuration. The default one asks the public registries directly.

    ``bases`` maps a registry name, an npm ``@scope`` or another service to its base; ``proxies``
    and ``trusts`` map a registry name (``""``: any other) to what holds for it. ``notes``
    are lines for people.
    """

    bases: Mapping[str, Base] = field(default_factory=lambda: MappingProxyType({}))
    keyring: Keyring = field(default_factory=Keyring)
    proxies: Mapping[str, Proxies] = field(default_factory=lambda: MappingProxyType({}))
    trusts: Mapping[str, Trust] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    def base_url(self, package: PackageRef, default: str) -> str:
        """The base URL to ask for ``package``; ``default`` where nothing is configured."""
        scope = package.namespace if package.registry == "npm" else None
        found = (self.bases.get(scope) if scope else None) or self.bases.get(package.home)
        return found.url if found else default

    def service_url(self, name: str) -> str:
        """The base URL of a service that is no registry (``osv``, ``github-api``)."""
        found = self.bases.get(name)
        return found.url if found else _PUBLIC[name]

    def proxy_for(self, registry: str, url: str) -> str | None:
        """The proxy for ``url`` when asking ``registry``, or None for a direct connection."""
        chosen = self.proxies.get(registry) or self.proxies.get("")
        return chosen.proxy_for(url) if chosen else None

    def trust_for(self, registry: str) -> Trust:
        """Whom to believe when asking ``registry``."""
        return self.trusts.get(registry) or self.trusts.get("") or Trust()

    def for_counting(self, urls: Mapping[str, str | None]) -> "ClientConfig":
        """What holds for the counting services, whose addresses ``urls`` may name.

        They are no registry: no credential, proxy or authority that was set for one goes there.
        Raises WrongUsage for an address that is none.
        """
        bases, held, notes = {}, [], []
        for name, (public, option) in _COUNTING.items():
            base, credential = checked_base(urls.get(name) or public, option)
            bases[name] = Base(base, option)
            held += [credential] if credential else []
            if base != public:
                notes.append(f"{name} is asked at {shown_url(base)} (set in {option}), which is"
                             " not the public service")
        return ClientConfig(
            bases=MappingProxyType(bases), keyring=Keyring(tuple(held)),
            proxies=MappingProxyType({k: v for k, v in self.proxies.items() if not k}),
            trusts=MappingProxyType({k: v for k, v in self.trusts.items() if not k}),
            notes=tuple(map(one_line, notes)))

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret value that was read, for the redactor."""
        return self.keyring.secrets.union(*(p.secrets for p in self.proxies.values()))


def load_config(*, npm_registry: str | None = None, pypi_url: str | None = None,
                maven_url: str | None = None, maven_search_url: str | None = None,
                osv_url: str | None = None,
                github_api_url: str | None = None, advisories: bool = False,
                env: Mapping[str, str] | None = None, cwd: Path | None = None,
                home: Path | None = None, system: Path = Path("/")) -> ClientConfig:
    """Read the configuration; ``env``, ``cwd``, ``home`` and ``system`` stand in for the machine's.

    With ``advisories``, ``GITHUB_TOKEN`` is sent to GitHub's API, and nowhere else. Raises
    WrongUsage for a base URL that is none, saying where it stands.
    """
    env = os.environ if env is None else env
    home = home or Path(env.get("HOME") or Path.home())
    npm = read_npm(env, cwd or Path.cwd(), home, system)
    pip = read_pip(env, home, system)
    bases, held = _bases(npm, pip, {"npm": npm_registry, "pypi": pypi_url, "maven": maven_url,
                                    "osv": osv_url, "github-api": github_api_url,
                                    "maven-search": maven_search_url})
    machine, trouble = from_netrc(env, home)
    trusts = _trusts(env, npm, pip)
    notes = [*_departures(bases), *pip.trouble, *([trouble] if trouble else [])]
    if not trusts["npm"].verify:
        notes.append("npm certificates are not checked (strict-ssl is false)")
    return ClientConfig(
        bases=MappingProxyType(bases),
        keyring=Keyring((*held, *npm.credentials, *machine,
                         *(_github(env, bases) if advisories else ()))),
        proxies=MappingProxyType(_proxies(from_environment(env), npm, pip)),
        trusts=MappingProxyType(trusts),
        notes=tuple(map(one_line, notes)),
    )


def _bases(npm: NpmSettings, pip: PipSettings,
           flags: Mapping[str, str | None]) -> tuple[dict[str, Base], list[Credential]]:
    """Base URLs by registry or scope, and the credentials that stood in them."""
    stated: dict[str, tuple[str, str]] = {}
    registry = npm.settings.get("registry")
    if registry:
        stated["npm"] = (registry.value, registry.origin)
    if not flags["npm"]:
        stated |= {scope: (s.value, s.origin) for scope, s in npm.scopes.items()}
    if pip.index_url:
        stated["pypi"] = (_without_simple(pip.index_url), pip.index_origin)
    options = {"npm": "--npm-registry", "pypi": "--pypi-url", "maven": "--maven-url",
               "osv": "--osv-url", "github-api": "--github-api-url",
               "maven-search": "--maven-search-url"}
    stated |= {name: (url, options[name]) for name, url in flags.items() if url}
    bases, held = {}, []
    for name, (url, origin) in stated.items():
        base, credential = checked_base(url, origin)
        bases[name] = Base(base, origin)
        held += [credential] if credential else []
    return bases, held


def checked_base(url: str, origin: str) -> tuple[str, Credential | None]:
    """A base URL that ends in ``/`` and holds no credentials, and the credential it held.

    Raises WrongUsage naming ``origin`` where ``url`` is no http(s) URL.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        clean = not (parts.query or parts.fragment)
    except ValueError:
        usable = clean = False
    if not usable or not clean or any(c.isspace() for c in url.strip()):
        raise WrongUsage(f"{origin}: {shown_url(url)!r} is not a base URL", hint=_HINT)
    slashed = url.strip() if parts.path.endswith("/") else url.strip() + "/"
    return split_userinfo(slashed)


def _without_simple(index_url: str) -> str:
    """The PyPI base of a Simple index URL: a trailing ``/simple`` or ``/simple/`` is cut off."""
    return index_url.strip().rstrip("/").removesuffix("/simple") + "/"


def _github(env: Mapping[str, str], bases: Mapping[str, Base]) -> tuple[Credential, ...]:
    """The token for GitHub's API, where the environment has one."""
    token, base = env.get("GITHUB_TOKEN", "").strip(), bases.get("github-api")
    url = base.url if base else GITHUB_API
    return (bearer(url.partition(":")[2], token),) if token else ()


def _departures(bases: Mapping[str, Base]) -> list[str]:
    """A line for each base that is not the registry's public one."""
    return [f"{name} is asked at {shown_url(base.url)} (set in {base.origin}), "
            "which is not the public " + ("service" if name in _SERVICES else "registry")
            for name, base in bases.items()
            if base.url != _PUBLIC.get("npm" if name.startswith("@") else name)]


def _proxies(general: Proxies, npm: NpmSettings, pip: PipSettings) -> dict[str, Proxies]:
    plain, secure = npm.get("proxy"), npm.get("https-proxy")
    off = {"", "false", "null", "undefined"}
    plain = None if plain in off else with_scheme(plain)
    secure = None if secure in off else with_scheme(secure)
    without = npm.get("noproxy") or npm.get("no-proxy")
    bypass = rules(without) if without is not None else general.bypass
    for_npm = Proxies(plain or general.http, secure or plain or general.https, bypass)
    through = with_scheme(pip.proxy)
    for_pypi = Proxies(through, through, general.bypass) if through else general
    return {"": general, "npm": for_npm, "pypi": for_pypi}


def _trusts(env: Mapping[str, str], npm: NpmSettings, pip: PipSettings) -> dict[str, Trust]:
    """The registry's own setting replaces the machine-wide one, which replaces the default."""
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    wide = tuple(dict.fromkeys(env[name] for name in names if env.get(name)))
    files = tuple(path for path in wide if not Path(path).is_dir())
    folders = tuple(path for path in wide if Path(path).is_dir())
    listed = env.get("SSL_CERT_DIR", "")
    folders += tuple(path for path in listed.split(os.pathsep) if path)
    extra = (env["NODE_EXTRA_CA_CERTS"],) if env.get("NODE_EXTRA_CA_CERTS") else ()
    general = Trust(files, folders, extra=extra)
    verify = (npm.get("strict-ssl") or "true").lower() != "false"
    for_npm = Trust(files, folders, extra=extra, verify=verify)
    if npm.authorities or npm.get("cafile"):
        cafile = npm.get("cafile")
        for_npm = Trust((cafile,) if cafile else (), (), npm.authorities, extra, verify)
    for_pypi = Trust((pip.cert,), extra=extra) if pip.cert else general
    return {"": general, "npm": for_npm, "pypi": for_pypi}
