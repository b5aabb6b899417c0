import pytest

from stockfeed.producer.request_rate import RequestRate


@pytest.fixture
def clock():
    """A clock that stands until told."""

    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "megacaps"


def test_without_a_file_the_setting_holds(metrics):
    assert RequestRate(60.0, None, metrics).per_minute() == 60.0


def test_a_changed_file_counts_within_a_second(file, metrics, clock):
    file.write_text("30\n")
    rate = RequestRate(60.0, file, metrics, clock)
    assert rate.per_minute() == 30.0
    file.write_text("12.5")
    assert rate.per_minute() == 30.0
    clock.now += 1.0
    assert rate.per_minute() == 12.5
    assert metrics.requests_per_minute.collect()[0].samples[0].value == 12.5


@pytest.mark.parametrize("bad", ["", "many", "0", "-1", "nan", "inf", None])
def test_bad_content_keeps_the_last_good_number_and_says_so(file, metrics, clock, bad):
    file.write_text("30")
    rate = RequestRate(60.0, file, metrics, clock)
    rate.per_minute()
    if bad is None:
        file.unlink()
    else:
        file.write_text(bad)
    clock.now += 1.0
    assert rate.per_minute() == 30.0
    assert metrics.budget_file_invalid.collect()[0].samples[0].value == 1
    file.write_text("20")
    clock.now += 1.0
    assert rate.per_minute() == 20.0
    assert metrics.budget_file_invalid.collect()[0].samples[0].value == 0


def test_a_file_that_was_never_there_leaves_the_setting(file, metrics):
    assert RequestRate(60.0, file, metrics).per_minute() == 60.0
    assert metrics.budget_file_invalid.collect()[0].samples[0].value == 1
