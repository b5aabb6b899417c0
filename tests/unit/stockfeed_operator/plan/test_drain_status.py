import pytest

from stockfeed_operator.kube.api import DrainStatus
from stockfeed_operator.plan.drain_status import combine_statuses


def _status(drained: bool, lag: int, buffered: int, *partitions: int) -> DrainStatus:
    return DrainStatus(drained, lag, buffered, frozenset(partitions))


@pytest.mark.parametrize(
    ("statuses", "drained", "remaining"),
    [
        ({"a": _status(True, 0, 0, 0, 1, 2)}, True, "0 messages"),
        ({"a": _status(True, 0, 0, 0, 1), "b": _status(True, 0, 0, 2)}, True, "0 messages"),
        ({"a": _status(True, 0, 0, 0, 1), "b": _status(False, 7, 3, 2)}, False, "7 messages"),
        ({"a": _status(True, 0, 0, 0, 1)}, False, "no consumer is assigned partition 2"),
        ({"a": _status(True, 0, 0)}, False, "no consumer is assigned partition 0, 1, 2"),
        ({"a": _status(True, 0, 0, 0, 1, 2), "b": None}, False, "no response from b"),
        ({}, False, "no consumer is running"),
    ],
)
def test_a_group_is_drained_if_all_consumers_are_and_every_partition_is_assigned(
    statuses: dict[str, DrainStatus | None], drained: bool, remaining: str
) -> None:
    group = combine_statuses(statuses, 3)
    assert group.drained is drained
    assert remaining in group.remaining
