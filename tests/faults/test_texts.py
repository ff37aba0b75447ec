"""Hostile text in every place that it can reach, through every command that prints it."""

import json
import unicodedata
from pathlib import Path

import pytest

from tests.support.command import Ended, run
from tests.support.documents import encoded, packument
from tests.support.figures import Figures
from tests.support.hostile_texts import PAYLOADS

USABLE = [text for text in PAYLOADS if "\ud800" not in text and "\ud83d alone" not in text]
ODD = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def is_inert(ended: Ended) -> bool:
    """Nothing in the text of a command moves a cursor, is invisible or changes direction."""
    odd = {c for c in ended.out + ended.err if c != "\n" and unicodedata.category(c) in ODD}
    assert not odd, [hex(ord(c)) for c in sorted(odd)]
    assert not any(line.startswith("error: internal") for line in ended.err.splitlines())
    return True


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every text as version, deprecation, publisher, script and tag; as path, user and agent of a
    log; and as name of a file."""
    folder = tmp_path_factory.mktemp("hostile")
    versions = {text: {"deprecated": text, "description": text, "scripts": {"postinstall": text},
                       "_npmUser": {"name": text, "email": f"{text}@inbox.example"},
                       "gitHead": text, "dist": {"tarball": text, "integrity": text}}
                for text in USABLE}
    for number, shown in enumerate(({}, versions)):
        path = folder / f"{number}.json"
        tags = {"dist-tags": {text: text for text in shown}}
        path.write_bytes(encoded(packument(versions={"1.0.0": {}, **shown}) | tags))
        done = run("ingest", path, "-e", folder / "e", "--observed-at",
                   f"2026-03-0{number + 1}T10:00:00Z")
        assert done.code == 0, done.err
    lines = [f'10.0.0.1 - {"".join(text.split())} [07/Mar/2026:22:14:{n % 60:02} +0000] '
             f'"GET /paint/-/paint-1.0.0.tgz?{"".join(text.split())} HTTP/1.1" 200 12 "-" "{text}"'
             for n, text in enumerate(USABLE)]
    log = folder / "access\x1b[2J\u202e<b>.log"
    log.write_text("\n".join(line.replace("\n", " ") for line in lines), "utf-8")
    assert run("ingest", log, "-e", folder / "e").code in {0, 6}
    return folder


COMMANDS = (
    ("list",), ("verify",), ("inventory",), ("drift",), ("diff", "npm:paint", "--all"),
    ("timeline", "show"), ("timeline", "show", "npm:paint"), ("exposure", "npm:paint@1.0.0"),
    ("exposure", f"npm:paint@{USABLE[0]}"), ("show", "EX-000002:0-100"),
    ("timeline", "report", "--format", "md"), ("timeline", "report", "--format", "html"))


def test_every_command_prints_inert_text(evidence: Path, figures: Figures) -> None:
    for words in COMMANDS:
        text = run(*words, "-e", evidence / "e")
        assert text.code in {0, 2, 6, 10}, text.err
        assert is_inert(text), words
    figures.say(f"{len(USABLE)} hostile texts in {len(COMMANDS)} commands",
                "no control, invisible or direction character is printed")


def test_json_is_ascii_and_whole(evidence: Path) -> None:
    for words in COMMANDS[:9]:
        ended = run(*words, "--json", "-e", evidence / "e")
        assert ended.out.isascii(), words
        json.loads(ended.out)
