from datetime import UTC, datetime, timedelta

import pytest

from stockfeed_operator.plan.drain import (
    SETTLE_TIME,
    FinalLoad,
    GroupDrainStatus,
    GroupStop,
    ObservedGroup,
    Stage,
    State,
    drain_started_at,
    stage_of,
    stop_group,
    stop_if_drained,
)

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
TIMEOUT = timedelta(minutes=5)
DRAINED = GroupDrainStatus(drained=True, remaining="")
BEHIND = GroupDrainStatus(drained=False, remaining="12 messages not landed")


def _group(
    state: State | None,
    since: timedelta | None = None,
    publishing: int = 0,
    has_consumers: bool = True,
    drain_status: GroupDrainStatus | None = None,
    was_publishing: bool = False,
) -> ObservedGroup:
    started = None if since is None else NOW - since
    return ObservedGroup(
        "g", publishing, has_consumers, drain_status, state, started, was_publishing
    )


ZERO = timedelta(0)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("group", "state", "since", "drained"),
    [
        # In any previous state, the stop waits for producers that may still publish.
        (_group(State.RUNNING, publishing=1, was_publishing=True), State.DRAINING, ZERO, False),
        (_group(State.STOPPED, publishing=1), State.DRAINING, ZERO, False),
        (_group(State.STOPPED, MINUTE, publishing=1), State.DRAINING, ZERO, False),
        (_group(None, publishing=1), State.DRAINING, ZERO, False),
        (_group(State.DRAINING, MINUTE, 1, was_publishing=True), State.DRAINING, MINUTE, False),
        # When the last producer ends, the timer restarts and an earlier drain status is ignored.
        (
            _group(State.DRAINING, MINUTE, drain_status=DRAINED, was_publishing=True),
            State.DRAINING,
            ZERO,
            False,
        ),
        (_group(State.RUNNING, drain_status=DRAINED), State.DRAINING, ZERO, False),
        (
            _group(State.DRAINING, SETTLE_TIME / 2, drain_status=DRAINED),
            State.DRAINING,
            SETTLE_TIME / 2,
            False,
        ),
        (
            _group(State.DRAINING, SETTLE_TIME, drain_status=DRAINED),
            State.DRAINING,
            SETTLE_TIME,
            True,
        ),
        (
            _group(State.DRAINING, SETTLE_TIME, drain_status=BEHIND),
            State.DRAINING,
            SETTLE_TIME,
            False,
        ),
        # Without consumers to query, the stop waits.
        (
            _group(State.DRAINING, SETTLE_TIME, has_consumers=False),
            State.DRAINING,
            SETTLE_TIME,
            False,
        ),
        (_group(State.RUNNING, has_consumers=False), State.DRAINING, ZERO, False),
        # The timeout passes.
        (_group(State.DRAINING, TIMEOUT, drain_status=BEHIND), State.STOPPED, TIMEOUT, False),
        (_group(State.DRAINING, TIMEOUT), State.STOPPED, TIMEOUT, False),
        (_group(State.DRAINING, TIMEOUT, drain_status=DRAINED), State.DRAINING, TIMEOUT, True),
        (_group(State.DRAINING, TIMEOUT, 1, was_publishing=True), State.STOPPED, TIMEOUT, False),
        # A stopped group stays stopped; a group that never ran has nothing to drain.
        (_group(State.STOPPED), State.STOPPED, None, False),
        (_group(State.STOPPED, TIMEOUT), State.STOPPED, TIMEOUT, False),
        (_group(State.STOPPED, TIMEOUT, 1, was_publishing=True), State.STOPPED, TIMEOUT, False),
        (_group(None, has_consumers=False), State.STOPPED, None, False),
        (_group(None, drain_status=DRAINED), State.DRAINING, ZERO, False),
    ],
)
def test_computes_the_next_step_of_a_group(
    group: ObservedGroup, state: State, since: timedelta | None, drained: bool
) -> None:
    stop = stop_group(group, NOW, TIMEOUT)
    started = None if since is None else NOW - since
    assert (stop.state, stop.since, stop.drained) == (state, started, drained)


def test_reports_what_has_not_been_landed_after_a_timeout() -> None:
    stop = stop_group(_group(State.DRAINING, TIMEOUT, drain_status=BEHIND), NOW, TIMEOUT)
    assert stop.remaining == "12 messages not landed"
    assert not stop.clean


def test_obeys_a_timeout_shorter_than_the_settle_time() -> None:
    group = _group(State.DRAINING, timedelta(seconds=2), drain_status=DRAINED)
    assert stop_group(group, NOW, timedelta(seconds=2)).drained


WAITING = GroupStop("a", State.DRAINING)
READY = GroupStop("b", State.DRAINING, NOW, drained=True)
LATE = GroupStop("c", State.STOPPED, NOW)
CLEAN = GroupStop("d", State.STOPPED)


@pytest.mark.parametrize(
    ("groups", "ended", "load", "stage"),
    [
        ([WAITING, READY], False, FinalLoad.ABSENT, Stage.DRAINING),
        ([WAITING], True, FinalLoad.SUCCEEDED, Stage.DRAINING),
        ([READY, READY], False, FinalLoad.ABSENT, Stage.LOADING),
        ([READY, LATE], False, FinalLoad.RUNNING, Stage.LOADING),
        ([LATE], False, FinalLoad.ABSENT, Stage.LOADING),
        ([READY, CLEAN], False, FinalLoad.SUCCEEDED, Stage.STOPPED),
        ([READY], False, FinalLoad.FAILED, Stage.STOPPED),
        ([READY], False, FinalLoad.IMPOSSIBLE, Stage.STOPPED),
        ([CLEAN, CLEAN], False, FinalLoad.ABSENT, Stage.STOPPED),
        # Argo deletes the final load's Workflow after a while; that must not start another one.
        ([LATE, CLEAN], True, FinalLoad.ABSENT, Stage.STOPPED),
        # A producer of the stopped feed was started by hand, which begins a new stop.
        ([READY, CLEAN], True, FinalLoad.ABSENT, Stage.LOADING),
    ],
)
def test_computes_the_stage_of_a_feed(
    groups: list[GroupStop], ended: bool, load: FinalLoad, stage: Stage
) -> None:
    assert stage_of(groups, ended=ended, final_load=load) is stage


def test_the_latest_drain_start_identifies_the_stop() -> None:
    earlier = GroupStop("a", State.STOPPED, NOW - timedelta(hours=1))
    assert drain_started_at([earlier, READY, CLEAN]) == NOW
    assert drain_started_at([CLEAN]) is None


@pytest.mark.parametrize(
    ("stop", "stage", "state"),
    [
        (READY, Stage.LOADING, State.DRAINING),
        (READY, Stage.STOPPED, State.STOPPED),
        (READY, Stage.RUNNING, State.STOPPED),
        (WAITING, Stage.RUNNING, State.DRAINING),
    ],
)
def test_stops_drained_groups_unless_the_final_load_is_pending(
    stop: GroupStop, stage: Stage, state: State
) -> None:
    assert stop_if_drained(stop, stage).state is state
