"""npm's configuration: the .npmrc files and ``npm_config_*`` variables, as npm reads them.

Precedence: environment, the project's file, the user's file, the global file (npm docs, "npmrc").
The project is the nearest folder upwards that holds a package.json, else the current one.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from regforensics.acquire.credentials import Credential, basic, basic_pair, bearer
from regforensics.endpoints import NPM_REGISTRY

_VARIABLE = re.compile(r"(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}")
_CREDENTIAL = re.compile(r"^(?P<place>//.+?):(?P<name>_authToken|_auth|username|_password)$")
_NAMES = ("_authToken", "_auth", "username", "_password")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and the file or variable it stands in."""

    value: str = field(repr=False)
    origin: str


@dataclass(frozen=True, slots=True)
class NpmSettings:
    """What npm would use; keys as npm spells them, the strongest source wins."""

    settings: Mapping[str, Setting]
    authorities: tuple[str, ...] = ()

    def get(self, key: str) -> str | None:
        """The value of ``key``, or None."""
        found = self.settings.get(key)
        return found.value if found else None

    @property
    def scopes(self) -> dict[str, Setting]:
        """``@scope`` -> its registry."""
        return {key.removesuffix(":registry"): found for key, found in self.settings.items()
                if key.startswith("@") and key.endswith(":registry")}

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """One credential for each place that has one.

        A password that is not base64 is passed over, as npm passes over it.
        """
        places: dict[str, dict[str, str]] = {}
        for key, found in self.settings.items():
            match = _CREDENTIAL.match(key)
            if match:
                places.setdefault(match["place"], {})[match["name"]] = found.value
        made = (_credential(place, values) for place, values in places.items())
        return tuple(credential for credential in made if credential is not None)


def _credential(place: str, values: Mapping[str, str]) -> Credential | None:
    if values.get("_authToken"):
        return bearer(place, values["_authToken"])
    if values.get("username") and values.get("_password"):
        try:
            password = base64.b64decode(values["_password"]).decode()
        except ValueError:
            return None
        return basic(place, values["username"], password)
    return basic_pair(place, values["_auth"]) if values.get("_auth") else None


def read_npm(env: Mapping[str, str], cwd: Path, home: Path, system: Path) -> NpmSettings:
    """Read every source that exists; a file that cannot be read counts as absent, as in npm."""
    user = Path(_env(env, "userconfig") or home / ".npmrc")
    fallback = [system / "usr/local/etc/npmrc", system / "usr/etc/npmrc", system / "etc/npmrc"]
    chosen = _env(env, "globalconfig")
    project = _project(cwd) / ".npmrc"
    files = [*([Path(chosen)] if chosen else reversed(fallback)), user, project]
    merged: dict[str, Setting] = {}
    authorities: tuple[str, ...] = ()
    registry = NPM_REGISTRY
    for path in dict.fromkeys(files):
        found, listed = _parse(_text(path), env, str(path))
        merged |= _placed(found, registry)
        authorities = listed or authorities
        if path != project and "registry" in found:
            registry = found["registry"].value
    merged |= _placed(_from_environment(env), registry)
    single = merged.get("ca")
    return NpmSettings(merged, authorities or ((single.value,) if single else ()))


def _placed(found: dict[str, Setting], registry: str) -> dict[str, Setting]:
    """``found`` with unscoped credentials bound to the registry of the same source.

    Where the source names none they are for ``registry``, that of the user's or the machine's
    own file: a project that somebody else wrote cannot point them at its own host.
    """
    own = found.get("registry")
    place = (own.value if own else registry).partition(":")[2]
    place = place if place.endswith("/") else place + "/"
    return {f"{place}:{key}" if key in _NAMES else key: value for key, value in found.items()}


def _env(env: Mapping[str, str], key: str) -> str | None:
    wanted = f"npm_config_{key}"
    return next((value for name, value in env.items() if name.lower() == wanted and value), None)


def _from_environment(env: Mapping[str, str]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for name, value in env.items():
        if name.lower().startswith("npm_config_") and value:
            key = name[len("npm_config_"):]
            if not key.startswith(("//", "@", "_")):
                key = key.lower().replace("_", "-")
            found[key] = Setting(value, name)
    return found


def _project(cwd: Path) -> Path:
    folders = (cwd, *cwd.parents)
    return next((folder for folder in folders if (folder / "package.json").is_file()), cwd)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _parse(text: str, env: Mapping[str, str],
           origin: str) -> tuple[dict[str, Setting], tuple[str, ...]]:
    """The ``key = value`` lines of an ini text outside sections, and the items of ``ca[]``."""
    found: dict[str, Setting] = {}
    authorities: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            break
        key, equals, value = line.partition("=")
        if not equals or line[:1] in ";#":
            continue
        key, value = expand(key.strip(), env), expand(_unquoted(value.strip()), env)
        if key == "ca[]":
            authorities.append(value.replace("\\n", "\n"))
        else:
            found[key] = Setting(value, origin)
    return found, tuple(authorities)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return str(json.loads(value, strict=False))
        except ValueError:
            return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    return re.split(r"(?<!\\)[;#]", value, maxsplit=1)[0].strip()


def expand(value: str, env: Mapping[str, str]) -> str:
    """Replace ``${NAME}``; an unset name stays as written, ``${NAME?}`` becomes empty."""
    def replaced(match: re.Match[str]) -> str:
        escapes, name, optional = match[1], match[2], match[3]
        if len(escapes) % 2:
            return match[0]
        return env.get(name, "" if optional else match[0])

    return _VARIABLE.sub(replaced, value)
