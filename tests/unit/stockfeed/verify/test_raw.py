from dataclasses import replace

import pytest

from stockfeed.verify.facts import FileRows, PartitionFacts
from stockfeed.verify.findings import Kind
from stockfeed.verify.raw import check_raw


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (FileRows(10, 1, 10, 10, 19), []),
        (FileRows(9, 1, 9, 10, 19), [Kind.ROW_COUNT]),
        (FileRows(10, 2, 10, 10, 19), [Kind.ROW_COUNT]),
        (FileRows(11, 1, 10, 10, 19), [Kind.DUPLICATE_ROWS]),
        (FileRows(10, 1, 9, 10, 18), [Kind.DUPLICATE_ROWS]),
        (FileRows(10, 1, 10, 9, 18), [Kind.FOREIGN_ROWS]),
        (FileRows(10, 1, 10, 11, 20), [Kind.FOREIGN_ROWS]),
        (FileRows(10, 1, 10, None, None), [Kind.FOREIGN_ROWS]),
    ],
)
def test_finds_missing_repeated_and_foreign_rows(
    complete: PartitionFacts, found: FileRows, expected: list[Kind]
) -> None:
    second = complete.intervals[1]
    files = {**complete.files, (second.key, second.batch_seq): found}
    assert [finding.kind for finding in check_raw(replace(complete, files=files))] == expected


def test_finds_an_object_without_rows_unless_it_was_skipped(complete: PartitionFacts) -> None:
    first, *rest = complete.intervals
    files = {place: found for place, found in complete.files.items() if place[0] != first.key}
    (finding,) = check_raw(replace(complete, files=files))
    assert finding.kind is Kind.ROW_COUNT
    skipped = replace(first, rows=0, errors=0, skip_reason="broken archive")
    facts = replace(complete, intervals=(skipped, *rest), files=files)
    assert list(check_raw(facts)) == []
