"""The audit log of a GitHub organisation or enterprise: exports, the API and streams.

Times are milliseconds since 1970. Addresses are there only where the organisation disclosed them.
A row says that an action was performed; there is no member for its failure, only actions that are
failures. Token rows name the token's hash. Source: GitHub docs "Audit log events for your
organization".
"""

from regforensics.logs import jsonrows
from regforensics.logs.actions import Names, action
from regforensics.logs.base import Context, Parsed, ReadLine
from regforensics.logs.fields import address
from regforensics.logs.jsonrows import Row, extras, first, inside, said, untimed, when
from regforensics.model.event import AccountEvent

_ACTIONS: Names = (
    ("packages.package_version_published", "publish"), ("packages.package_published", "publish"),
    ("packages.package_version_deleted", "unpublish"), ("packages.package_deleted", "unpublish"),
    ("user.login", "sign-in"), ("user.failed_login", "sign-in"), ("org.sso_response", "sign-in"),
    ("user.logout", "sign-out"), ("two_factor", "factor"), ("user.two_factor", "factor"),
    ("user.recovery_code", "factor"), ("user_mfa", "factor"), ("org.recovery_code", "factor"),
    ("user.change_password", "password"), ("user.forgot_password", "password"),
    ("user.reset_password", "password"), ("user.add_email", "email"),
    ("user.remove_email", "email"), ("user_email", "email"), ("org.add_member", "membership"),
    ("org.remove_member", "membership"),
    ("org.invite_member", "membership"), ("org.update_member", "privilege"),
    ("repo.add_member", "membership"), ("repo.remove_member", "membership"),
    ("repo.update_member", "privilege"), ("team.", "membership"), ("role.", "privilege"),
    ("integration_installation", "privilege"), ("organization_role.", "privilege"),
    ("personal_access_token", "token"), ("org.oauth_app", "token"), ("oauth_", "token"),
    ("public_key.", "token"),
    ("deploy_key.", "token"), ("org_credential_authorization", "token"),
    ("repo.create_actions_secret", "token"), ("org.create_actions_secret", "token"),
    ("protected_branch.", "policy"), ("repository_ruleset.", "policy"), ("environment.", "policy"),
    ("org.disable_two_factor", "policy"), ("org.enable_two_factor", "policy"),
    ("ip_allow_list", "policy"), ("audit_log_streaming", "policy"))
_FAILED = ("failed", "denied", "rejected")


class GithubAudit:
    """One action an object."""

    name = "github-audit"
    title = "GitHub audit log (JSON)"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(event_of, '"action"', '"actor"')


def event_of(row: Row) -> Parsed | None:
    """The event of a row, from JSON or with the columns of a CSV export."""
    kind, stamp = said(row, "action"), row.get("@timestamp") or row.get("created_at")
    if kind is None or stamp is None or not ("." in kind and "actor" in row):
        return None
    at, client = when(stamp), address(said(row, "actor_ip"))
    return AccountEvent(
        at=at, actor=said(row, "actor"), what=action(kind, _ACTIONS), event_type=kind,
        done="failure" if any(word in kind for word in _FAILED) else "success",
        remote_addr=client.value,
        place=said(row, "actor_location", "country_code")
        or said(row, "actor_location.country_code"),
        user_agent=said(row, "user_agent"), target=first(row, "user", "repo", "team", "org"),
        package=_of(row, "package"), version=_of(row, "version"),
        key=said(row, "_document_id"), session=said(row, "hashed_token"),
        doubts=tuple(filter(None, (untimed(stamp, at), client.doubt))),
        extra=extras(org=said(row, "org"), repo=said(row, "repo"), ecosystem=_of(row, "ecosystem"),
                     token=said(row, "hashed_token"), token_id=said(row, "token_id"),
                     access=said(row, "programmatic_access_type"),
                     request=said(row, "request_id"), actor_id=said(row, "actor_id")))


def _of(row: Row, name: str) -> str | None:
    """A member that stands in the row or in its ``data``."""
    return said(row, name) or said(inside(row, "data"), name)
