"""Whatever a counting service answers, it is read as records and gaps, and every line holds."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.counts import NPM, Counted

_DAYS = st.sampled_from(["2026-01-05", "2026-01-06", "1990-01-01", "2099-12-31", "0001-01-01",
                         "2026-13-01", "", "2026-01-05T10:00:00Z"])
_COUNTS: st.SearchStrategy[Any] = st.one_of(
    st.integers(-5, 10 ** 20), st.sampled_from(["7", "x", None, True, 1.5, []]))
_TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(["pip", "paint", "a/b~c", "\ud800", '"']))
_ROWS = st.lists(st.one_of(
    st.fixed_dictionaries({}, optional={
        "day": _DAYS, "date": _DAYS, "downloads": _COUNTS, "project": _TEXTS, "version": _TEXTS,
        "installer": _TEXTS, "category": st.sampled_from(["with_mirrors", "without_mirrors", "x"])
    }), st.integers(), st.none()), max_size=6)
_BODIES: st.SearchStrategy[Any] = st.one_of(
    _ROWS, st.fixed_dictionaries({}, optional={
        "downloads": st.one_of(_ROWS, _COUNTS, st.dictionaries(_TEXTS, _COUNTS, max_size=3)),
        "start": _DAYS, "end": _DAYS, "package": st.sampled_from(["paint", "other", 7]),
        "type": st.just("overall_downloads"), "data": _ROWS, "rows": st.integers(0, 6),
        "meta": st.just([{"name": n} for n in ("project", "date", "downloads", "installer")]),
        "paint": st.fixed_dictionaries({"downloads": _ROWS, "start": _DAYS, "end": _DAYS})}))
_KINDS = st.sampled_from([
    ("npm-downloads", "npm:paint"), ("npm-downloads", None), ("npm-version-downloads", "npm:paint"),
    ("npm-total-downloads", None), ("pypistats-downloads", "pypi:paint"),
    ("clickpy-downloads", "pypi:paint"), ("pypi-download-export", "pypi:paint")])


@settings(max_examples=300, deadline=1000)
@given(_BODIES, _KINDS, _DAYS, _DAYS)
def test_any_answer_is_read_and_every_citation_holds(
        body: Any, asked: tuple[str, str | None], first: str, last: str) -> None:
    kind, subject = asked
    case = Counted().add(kind, json.dumps(body).encode(), subject=subject, suffix=".json",
                         url=f"{NPM}downloads/range/{first}:{last}/paint?param_first={first}"
                             f"&param_last={last}")
    for target in {subject or "npm:paint", "npm:paint"}:
        case.told(target)
