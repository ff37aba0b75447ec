"""Advisory records as the databases write them, about an invented package."""

from typing import Any

ECOSYSTEMS = {"npm": ("npm", "npm"), "pypi": ("PyPI", "pip"), "maven": ("Maven", "maven")}


def osv(id_: str = "MAL-2026-17", *, versions: tuple[str, ...] = (),
        events: tuple[dict[str, str], ...] = (), target: str = "npm:paint",
        published: str = "2026-03-02T12:00:00Z", modified: str = "2026-03-02T12:30:00Z",
        imported: str | None = None, **more: Any) -> dict[str, Any]:
    """One OSV record."""
    registry, _, name = target.partition(":")
    affected: dict[str, Any] = {"package": {"name": name, "ecosystem": ECOSYSTEMS[registry][0]}}
    if versions:
        affected["versions"] = list(versions)
    if events:
        kind = "SEMVER" if registry == "npm" else "ECOSYSTEM"
        affected["ranges"] = [{"type": kind, "events": list(events)}]
    origins = [{"import_time": imported, "source": "a-scanner"}] if imported else None
    return {"id": id_, "summary": f"Malicious code in {name}", "published": published,
            "modified": modified, "affected": [affected],
            "database_specific": {"malicious-packages-origins": origins}, **more}


def answer(*records: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """An answer of OSV's query API."""
    return ({"vulns": list(records)} if records else {}) | (
        {"next_page_token": token} if token else {})


def github(id_: str = "GHSA-2222-3333-4444", *ranges: str, target: str = "npm:paint",
           kind: str = "reviewed", published: str = "2026-03-02T12:00:00Z",
           modified: str = "2026-03-02T12:30:00Z", names: tuple[str, ...] = (),
           **more: Any) -> dict[str, Any]:
    """One GitHub advisory."""
    registry, _, name = target.partition(":")
    package = {"ecosystem": ECOSYSTEMS[registry][1], "name": name}
    return {"ghsa_id": id_, "type": kind, "summary": f"Malware in {name}",
            "published_at": published, "updated_at": modified, "withdrawn_at": None,
            "identifiers": [{"type": "GHSA", "value": id_},
                            *({"type": "CVE", "value": other} for other in names)],
            "vulnerabilities": [{"package": package, "vulnerable_version_range": text,
                                 "first_patched_version": None} for text in ranges], **more}
