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
