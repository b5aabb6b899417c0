from datetime import UTC, datetime, timedelta

import pytest

from stockfeed_operator.plan.drain import (
    SETTLE,
    GroupSeen,
    GroupStop,
    Landing,
    Load,
    Stage,
    State,
    settled,
    stage_of,
    stop_began,
    stop_group,
)

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
TIMEOUT = timedelta(minutes=5)
DRAINED = Landing(drained=True, left="")
BEHIND = Landing(drained=False, left="12 messages not landed")


def _seen(
    state: State | None,
    since: timedelta | None = None,
    publishing: int = 0,
    landing: bool = True,
    report: Landing | None = None,
    was_publishing: bool = False,
) -> GroupSeen:
    began = None if since is None else NOW - since
    return GroupSeen("g", publishing, landing, report, state, began, was_publishing)


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
            _seen(State.DRAINING, MINUTE, report=DRAINED, was_publishing=True),
            State.DRAINING,
            ZERO,
            False,
        ),
        (_seen(State.RUNNING, report=DRAINED), State.DRAINING, ZERO, False),
        (_seen(State.DRAINING, SETTLE / 2, report=DRAINED), State.DRAINING, SETTLE / 2, False),
        (_seen(State.DRAINING, SETTLE, report=DRAINED), State.DRAINING, SETTLE, True),
        (_seen(State.DRAINING, SETTLE, report=BEHIND), State.DRAINING, SETTLE, False),
        # Nobody to ask is no reason to go on.
        (_seen(State.DRAINING, SETTLE, landing=False), State.DRAINING, SETTLE, False),
        (_seen(State.RUNNING, landing=False), State.DRAINING, ZERO, False),
        # The time runs out.
        (_seen(State.DRAINING, TIMEOUT, report=BEHIND), State.STOPPED, TIMEOUT, False),
        (_seen(State.DRAINING, TIMEOUT), State.STOPPED, TIMEOUT, False),
        (_seen(State.DRAINING, TIMEOUT, report=DRAINED), State.DRAINING, TIMEOUT, True),
        (_seen(State.DRAINING, TIMEOUT, 1, was_publishing=True), State.STOPPED, TIMEOUT, False),
        # What is stopped stays so, and what never ran has nothing to drain.
        (_seen(State.STOPPED), State.STOPPED, None, False),
        (_seen(State.STOPPED, TIMEOUT), State.STOPPED, TIMEOUT, False),
        (_seen(State.STOPPED, TIMEOUT, 1, was_publishing=True), State.STOPPED, TIMEOUT, False),
        (_seen(None, landing=False), State.STOPPED, None, False),
        (_seen(None, report=DRAINED), State.DRAINING, ZERO, False),
    ],
)
def test_a_groups_step(
    seen: GroupSeen, state: State, since: timedelta | None, drained: bool
) -> None:
    stop = stop_group(seen, NOW, TIMEOUT)
    began = None if since is None else NOW - since
    assert (stop.state, stop.since, stop.drained) == (state, began, drained)


def test_a_timeout_tells_what_is_left() -> None:
    stop = stop_group(_seen(State.DRAINING, TIMEOUT, report=BEHIND), NOW, TIMEOUT)
    assert stop.left == "12 messages not landed"
    assert not stop.clean


def test_a_timeout_shorter_than_settling_is_obeyed() -> None:
    seen = _seen(State.DRAINING, timedelta(seconds=2), report=DRAINED)
    assert stop_group(seen, NOW, timedelta(seconds=2)).drained


WAITING = GroupStop("a", State.DRAINING)
READY = GroupStop("b", State.DRAINING, NOW, drained=True)
LATE = GroupStop("c", State.STOPPED, NOW)
CLEAN = GroupStop("d", State.STOPPED)


@pytest.mark.parametrize(
    ("groups", "ended", "load", "stage"),
    [
        ([WAITING, READY], False, Load.ABSENT, Stage.DRAINING),
        ([WAITING], True, Load.SUCCEEDED, Stage.DRAINING),
        ([READY, READY], False, Load.ABSENT, Stage.LOADING),
        ([READY, LATE], False, Load.RUNNING, Stage.LOADING),
        ([LATE], False, Load.ABSENT, Stage.LOADING),
        ([READY, CLEAN], False, Load.SUCCEEDED, Stage.STOPPED),
        ([READY], False, Load.FAILED, Stage.STOPPED),
        ([READY], False, Load.IMPOSSIBLE, Stage.STOPPED),
        ([CLEAN, CLEAN], False, Load.ABSENT, Stage.STOPPED),
        # The last load's Workflow is deleted some time later; it is not run again then.
        ([LATE, CLEAN], True, Load.ABSENT, Stage.STOPPED),
        # Somebody started a producer of a stopped feed by hand: a stop of its own.
        ([READY, CLEAN], True, Load.ABSENT, Stage.LOADING),
    ],
)
def test_the_feeds_stage(groups: list[GroupStop], ended: bool, load: Load, stage: Stage) -> None:
    assert stage_of(groups, ended=ended, load=load) is stage


def test_the_last_group_without_a_producer_names_the_stop() -> None:
    earlier = GroupStop("a", State.STOPPED, NOW - timedelta(hours=1))
    assert stop_began([earlier, READY, CLEAN]) == NOW
    assert stop_began([CLEAN]) is None


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
    assert settled(stop, stage).state is state
