import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockfeed.producer.schedule import (
    first_due_times,
    next_due_time,
    rejection_interval,
    retry_delay,
)


def test_spreads_first_polls_over_one_interval() -> None:
    assert first_due_times(4, 6.0, 100.0) == [100.0, 101.5, 103.0, 104.5]


@pytest.mark.parametrize(
    ("now", "due"),
    [(10.0, 16.0), (10.4, 16.0), (15.9, 16.0), (16.0, 22.0), (40.0, 46.0), (9.0, 16.0)],
    ids=["at once", "slow", "just in time", "one missed", "many missed", "early"],
)
def test_next_poll_stays_on_the_grid(now: float, due: float) -> None:
    assert next_due_time(10.0, 6.0, now) == due


@given(st.floats(0, 1e6), st.floats(0.001, 3600), st.floats(0, 1e5))
def test_next_poll_is_at_most_an_interval_ahead(due: float, interval: float, late: float) -> None:
    upcoming = next_due_time(due, interval, due + late)
    assert due + late - 1e-6 <= upcoming <= due + late + interval + 1e-6


@given(st.integers(1, 10_000), st.floats(0.001, 600))
def test_retry_delay_is_limited(failures: int, interval: float) -> None:
    delay = retry_delay(failures, interval)
    assert 0.25 <= delay <= max(30.0, interval)


def test_retry_delay_doubles() -> None:
    assert retry_delay(1, 6.0) <= 0.5
    assert 0.5 <= retry_delay(2, 6.0) <= 1.0
    assert retry_delay(20, 6.0) >= 15.0


def test_rejection_interval_doubles_up_to_eight_intervals() -> None:
    assert [rejection_interval(count, 6.0) for count in (1, 2, 3, 4, 5, 10_000)] == [
        6.0, 12.0, 24.0, 48.0, 48.0, 48.0,
    ]  # fmt: skip
