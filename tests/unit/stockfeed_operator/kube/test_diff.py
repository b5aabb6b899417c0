from typing import Any

import pytest

from stockfeed_operator.kube.diff import contains


@pytest.mark.parametrize(
    ("live", "wanted", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {"a": 2}, False),
        ({}, {"from": {}}, False),
        ({}, {"value": ""}, True),
        ({"value": "x"}, {"value": ""}, False),
        ({}, {"enabled": False}, False),
        # Lists of named items may have more items, such as an injected sidecar.
        ([{"name": "x", "v": 1}, {"name": "sidecar"}], [{"name": "x", "v": 1}], True),
        ([{"name": "x", "v": 2}], [{"name": "x", "v": 1}], False),
        ([{"name": "y"}], [{"name": "x"}], False),
        ([], [{"name": "x"}], False),
        # Other lists must be equal.
        (["a", "b"], ["a"], False),
        (["a"], ["a"], True),
        ([{"key": "a", "more": 1}], [{"key": "a"}], True),
        # Quantities are compared by value, but only below requests and limits.
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "1000m"}}, True),
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "2"}}, False),
        ({"limits": {}}, {"limits": {"cpu": "2"}}, False),
        ({"value": "1"}, {"value": "1000m"}, False),
        ("text", {"a": 1}, False),
        (None, [], False),
    ],
)
def test_contains_compares_wanted_fields_only(live: Any, wanted: Any, expected: bool) -> None:
    assert contains(live, wanted) is expected
