from pathlib import Path

import pytest
from prometheus_client import Gauge

from stockfeed.metrics import ProducerMetrics
from stockfeed.producer.request_rate import RequestRate


class Clock:
    """A clock that only the test advances."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "megacaps"


def value(gauge: Gauge) -> float:
    (metric,) = gauge.collect()
    return float(metric.samples[0].value)


def test_uses_the_setting_without_a_file(metrics: ProducerMetrics) -> None:
    assert RequestRate(60.0, None, metrics).per_minute() == 60.0


def test_changed_file_takes_effect_within_a_second(
    file: Path, metrics: ProducerMetrics, clock: Clock
) -> None:
    file.write_text("30\n")
    rate = RequestRate(60.0, file, metrics, clock)
    assert rate.per_minute() == 30.0
    file.write_text("12.5")
    assert rate.per_minute() == 30.0
    clock.now += 1.0
    assert rate.per_minute() == 12.5
    assert value(metrics.requests_per_minute) == 12.5


@pytest.mark.parametrize("bad", ["", "many", "0", "-1", "nan", "inf", None])
def test_invalid_file_keeps_the_last_valid_rate_and_is_reported(
    file: Path, metrics: ProducerMetrics, clock: Clock, bad: str | None
) -> None:
    file.write_text("30")
    rate = RequestRate(60.0, file, metrics, clock)
    rate.per_minute()
    if bad is None:
        file.unlink()
    else:
        file.write_text(bad)
    clock.now += 1.0
    assert rate.per_minute() == 30.0
    assert value(metrics.budget_file_invalid) == 1
    file.write_text("20")
    clock.now += 1.0
    assert rate.per_minute() == 20.0
    assert value(metrics.budget_file_invalid) == 0


def test_uses_the_setting_if_the_file_has_never_existed(
    file: Path, metrics: ProducerMetrics
) -> None:
    assert RequestRate(60.0, file, metrics).per_minute() == 60.0
    assert value(metrics.budget_file_invalid) == 1
