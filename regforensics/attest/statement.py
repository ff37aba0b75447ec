"""What a signed statement says of its subject and its build: in-toto, SLSA Provenance 0.2 and 1.

The build writes this statement itself; only the certificate is beyond its reach.
"""

from collections.abc import Iterator
from typing import Any

from regforensics.attest.envelope import member, text
from regforensics.endpoints import NPM_PUBLISH_PREDICATE

_MOST_SUBJECTS = 16
_MOST_DIGESTS = 8


def subjects(statement: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """(name, digests in lower-case hex by algorithm) of each subject."""
    listed = member(statement, "subject")
    for subject in listed[:_MOST_SUBJECTS] if isinstance(listed, list) else ():
        name, digests = text(subject, "name"), member(subject, "digest")
        stated = list(digests.items())[:_MOST_DIGESTS] if isinstance(digests, dict) else []
        yield name or "", {str(k): v.lower() for k, v in stated if isinstance(v, str)
                           and len(v) <= 256}


def about_publish(statement: Any) -> bool:
    """True for npm's own statement that it took a version in."""
    return (text(statement, "predicateType") or "").startswith(NPM_PUBLISH_PREDICATE)


def build(statement: Any) -> dict[str, str]:
    """What the statement says of the build: repository, workflow, ref, commit, run, builder.

    A statement about a publish says nothing of a build, whatever else it holds.
    """
    if about_publish(statement):
        return {}
    predicate = member(statement, "predicate")
    found = _slsa_1(predicate) if member(predicate, "buildDefinition") else _slsa_0(predicate)
    return {name: value for name, value in found.items() if value}


def _slsa_1(predicate: Any) -> dict[str, str | None]:
    workflow = member(predicate, "buildDefinition", "externalParameters", "workflow")
    source = member(predicate, "buildDefinition", "resolvedDependencies", 0)
    return {"repository": text(workflow, "repository"), "workflow": text(workflow, "path"),
            "ref": text(workflow, "ref"),
            "commit": text(source, "digest", "gitCommit") or text(source, "digest", "sha1"),
            "run": text(predicate, "runDetails", "metadata", "invocationId"),
            "builder": text(predicate, "runDetails", "builder", "id")}


def _slsa_0(predicate: Any) -> dict[str, str | None]:
    source = member(predicate, "invocation", "configSource")
    address = text(source, "uri") or ""
    place, _, ref = address.partition("@")
    return {"repository": place, "workflow": text(source, "entryPoint"), "ref": ref,
            "commit": text(source, "digest", "sha1"),
            "run": text(predicate, "metadata", "buildInvocationId"),
            "builder": text(predicate, "builder", "id")}
