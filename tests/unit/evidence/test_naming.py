"""Exhibit file names: readable for honest names, harmless for hostile ones."""

import pytest

from regforensics.evidence.naming import FILE_NAME, file_name, label
from tests.unit.evidence.cases import entry


@pytest.mark.parametrize(("subject", "what", "suffix", "expected"), [
    ("pkg:npm/left-pad", "packument", ".json", "EX-000003.npm.left-pad.packument.json"),
    ("pkg:npm/%40scope/name", "packument", ".json", "EX-000003.npm.@scope__name.packument.json"),
    ("pkg:npm/left-pad@1.0.0", "tarball", ".tgz", "EX-000003.npm.left-pad.1.0.0.tarball.tgz"),
    ("pkg:maven/org.a/b", "pom", ".xml", "EX-000003.maven.org.a__b.pom.xml"),
    (None, "keys", ".json", "EX-000003.keys.json"),
    (None, "", "", "EX-000003.packument"),
    ("pkg:npm/left-pad", "log", ".log.gz", "EX-000003.npm.left-pad.log.log.gz"),
    ("../../etc/passwd", "x", ".json", "EX-000003._.._etc_passwd.x.json"),
    ("a\nb\x1b[0m", "..", "/../x", "EX-000003.a_b__0m._.._x"),
    (None, "\u202e", ".js\non", "EX-000003._.js_on"),
])
def test_name(subject: str | None, what: str, suffix: str, expected: str) -> None:
    assert file_name("EX-000003", entry(subject=subject, what=what, suffix=suffix)) == expected


@pytest.mark.parametrize("text", ["x" * 5000, "." * 5000, "é" * 5000, "/", "", "\0", "-rf"])
def test_any_text_gives_a_plain_short_name(text: str) -> None:
    name = file_name(label(1_234_567), entry(subject=text, what=text, suffix=text))
    assert FILE_NAME.fullmatch(name)
    assert name.startswith("EX-1234567")
    assert len(name) < 200
