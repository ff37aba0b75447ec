"""Whatever base URL is configured and whatever a package is called: one clear line, no crash."""

import asyncio
from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from regforensics.acquire.clients import Network
from regforensics.acquire.config import load_config
from regforensics.acquire.draft import Question
from regforensics.acquire.transport import Transport
from regforensics.errors import WrongUsage
from regforensics.evidence.exhibit import Acquisition
from regforensics.model.package import PackageRef
from regforensics.registries.npm import Npm
from regforensics.registries.pypi import Pypi
from tests.hostile.fakes import QUICK, MemoryStore

HOSTS = st.sampled_from([
    "xn--", "xn--a", "xn--\u00fc", "XN--0", "a" * 300, "\u00fc.example", "\ud800", "[::1]",
    "[fe80::1%25e]", "[::", "1.2.3", "0x7f.1", "169.254.169.254", "a..example", ".", "-",
    "a_b.example", "%00", "%E4", "\u3002", "\u2100.example", "a%2fb", "user:pw@a.example",
    "a.example:0", "a.example:99999", "a.example:x", "a.example:\u0663",
    "", "\U0001f600.example", "\u200d",
]) | st.text(max_size=12)
TAILS = st.sampled_from(["/", "", "/%zz/", "/\ud800/", "/a b/", "/" + "x" * 70000, "//", "/../..",
                         "/\x00", "/\u202e/", "?q", "#f"]) | st.text(max_size=8)
URLS = st.builds("{}{}{}".format, st.sampled_from(
    ["http://", "https://", "http:", "//", "ftp://", "HTTP://"]), HOSTS, TAILS
) | st.text(max_size=20)
NAMES = st.text(max_size=12) | st.sampled_from([
    "\ud800", "a/b", "..", "@s/n", "a\nb", "%2e%2e", "x" * 3000, "a?b#c", "\U0001f600"])


async def nowhere(host: str, port: int) -> Sequence[str]:
    """No name has an address here, so that nothing is ever connected."""
    return []


def asked(url: str, name: str, registry: str) -> Acquisition | None:
    """The last custody line of a question to ``url``, or None where it is refused before."""
    try:
        package = PackageRef.parse(f"{registry}:{name}")
        config = load_config(npm_registry=url if registry == "npm" else None,
                             pypi_url=url if registry == "pypi" else None, env={"HOME": "/none"})
        base = config.base_url(package, "http://none.example/")
    except WrongUsage:
        return None
    adapter = Npm() if registry == "npm" else Pypi()

    async def main() -> Acquisition:
        async with Transport(config, MemoryStore(), limits=QUICK,
                             network=Network(resolver=nowhere)) as transport:
            return await transport.ask(
                Question(adapter.queries(package, base)[0], registry, base))

    return asyncio.run(asyncio.wait_for(main(), 10))


@settings(max_examples=150, deadline=None)
@given(URLS, NAMES, st.sampled_from(["npm", "pypi"]))
@example("http://xn--/", "paint", "npm")
@example("http://169.254.169.254/", "paint", "npm")
@example("http://registry.example/" + "x" * 70000, "paint", "pypi")
def test_any_url_ends_in_one_line(url: str, name: str, registry: str) -> None:
    last = asked(url, name, registry)
    if last is not None:
        assert last.entry.error
        assert last.entry.status is None
        assert len(last.entry.error.splitlines()) == 1
