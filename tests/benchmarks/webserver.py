"""nginx on 127.0.0.1 with a registry's worth of synthetic packuments, for the capture benchmark."""

import json
import os
import random
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.documents import encoded, packument

SMALLEST, LARGEST = 5_000, 1_000_000  # bytes of a packument
ECHO = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")  # Debian: libnginx-mod-http-echo

_CONFIG = """{head}
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
  access_log off; default_type application/json; sendfile on; tcp_nopush on;
  keepalive_requests 1000000; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port} {tls}; root {documents};
    location /-/ {{ return 404; }}
    location / {{ {delay} }}
    location /now/ {{ internal; alias {documents}/; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Web:
    """A running nginx: its base URL, and the certificate to trust where it speaks TLS."""

    url: str
    certificate: Path | None


def documents(folder: Path, count: int, seed: int = 3) -> list[str]:
    """Write ``count`` packuments, their sizes log-uniform, unless they are there; their names."""
    chance = random.Random(seed)
    whole = packument(300)
    versions = [encoded({name: manifest})[1:-1] for name, manifest in whole["versions"].items()]
    times = list(whole["time"].items())
    names = [f"p{number:05}" for number in range(count)]
    folder.mkdir(exist_ok=True)
    for name in names:
        size = SMALLEST * (LARGEST / SMALLEST) ** chance.random()
        if not (folder / name).exists():
            (folder / name).write_bytes(_document(name, size, versions, times))
    return names


def _document(name: str, size: float, versions: list[bytes], times: list[tuple[str, str]]) -> bytes:
    """A packument of about ``size`` bytes, whose readme takes up what versions do not."""
    count = min(max(int(size / (len(versions[0]) + 60)), 1), len(versions))
    body = b",".join(versions[:count])
    time_ = json.dumps(dict(times[:count + 2]), separators=(",", ":"))
    head = f'{{"_id":"{name}","_rev":"1-{name}","name":"{name}","time":{time_},"versions":{{'
    readme = "x" * max(int(size) - len(body) - len(head) - 20, 0)
    return head.encode() + body + f'}},"readme":"{readme}"}}'.encode()


@contextmanager
def serving(folder: Path, root: Path, *, delay: float = 0.0, tls: bool = False) -> Iterator[Web]:
    """nginx serving the files of ``root``, the first byte of each after ``delay`` seconds."""
    folder.mkdir(exist_ok=True)
    port, certificate = _free_port(), folder / "certificate.pem"
    if tls:
        _certificate(certificate)
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(
        folder=folder, port=port, documents=root,
        head=("user root;" if os.geteuid() == 0 else "")  # else its workers may not read the files
        + (f"load_module {ECHO};" if delay else ""),
        tls=f"ssl http2; ssl_certificate {certificate}; ssl_certificate_key {certificate}"
        if tls else "",
        delay=f"echo_sleep {delay:g}; echo_exec /now$uri;" if delay else ""), "utf-8")
    command = [_nginx(), "-p", str(folder), "-c", str(config), "-e", str(folder / "errors")]
    process = subprocess.Popen(command)
    try:
        _wait_for(port, process)
        yield Web(f"{'https' if tls else 'http'}://127.0.0.1:{port}", certificate if tls else None)
    finally:
        process.terminate()
        process.wait(10)


def _nginx() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit("this benchmark needs nginx")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit("nginx did not start")


def _certificate(path: Path) -> None:
    """A certificate for 127.0.0.1, with its key, made by the openssl command."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(path), "-out", str(path.with_suffix(".crt"))],
        check=True, capture_output=True)
    with path.open("ab") as handle:
        handle.write(path.with_suffix(".crt").read_bytes())
    ssl.create_default_context(cafile=str(path))
