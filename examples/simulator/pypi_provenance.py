"""Provenance objects of a simulated PyPI's Integrity API (PEP 740)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.pypi import File, PyPI
    from simulator.sigstore import Ci

Json = dict[str, Any]


def provenance_of(pypi: "PyPI", project: str, file: "File") -> Json:
    """The provenance object of a file that was uploaded with attestations."""
    if file.filename not in pypi.attested:
        publish(pypi, project, file)
    return pypi.attested[file.filename]


def publish(pypi: "PyPI", project: str, file: "File", *, ci: "Ci | None" = None,
            publisher: str | None = None) -> None:
    """Hold the provenance object of a file, uploaded by a run of a workflow.

    ``publisher`` is the repository that the index names, where it is not the workflow's.
    """
    from simulator import sigstore

    run = ci or sigstore.Ci(repository=f"paint-works/{project}")
    statement = sigstore.pypi_publish(file.filename, file.sha256)
    bundle = pypi.sigstore.bundle(statement, run, file.uploaded)
    pypi.attested[file.filename] = {"version": 1, "attestation_bundles": [{
        "publisher": {"kind": "GitHub", "repository": publisher or run.repository,
                      "workflow": run.workflow, "environment": "pypi", "claims": None},
        "attestations": [sigstore.pep_740(bundle)]}]}
