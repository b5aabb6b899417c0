from datetime import UTC, datetime, timedelta

import pytest

from stockfeed_operator.plan.drain import (
    SETTLE,
    FinalLoad,
    GroupDrainStatus,
    GroupStop,
    ObservedGroup,
    Stage,
    State,
    drain_started_at,
    settle,
    stage_of,
    stop_group,
)

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
TIMEOUT = timedelta(minutes=5)
DRAINED = GroupDrainStatus(drained=True, left="")
BEHIND = GroupDrainStatus(drained=False, left="12 messages not landed")


def _seen(
    state: State | None,
    since: timedelta | None = None,
    publishing: int = 0,
    landing: bool = True,
    drain_status: GroupDrainStatus | None = None,
    was_publishing: bool = False,
) -> ObservedGroup:
    began = None if since is None else NOW - since
    return ObservedGroup("g", publishing, landing, drain_status, state, began, was_publishing)


ZERO = timedelta(0)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seen", "state", "since", "drained"),
    [
        # Whatever was before, a producer that may publish is waited for.
        (_seen(State.RUNNING, publishing=1, was_publishing=True), State.DRAINING, ZERO, False),
        (_seen(State.STOPPED, publishing=1), State.DRAINING, ZERO, False),
        (_seen(State.STOPPED, MINUTE, publishing=1), State.DRAINING, ZERO, False),
        (_seen(None, publishing=1), State.DRAINING, ZERO, False),
        (_seen(State.DRAINING, MINUTE, 1, was_publishing=True), State.DRAINING, MINUTE, False),
        # With its end the clock starts anew, and a word from before it says nothing.
        (
            _seen(State.DRAINING, MINUTE, drain_status=DRAINED, was_publishing=True),
            State.DRAINING,
            ZERO,
            False,
        ),
        (_seen(State.RUNNING, drain_status=DRAINED), State.DRAINING, ZERO, False),
        (
            _seen(State.DRAINING, SETTLE / 2, drain_status=DRAINED),
            State.DRAINING,
            SETTLE / 2,
            False,
        ),
        (_seen(State.DRAINING, SETTLE, drain_status=DRAINED), State.DRAINING, SETTLE, True),
        (_seen(State.DRAINING, SETTLE, drain_status=BEHIND), State.DRAINING, SETTLE, False),
        # Nobody to ask is no reason to go on.
        (_seen(State.DRAINING, SETTLE, landing=False), State.DRAINING, SETTLE, False),
        (_seen(State.RUNNING, landing=False), State.DRAINING, ZERO, False),
        # The time runs out.
        (_seen(State.DRAINING, TIMEOUT, drain_status=BEHIND), State.STOPPED, TIMEOUT, False),
        (_seen(State.DRAINING, TIMEOUT), State.STOPPED, TIMEOUT, False),
        (_seen(State.DRAINING, TIMEOUT, drain_status=DRAINED), State.DRAINING, TIMEOUT, True),
        (_seen(State.DRAINING, TIMEOUT, 1, was_publishing=True), State.STOPPED, TIMEOUT, False),
        # What is stopped stays so, and what never ran has nothing to drain.
        (_seen(State.STOPPED), State.STOPPED, None, False),
        (_seen(State.STOPPED, TIMEOUT), State.STOPPED, TIMEOUT, False),
        (_seen(State.STOPPED, TIMEOUT, 1, was_publishing=True), State.STOPPED, TIMEOUT, False),
        (_seen(None, landing=False), State.STOPPED, None, False),
        (_seen(None, drain_status=DRAINED), State.DRAINING, ZERO, False),
    ],
)
def test_a_groups_step(
    seen: ObservedGroup, state: State, since: timedelta | None, drained: bool
) -> None:
    stop = stop_group(seen, NOW, TIMEOUT)
    began = None if since is None else NOW - since
    assert (stop.state, stop.since, stop.drained) == (state, began, drained)


def test_a_timeout_tells_what_is_left() -> None:
    stop = stop_group(_seen(State.DRAINING, TIMEOUT, drain_status=BEHIND), NOW, TIMEOUT)
    assert stop.left == "12 messages not landed"
    assert not stop.clean


def test_a_timeout_shorter_than_settling_is_obeyed() -> None:
    seen = _seen(State.DRAINING, timedelta(seconds=2), drain_status=DRAINED)
    assert stop_group(seen, NOW, timedelta(seconds=2)).drained


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
        # The last load's Workflow is deleted some time later; it is not run again then.
        ([LATE, CLEAN], True, FinalLoad.ABSENT, Stage.STOPPED),
        # Somebody started a producer of a stopped feed by hand: a stop of its own.
        ([READY, CLEAN], True, FinalLoad.ABSENT, Stage.LOADING),
    ],
)
def test_the_feeds_stage(
    groups: list[GroupStop], ended: bool, load: FinalLoad, stage: Stage
) -> None:
    assert stage_of(groups, ended=ended, final_load=load) is stage


def test_the_last_group_without_a_producer_names_the_stop() -> None:
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
def test_drained_groups_stop_with_their_feed(stop: GroupStop, stage: Stage, state: State) -> None:
    assert settle(stop, stage).state is state
