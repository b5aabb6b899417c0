from datetime import UTC, datetime, timedelta

from stockfeed_operator.status.statements import Statement, merge_conditions

THEN = datetime(2026, 3, 4, 15, tzinfo=UTC)
LATER = THEN + timedelta(minutes=1)


def test_transition_time_changes_only_with_the_status() -> None:
    first = merge_conditions([Statement("Ready", "False", "NotReady", "0 of 1")], (), THEN, 1)
    same = merge_conditions([Statement("Ready", "False", "Crashing", "exit 1")], first, LATER, 2)
    other = merge_conditions([Statement("Ready", "True", "Running")], same, LATER, 2)
    assert [part.last_transition_time for part in (*first, *same, *other)] == [
        "2026-03-04T15:00:00Z",
        "2026-03-04T15:00:00Z",
        "2026-03-04T15:01:00Z",
    ]
    assert (same[0].reason, same[0].message, same[0].observed_generation) == (
        "Crashing",
        "exit 1",
        2,
    )


def test_truncates_long_messages() -> None:
    (condition,) = merge_conditions(
        [Statement("NotApplied", "True", "Rejected", "x" * 40_000)], (), THEN, 1
    )
    assert condition.message == "x" * 32_768


def test_condition_that_reappears_has_a_new_transition_time() -> None:
    gone = merge_conditions(
        [], merge_conditions([Statement("Paused", "True", "x")], (), THEN, 1), LATER, 1
    )
    again = merge_conditions([Statement("Paused", "True", "x")], gone, LATER, 1)
    assert again[0].last_transition_time == "2026-03-04T15:01:00Z"
