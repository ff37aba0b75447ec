"""serve: the simulated registries behind threaded HTTP/1.1 servers on 127.0.0.1."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulator.maven import Maven
from simulator.npm import Npm
from simulator.pypi import PyPI
from simulator.web import Registry, Request, Response


@dataclass(frozen=True, slots=True)
class Urls:
    """The base URLs served, each ending in a slash; empty where nothing is served.

    ``mirrors`` are those of whatever else is served, in the order given.
    """

    npm: str = ""
    pypi: str = ""
    mirrors: tuple[str, ...] = ()
    maven: str = ""


class Server(ThreadingHTTPServer):
    """One registry on one port of 127.0.0.1; ``requests`` holds what was asked, in order."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, registry: Registry) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.registry = registry
        self.requests: list[Request] = []

    @property
    def url(self) -> str:
        """The base URL, ending in a slash."""
        return f"http://127.0.0.1:{self.server_port}/"

    def answer(self, request: Request) -> Response:
        """The registry's answer."""
        self.requests.append(request)
        return self.registry.respond(request)


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the registry; sends exactly the headers that the registry states."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        response = self.server.answer(Request(self.path, dict(self.headers), self.command, body))
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests' output belongs to the tests."""


@contextmanager
def serve(npm: Npm | None = None, pypi: PyPI | None = None, *mirrors: Registry,
          rebase: bool = True, maven: Maven | None = None) -> Iterator[Urls]:
    """Serve each registry, and each mirror or other service, on a port of its own.

    ``rebase`` makes every registry print its own address in its documents, as an origin does;
    without it the documents keep the ``base_url`` given.
    """
    with ExitStack() as stack:
        def start(registry: Registry | None) -> str:
            if registry is None:
                return ""
            server = stack.enter_context(Server(registry))
            if rebase:
                registry.base_url = server.url
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return server.url

        yield Urls(start(npm), start(pypi), tuple(map(start, mirrors)), start(maven))
