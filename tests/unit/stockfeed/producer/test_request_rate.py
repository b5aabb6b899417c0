import pytest

from stockfeed.producer.request_rate import RequestRate


@pytest.fixture
def clock():
    """A clock that only the test advances."""

    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "megacaps"


def test_uses_the_setting_without_a_file(metrics):
    assert RequestRate(60.0, None, metrics).per_minute() == 60.0


def test_changed_file_takes_effect_within_a_second(file, metrics, clock):
    file.write_text("30\n")
    rate = RequestRate(60.0, file, metrics, clock)
    assert rate.per_minute() == 30.0
    file.write_text("12.5")
    assert rate.per_minute() == 30.0
    clock.now += 1.0
    assert rate.per_minute() == 12.5
    assert metrics.requests_per_minute.collect()[0].samples[0].value == 12.5


@pytest.mark.parametrize("bad", ["", "many", "0", "-1", "nan", "inf", None])
def test_invalid_file_keeps_the_last_valid_rate_and_is_reported(file, metrics, clock, bad):
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


def test_uses_the_setting_if_the_file_has_never_existed(file, metrics):
    assert RequestRate(60.0, file, metrics).per_minute() == 60.0
    assert metrics.budget_file_invalid.collect()[0].samples[0].value == 1
