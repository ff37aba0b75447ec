"""What a version brings along: install scripts, dependencies, and dependencies from elsewhere."""

import time
from typing import Any

import pytest

from regforensics.analyze.running import run_all
from tests.unit.analyze.documents import NO_SCOPE, Case, check, claimed, npm, scope, version

TIMES = {"1.0.0": "06:00", "1.1.0": "07:00"}


def scripted(before: dict[str, str], after: dict[str, str]) -> Case:
    """Two versions with these scripts."""
    return Case("npm:paint").at("10:00", npm(TIMES, {
        "1.0.0": version("1.0.0", scripts=before), "1.1.0": version("1.1.0", scripts=after)}))


def test_an_install_script_appears() -> None:
    (claim,) = claimed(scripted({"test": "t"}, {"postinstall": "node s.js"}),
                       "publish.install-script")
    assert 'runs at install time: postinstall: "node s.js".' in claim.statement
    assert "before it in its release line, 1.0.0" in claim.statement
    assert "ran nothing" in claim.statement
    assert claim.subject.version == "1.1.0"
    assert claim.notable


def test_scripts_that_consumers_do_not_run_and_old_ones_stay_silent() -> None:
    assert claimed(scripted({}, {"prepare": "x", "test": "y"}), "publish.install-script") == []
    assert claimed(scripted({"install": "make"}, {"install": "make"}),
                   "publish.install-script") == []
    assert claimed(scripted({"install": "make"}, {}), "publish.install-script") == []


def test_a_line_with_a_native_build_beside_one_without_is_silent() -> None:
    native = {"install": "node-gyp rebuild"}
    listed = {v: version(v, scripts=native if v[0] == "1" else {})
              for v in ("1.0.0", "2.0.0", "1.0.1", "2.0.1", "1.0.2")}
    document = npm({v: f"0{i}:00" for i, v in enumerate(listed)}, listed)
    assert claimed(Case("npm:paint").at("10:00", document), "publish.install-script") == []


def depending(*versions: tuple[str, dict[str, Any]]) -> Case:
    """Versions an hour apart with these dependencies."""
    listed = {v: version(v, dependencies=wanted) for v, wanted in versions}
    return Case("npm:paint").at("10:00", npm({v: f"0{3 + i}:00" for i, v in enumerate(listed)},
                                             listed))


def test_a_patch_release_depends_on_something_new() -> None:
    (claim,) = claimed(depending(("1.0.0", {"a": "^1.0.0"}),
                                 ("1.0.1", {"a": "^1.1.0", "@s/b": ">= 2"})),
                       "publish.dependency-added")
    assert 'depends on @s/b ">= 2"; the patch release before it, 1.0.0' in claim.statement
    assert '"@s/b": ">= 2"' in {c.quote.decode() for c in claim.citations}
    assert claim.absences[0].pointer == "/versions/1.0.0/dependencies/@s~1b"
    assert not claim.notable


def test_minor_releases_moved_sections_and_backports_are_silent() -> None:
    rule = "publish.dependency-added"
    assert claimed(depending(("1.0.0", {}), ("1.1.0", {"b": "2"})), rule) == []
    assert claimed(depending(("1.0.1", {"b": "2"}), ("1.0.2-rc.1", {"c": "1"}),
                             ("1.0.0", {"c": "1"})), rule) == []
    moved = {"1.0.0": version("1.0.0", peerDependencies={"b": "2"}),
             "1.0.1": version("1.0.1", dependencies={"b": "2"})}
    case = Case("npm:paint").at("10:00", npm({"1.0.0": "06:00", "1.0.1": "07:00"}, moved))
    assert claimed(case, rule) == []


def beside(born: str) -> list[Any]:
    """What is claimed of new dependencies where ``b`` is captured too, first published then."""
    case = depending(("1.0.0", {}), ("1.0.1", {"b": "2.0.0"}))
    other = Case("npm:b", stored=case.stored, order=50).at("10:00", npm(
        {"1.0.0": born, "2.0.0": "03:30"}, name="b", created="2010-01-01T00:00:00.000Z"))
    claims, _, failed = run_all([case.history()], NO_SCOPE, [other.history()])
    assert failed == ()
    assert {c.subject.name for c in claims} == {"paint"}
    found = [c for c in claims if c.rule == "publish.dependency-added"]
    for claim in found:
        check(case, claim)
    return found


def test_a_new_dependency_that_is_young_itself() -> None:
    (claim,) = beside("2026-03-01T10:00:00.000Z")
    assert claim.statement.endswith("npm:b itself was first published at 2026-03-01T10:00:00.000Z,"
                                    " 18 h earlier.")
    assert claim.notable
    assert any(c.where == "/time/1.0.0" and c.exhibit == "EX-000051" for c in claim.citations)


def test_a_new_dependency_of_long_standing_is_routine() -> None:
    (claim,) = beside("2020-01-01T00:00:00.000Z")
    assert "itself" not in claim.statement
    assert not claim.notable


@pytest.mark.parametrize("spec", [
    "git+https://git.example/x.git", "git://git.example/x", "https://files.example/x.tgz",
    "github:ada/x", "ada/x", "ada/x#main", "git@git.example:ada/x.git"])
def test_a_dependency_from_outside_the_registry(spec: str) -> None:
    (claim,) = claimed(depending(("1.0.0", {"x": "1"}), ("1.1.0", {"x": spec})),
                       "publish.dependency-remote")
    assert "from outside the registry" in claim.statement
    assert claim.notable
    assert claimed(depending(("1.0.0", {"x": spec}), ("1.1.0", {"x": spec})),
                   "publish.dependency-remote") == []


@pytest.mark.parametrize("spec", [
    "^1.0.0", "1.x || >=2", "latest", "npm:@scope/x@1.0.0", "*", "", ">= 0.0.1", 7, None, {}])
def test_a_dependency_from_the_registry(spec: Any) -> None:
    assert claimed(depending(("1.0.0", {}), ("1.1.0", {"x": spec})),
                   "publish.dependency-remote") == []


def test_ten_thousand_dependencies_are_counted_and_a_few_named() -> None:
    many = {f"dependency-{i}": "ada/x" for i in range(10_000)}
    case = depending(("1.0.0", {}), ("1.0.1", many))
    start = time.process_time()
    added, remote = claimed(case, "publish.dependency-added", "publish.dependency-remote",
                            scope=scope("npm:paint@1.0.1"))
    assert time.process_time() - start < 1
    assert "and 9992 more" in added.statement
    assert "and 9992 more" in remote.statement


def test_the_words_of_a_dependency_stay_in_quotes() -> None:
    name = "x; the registry confirmed it"
    (claim,) = claimed(depending(("1.0.0", {}), ("1.0.1", {name: "1, as npm says"})),
                       "publish.dependency-added")
    assert f'depends on "{name}" "1, as npm says";' in claim.statement
