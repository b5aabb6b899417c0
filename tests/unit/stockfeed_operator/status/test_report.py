import pytest

from stockfeed_operator.spec.conditions import Condition
from stockfeed_operator.status.report import condition_events


def _said(kind: str, status: str, reason: str, message: str = "") -> Condition:
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
    ("before", "after", "told"),
    [
        ([], [_said("LoadHealthy", "Unknown", "NoLoadYet")], []),
        ([], [_said("ProducersAvailable", "False", "NotReady")], []),
        ([], [_said("ProducersAvailable", "False", "Crashing")], [("Warning", "Crashing")]),
        (
            [_said("LoadHealthy", "True", "LoadSucceeded")],
            [_said("LoadHealthy", "False", "LoadFailed")],
            [("Warning", "LoadFailed")],
        ),
        # Each minute's failure has another Workflow's name; one Event is enough.
        (
            [_said("LoadHealthy", "False", "LoadFailed", "w1")],
            [_said("LoadHealthy", "False", "LoadFailed", "w2")],
            [],
        ),
        (
            [_said("LoadHealthy", "False", "LoadFailed")],
            [_said("LoadHealthy", "True", "LoadSucceeded")],
            [("Normal", "LoadSucceeded")],
        ),
        ([_said("Ready", "False", "A")], [_said("Ready", "False", "B")], []),
        ([_said("Ready", "False", "A")], [_said("Ready", "True", "B")], [("Normal", "B")]),
        ([], [_said("Stopped", "False", "Draining")], [("Normal", "Draining")]),
        (
            [_said("Stopped", "False", "Draining")],
            [_said("Stopped", "True", "Suspended")],
            [("Normal", "Suspended")],
        ),
        (
            [],
            [_said("DrainTimedOut", "True", "DrainTimedOut", "12 left")],
            [("Warning", "DrainTimedOut")],
        ),
        (
            [_said("DrainTimedOut", "True", "DrainTimedOut", "12 left")],
            [_said("DrainTimedOut", "True", "DrainTimedOut", "12 left; 3 left")],
            [("Warning", "DrainTimedOut")],
        ),
        (
            [_said("RateBudgetExceeded", "True", "SharedKey")],
            [],
            [("Normal", "RateBudgetExceededOver")],
        ),
    ],
)
def test_events_tell_of_transitions(
    before: list[Condition], after: list[Condition], told: list[tuple[str, str]]
) -> None:
    assert [(event.type, event.reason) for event in condition_events(before, after)] == told
