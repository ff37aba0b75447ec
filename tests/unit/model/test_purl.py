"""purls of names and versions as registries really list them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from regforensics.model.package import PackageRef

PLAIN = st.text("abcxyz019.-_~+:% \u00e9", min_size=1).map(str.strip).filter(
    lambda text: text.strip("/") and text not in {".", ".."})


@given(st.sampled_from([None, "@scope", "org.acme"]), PLAIN, PLAIN)
def test_ordinary_ones_are_those_of_the_purl_library(scope: str | None, name: str,
                                                     version: str) -> None:
    ref = PackageRef("maven", name, scope, version)
    assert str(ref) == PackageURL("maven", scope, name, version).to_string()


@pytest.mark.parametrize(("version", "purl"), [
    ("\ud800", "pkg:npm/x@%ED%A0%80"), (" ", "pkg:npm/x@%20"), ("/", "pkg:npm/x@%2F"),
    ("../../etc/passwd", "pkg:npm/x@..%2F..%2Fetc%2Fpasswd"), ("a\nb", "pkg:npm/x@a%0Ab"),
    ("<b>", "pkg:npm/x@%3Cb%3E"), ("1.0.0+x", "pkg:npm/x@1.0.0%2Bx"), ("", "pkg:npm/x@"),
])
def test_odd_versions_have_a_purl_of_their_own(version: str, purl: str) -> None:
    assert str(PackageRef("npm", "x").at(version)) == purl


def test_names_that_differ_by_case_stay_apart() -> None:
    assert str(PackageRef("npm", "JSONStream")) == "pkg:npm/JSONStream"


@pytest.mark.parametrize("target", ["npm:JSONStream", "npm:JSONStream@1.0.0-RC.1",
                                    "npm:@Acme/Acme@1.0.0", "npm:left-pad@1.0.0"])
def test_a_purl_reads_back_as_the_package_it_was_made_of(target: str) -> None:
    ref = PackageRef.parse(target)
    assert PackageRef.parse(str(ref)) == ref
