"""Documents as attackers write them: read or refused, each within a second, nothing believed."""

import io
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from regforensics.archives.contents import manifest
from regforensics.archives.listing import listing
from regforensics.model.package import PackageRef
from tests.property.test_any_archives import SEEDS
from tests.property.test_any_documents import JSON, PACKUMENT, SIMPLE
from tests.property.test_any_maven import ANSWERS, JOURNAL, ROLES
from tests.property.test_any_maven import TARGET as MAVEN
from tests.support.archive import MemoryArchive
from tests.support.command import run
from tests.support.documents import encoded
from tests.support.figures import Figures
from tests.support.holding import holds
from tests.support.json_kinds import KINDS
from tests.support.logged import log

LIMIT = 1.0  # seconds of processor time for one document
LOGS = sorted((Path(__file__).parents[2] / "fixtures" / "logs").glob("*.log"))
PIECES = (b"\xff", b"\x00", rb"\ud800", b'"', b"{", b"]", b"\\", b"9" * 400, b"1e999", b"null",
          b"[" * 300, b",", b":", b"\xef\xbb\xbf", b"/", b"~", b"<", b">", b"</", b"&", b"\r",
          b"\n", b"|", b" - - [", b"%2f", b"..", b"<!--", b"<![CDATA[", b"=", b"\x1b[2J",
          "\u202e".encode())


def mutated(body: bytes, chance: random.Random) -> bytes:
    """The bytes with one to five changes: flipped, cut, put in, moved, repeated, or cut off."""
    data = bytearray(body)
    for _ in range(chance.randint(1, 5)):
        at, kind = chance.randrange(len(data) + 1), chance.randrange(6)
        length = chance.randint(1, 60)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at:at + length]
        elif kind == 2:
            data[at:at] = chance.choice(PIECES)
        elif kind == 3:
            data[at:at + length] = chance.choice(PIECES)
        elif kind == 4:
            data[at:at] = data[at:at + length] * chance.randint(1, 3)
        elif chance.random() < 0.2:
            del data[at:]
    return bytes(data)


def packument(chance: random.Random) -> None:
    archive, body = MemoryArchive(), json.dumps(PACKUMENT).encode()
    for made in (body, mutated(body, chance)):
        archive.add("pkg:npm/paint", "packument", made)
    holds(archive, PackageRef.parse("npm:paint"), "1.0.1")


def pypi(chance: random.Random) -> None:
    archive = MemoryArchive()
    for kind, document in (("pypi-json", JSON), ("pypi-simple", SIMPLE)):
        archive.add("pkg:pypi/paint", kind, mutated(json.dumps(document).encode(), chance),
                    run="one")
    holds(archive, PackageRef.parse("pypi:paint"), "2.0")


def maven(chance: random.Random) -> None:
    archive = MemoryArchive()
    for exchange in ANSWERS:
        query = exchange.query
        body = mutated(exchange.body, chance) if exchange.body else exchange.body
        archive.add(str(query.subject), query.kind, body, run="one", what=query.what,
                    suffix=query.suffix, url=query.url, headers=exchange.headers)
    holds(archive, PackageRef.parse(MAVEN))


def xmlrpc(chance: random.Random) -> None:
    archive, package = MemoryArchive(), PackageRef.parse("pypi:paint")
    for serial, run_ in ((6, "first"), (9, "second")):
        archive.add(str(package), "pypi-json", encoded(
            {"info": {"name": "paint"}, "releases": {"1.0": []}, "last_serial": serial}), run=run_)
    asked = "<methodName>changelog_since_serial</methodName><int>6</int>"
    archive.add(str(package), "pypi-journal", mutated(JOURNAL, chance), run="second",
                suffix=".xml", request_body=asked)
    archive.add(str(package), "pypi-roles", mutated(ROLES, chance), run="second", suffix=".xml")
    holds(archive, package)


def log_lines(chance: random.Random) -> None:
    path = chance.choice(LOGS)
    text = mutated(path.read_bytes(), chance).decode("utf-8", "surrogateescape")
    stored = log(path.name, text.encode("utf-8", "replace").decode())
    assert stored.covered.lines >= stored.covered.unparsed
    cited = [*(fact.citations for fact in stored.requests),
             *(fact.citations for fact in stored.accounts)]
    for citation in (citations[0] for citations in cited):
        assert stored.body[citation.start:citation.end] == citation.quote


def archive_file(chance: random.Random) -> None:
    body = mutated(chance.choice(SEEDS), chance)
    assert b"".join(listing(io.BytesIO(body))).isascii()
    for registry in ("npm", "pypi"):
        manifest(io.BytesIO(body), registry)


KINDS_OF_DOCUMENT: dict[str, Callable[[random.Random], None]] = {
    "packuments": packument, "PyPI answers": pypi, "Maven answers": maven,
    "XML-RPC answers": xmlrpc, "logs": log_lines, "archives": archive_file}


@pytest.mark.parametrize("name", KINDS_OF_DOCUMENT)
def test_mutated_documents(name: str, figures: Figures) -> None:
    one, slowest, count = KINDS_OF_DOCUMENT[name], 0.0, figures.times(5000, 60)
    one(random.Random(0))  # what is imported when first used
    for seed in range(count):
        began = time.process_time()
        one(random.Random(seed))
        slowest = max(slowest, time.process_time() - began)
        assert slowest < LIMIT, f"seed {seed}"
    figures.say(f"{count} mutated {name}", f"no crash, no claim whose line does not carry it;"
                f" slowest {slowest:.2f} s")


def test_every_kind_of_json(tmp_path: Path, figures: Figures) -> None:
    slowest = 0.0
    for name, value in KINDS.items():
        for body in (value, b'{"name":"paint","time":{"1.0.0":' + value + b'},"versions":{}}',
                     b'{"name":"paint","versions":{"1.0.0":' + value + b"}}"):
            began = time.process_time()
            holds(MemoryArchive().add("pkg:npm/paint", "packument", body),
                  PackageRef.parse("npm:paint"), "1.0.0")
            slowest = max(slowest, time.process_time() - began)
            assert slowest < LIMIT, name
    figures.say(f"{len(KINDS)} kinds of JSON text, as document, time and version",
                f"read or refused; slowest {slowest:.2f} s")


def test_every_kind_of_json_handed_over(tmp_path: Path, figures: Figures) -> None:
    codes = dict[int, int]()
    for number, (name, value) in enumerate(KINDS.items()):
        if number % figures.times(1, 9):
            continue
        path = tmp_path / f"{number}.json"
        path.write_bytes(value)
        for words in (("ingest", path, "-e", tmp_path / "e"), ("diff", path, path)):
            ended = run(*words)
            assert ended.code in {0, 5, 6, 10}, (name, words[0], ended.err)
            assert len([x for x in ended.err.splitlines() if x.startswith("error: ")]) <= 1, name
            codes[ended.code] = codes.get(ended.code, 0) + 1
    assert run("verify", "-e", tmp_path / "e").code == 0
    figures.say(f"{sum(codes.values())} commands on these as files",
                f"exit codes {', '.join(f'{c}: {n}' for c, n in sorted(codes.items()))}")
