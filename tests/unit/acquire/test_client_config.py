"""The configuration that npm and pip users already have is the one that is used."""

import base64
from pathlib import Path

import pytest

from regforensics.acquire.config import ClientConfig, load_config
from regforensics.acquire.proxies import Proxies
from regforensics.endpoints import NPM_REGISTRY, PYPI_URL
from regforensics.errors import WrongUsage
from regforensics.model.package import PackageRef

NPM = PackageRef("npm", "left-pad")
SCOPED = PackageRef("npm", "thing", "@corp")
PYPI = PackageRef("pypi", "demo")


class Machine:
    """A home, a project and a system root of their own under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home, self.project = root / "home", root / "project"
        for folder in (self.home, self.project):
            folder.mkdir()

    def write(self, place: str, text: str) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def load(self, env: dict[str, str] | None = None, npm_registry: str | None = None,
             pypi_url: str | None = None) -> ClientConfig:
        return load_config(env=env or {}, cwd=self.project, home=self.home,
                           system=self.root / "system", npm_registry=npm_registry,
                           pypi_url=pypi_url)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_nothing_configured_asks_the_public_registries(machine: Machine) -> None:
    config = machine.load()
    assert config.base_url(NPM, NPM_REGISTRY) == NPM_REGISTRY
    assert config.base_url(PYPI, PYPI_URL) == PYPI_URL
    assert (config.notes, config.secrets) == ((), frozenset())
    assert config.proxy_for("npm", NPM_REGISTRY) is None


def test_npm_sources_win_in_the_order_of_npm(machine: Machine) -> None:
    def asked(env: dict[str, str] | None = None, flag: str | None = None) -> str:
        return machine.load(env, npm_registry=flag).base_url(NPM, NPM_REGISTRY)

    machine.write("system/etc/npmrc", "registry=https://global.example/\n")
    assert asked() == "https://global.example/"
    machine.write("home/.npmrc", "registry=https://user.example/npm\n")
    assert asked() == "https://user.example/npm/"
    machine.write("project/.npmrc", "; comment\nregistry = https://project.example/ ; tail\n")
    assert asked() == "https://project.example/"
    env = {"NPM_CONFIG_REGISTRY": "https://env.example/"}
    assert asked(env) == "https://env.example/"
    assert asked(env, "https://flag.example") == "https://flag.example/"


def test_a_scope_has_its_own_registry_unless_a_flag_says_otherwise(machine: Machine) -> None:
    machine.write("home/.npmrc", "@corp:registry=https://corp.example/npm/\n")
    config = machine.load()
    assert config.base_url(SCOPED, NPM_REGISTRY) == "https://corp.example/npm/"
    assert config.base_url(NPM, NPM_REGISTRY) == NPM_REGISTRY
    flagged = machine.load(npm_registry="https://flag.example/")
    assert flagged.base_url(SCOPED, NPM_REGISTRY) == "https://flag.example/"


def test_the_project_is_where_package_json_is(machine: Machine) -> None:
    machine.write("project/package.json", "{}")
    machine.write("project/.npmrc", "registry=https://project.example/\n")
    deep = machine.project / "src" / "deep"
    deep.mkdir(parents=True)
    config = load_config(env={}, cwd=deep, home=machine.home, system=machine.root / "system")
    assert config.base_url(NPM, NPM_REGISTRY) == "https://project.example/"


def test_a_registry_that_is_not_the_public_one_is_said(machine: Machine) -> None:
    path = machine.write("home/.npmrc", f"registry={NPM_REGISTRY}\n")
    assert machine.load().notes == ()
    path.write_text("registry=https://mirror.example/\n")
    (note,) = machine.load().notes
    assert note == (f"npm is asked at https://mirror.example/ (set in {path}), "
                    "which is not the public registry")


def test_a_token_goes_to_its_host_and_path_only(machine: Machine) -> None:
    machine.write("home/.npmrc", "//r.example/npm/:_authToken=${NPM_TOKEN}\n")
    ring = machine.load({"NPM_TOKEN": "tok-1"}).keyring
    assert ring.header_for("https://r.example/npm/left-pad") == "Bearer tok-1"
    for url in ("https://r.example/other/left-pad", "https://r.example/npmx/left-pad",
                "https://r.example:8443/npm/left-pad", "https://evil.example/npm/left-pad",
                "https://r.example.evil.example/npm/x", "https://r.example/npm/%2e%2e/other"):
        assert ring.header_for(url) is None
    assert ring.secrets == {"tok-1"}


def test_the_longest_path_wins(machine: Machine) -> None:
    machine.write("home/.npmrc", "//r.example/:_authToken=wide\n//r.example/a/:_authToken=narrow\n")
    ring = machine.load().keyring
    assert ring.header_for("https://r.example/a/x") == "Bearer narrow"
    assert ring.header_for("https://r.example/b/x") == "Bearer wide"


def test_user_and_password_and_auth(machine: Machine) -> None:
    password = base64.b64encode(b"pass word").decode()
    pair = base64.b64encode(b"bob:hunter2hunter2").decode()
    machine.write("home/.npmrc", f"//a.example/:username=ann\n//a.example/:_password={password}\n"
                                 f"//b.example/:_auth={pair}\n//c.example/:username=half\n")
    config = machine.load()
    assert config.keyring.header_for("https://a.example/x") == basic("ann", "pass word")
    assert config.keyring.header_for("https://b.example/x") == f"Basic {pair}"
    assert config.keyring.header_for("https://c.example/x") is None
    assert {"pass word", pair, "hunter2hunter2"} <= config.secrets


def test_a_project_cannot_take_the_users_unscoped_token_elsewhere(machine: Machine) -> None:
    machine.write("home/.npmrc", "registry=https://home.example/\n_authToken=mine\n")
    machine.write("project/.npmrc", "registry=https://evil.example/\n")
    ring = machine.load().keyring
    assert ring.header_for("https://home.example/x") == "Bearer mine"
    assert ring.header_for("https://evil.example/x") is None


def test_unset_variables_stay_as_written(machine: Machine) -> None:
    machine.write("home/.npmrc", "//a.example/:_authToken=${GONE}\n"
                                 "//b.example/:_authToken=x${GONE?}y\n")
    ring = machine.load().keyring
    assert ring.header_for("https://a.example/") == "Bearer ${GONE}"
    assert ring.header_for("https://b.example/") == "Bearer xy"


@pytest.mark.parametrize("index", ["https://p.example/root/simple/", "https://p.example/root/simple",
                                   "https://p.example/root/"])
def test_the_index_url_gives_the_pypi_base(machine: Machine, index: str) -> None:
    config = machine.load({"PIP_INDEX_URL": index})
    assert config.base_url(PYPI, PYPI_URL) == "https://p.example/root/"


def test_pip_conf_and_credentials_in_the_url(machine: Machine) -> None:
    machine.write("home/.config/pip/pip.conf",
                  "[global]\nindex-url = https://ann:s%40cret@p.example/pypi/simple\n")
    config = machine.load()
    base = config.base_url(PYPI, PYPI_URL)
    assert base == "https://p.example/pypi/"
    assert config.keyring.header_for(base + "pypi/demo/json") == basic("ann", "s@cret")
    assert config.keyring.header_for("https://p.example/elsewhere") is None
    assert {"s@cret", "s%40cret"} <= config.secrets
    assert "cret" not in repr(config) + "".join(config.notes)


def test_a_broken_pip_conf_is_a_note(machine: Machine) -> None:
    path = machine.write("home/.pip/pip.conf", "index-url = no section\n")
    (note,) = machine.load().notes
    assert note.startswith(f"{path} is not used: ")


def test_netrc_names_hosts_and_its_default_is_for_nobody(machine: Machine) -> None:
    path = machine.write("netrc", "machine p.example login ann password pw-1\n"
                                  "default login any password pw-2\n")
    ring = machine.load({"NETRC": str(path)}).keyring
    assert ring.header_for("https://p.example:8443/x") == basic("ann", "pw-1")
    assert ring.header_for("https://q.example/x") is None
    path.write_text("bogus line\n")
    assert machine.load({"NETRC": str(path)}).notes[0].startswith(f"{path} is not used")


@pytest.mark.parametrize("url", ["ftp://r.example/", "r.example/npm", "https://", "https://r:99999/",
                                 "https://r.example/?q=1", "http://[::1", "https://r.example/a b"])
def test_a_bad_base_url_is_wrong_usage_that_says_where(machine: Machine, url: str) -> None:
    with pytest.raises(WrongUsage, match=r"^--npm-registry: .* is not a base URL$"):
        machine.load(npm_registry=url)
    machine.write("home/.npmrc", f"registry={url}\n")
    with pytest.raises(WrongUsage, match=r"\.npmrc"):
        machine.load()


def test_a_bad_base_url_does_not_show_its_password(machine: Machine) -> None:
    with pytest.raises(WrongUsage) as caught:
        machine.load(pypi_url="ftp://ann:hunter2@r.example/")
    assert "hunter2" not in caught.value.message


def test_proxies_from_the_environment(machine: Machine) -> None:
    config = machine.load({"HTTPS_PROXY": "http://ann:pw-9@proxy.example:3128",
                           "http_proxy": "plain.example:8080",
                           "NO_PROXY": "direct.example,.inside.example 198.51.100.0/24,"
                                       "p.example:81"})
    assert config.proxy_for("pypi", "https://a.example/") == "http://ann:pw-9@proxy.example:3128"
    assert config.proxy_for("pypi", "http://a.example/") == "http://plain.example:8080"
    for url in ("https://direct.example/", "https://x.direct.example/", "https://a.inside.example/",
                "http://198.51.100.7/", "http://p.example:81/", "http://127.0.0.1:9/",
                "http://localhost/", "http://[::1]/"):
        assert config.proxy_for("npm", url) is None, url
    assert config.proxy_for("npm", "http://p.example:82/") is not None
    assert config.proxy_for("npm", "https://notdirect.example/") is not None
    assert "pw-9" in config.secrets
    assert Proxies("http://x.example", None, ("*",)).proxy_for("http://a.example/") is None


def test_npm_has_proxies_of_its_own(machine: Machine) -> None:
    machine.write("home/.npmrc", "https-proxy=http://npm-proxy.example:1\nnoproxy=skip.example\n")
    config = machine.load({"ALL_PROXY": "http://all.example:2"})
    assert config.proxy_for("npm", "https://a.example/") == "http://npm-proxy.example:1"
    assert config.proxy_for("npm", "http://a.example/") == "http://all.example:2"
    assert config.proxy_for("npm", "https://skip.example/") is None
    assert config.proxy_for("pypi", "https://skip.example/") == "http://all.example:2"


def test_certificate_authorities(machine: Machine) -> None:
    machine.write("home/.npmrc", "cafile=/ca/npm.pem\nstrict-ssl=false\n")
    config = machine.load({"SSL_CERT_FILE": "/ca/all.pem", "PIP_CERT": "/ca/pip.pem",
                           "SSL_CERT_DIR": "/ca/dir", "NODE_EXTRA_CA_CERTS": "/ca/extra.pem"})
    assert config.trust_for("npm").files == ("/ca/npm.pem",)
    assert config.trust_for("npm").extra == ("/ca/extra.pem",)
    assert not config.trust_for("npm").verify
    assert config.trust_for("pypi").files == ("/ca/pip.pem",)
    assert config.trust_for("maven").files == ("/ca/all.pem",)
    assert config.trust_for("maven").directories == ("/ca/dir",)
    assert "npm certificates are not checked (strict-ssl is false)" in config.notes


def test_inline_authorities(machine: Machine) -> None:
    machine.write("home/.npmrc", 'ca[]="one\\ntwo"\nca[]="three"\n')
    assert machine.load().trust_for("npm").pem == ("one\ntwo", "three")


def test_a_bundle_that_cannot_be_loaded_is_one_line(machine: Machine) -> None:
    trust = machine.load({"REQUESTS_CA_BUNDLE": str(machine.root / "gone.pem")}).trust_for("pypi")
    with pytest.raises(WrongUsage, match=r"gone\.pem cannot be loaded"):
        trust.context()
    machine.write("home/.npmrc", 'ca="nonsense"\n')
    with pytest.raises(WrongUsage, match="npm setting ca cannot be loaded"):
        machine.load().trust_for("npm").context()
