"""Who could answer what the evidence does not, by registry and question."""

from regforensics.model.coverage import Question

_ANY: dict[Question, str] = {
    "publish": "the registry's own full document of the package, captured from the registry itself",
    "withdrawal": "the registry's operator: time and actor of the removal; anybody who captured"
                  " the package in between (mirrors, archives, colleagues)",
    "account": "each owner, for the account's own history; the registry's operator, through an"
               " owner or by legal process",
    "install": "the operators of the proxies and mirrors that the consumers use, for their request"
               " logs; the consumers, for lockfiles and build logs",
}
_BY_REGISTRY: dict[str, dict[Question, str]] = {
    "npm": {
        "publish": "the registry's full packument (not the abbreviated one), asked directly and not"
                   " through a mirror",
        "withdrawal": "npm support, through an owner or by legal process: time and actor of the"
                      " removal; anybody who polled the replication feed or captured the packument"
                      " in between",
        "account": "each owner: the account data export, the token list with its times of last use,"
                   " and the registry's notification mails; npm support for logins and addresses,"
                   " through the owner or by legal process",
        "install": "the registry's download counts per version, which cover the last seven days"
                   " only (capture them first); npm support for request logs; the operators of"
                   " proxies and mirrors (Artifactory, Nexus, Verdaccio) and the consumers, for"
                   " request logs, lockfiles and build logs",
    },
    "npm-user": {
        "account": "the account's owner: the account data export, which lists packages,"
                   " organisations and published versions, and the token list with its times of"
                   " last use; npm support, through the owner or by legal process",
    },
    "pypi-user": {
        "account": "the account's owner: the account activity page, which forgets after 90 days,"
                   " the list of projects and organisations, and the tokens; PyPI's administrators,"
                   " through the owner or by legal process",
    },
    "pypi": {
        "publish": "the index's JSON and Simple answers, asked directly and not through a mirror",
        "withdrawal": "the index's journal (XML-RPC changelog_since_serial): actions with times,"
                      " without actors; a project owner's security history page for the actors",
        "account": "a project owner: the project's security history page, every page saved as HTML,"
                   " and first the uploader's account activity page, which forgets after 90 days;"
                   " PyPI's administrators, through an owner or by legal process",
        "install": "the public download data set (one row a request: time, version, installer,"
                   " country; no address); the operators of proxies and mirrors and the consumers,"
                   " for request logs, lockfiles and build logs",
    },
    "maven": {
        "publish": "the repository's own answers, asked directly and not through a mirror; the"
                   " owner of the namespace, for the deployments that its portal lists",
        "withdrawal": "the repository's operator, through the namespace's owner or by legal"
                      " process: releases are taken away by the operator alone",
        "account": "the owner of the namespace: the portal's deployments and tokens, and the"
                   " holders of the signing keys; the repository's operator for logins",
        "install": "the namespace's owner, for the portal's monthly statistics; the operators of"
                   " proxies and mirrors (Artifactory, Nexus) and the consumers, for request logs,"
                   " lockfiles and build logs",
    },
}


def ask(registry: str, question: Question) -> str:
    """What to ask for, and from whom."""
    return _BY_REGISTRY.get(registry, {}).get(question) or _ANY[question]
