"""The public endpoints that the product talks to by default. They stand here and nowhere else."""

NPM_REGISTRY = "https://registry.npmjs.org/"
PYPI_URL = "https://pypi.org/"
MAVEN_URL = "https://repo.maven.apache.org/maven2/"
MAVEN_SEARCH_URL = "https://search.maven.org/"
PYPI_FILE_HOSTS = ("files.pythonhosted.org",)
SIGSTORE_ROOT = "https://tuf-repo-cdn.sigstore.dev"
#: Parts of host names under which products serve packages of others, and the product's name.
PRODUCT_HOSTS = ((".d.codeartifact.", "AWS CodeArtifact"),
                 ("npm.pkg.github.com", "GitHub Packages"))
NPM_DOWNLOADS = "https://api.npmjs.org/"
PYPISTATS_URL = "https://pypistats.org/"
CLICKPY_URL = "https://sql-clickhouse.clickhouse.com/"
OSV_API = "https://api.osv.dev/"
GITHUB_API = "https://api.github.com/"
#: What npm's publish attestations state as their kind, before the number of its form.
NPM_PUBLISH_PREDICATE = "https://github.com/npm/attestation/tree/main/specs/publish/"
#: Who vouches for the identity of a trusted publisher, by the kind that PyPI states (PEP 740).
PUBLISHER_ISSUERS = {
    "GitHub": "https://token.actions.githubusercontent.com", "GitLab": "https://gitlab.com",
    "Google": "https://accounts.google.com",
    "ActiveState": "https://platform.activestate.com/api/v1/oauth/oidc"}
