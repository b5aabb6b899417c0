from dataclasses import replace

import pytest

from stockfeed.verify.facts import Modelled
from stockfeed.verify.findings import Kind
from stockfeed.verify.silver import check_silver


@pytest.mark.parametrize(
    ("modelled", "expected"),
    [
        (None, []),
        (Modelled(lines=40, bad=4, silver=36), []),
        (Modelled(lines=40, silver=30, unbuilt=10), []),
        (Modelled(lines=40, silver=30, unbuilt=10, late=3), [Kind.NOT_BUILT]),
        (Modelled(lines=40, silver=39, missing=1, example=7), [Kind.MISSING_IDENTITY]),
        (Modelled(lines=40, silver=39, unseen=1, example=7), [Kind.MISSING_IDENTITY]),
        (Modelled(lines=40, silver=39, repeated=1, example=7), [Kind.DUPLICATE_IDENTITY]),
    ],
)
def test_silver_counts_each_good_row_once(complete, modelled, expected):
    found = list(check_silver(replace(complete, modelled=modelled)))
    assert [finding.kind for finding in found] == expected
    if modelled is not None and modelled.example is not None:
        assert all("offset 7" in finding.text for finding in found)
