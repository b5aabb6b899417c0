from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import pytest
from prometheus_client import CollectorRegistry

from stockfeed_operator.metrics import FeedCollector, OperatorMetrics
from stockfeed_operator.spec.conditions import Condition
from stockfeed_operator.spec.feed_status import (
    GroupStatus,
    LastLoad,
    SessionStatus,
    StockFeedStatus,
)

US = {"namespace": "markets", "feed": "us"}
FEED = "stockfeed_operator_feed_"


@pytest.fixture
def show() -> Callable[..., float | None]:
    """Returns a function that reads a metric of a feed with a given status."""
    registry = CollectorRegistry()
    metrics = OperatorMetrics(registry)

    def read(feed_status: StockFeedStatus | None, name: str, **labels: str) -> float | None:
        metrics.feeds.update("markets", "us", feed_status)
        return registry.get_sample_value(FEED + name, US | labels)

    return read


def group(name: str, state: Literal["Running", "Draining", "Stopped"]) -> GroupStatus:
    return GroupStatus(name=name, topic="q", symbols=1, state=state)


def condition(status: Literal["True", "False"], reason: str) -> StockFeedStatus:
    found = Condition(
        type="LoadHealthy",
        status=status,
        reason=reason,
        last_transition_time="2026-03-04T15:00:00Z",
    )
    return StockFeedStatus(conditions=(found,))


def test_exposes_only_the_current_state_of_a_condition(show: Callable[..., float | None]) -> None:
    good = {"condition": "LoadHealthy", "status": "True", "reason": "LoadSucceeded"}
    bad = {"condition": "LoadHealthy", "status": "False", "reason": "LoadFailed"}
    assert show(condition("True", "LoadSucceeded"), "condition", **good) == 1
    assert show(condition("False", "LoadFailed"), "condition", **bad) == 1
    assert show(condition("False", "LoadFailed"), "condition", **good) is None
    assert show(None, "condition", **bad) is None


@pytest.mark.parametrize(
    ("states", "running"),
    [
        (["Running", "Running"], 1),
        (["Running", "Draining"], 1),
        (["Draining", "Stopped"], 0),
        ([], 0),
    ],
)
def test_a_feed_is_running_if_any_group_is(
    show: Callable[..., float | None],
    states: list[Literal["Running", "Draining", "Stopped"]],
    running: int,
) -> None:
    groups = tuple(group(str(number), state) for number, state in enumerate(states))
    assert show(StockFeedStatus(groups=groups), "running") == running


@pytest.mark.parametrize(
    ("session", "value"),
    [(SessionStatus(open=True), 1), (SessionStatus(open=False), 0), (None, None)],
)
def test_session_metric_exists_only_for_feeds_with_a_session(
    show: Callable[..., float | None], session: SessionStatus | None, value: int | None
) -> None:
    assert show(StockFeedStatus(session=session), "session_open") == value


def test_exposes_the_step_durations_of_the_last_load(show: Callable[..., float | None]) -> None:
    load = LastLoad(workflow="w", finished_at="2026-03-04T15:00:00Z", load_seconds=4.5)
    status = StockFeedStatus(last_load=load)
    assert show(status, "last_load_step_seconds", step="load") == 4.5
    assert show(status, "last_load_step_seconds", step="build") is None
    assert show(StockFeedStatus(), "last_load_step_seconds", step="load") is None


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [("* * * * *", 60), ("0 * * * *", 3600), ("99 * * * *", None), (None, None)],
)
def test_derives_the_load_interval_from_the_schedule(
    schedule: str | None, seconds: int | None
) -> None:
    registry = CollectorRegistry()
    feeds = FeedCollector(clock=lambda: datetime(2026, 3, 4, 15, 0, 59, tzinfo=UTC))
    registry.register(feeds)
    feeds.update("markets", "us", StockFeedStatus(), "* * * * *")
    feeds.update("markets", "us", StockFeedStatus(), schedule)
    assert registry.get_sample_value(FEED + "load_interval_seconds", US) == seconds
