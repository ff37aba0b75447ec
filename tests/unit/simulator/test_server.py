"""The server sends over a socket exactly what the registries answer."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from simulator import Clock, Npm, PyPI, Request, Response, serve


def fetch(connection: http.client.HTTPConnection, path: str, method: str = "GET") -> Response:
    connection.request(method, path)
    answer = connection.getresponse()
    return Response(answer.status, tuple(answer.getheaders()), answer.read())


def connect(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)


def test_answers_are_those_of_respond_on_one_connection() -> None:
    clock = Clock("2026-03-01T12:00:00+00:00")
    npm, pypi = Npm(clock), PyPI(clock)
    npm.publish("@works/paint", "1.0.0", by="ada")
    pypi.upload("paint", "1.0.0", by="ada")
    with serve(npm, pypi) as urls:
        assert (npm.base_url, pypi.base_url) == (urls.npm, urls.pypi)
        for registry, url, paths in (
                (npm, urls.npm, ("/@works%2Fpaint", "/@works/paint/-/paint-1.0.0.tgz", "/x")),
                (pypi, urls.pypi, ("/pypi/paint/json", "/simple/paint/", "/simple/paint"))):
            connection = connect(url)
            for path in paths:
                assert fetch(connection, path) == registry.respond(Request(path))
            connection.close()


def test_head_has_the_headers_and_no_body() -> None:
    npm = Npm(Clock("2026-03-01T12:00:00+00:00"))
    npm.publish("paint", "1.0.0", by="ada")
    with serve(npm) as urls:
        connection = connect(urls.npm)
        head, full = fetch(connection, "/paint", "HEAD"), fetch(connection, "/paint")
        connection.close()
    assert head.headers == full.headers
    assert (head.body, len(full.body)) == (b"", int(full.header("content-length") or 0))


def test_documents_may_keep_their_own_host() -> None:
    npm = Npm(Clock("2026-03-01T12:00:00+00:00"), base_url="https://npm.example/")
    npm.publish("paint", "1.0.0", by="ada")
    with serve(npm, rebase=False) as urls:
        connection = connect(urls.npm)
        document = fetch(connection, "/paint").json()
        connection.close()
    assert document["versions"]["1.0.0"]["dist"]["tarball"].startswith("https://npm.example/")


def test_a_mirror_is_served_beside_its_origin() -> None:
    npm = Npm(Clock("2026-03-01T12:00:00+00:00"))
    npm.publish("paint", "1.0.0", by="ada")
    with serve(npm, None, npm.through("verdaccio")) as urls:
        connection = connect(urls.mirrors[0])
        document = fetch(connection, "/paint").json()
        connection.close()
    assert urls.pypi == ""
    assert document["versions"]["1.0.0"]["dist"]["tarball"].startswith(urls.mirrors[0])


def test_readers_see_whole_states_while_a_writer_writes() -> None:
    npm = Npm(Clock("2026-03-01T12:00:00+00:00"))
    npm.publish("paint", "1.0.0", by="ada")

    def read(url: str) -> bool:
        connection = connect(url)
        documents = [fetch(connection, "/paint").json() for _ in range(20)]
        connection.close()
        return all(set(d["versions"]) == set(d["time"]) - {"created", "modified"}
                   for d in documents)

    with serve(npm) as urls, ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, urls.npm) for _ in range(4)]
        for patch in range(1, 40):
            npm.publish("paint", f"1.0.{patch}", by="ada")
        assert all(reader.result(30) for reader in readers)
