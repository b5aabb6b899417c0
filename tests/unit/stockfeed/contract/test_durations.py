import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockfeed.contract.durations import DURATION_PATTERN, SIZE_PATTERN, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("6s", 6), ("1m30s", 90), ("2h", 7200), ("7d", 604800), ("0s", 0)],
)
def test_parses_durations_to_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "6", "s", "-1s", "1.5s", "6 s", "6s ", "6S", "1w", "6s\n"])
def test_rejects_an_invalid_duration_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="6s"):
        parse_duration(text)


@given(st.from_regex(DURATION_PATTERN, fullmatch=True))
def test_parses_every_duration_that_matches_the_pattern(text: str) -> None:
    # In Python, unlike in the API server's RE2, `$` also matches before a final newline.
    if not text.endswith("\n"):
        assert parse_duration(text) >= 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("65536", 65536),
        ("512Ki", 524288),
        ("16Mi", 16777216),
        ("1Gi", 2**30),
        ("3k", 3000),
        ("2M", 2_000_000),
        ("1G", 10**9),
    ],
)
def test_parses_sizes_to_bytes(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "Mi", "-1", "1.5Mi", "16 Mi", "16MB", "16mi"])
def test_rejects_an_invalid_size_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="16Mi"):
        parse_size(text)


@given(st.integers(0, 2**40), st.sampled_from(["", "Ki", "Mi", "Gi", "k", "M", "G"]))
def test_parses_every_size_that_matches_the_pattern(number: int, unit: str) -> None:
    text = f"{number}{unit}"
    assert re.fullmatch(SIZE_PATTERN, text)
    assert parse_size(text) >= number
