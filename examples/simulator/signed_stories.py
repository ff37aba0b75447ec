"""Incidents that signatures and provenance show, and a change of keys that is none."""

from collections.abc import Iterator
from dataclasses import replace

from simulator import npm_signing, pypi_provenance
from simulator.npm import Npm
from simulator.pypi import PyPI
from simulator.signing import Key
from simulator.sigstore import Ci
from simulator.told import HOUR, PACKAGE, PROJECT, Step

NEW_KEY = Key("SHA256:simulatedKeyTheSecond000000000000000000000", "the second simulated key")
THIEF = Ci(repository="paint-thief/paint-lines", commit="9" * 40)


def rotated_key(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """The registry goes over to a new key, and signs what it has with it too. Nothing is wrong."""
    targets = (f"npm:{PACKAGE}",)
    _healthy(npm)
    yield Step("healthy", "two releases, one key", targets)
    npm.tick(HOUR)
    npm_signing.rotate_key(npm, NEW_KEY, sign_again=True)
    npm.tick(HOUR)
    npm.publish(PACKAGE, "1.2.0", by="ada")
    yield Step("rotated", "every version has a signature by the new key", targets)


def forged_signature(npm: Npm, _pypi: PyPI) -> Iterator[Step]:
    """Somebody between registry and reader changes bytes, and can sign nothing."""
    targets = (f"npm:{PACKAGE}",)
    _healthy(npm)
    yield Step("healthy", "two releases", targets)
    npm.tick(HOUR)
    npm_signing.forge_signature(npm, PACKAGE, "1.1.0")
    yield Step("forged", "the signature of 1.1.0 is over other bytes", targets)


def stolen_workflow(npm: Npm, pypi: PyPI) -> Iterator[Step]:
    """A release comes out of another repository; one attestation is altered, one disappears."""
    targets = (f"npm:{PACKAGE}", f"pypi:{PROJECT}")
    _healthy(npm, provenance=True)
    pypi.upload(PROJECT, "2.0.0", by="ada", at=pypi.clock.ago(days=90), provenance=True)
    yield Step("healthy", "two releases of one workflow", targets)
    npm.tick(HOUR)
    npm.publish(PACKAGE, "1.2.0", by="ada", trusted_publisher="github", provenance=True)
    npm_signing.attest(npm, PACKAGE, "1.2.0", ci=THIEF)
    pypi.upload(PROJECT, "2.1.0", by="ada", provenance=True)
    newest = pypi.projects[PROJECT].files[-1]
    pypi_provenance.publish(pypi, PROJECT, newest, ci=replace(THIEF, run=7),
                            publisher=f"paint-works/{PROJECT}")
    yield Step("stolen", "1.2.0 and 2.1.0 were built in another repository", targets)
    npm.tick(HOUR)
    npm.publish(PACKAGE, "1.2.1", by="ada", trusted_publisher="github", provenance=True)
    npm_signing.lose_attestations(npm, PACKAGE, "1.2.1")
    npm.publish(PACKAGE, "1.2.2", by="ada", trusted_publisher="github", provenance=True)
    npm_signing.alter_attestation(npm, PACKAGE, "1.2.2", f"pkg:npm/{PACKAGE}@1.2.0")
    yield Step("covered", "1.2.1 has no attestations, those of 1.2.2 were altered", targets)


def _healthy(npm: Npm, *, provenance: bool = False) -> None:
    for version, days in (("1.0.0", 400), ("1.1.0", 90)):
        npm.publish(PACKAGE, version, by="ada", at=npm.clock.ago(days=days),
                    provenance=provenance)


STORIES = (rotated_key, forged_signature, stolen_workflow)
