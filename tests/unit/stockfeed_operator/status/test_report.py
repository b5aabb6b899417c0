import pytest

from stockfeed_operator.spec.conditions import Condition
from stockfeed_operator.status.report import condition_events


def _condition(kind: str, status: str, reason: str, message: str = "") -> Condition:
    return Condition.model_validate(
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": "2026-03-04T15:00:00Z",
        }
    )


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        ([], [_condition("LoadHealthy", "Unknown", "NoLoadYet")], []),
        ([], [_condition("ProducersAvailable", "False", "NotReady")], []),
        ([], [_condition("ProducersAvailable", "False", "Crashing")], [("Warning", "Crashing")]),
        (
            [_condition("LoadHealthy", "True", "LoadSucceeded")],
            [_condition("LoadHealthy", "False", "LoadFailed")],
            [("Warning", "LoadFailed")],
        ),
        # Every failed run has another Workflow name in its message; one Event is enough.
        (
            [_condition("LoadHealthy", "False", "LoadFailed", "w1")],
            [_condition("LoadHealthy", "False", "LoadFailed", "w2")],
            [],
        ),
        (
            [_condition("LoadHealthy", "False", "LoadFailed")],
            [_condition("LoadHealthy", "True", "LoadSucceeded")],
            [("Normal", "LoadSucceeded")],
        ),
        ([_condition("Ready", "False", "A")], [_condition("Ready", "False", "B")], []),
        (
            [_condition("Ready", "False", "A")],
            [_condition("Ready", "True", "B")],
            [("Normal", "B")],
        ),
        ([], [_condition("Stopped", "False", "Draining")], [("Normal", "Draining")]),
        (
            [_condition("Stopped", "False", "Draining")],
            [_condition("Stopped", "True", "Suspended")],
            [("Normal", "Suspended")],
        ),
        (
            [],
            [_condition("DrainTimedOut", "True", "DrainTimedOut", "12 left")],
            [("Warning", "DrainTimedOut")],
        ),
        (
            [_condition("DrainTimedOut", "True", "DrainTimedOut", "12 left")],
            [_condition("DrainTimedOut", "True", "DrainTimedOut", "12 left; 3 left")],
            [("Warning", "DrainTimedOut")],
        ),
        (
            [_condition("RateBudgetExceeded", "True", "SharedKey")],
            [],
            [("Normal", "RateBudgetExceededOver")],
        ),
    ],
)
def test_records_events_about_transitions(
    before: list[Condition], after: list[Condition], events: list[tuple[str, str]]
) -> None:
    assert [(event.type, event.reason) for event in condition_events(before, after)] == events
