"""Both ways to split a document of records find the same spans."""

import json

from hypothesis import given
from hypothesis import strategies as st

from regforensics.logs.containers import _walked, spans

VALUES = st.recursive(st.one_of(st.none(), st.integers(), st.text(max_size=5)), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Records", "hits", "events",
                                                                   "actor", "a"]), inner,
                                                  max_size=3)), max_leaves=12)


@given(VALUES, st.sampled_from([None, 2]))
def test_both_ways_to_split_a_document_agree(value: object, indent: int | None) -> None:
    body = json.dumps(value, indent=indent).encode()
    assert list(spans(body)) == list(_walked(body))


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2), min_size=2,
                max_size=4), st.sampled_from(["", "\n", "\r\n "]))
def test_values_one_after_the_other_are_split(rows: list[object], between: str) -> None:
    body = between.join(map(json.dumps, rows)).encode()
    assert [json.loads(body[start:end]) for start, end, _ in spans(body)] == rows


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2), min_size=1,
                max_size=4), st.data())
def test_what_stands_before_a_break_is_kept(rows: list[object], data: st.DataObject) -> None:
    body = json.dumps({"Records": rows}).encode()
    cut = body[:data.draw(st.integers(13, len(body) - 1))]
    *kept, (start, end, _) = spans(cut)
    assert end == -1 and start <= len(cut)
    assert [json.loads(cut[a:b]) for a, b, _ in kept] == rows[:len(kept)]
