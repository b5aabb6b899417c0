import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockfeed.loader import lines as module
from stockfeed.loader.lines import (
    MissingLinesError,
    drop_lines,
    lines_of_reason,
    reason_with_lines,
)

numbers = st.frozensets(st.integers(1, 10**6), min_size=1)


@pytest.mark.parametrize(
    ("content", "dropped", "left"),
    [
        (b"a\nb\nc\n", {2}, b"a\nc\n"),
        (b"a\nb\nc", {3}, b"a\nb\n"),
        (b"a\r\n\nc\n", {2}, b"a\r\nc\n"),
        (b"a\n" + b"x" * 100 + b"\nc\n", {2}, b"a\nc\n"),
        (b"a\n" + b"x" * 100 + b"\nc\n", {1, 3}, b"x" * 100 + b"\n"),
    ],
)
def test_drops_only_the_given_lines(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    dropped: set[int],
    left: bytes,
) -> None:
    monkeypatch.setattr(module, "_READ_BYTES", 7)
    file = tmp_path / "object"
    file.write_bytes(gzip.compress(content))

    drop_lines(file, dropped)

    assert gzip.decompress(file.read_bytes()) == left


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (gzip.compress(b"a\nb\n"), "has 2 lines, so line 3"),
        (gzip.compress(b"a\nb"), "has 2 lines, so line 3"),
        (gzip.compress(b""), "has 0 lines"),
        (gzip.compress(b"a\n" * 9)[:-9], "not a complete gzip file"),
        (b"{}", "not a complete gzip file"),
    ],
    ids=["complete", "no end of line", "empty", "cut off", "no gzip"],
)
def test_missing_lines_are_an_error(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "object"
    file.write_bytes(content)
    with pytest.raises(MissingLinesError, match=why):
        drop_lines(file, {3})
    assert file.read_bytes() == content


@given(numbers, st.text())
def test_reason_keeps_the_lines(lines: frozenset[int], reason: str) -> None:
    assert lines_of_reason(reason_with_lines(lines, reason)) == lines


def test_other_reasons_name_no_lines() -> None:
    assert reason_with_lines([], "broken") == "broken"
    for reason in ("broken", "line 3: x", "lines 3 and 4: x"):
        assert lines_of_reason(reason) == frozenset()
