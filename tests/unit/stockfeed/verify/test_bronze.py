import pytest

from stockfeed.verify.bronze import BronzeRows


@pytest.mark.parametrize(
    ("first", "last", "bounds"),
    [(125, 299, (120, 300)), (120, 300, (120, 360)), (None, None, (0, 60))],
)
def test_market_times_are_rounded_out(
    first: int | None, last: int | None, bounds: tuple[int, int]
) -> None:
    assert BronzeRows("", (), first, last).market_times(60) == bounds
