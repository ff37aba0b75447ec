"""A report in which every field that data can reach holds hostile text."""

import json
from collections.abc import Sequence

from regforensics.model.claim import SECTIONS, Claim, Gap
from regforensics.model.coverage import Coverage
from regforensics.model.package import PackageRef
from regforensics.report.document import Report
from tests.support.report_case import Evidence, at, report


def hostile_report(texts: Sequence[str]) -> Report:
    """One claim, one gap and one source for each text; the texts are in the exhibit too."""
    body = json.dumps(dict(enumerate(texts))).encode()
    logs = ("\n".join(texts)).encode("utf-8", "surrogatepass")
    evidence = Evidence({"EX-000001": body, "EX-000002": logs})
    moment = at("2026-03-07T22:14:05.511Z")
    claims, gaps, rows = [], [], []
    for number, text in enumerate(texts):
        ref = PackageRef("npm", text, f"@{text}", text)
        whole = evidence.cite("EX-000002", logs, "line 1")
        pointer = "/" + text.replace("~", "~0").replace("/", "~1")
        where = evidence.cite("EX-000001", body, pointer)
        claims.append(Claim(text, SECTIONS[number % 4], ref, moment if number % 3 else None,
                            f"Said {text} twice: {text}", (whole, where),
                            (evidence.absent("EX-000001", pointer),), notable=number % 5 > 0))
        gaps.append(Gap(text, text, ref, text, (whole,)))
        rows.append(Coverage("account", "limited", text, ref, text, text))
    return report(evidence, claims=claims, gaps=gaps, case=" ".join(texts[:3]), coverage_rows=rows,
                  incidents=[claims[0].subject])
