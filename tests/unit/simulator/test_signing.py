"""The plain-Python ECDSA agrees with a signature that a real registry made."""

from simulator import signing

KEY = ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0"
       "EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==")
MESSAGE = (b"invalid-deps@1.0.0:sha512-wSjs5WIvZr78mkV8FHCKR59VVDNTupV8wylWHj05RFdB/apXroctfRe44opT"
           b"O3PTGLdAFPrIUU1q7oJSebkr6w==")
SIGNATURE = ("MEUCIQCxErdGOYMudvChG6AOp/bNv7fHKFhAYGJ2F62Cry48twIgFpnYMFxw6qXinx2mL3hSEsyV07n2TkKP"
             "y20gA3RQxU0=")


def test_a_real_signature_verifies() -> None:
    assert signing.verify(KEY, MESSAGE, SIGNATURE)
    assert not signing.verify(KEY, MESSAGE.replace(b"1.0.0", b"1.0.1"), SIGNATURE)
    assert not signing.verify(signing.REGISTRY_KEY.public, MESSAGE, SIGNATURE)


def test_signatures_are_repeatable_and_of_their_message() -> None:
    first, second = signing.REGISTRY_KEY.sign(b"one"), signing.REGISTRY_KEY.sign(b"two")
    assert first == signing.REGISTRY_KEY.sign(b"one") != second
    assert signing.verify(signing.REGISTRY_KEY.public, b"one", first)
    assert not signing.verify(signing.REGISTRY_KEY.public, b"one", second)
