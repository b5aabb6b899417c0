import pytest

from stockfeed.verify.bronze import Lines


@pytest.mark.parametrize(
    ("first", "last", "slices"),
    [(125, 299, (120, 300)), (120, 300, (120, 360)), (None, None, (0, 60))],
)
def test_slices_hold_the_rows_whole(first, last, slices):
    assert Lines("", (), first, last).slices(60) == slices
