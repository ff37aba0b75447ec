"""Whatever two texts hold: a difference in time, from which the new text can be read."""

import io
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.archives.compare import differences, paired, side
from regforensics.archives.textdiff import added, difference
from simulator.archives import tarball

LINES = st.lists(st.sampled_from(["a", "b", "", "x" * 900, "\x1b[2J", "-", "+", "@@ -1 +1 @@"]),
                 max_size=30).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(LINES, LINES, st.integers(0, 50))
def test_any_texts(old: str, new: str, most: int) -> None:
    shown = difference(old, new, most)
    assert len(shown.lines) <= most and shown.left_out >= 0
    assert all(line[:1] in ("+", "-", " ", "@") and len(line) < 600 for line in shown.lines)
    assert (old == new) == (not shown.lines and not shown.left_out) or most == 0
    assert len(added(new, most).lines) <= most


def test_repetitive_texts_take_no_time() -> None:
    old = "\n".join(str(n * 7 % 110) for n in range(100_000))
    new = "\n".join(str(-n * 13 % 111) for n in range(100_000))
    began = time.process_time()
    difference(old, new, 100)
    difference(old[:4000], new[:4000], 100)
    assert time.process_time() - began < 1


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(["a.js", "b.js", "package.json", "README"]), LINES),
       st.dictionaries(st.sampled_from(["a.js", "b.js", "package.json", "c"]), LINES))
def test_any_packages(old: dict[str, str], new: dict[str, str]) -> None:
    one, other = io.BytesIO(tarball(old)), io.BytesIO(tarball(new))
    before, after = side(one), side(other)
    if before is None or after is None:
        return
    changed = differences(one, other, *paired(before, after), 20)
    found = {d.path.removeprefix("package/") for d in changed}
    assert found == {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
