"""pip's configuration: pip.conf files and ``PIP_*`` variables, the few keys that matter here.

Precedence: environment, PIP_CONFIG_FILE, the virtual environment's file, the user's, the
machine's (pip documentation, "Configuration"). ``[install]`` wins over ``[global]``.
"""

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_KEYS = ("index-url", "proxy", "cert")


@dataclass(frozen=True, slots=True)
class PipSettings:
    """The index URL and where it was set, a proxy, a CA bundle, and files that were unreadable."""

    index_url: str | None = field(default=None, repr=False)
    index_origin: str = ""
    proxy: str | None = field(default=None, repr=False)
    cert: str | None = None
    trouble: tuple[str, ...] = ()


def read_pip(env: Mapping[str, str], home: Path, system: Path) -> PipSettings:
    """Read every source that exists."""
    values: dict[str, tuple[str, str]] = {}
    trouble = []
    for path in _files(env, home, system):
        try:
            values |= _parse(path)
        except (configparser.Error, UnicodeError) as error:
            trouble.append(f"{path} is not used: {error}")
    for key in _KEYS:
        name = f"PIP_{key.upper().replace('-', '_')}"
        if env.get(name):
            values[key] = (env[name], name)
    url, origin = values.get("index-url", (None, ""))
    return PipSettings(url, origin, values.get("proxy", (None,))[0],
                       values.get("cert", (None,))[0], tuple(trouble))


def _files(env: Mapping[str, str], home: Path, system: Path) -> list[Path]:
    chosen = env.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return []
    config_home = Path(env["XDG_CONFIG_HOME"]) if env.get("XDG_CONFIG_HOME") else home / ".config"
    files = [system / "etc/xdg/pip/pip.conf", system / "etc/pip.conf", home / ".pip/pip.conf",
             config_home / "pip/pip.conf"]
    if env.get("VIRTUAL_ENV"):
        files.append(Path(env["VIRTUAL_ENV"]) / "pip.conf")
    return [*files, *([Path(chosen)] if chosen else [])]


def _parse(path: Path) -> dict[str, tuple[str, str]]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text("utf-8"), str(path))
    except OSError:
        return {}
    found: dict[str, tuple[str, str]] = {}
    for section in ("global", "install"):
        for key in _KEYS:
            value = parser.get(section, key, fallback="").strip()
            if value:
                found[key] = (value, str(path))
    return found
