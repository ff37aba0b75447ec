"""A time-stamp authority on 127.0.0.1, made of ``openssl ts``; and people who sign with SSH."""

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIG = """
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[tsa]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[req]
distinguished_name = dn
[dn]
[policy]
serial = {folder}/serial
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256, sha512
ess_cert_id_alg = sha256
"""


class Authority:
    """An authority with a key of its own; ``ca`` is the certificate that vouches for it.

    ``sends_ca``: its answers hold that one too, after its own, as openssl's documentation has it.
    """

    def __init__(self, folder: Path, *, sends_ca: bool = False) -> None:
        self.folder, self.ca, self.url = folder, folder / "ca.pem", ""
        self.spoil: bytes | None = None
        folder.mkdir()
        (folder / "serial").write_text("01\n")
        (folder / "conf").write_text(_CONFIG.format(folder=folder)
                                     + ("certs = ca.pem\n" if sends_ca else ""))
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-config", "conf")
        self._openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
                      "-subj", "/CN=Root", "-extensions", "ca")
        self._openssl("req", *curve, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA")
        self._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-set_serial", "2", "-out", "tsa.pem", "-days", "30", "-extfile", "conf",
                      "-extensions", "tsa")

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def reply(self, query: bytes) -> bytes:
        """The answer to a request, or what it was told to say."""
        if self.spoil is not None:
            return self.spoil
        with tempfile.TemporaryDirectory() as name:
            asked, answered = Path(name, "q"), Path(name, "r")
            asked.write_bytes(query)
            self._openssl("ts", "-reply", "-config", "conf", "-section", "policy", "-queryfile",
                          str(asked), "-signer", "tsa.pem", "-inkey", "tsa.key", "-out",
                          str(answered))
            return answered.read_bytes()


@contextmanager
def authority(folder: Path, *, sends_ca: bool = False) -> Iterator[Authority]:
    """An authority that answers at its ``url``."""
    made = Authority(folder, sends_ca=sends_ca)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = made.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object, **__: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/tsr"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def signing_key(folder: Path, name: str = "ada") -> tuple[Path, Path]:
    """A new SSH key, and an ``allowed_signers`` file that names its owner."""
    key, allowed = folder / f"{name}.key", folder / f"{name}.signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)],
                   check=True)
    public = key.with_name(key.name + ".pub").read_text()
    allowed.write_text(f'{name} namespaces="regforensics" {public}')
    return key, allowed
