"""ECDSA on P-256 with SHA-256 in plain Python: the registry signatures of the simulated npm.

The private keys are public on purpose. Never sign anything that matters with it: this code
is not constant-time. Curve: NIST SP 800-186; signature: FIPS 186-5; nonce after RFC 6979's idea.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from functools import cached_property

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
Point = tuple[int, int]
Jacobian = tuple[int, int, int]

KEYID = "SHA256:simulatedKeyOfNoRealRegistry000000000000000"


@dataclass(frozen=True)
class Key:
    """A signing key made of a seed. ``expires`` is ISO 8601 UTC, None while it is in use."""

    keyid: str = KEYID
    seed: str = "simulated registry key"
    expires: str | None = field(default=None, compare=False)

    @cached_property
    def private(self) -> int:
        """The private key: as public as its seed."""
        return int.from_bytes(hashlib.sha256(self.seed.encode()).digest()) % N

    @cached_property
    def public(self) -> str:
        """The base64 of the public key as SubjectPublicKeyInfo (DER)."""
        x, y = _affine(_times(self.private, G))
        return base64.b64encode(SPKI_PREFIX + b"\x04" + x.to_bytes(32) + y.to_bytes(32)).decode()

    @property
    def entry(self) -> dict[str, str | None]:
        """The key as npm's key list states it."""
        return {"expires": self.expires, "keyid": self.keyid, "keytype": "ecdsa-sha2-nistp256",
                "scheme": "ecdsa-sha2-nistp256", "key": self.public}

    def sign(self, message: bytes) -> str:
        """The base64 of the DER signature of ``message``; the same message gives the same one."""
        digest = int.from_bytes(hashlib.sha256(message).digest())
        nonce = int.from_bytes(hashlib.sha512(self.private.to_bytes(32) + message).digest()) % N
        r = _affine(_times(nonce, G))[0] % N
        s = pow(nonce, -1, N) * (digest + r * self.private) % N
        body = _integer(r) + _integer(s)
        return base64.b64encode(b"\x30" + bytes([len(body)]) + body).decode()


REGISTRY_KEY = Key()


def verify(key: str, message: bytes, signature: str) -> bool:
    """True where ``signature`` (base64 DER) over ``message`` is by ``key`` (base64 SPKI)."""
    point = base64.b64decode(key).removeprefix(SPKI_PREFIX)
    public = int.from_bytes(point[1:33]), int.from_bytes(point[33:65])
    der = base64.b64decode(signature)
    r_size = der[3]
    r, s = int.from_bytes(der[4:4 + r_size]), int.from_bytes(der[6 + r_size:])
    digest = int.from_bytes(hashlib.sha256(message).digest())
    w = pow(s, -1, N)
    total = _add(_times(digest * w % N, G), _times(r * w % N, public))
    return total[2] != 0 and _affine(total)[0] % N == r


def _integer(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1)
    return b"\x02" + bytes([len(data)]) + data


def _times(factor: int, point: Point) -> Jacobian:
    total: Jacobian = (1, 1, 0)
    addend: Jacobian = (*point, 1)
    while factor:
        if factor & 1:
            total = _add(total, addend)
        addend = _double(addend)
        factor >>= 1
    return total


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    yy = y * y % P
    s, m = 4 * x * yy % P, 3 * (x - z * z) * (x + z * z) % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(left: Jacobian, right: Jacobian) -> Jacobian:
    if not left[2] or not right[2]:
        return right if not left[2] else left
    (x1, y1, z1), (x2, y2, z2) = left, right
    a, b = z1 * z1 % P, z2 * z2 % P
    u1, s1 = x1 * b % P, y1 * b * z2 % P
    h, r = (x2 * a - u1) % P, (y2 * a * z1 - s1) % P
    if not h:
        return _double(left) if not r else (1, 1, 0)
    hh = h * h % P
    hhh, v = hh * h % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def _affine(point: Jacobian) -> Point:
    inverse = pow(point[2], -1, P)
    return point[0] * inverse**2 % P, point[1] * inverse**3 % P
