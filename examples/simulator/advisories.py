"""Osv and GitHub: simulated databases of advisories, which page their answers as the real ones do.

Records are given as documents, so that every mistake that people make in them can be played.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator.web import Request, Response, dumps

Json = dict[str, Any]


class Osv:
    """OSV's query API. ``page`` is how many records one answer holds; ``endless`` makes every
    answer name a further page."""

    def __init__(self, *records: Json, page: int = 1000, endless: bool = False,
                 base_url: str = "https://osv.example/") -> None:
        self.records = list(records)
        self.page, self.endless = page, endless
        self.base_url = base_url

    def respond(self, request: Request) -> Response:
        """The answer to ``POST /v1/query``."""
        if request.method != "POST" or request.segments != ("v1", "query"):
            return _answer(404, {"code": 5, "message": "Not Found"})
        asked = json.loads(request.body)
        mine = [r for r in self.records
                if any(a.get("package") == asked["package"] for a in r["affected"])]
        start = int(asked.get("page_token", 0))
        shown = mine[start:start + self.page]
        further = self.endless or start + self.page < len(mine)
        return _answer(200, ({"vulns": shown} if shown else {}) | (
            {"next_page_token": str(start + self.page)} if further else {}))


class GitHub:
    """GitHub's list of global advisories. ``limit`` is how many questions it answers; ``token``
    is the bearer that it counts without limit. ``endless`` makes every answer link to a further
    page."""

    def __init__(self, *records: Json, page: int = 100, limit: int = 60, token: str = "",
                 endless: bool = False, base_url: str = "https://github.example/") -> None:
        self.records = list(records)
        self.page, self.limit, self.token, self.endless = page, limit, token, endless
        self.base_url = base_url

    def respond(self, request: Request) -> Response:
        """The answer to ``GET /advisories``."""
        place = urlsplit(request.path)
        if place.path != "/advisories":
            return _answer(404, {"message": "Not Found"})
        known = self.token and request.header("Authorization") == f"Bearer {self.token}"
        self.limit -= not known
        if self.limit < 0 and not known:
            return _answer(403, {"message": "API rate limit exceeded"},
                           ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1772445600"))
        asked = {key: values[0] for key, values in parse_qs(place.query).items()}
        about = {"ecosystem": asked["ecosystem"], "name": asked["affects"]}
        mine = [r for r in self.records if r["type"] == asked["type"]
                and any(v["package"] == about for v in r["vulnerabilities"])]
        start, size = int(asked.get("after", 0)), min(self.page, int(asked["per_page"]))
        query = place.query.partition("&after=")[0]
        link = (("Link", f'<{self.base_url}advisories?{query}&after={start + size}>; rel="next"'),)
        return _answer(200, mine[start:start + size], *(
            link if self.endless or start + size < len(mine) else ()))


def _answer(status: int, value: object, *headers: tuple[str, str]) -> Response:
    body = dumps(value)
    return Response(status, (("Content-Type", "application/json"),
                             ("Content-Length", str(len(body))), *headers), body)
