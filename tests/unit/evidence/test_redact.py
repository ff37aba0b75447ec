"""Secrets leave every text of an entry; what is no secret stays as it was."""

import pytest

from regforensics.evidence.exhibit import Hop
from regforensics.evidence.redact import Redactor
from tests.unit.evidence.cases import entry

NPM = "npm_" + "aB3" * 12
PYPI = "pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAw-x_y"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"


@pytest.mark.parametrize(("text", "expected"), [
    ("https://u:pw@h.example/x", "https://[redacted]@h.example/x"),
    ("http://tok@h.example:80/x?a=1", "http://[redacted]@h.example:80/x?a=1"),
    ("https://u:p@w@h.example/", "https://[redacted]@h.example/"),
    ("see <https://u:pw@h.example/>", "see <https://[redacted]@h.example/>"),
    ("//u:pw@h.example/x", "//[redacted]@h.example/x"),
    ("https://h.example/x?token=a&b=2", "https://h.example/x?token=[redacted]&b=2"),
    ("https://h.example/x?b=2&ACCESS_TOKEN=a#k", "https://h.example/x?b=2&ACCESS_TOKEN=[redacted]#k"),
    ("https://h.example/x?X-Amz-Signature=a&X-Amz-Date=b",
     "https://h.example/x?X-Amz-Signature=[redacted]&X-Amz-Date=[redacted]"),
    ("/x?sig=a;key=b&auth=c", "/x?sig=[redacted];key=[redacted]&auth=[redacted]"),
    ("/x?%74oken=a", "/x?%74oken=[redacted]"),
    ("#access_token=abc", "#access_token=[redacted]"),
    ("//r.example/:_authToken=abc", "//r.example/:_authToken=[redacted]"),
    ('"_password": "aHVudGVy"', '"_password": "[redacted]"'),
    ("--password=hunter2 x", "--password=[redacted] x"),
    (f"sent {NPM}.", "sent [redacted]."),
    (f"sent {PYPI} ", "sent [redacted] "),
    ("ghp_" + "a1" * 18, "[redacted]"),
    (f"jwt {JWT}", "jwt [redacted]"),
    ("Authorization: Bearer abcdef123", "Authorization: Bearer [redacted]"),
    ("basic dXNlcjpwYXNz", "basic [redacted]"),
    ("file \udcff", "file \\udcff"),
])
def test_secret_text(text: str, expected: str) -> None:
    assert Redactor().text(text) == expected
    assert Redactor().text(expected) == expected


@pytest.mark.parametrize("text", [
    "https://registry.example/@scope%2fname", "https://registry.example/@scope/name?write=true",
    "https://registry.example//@scope/x", "pkg:npm/%40scope/name@1.0.0", "pkg:pypi/pypi-publish-x",
    "npm_config_registry", "npm_dependencies", "basic authentication is needed",
    'Bearer realm="https://auth.example/x",service="r"', "author=ada&keywords=x",
    "max-age=300, must-revalidate", 'W/"abc=="', "no answer within 10 s", "a@b.example",
    "sha256=" + "0" * 64,
])
def test_plain_text_stays(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize(("name", "value", "expected"), [
    ("Authorization", "Bearer abc", "Bearer [redacted]"),
    ("authorization", "Basic abc", "Basic [redacted]"),
    ("Authorization", "opaque words", "[redacted]"),
    ("Proxy-Authorization", "Digest username=x", "Digest [redacted]"),
    ("Cookie", "a=b", "[redacted]"),
    ("Set-Cookie", "a=b; Path=/", "[redacted]"),
    ("npm-session", "1234", "[redacted]"),
    ("npm-otp", "123456", "[redacted]"),
    ("X-Api-Key", "k", "[redacted]"),
    ("X-JFrog-Art-Api", "k", "[redacted]"),
    ("X-Amz-Security-Token", "k", "[redacted]"),
    ("Client-Secret", "k", "[redacted]"),
    ("X-Password", "k", "[redacted]"),
    ("Location", "https://h.example/x?sig=a", "https://h.example/x?sig=[redacted]"),
    ("ETag", '"abc"', '"abc"'),
    ("WWW-Authenticate", 'Basic realm="x"', 'Basic realm="x"'),
    ("npm-notice", "hello", "hello"),
])
def test_header(name: str, value: str, expected: str) -> None:
    assert Redactor().header(name, value) == (name, expected)


def test_known_secrets_are_masked_in_every_form() -> None:
    redactor = Redactor(["p@ss/word", "p@ss/word-longer", "abc"])
    assert redactor.text("x p@ss/word-longer y p%40ss%2Fword abc") == \
        "x [redacted] y [redacted] abc"


def test_entry_is_redacted_in_every_field() -> None:
    secret = "hunter2hunter2"
    dirty = entry(
        url=f"https://h.example/{secret}", final_url=f"https://{secret}@h.example/",
        subject=f"pkg:npm/{secret}", note=secret, error=secret, path=f"/tmp/{secret}", what=secret,
        registry=f"https://u:{secret}@h.example/", peer=secret, reason=secret,
        headers=((secret, secret),), request_headers=(("Cookie", secret),),
        hops=(Hop(302, f"https://h.example/?token={secret}", f"/x?{secret}"),))
    clean = Redactor([secret]).entry(dirty)
    assert secret not in repr(clean)
    assert clean.status == 200
    assert clean.hops[0].status == 302
