from dataclasses import replace

import pytest

from stockfeed.verify.facts import PartitionFacts, SilverRows
from stockfeed.verify.findings import Kind
from stockfeed.verify.silver import check_silver


@pytest.mark.parametrize(
    ("silver", "expected"),
    [
        (None, []),
        (SilverRows(lines=40, bad=4, silver=36), []),
        (SilverRows(lines=40, silver=30, unbuilt=10), []),
        (SilverRows(lines=40, silver=30, unbuilt=10, late=3), [Kind.NOT_BUILT]),
        (SilverRows(lines=40, silver=39, missing=1, example=7), [Kind.MISSING_IDENTITY]),
        (SilverRows(lines=40, silver=39, unseen=1, example=7), [Kind.MISSING_IDENTITY]),
        (SilverRows(lines=40, silver=39, repeated=1, example=7), [Kind.DUPLICATE_IDENTITY]),
    ],
)
def test_finds_late_missing_unseen_and_repeated_rows(
    complete: PartitionFacts, silver: SilverRows | None, expected: list[Kind]
) -> None:
    found = list(check_silver(replace(complete, silver=silver)))
    assert [finding.kind for finding in found] == expected
    if silver is not None and silver.example is not None:
        assert all("offset 7" in finding.text for finding in found)
