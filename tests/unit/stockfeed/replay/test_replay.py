import pytest

from stockfeed.contract.objects import Chain
from stockfeed.loader.plan import Listed
from stockfeed.replay.replay import split


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([], []),
        ([1, 1, 1, 1], [3, 1]),
        ([1, 1, 1], [3]),
        ([9, 1, 1], [1, 2]),
        ([4, 6, 1], [2, 1]),
        ([100], [1]),
    ],
)
def test_splits_objects_by_number_and_by_bytes(sizes: list[int], parts: list[int]) -> None:
    chain = Chain("us", "autos", "t", 0)
    listed = [Listed(chain, start, size) for start, size in enumerate(sizes)]
    found = list(split(listed, max_files=3, max_bytes=9))
    assert [len(part) for part in found] == parts
    assert [one for part in found for one in part] == listed
