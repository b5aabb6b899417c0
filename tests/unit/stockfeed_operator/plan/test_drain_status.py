import pytest

from stockfeed_operator.kube.api import DrainStatus
from stockfeed_operator.plan.drain_status import combine_statuses


def _says(drained: bool, lag: int, buffered: int, *partitions: int) -> DrainStatus:
    return DrainStatus(drained, lag, buffered, frozenset(partitions))


@pytest.mark.parametrize(
    ("answers", "drained", "left"),
    [
        ({"a": _says(True, 0, 0, 0, 1, 2)}, True, "0 messages"),
        ({"a": _says(True, 0, 0, 0, 1), "b": _says(True, 0, 0, 2)}, True, "0 messages"),
        ({"a": _says(True, 0, 0, 0, 1), "b": _says(False, 7, 3, 2)}, False, "7 messages"),
        ({"a": _says(True, 0, 0, 0, 1)}, False, "no consumer owns partition 2"),
        ({"a": _says(True, 0, 0)}, False, "no consumer owns partition 0, 1, 2"),
        ({"a": _says(True, 0, 0, 0, 1, 2), "b": None}, False, "no answer from b"),
        ({}, False, "no consumer runs"),
    ],
)
def test_a_group_is_drained_when_all_say_so_and_every_partition_is_owned(
    answers: dict[str, DrainStatus | None], drained: bool, left: str
) -> None:
    landing = combine_statuses(answers, 3)
    assert landing.drained is drained
    assert left in landing.left
