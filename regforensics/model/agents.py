"""What a user agent says that it is. Clients write it themselves: a lead, never an identity.

Sources: npm/cli, pnpm, yarn, pip and uv (the linehaul agents), poetry, pdm, and the names that
proxies, mirrors, bots and scanners send.
"""

import re
from typing import Literal, NamedTuple

Kind = Literal["installer", "mirror or proxy", "bot or scanner", "tool", "publisher", "browser",
               "unknown"]
_LONGEST = 4096
_AGENTS: tuple[tuple[str, Kind, str], ...] = (
    (r"npm \(verdaccio/", "mirror or proxy", "verdaccio"),
    (r"Artifactory/|JFrog", "mirror or proxy", "artifactory"),
    (r"Nexus/", "mirror or proxy", "nexus"),
    (r"devpi-server/", "mirror or proxy", "devpi"),
    (r"bandersnatch/", "mirror or proxy", "bandersnatch"),
    (r"z3c\.pypimirror|pep381client", "mirror or proxy", "an old mirror client"),
    (r"cnpmcore|npmmirror|npminstall-mirror", "mirror or proxy", "cnpmcore"),
    (r"renovate", "bot or scanner", "renovate"),
    (r"dependabot", "bot or scanner", "dependabot"),
    (r"guarddog|socket\.dev|snyk|osv-scanner|trivy|grype|phylum", "bot or scanner",
     "a scanner"),
    (r"xray|sonatype|whitesource|mend-|blackduck|checkmarx|veracode|endorlabs|aikido|clair/",
     "bot or scanner", "a scanner"),
    (r"ELB-HealthChecker|GoogleHC|kube-probe|Route53-Health|HealthCheck|health-check|healthz|"
     r"Edge Health Probe|Envoy/HC|Consul Health|haproxy", "bot or scanner", "a health check"),
    (r"pingdom|uptime|statuscake|site24x7|newrelic|checkly|zabbix|check_http|nagios|icinga|"
     r"blackbox.exporter|prometheus|synthetic|freshping|hetrixtools|nodeping|datadog",
     "bot or scanner", "a monitor"),
    (r"(?:bot|crawler|spider)\b", "bot or scanner", "a bot"),
    (r"twine/", "publisher", "twine"), (r"lerna/", "publisher", "lerna"),
    (r"npm/\?.*\byarn/|^yarn/", "installer", "yarn"), (r"pnpm/", "installer", "pnpm"),
    (r"^npm/\d", "installer", "npm"), (r"^Bun/", "installer", "bun"),
    (r"^Deno/", "installer", "deno"), (r"^uv/", "installer", "uv"),
    (r"^pip/", "installer", "pip"), (r"^poetry/", "installer", "poetry"),
    (r"^pdm/", "installer", "pdm"), (r"^pipenv/", "installer", "pipenv"),
    (r"^conda/", "installer", "conda"), (r"^setuptools/", "installer", "setuptools"),
    (r"^(?:curl|wget|python-requests|python-urllib|urllib|go-http-client|java/|okhttp|axios|"
     r"node-fetch|got |undici|aria2|libwww|httpie)", "tool", "a generic HTTP client"),
    (r"^Mozilla/", "browser", "a browser"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), kind, name)
                  for pattern, kind, name in _AGENTS)
_CI = re.compile(r"\bci/([\w-]+)")
_PIP_CI = re.compile(r"\"ci\": ?true")


class Agent(NamedTuple):
    """``kind`` of client, its ``name``, and whether it says that it runs in CI (None: it does not
    say)."""

    kind: Kind
    name: str
    ci: str | None = None


def agent(value: str | None) -> Agent:
    """What a user agent says that it is."""
    if not value:
        return Agent("unknown", "none stated")
    head = value[:_LONGEST]
    named = _CI.search(head)
    ci = named[1] if named else "unnamed" if _PIP_CI.search(head) else None
    for pattern, kind, name in _PATTERNS:
        if pattern.search(head):
            return Agent(kind, name, ci)
    return Agent("unknown", "unknown", ci)


def speaks_npm(who: Agent) -> bool:
    """Whether it is a package manager that asks npm registries alone."""
    return who.kind == "installer" and who.name in ("npm", "yarn", "pnpm", "bun")
