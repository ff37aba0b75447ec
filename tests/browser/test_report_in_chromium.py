"""The HTML report in a real browser: nothing in it runs, and no request leaves."""

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from regforensics.report import html
from tests.support.figures import Figures
from tests.support.hostile_report import hostile_report
from tests.support.hostile_texts import HOST, PAYLOADS

pytestmark = pytest.mark.browser
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--virtual-time-budget=3000")
CSP = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
RUNS = ("<script>document.body.append('RA' + 'N')</script>",
        "<img src=x onerror=\"document.body.append('RA' + 'N')\">",
        "<svg onload=\"document.body.append('RA' + 'N')\">")


class Listener:
    """Stands in for every host there is, and keeps the first bytes of each connection."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(2)
                try:
                    self.heard.append(peer.recv(4096))
                except OSError:
                    self.heard.append(b"")

    def close(self) -> None:
        self._socket.close()


class Tags(HTMLParser):
    """The names of the elements and attributes of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def opened(page: str, folder: Path, listener: Listener) -> str:
    """The page as the browser holds it after opening it."""
    browser = next(filter(None, map(shutil.which, (
        "chromium", "chromium-browser", "google-chrome"))))
    (folder / "report.html").write_text(page, "utf-8")
    done = subprocess.run(
        [browser, *FLAGS, f"--host-resolver-rules=MAP * 127.0.0.1:{listener.port}",
         f"--user-data-dir={folder / 'profile'}", "--dump-dom",
         (folder / "report.html").as_uri()],
        capture_output=True, check=True, timeout=90)
    return done.stdout.decode("utf-8")


def test_the_listener_hears_a_page_that_asks(tmp_path: Path, listener: Listener) -> None:
    page = f"<body><img src=http://{HOST}/x.png>{RUNS[0]}"
    assert "RAN" in opened(page, tmp_path, listener)
    assert any(HOST.encode() in heard for heard in listener.heard)


@pytest.mark.parametrize("policy", [True, False], ids=["as written", "without its policy"])
def test_nothing_runs_and_nothing_leaves(policy: bool, tmp_path: Path, listener: Listener,
                                         figures: Figures) -> None:
    page = html.render(hostile_report((*PAYLOADS, *RUNS)))
    written = Tags(page)
    if not policy:
        page, removed = CSP.subn("", page)
        assert removed == 1
    shown = opened(page, tmp_path, listener)
    assert "Appendix B" in shown
    assert "RAN" not in shown
    seen = Tags(shown)
    assert seen.names == written.names
    assert seen.attributes <= written.attributes
    assert not [heard for heard in listener.heard if HOST.encode() in heard]
    figures.say(f"{len(PAYLOADS)} hostile texts in a report in Chromium"
                f" {'as written' if policy else 'without its content policy'}",
                "nothing runs, nothing is fetched, no element or attribute is added")
