"""The laws of the house that a reader of the code may rely on, held by walking the code."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import regforensics
from regforensics.registries import REGISTRIES

ROOT = Path(regforensics.__file__).parent
#: A package may import packages of a lower rank, and itself.
RANK = {"errors": 0, "endpoints": 0, "model": 1, "archives": 1, "evidence": 2, "attest": 2.5,
        "locks": 2.5, "registries": 3, "logs": 3, "reading": 4, "acquire": 4, "events": 4,
        "analyze": 4, "handover": 4.5, "report": 5, "thinning": 5, "cli": 6, "__main__": 7,
        "__init__": 7}
ANALYZE_MAY = {"errors", "model", "analyze"}
REPORT_MAY = {"errors", "model", "report", "__init__"}
HOMES = {"httpx": {"acquire"}, "httpcore": {"acquire"}, "typer": {"cli"}, "rich": {"cli"},
         "deepdiff": {"analyze/compare/remainder.py"}, "jinja2": {"report"},
         "jsonschema": {"evidence/schemas/__init__.py"}, "socket": {"acquire"},
         "cryptography": {"attest"}, "sigstore": {"attest"}, "rfc3161_client": {"attest"},
         "maxminddb": {"events"}, "yaml": {"locks"}, "bagit": {"handover"},
         "warcio": {"handover"},
         "defusedxml": {"evidence/xmltree.py"},
         "duckdb": {"events/table.py"},
         "pyarrow": {"events/table.py", "events/schema.py", "events/columns.py",
                     "events/known.py"}}
SOURCES = [(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8")))
           for path in sorted(ROOT.rglob("*.py"))]
MAKES_CITATIONS = {"evidence/lines.py", "evidence/jsontree.py", "evidence/xmltree.py"}


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "regforensics":
                yield from (f"regforensics.{alias.name}" for alias in node.names)


def floor(name: str) -> str:
    """The package of a file or of a dotted module name below ``regforensics``."""
    return name.replace("regforensics.", "", 1).replace("/", ".").split(".")[0]


@pytest.mark.parametrize(("file", "tree"), SOURCES)
def test_imports_go_down_and_never_back(file: str, tree: ast.Module) -> None:
    mine = floor(file)
    for module in imported(tree):
        if module.startswith("regforensics."):
            theirs = floor(module)
            if theirs not in RANK:  # the version in regforensics/__init__.py
                continue
            assert theirs == mine or RANK[theirs] < RANK[mine], f"{file} imports {module}"
            if mine == "analyze":
                assert theirs in ANALYZE_MAY, f"{file} imports {module}"
            if mine == "report" and "evidence" in theirs:
                assert module.startswith(("regforensics.evidence.lines",
                                          "regforensics.evidence.schemas",
                                          "regforensics.evidence.places",
                                          "regforensics.evidence.pointers",
                                          "regforensics.evidence.json")), f"{file}: {module}"


@pytest.mark.parametrize(("file", "tree"), SOURCES)
def test_every_library_has_one_home(file: str, tree: ast.Module) -> None:
    for module in imported(tree):
        homes = HOMES.get(module.split(".")[0])
        if homes is not None:
            assert floor(file) in homes or file in homes, f"{file} imports {module}"


@pytest.mark.parametrize(("file", "tree"), SOURCES)
def test_only_the_readers_make_citations(file: str, tree: ast.Module) -> None:
    made = [node for node in ast.walk(tree) if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name) and node.func.id == "Citation"]
    assert not made or file in MAKES_CITATIONS, f"{file} builds a Citation at line {made[0].lineno}"


@pytest.mark.parametrize(("file", "tree"), SOURCES)
def test_sentences_carry_no_number_typed_by_hand(file: str, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) \
                and node.func.attr == "stating":
            templates = [a.value for a in node.args
                         if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            for template in templates:
                assert not any(c.isdigit() for c in template), f"{file}: {template!r}"


def test_every_registry_module_is_in_the_tuple() -> None:
    package = importlib.import_module("regforensics.registries")
    found = set()
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"regforensics.registries.{module.name}")
        found |= {cls for _, cls in inspect.getmembers(loaded, inspect.isclass)
                  if cls.__module__ == loaded.__name__ and hasattr(cls, "snapshot")
                  and not getattr(cls, "_is_protocol", False)}
    assert found == {type(registry) for registry in REGISTRIES}


def test_endpoints_stand_in_one_module() -> None:
    from regforensics import endpoints

    hosts = [v.split("/")[2] for v in vars(endpoints).values()
             if isinstance(v, str) and v.startswith("https://")]
    assert hosts
    for path in ROOT.rglob("*.py"):
        if path.name != "endpoints.py":
            text = path.read_text("utf-8")
            assert not [host for host in hosts if host in text], path
