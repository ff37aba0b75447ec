"""Request targets as proxies, CDNs and servers log them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.logs.paths import read_path
from regforensics.logs.pypi_paths import file_name

B2 = "/packages/ec/ab/" + "0" * 60


@pytest.mark.parametrize(("target", "package", "version"), [
    ("/api/npm/remote/left-pad/-/left-pad-1.3.0.tgz", "left-pad", "1.3.0"),
    ("/artifactory/api/npm/r/@babel/core/-/core-7.0.0.tgz", "@babel/core", "7.0.0"),
    ("/repository/npm-group/@babel%2fcore/-/core-7.0.0.tgz", "@babel/core", "7.0.0"),
    ("/repository/n/@babel%252Fcore/-/core-7.0.0.tgz", "@babel/core", "7.0.0"),
    ("/%2540babel%252fcore/-/core-7.0.0.tgz", "@babel/core", "7.0.0"),
    ("https://npm.example:443/next/-/next-15.0.0-canary.12.tgz", "next", "15.0.0-canary.12"),
    ("/any/mount/base64-js/-/base64-js-1.5.1.tgz", "base64-js", "1.5.1"),
    ("/lodash.template/-/lodash.template-4.5.0.tgz?x=1", "lodash.template", "4.5.0"),
    ("/@s/n/-/@s/n-1.0.0.tgz", "@s/n", "1.0.0"),
    ("/p/-/p-1.0.0%2Bbuild.5.tgz", "p", "1.0.0+build.5"),
    ("/npm/myrepo/lodash/-/lodash-4.17.11.tgz", "lodash", "4.17.11"),
])
def test_npm_downloads(target: str, package: str, version: str) -> None:
    asked = read_path("GET", target)
    assert (asked.action, asked.registry) == ("download", "npm")
    assert (asked.package, asked.version) == (package, version)


@pytest.mark.parametrize(("method", "target", "action", "package"), [
    ("GET", "/api/npm/r/left-pad", "metadata", "left-pad"),
    ("GET", "/api/npm/r/left-pad/latest", "metadata", "left-pad"),
    ("GET", "/repository/n/@s%2fname", "metadata", "@s/name"),
    ("GET", "/%40s%2Fname", "metadata", "@s/name"),
    ("HEAD", "/left-pad/-/left-pad-1.3.0.tgz", "peek", "left-pad"),
    ("PUT", "/api/npm/r/left-pad", "upload", "left-pad"),
    ("PUT", "/api/npm/r/left-pad/-rev/3-abc", "access", "left-pad"),
    ("DELETE", "/api/npm/r/left-pad/-rev/3-abc", "unpublish", "left-pad"),
    ("DELETE", "/left-pad/-/left-pad-1.3.0.tgz/-rev/4-x", "unpublish", "left-pad"),
    ("PUT", "/-/package/left-pad/dist-tags/latest", "dist-tag", "left-pad"),
    ("GET", "/-/package/@s%2fn/dist-tags", "metadata", "@s/n"),
    ("PUT", "/-/package/@s%2fn/collaborators", "access", "@s/n"),
    ("PUT", "/-/user/org.couchdb.user:bob", "login", None),
    ("POST", "/-/npm/v1/tokens", "token", None),
    ("POST", "/-/npm/v1/security/advisories/bulk", "audit", None),
    ("GET", "/-/npm/v1/attestations/@s%2fn@1.0.0", "attestation", "@s/n"),
    ("GET", "/-/v1/search?text=x", "search", None),
    ("GET", "/-/ping", "other", None),
    ("POST", "/-/npm/v1/user", "profile", None), ("GET", "/-/npm/v1/user", "metadata", None),
    ("DELETE", "/-/user/token/s3cret", "token", None),
    ("POST", "/-/npm/v1/oidc/token/exchange/package/@s%2fn", "token", "@s/n"),
    ("GET", "/left-pad/-/left-pad-1.3.0.tgz.sha1", "peek", "left-pad"),
])
def test_other_npm_requests(method: str, target: str, action: str, package: str | None) -> None:
    asked = read_path(method, target)
    assert (asked.action, asked.registry, asked.package) == (action, "npm", package)


@pytest.mark.parametrize(("method", "target", "about"), [
    ("PUT", "/-/package/left-pad/dist-tags/latest", "latest"),
    ("PUT", "/-/user/org.couchdb.user:bob", "bob"),
    ("DELETE", "/-/user/token/s3cret", None),
    ("PUT", "/-/team/acme/devs/user", "team/acme/devs"), ("PUT", "/-/org/acme/user", "org/acme"),
    ("PUT", "/-/package/@s%2fn/collaborators", "collaborators"),
    ("PUT", "/api/npm/r/left-pad/-rev/3-abc", "the package's document")])
def test_what_a_change_is_about(method: str, target: str, about: str | None) -> None:
    assert read_path(method, target).target == about


@pytest.mark.parametrize(("target", "action"), [
    ("/repository/pypi-hosted/", "upload"), ("/x/feed/_packaging/f/pypi/upload/", "upload"),
    ("/repository/raw/a/b", "other")])
def test_uploads_that_name_no_package(target: str, action: str) -> None:
    asked = read_path("POST", target)
    assert (asked.action, asked.package) == (action, None)


@pytest.mark.parametrize(("target", "package", "version"), [
    (B2 + "/frozenlist-1.3.3-cp38-cp38-manylinux_2_5_x86_64.manylinux1_x86_64.whl",
     "frozenlist", "1.3.3"),
    ("/api/pypi/r/packages/packages/ec/ab/" + "0" * 60 + "/Foo_Bar-2.0.tar.gz", "foo-bar", "2.0"),
    ("/repository/pypi/packages/zope-interface/5.0/zope-interface-5.0.tar.gz",
     "zope-interface", "5.0"),
    ("/packages/source/f/foo/foo-1.0-beta.tar.gz", "foo", "1.0-beta"),
    ("/root/pypi/+f/abc/0123456789abc/six-1.16.0-py2.py3-none-any.whl", "six", "1.16.0"),
    ("/simple/six/six-1.16.0-1-py3-none-any.whl", "six", "1.16.0"),
    ("/x/y/torch-2.0.0%2Bcu117-cp310-cp310-linux_x86_64.whl", "torch", "2.0.0+cu117"),
    ("/packages/2.7/f/foo/foo-1.2-py2.7.egg", "foo", "1.2"),
    ("/packages/any/f/foo/foo-1.2.win-amd64-py2.7.exe", "foo", "1.2"),
])
def test_python_downloads(target: str, package: str, version: str) -> None:
    asked = read_path("GET", target)
    assert (asked.action, asked.registry) == ("download", "pypi")
    assert (asked.package, asked.version) == (package, version)


@pytest.mark.parametrize(("method", "target", "action", "package"), [
    ("GET", "/simple/", "metadata", None), ("GET", "/simple/Foo.Bar/", "metadata", "foo-bar"),
    ("GET", "/pypi/six/json", "metadata", "six"),
    ("GET", "/pypi/six/1.16.0/json", "metadata", "six"),
    ("GET", B2 + "/six-1.16.0-py3-none-any.whl.metadata", "peek", "six"),
    ("HEAD", B2 + "/six-1.16.0-py3-none-any.whl", "peek", "six"),
    ("GET", B2 + "/six-1.16.0.tar.gz.asc", "attestation", "six"),
    ("GET", "/integrity/six/1.16.0/six-1.16.0.tar.gz/provenance", "attestation", "six"),
    ("POST", "/legacy/", "upload", None), ("POST", "/api/pypi/r/", "upload", None),
    ("POST", "/pypi", "search", None),
])
def test_other_python_requests(method: str, target: str, action: str, package: str | None) -> None:
    asked = read_path(method, target)
    assert (asked.action, asked.registry, asked.package) == (action, "pypi", package)


@pytest.mark.parametrize(("target", "repo"), [
    ("/artifactory/api/npm/npm-remote/x", "npm-remote"), ("/repository/a%20b/simple/x/", "a b"),
    ("/api/pypi/pypi-all/simple/x/", "pypi-all"), ("/x", None)])
def test_the_mount_names_the_repository(target: str, repo: str | None) -> None:
    assert read_path("GET", target).repo == repo


@pytest.mark.parametrize("target", [
    "/", "/favicon.ico", "/wp-login.php", "/left-pad", "/index.html", "*", "", "-",
    "/a/../b/-/b-1.0.0.tgz", "/a/%2e%2e/b", "/x%00.tgz", "/x%0a/-/x-1.0.0.tgz", "/" + "a" * 9000])
def test_what_could_be_any_page_is_no_package(target: str) -> None:
    asked = read_path("GET", target)
    assert (asked.action, asked.package) == ("other", None)


def test_where_npm_is_certain_a_bare_name_is_a_packument() -> None:
    assert read_path("GET", "/left-pad", "npm").package == "left-pad"


def test_doubts_are_said() -> None:
    assert read_path("GET", "/p/-/q-1.0.0.tgz").version is None
    assert "not named after" in str(read_path("GET", "/p/-/q-1.0.0.tgz").doubt)
    assert "more than once" in str(read_path("GET", "/%2540s%252fn").doubt)
    assert "body" in str(read_path("PUT", "/api/npm/r/p").doubt)
    assert "inferred" in str(file_name("a-b-1.0-2.tar.gz").doubt)
    assert file_name("a-b-c.whl").version is None


@given(st.text(max_size=80), st.text(max_size=200), st.sampled_from([None, "npm", "pypi"]))
def test_any_request_is_read(method: str, target: str, registry: str | None) -> None:
    asked = read_path(method, target, registry)
    assert asked.registry in (None, "npm", "pypi")
