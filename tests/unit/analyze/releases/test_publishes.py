"""Publish times: told once, with who, and only odd where they are odd."""

from tests.unit.analyze.documents import (
    MIRROR,
    Case,
    claimed,
    file,
    npm,
    pypi,
    quotes,
    scope,
    simple,
    stamp,
    version,
)


def test_each_version_is_told_once_with_its_time_and_publisher() -> None:
    document = npm({"1.0.0": "08:00", "1.1.0": "09:00"})
    case = Case("npm:paint").at("10:00", document).at("11:00", document)
    first, second = claimed(case, "publish.published")
    assert first.statement == f"Version 1.0.0 was published at {stamp('08:00')} by ada."
    assert quotes(first) == [f'"1.0.0": "{stamp("08:00")}"', '"name": "ada"']
    assert str(first.subject) == "pkg:npm/paint@1.0.0"
    assert (first.notable, second.notable) == (False, False)


def test_a_publish_in_scope_withdrawn_drifted_or_by_a_newcomer_is_notable() -> None:
    times = {"1.0.0": "06:00", "1.1.0": "07:00", "1.2.0": "08:00", "1.3.0": "09:00",
             "1.4.0": "09:30"}
    listed = {v: version(v, by="mallory" if v == "1.3.0" else "ada") for v in times if v != "1.2.0"}
    drifted = listed | {"1.1.0": version("1.1.0", bytes_of="other")}
    case = Case("npm:paint").at("10:00", npm(times, listed)).at("11:00", npm(times, drifted))
    found = claimed(case, "publish.published", scope=scope("npm:paint@1.4.0", "npm:brush@1.0.0"))
    assert [c.subject.version for c in found if c.notable] == ["1.1.0", "1.2.0", "1.3.0", "1.4.0"]


def test_pypi_publishes_count_from_the_first_file_and_name_nobody() -> None:
    releases = {"2.0": [file("paint-2.0.tar.gz", "09:05"), file("paint-2.0-py3.whl", "09:00")]}
    (claim,) = claimed(Case("pypi:paint").at("10:00", pypi(releases), simple(releases)),
                       "publish.published")
    assert claim.statement.startswith(f"Version 2.0 was published at {stamp('09:00')}, when"
                                      " its first file was uploaded; the")


def test_a_mirrors_time_says_that_it_is_a_mirrors_and_never_overrules_the_registry() -> None:
    mirrored = npm({"1.0.0": "08:30", "0.9.0": "07:00"}) | {"_uplinks": {}}
    case = Case("npm:paint").at("10:00", mirrored, registry=MIRROR) \
        .at("10:05", npm({"1.0.0": "08:00"}))
    registry, mirror = claimed(case, "publish.published")
    assert (registry.subject.version, mirror.subject.version) == ("1.0.0", "0.9.0")
    assert mirror.statement.startswith("At https://mirror.example, which looks like a mirror")
    assert "mirror" not in registry.statement


def test_a_loose_spelling_in_the_time_map_is_the_listed_version() -> None:
    document = npm({"1.0.0beta": "08:00"}, {"1.0.0-beta": version("1.0.0-beta")})
    (claim,) = claimed(Case("npm:paint").at("10:00", document), "publish.published")
    assert claim.subject.version == "1.0.0-beta"
    assert "spells it 1.0.0beta" in claim.statement


def test_a_changed_publish_time_is_told_with_both_lines() -> None:
    one, other = npm({"1.0.0": "08:00", "1.1.0": "08:10"}), npm({"1.0.0": "09:00",
                                                                 "1.1.0": "08:10"})
    (claim,) = claimed(Case("npm:paint").at("10:00", one).at("11:00", other),
                       "publish.republished")
    assert claim.statement == (
        f"The publish time of version 1.0.0 changed from {stamp('08:00')} to {stamp('09:00')},"
        f" between {stamp('10:00')} and {stamp('11:00')}.")
    assert len(claim.citations) == 4


def test_another_spelling_of_the_same_time_is_no_change() -> None:
    one, other = npm({"1.0.0": "08:00"}), npm({"1.0.0": "2026-03-02T09:00:00.000+01:00"})
    assert one != other
    assert claimed(Case("npm:paint").at("10:00", one).at("11:00", other),
                   "publish.republished") == []


def test_a_time_map_built_anew_is_one_claim() -> None:
    one = npm({f"1.0.{i}": "08:00" for i in range(8)})
    other = npm({f"1.0.{i}": "09:00" for i in range(8)})
    case = Case("npm:paint").at("10:00", one).at("11:00", other)
    assert claimed(case, "publish.republished") == []
    (claim,) = claimed(case, "publish.times-rewritten")
    assert "8 versions changed at once" in claim.statement


def test_an_upload_time_that_changes_is_told_and_a_dropped_fraction_is_not() -> None:
    def shown(when: str) -> dict[str, object]:
        return pypi({"2.0": [file("paint-2.0.tar.gz", when)]})

    same = Case("pypi:paint").at("10:00", shown("2026-03-02T09:00:00.250000Z")) \
        .at("11:00", shown("2026-03-02T09:00:00Z"))
    assert claimed(same, "publish.republished") == []
    moved = Case("pypi:paint").at("10:00", shown("09:00")).at("11:00", shown("09:30"))
    (claim,) = claimed(moved, "publish.republished")
    assert "file paint-2.0.tar.gz" in claim.statement


def test_a_name_created_later_than_its_versions() -> None:
    document = npm({"0.1.0": "07:00", "1.0.0": "09:00"}, created=stamp("08:00"))
    case = Case("npm:paint").at("10:00", document).at("11:00", document | {"readme": "new"})
    (claim,) = claimed(case, "publish.created-later")
    assert "later than the publish time of 1 version (the first, 0.1.0" in claim.statement
    ordinary = npm({"0.1.0": "2026-03-02T08:00:00.400Z"}, created="2026-03-02T08:00:00.900Z")
    assert claimed(Case("npm:paint").at("10:00", ordinary), "publish.created-later") == []


def test_a_restored_version_breaks_the_order_of_its_line_and_a_backport_does_not() -> None:
    restored = npm({"0.0.2": "2014-08-15T00:00:00Z", "0.0.4": "2015-05-20T00:00:00Z",
                    "0.0.3": "2016-03-22T00:00:00Z"})
    (claim,) = claimed(Case("npm:paint").at("10:00", restored), "publish.restored")
    assert claim.subject.version == "0.0.3"
    assert "later than the higher 0.0.4 of the same line" in claim.statement
    backport = npm({"1.0.0": "2014-08-15T00:00:00Z", "2.0.0": "2015-05-20T00:00:00Z",
                    "1.0.1": "2016-03-22T00:00:00Z", "1.0.2-beta": "2016-03-20T00:00:00Z"})
    assert claimed(Case("npm:paint").at("10:00", backport), "publish.restored") == []
    minutes = npm({"1.0.1": "08:00", "1.0.0": "08:10"})
    assert claimed(Case("npm:paint").at("10:00", minutes), "publish.restored") == []
