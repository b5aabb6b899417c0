import pytest

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import ConfigurationError
from stockfeed.replay.selection import Axis, Selection

NOON = 1_763_726_400_000  # 2025-11-21T12:00:00Z
MINUTE = 60_000


@pytest.mark.parametrize(
    ("options", "selection"),
    [
        ({"from_offset": "5", "to_offset": "9"}, Selection(Axis.OFFSET, 5, 9)),
        ({"from_offset": "5", "to_offset": None, "group": ""}, Selection(Axis.OFFSET, 5, None)),
        (
            {"from_offset": "5", "to_offset": "9", "from_time": "", "to_time": ""},
            Selection(Axis.OFFSET, 5, 9),
        ),
        (
            {"to_offset": "0", "group": "g", "topic_id": "t", "partition": "3"},
            Selection(Axis.OFFSET, None, 0, "g", "t", 3),
        ),
        (
            {"from_time": "2025-11-21T12:00:00Z", "to_time": "2025-11-21T08:00:00-05:00"},
            Selection(Axis.TIME, NOON, NOON + 60 * MINUTE - 1),
        ),
        ({"from_time": "2025-11-21T12:00:00.5Z"}, Selection(Axis.TIME, NOON + 500, None)),
    ],
)
def test_a_range_is_of_offsets_or_of_poll_times(
    options: dict[str, str | None], selection: Selection
) -> None:
    assert Selection.parse(options) == selection


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give one range"),
        ({"from_offset": "", "into": "T"}, "give one range"),
        ({"from_offset": "1", "to_time": "2025-11-21T12:00:00Z"}, "give one range"),
        ({"from_offset": "1", "to_offset": ""}, "--to-offset is empty; give both ends"),
        ({"from_time": "", "to_time": "2025-11-21T12:00:00Z"}, "--from-time is empty"),
        ({"from_offset": "9", "to_offset": "5"}, "the range is empty"),
        (
            {"from_time": "2025-11-21T12:00:00Z", "to_time": "2025-11-21T12:00:00Z"},
            "the range is empty",
        ),
        ({"from_offset": "-1"}, "--from-offset: '-1' is not a whole number"),
        ({"from_offset": "1", "partition": "one"}, "--partition: 'one' is not a whole number"),
        ({"from_time": "yesterday"}, "--from-time: 'yesterday' is not a time with a zone"),
        ({"to_time": "2025-11-21T12:00:00"}, "--to-time: .* is not a time with a zone"),
    ],
)
def test_refuses_invalid_ranges_naming_the_option(
    options: dict[str, str | None], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Selection.parse(options)


@pytest.mark.parametrize(
    ("start", "end", "overlaps"), [(0, 4, False), (0, 5, True), (7, 8, True), (9, 20, True)]
)
def test_object_overlaps_a_range_of_offsets(start: int, end: int, overlaps: bool) -> None:
    metadata = BatchMetadata(end, end - start + 1, 0, NOON, NOON)
    assert Selection(Axis.OFFSET, 5, 9).overlaps(start, metadata) is overlaps
    assert not Selection(Axis.OFFSET, 21, None).overlaps(start, metadata)


@pytest.mark.parametrize(
    ("minutes", "overlaps"),
    [((-20, -11), False), ((-20, -9), True), ((9, 20), True), ((12, 20), False)],
)
def test_object_times_may_be_off_by_the_producers_retry_time(
    minutes: tuple[int, int], overlaps: bool
) -> None:
    first, last = (NOON + minute * MINUTE for minute in minutes)
    selection = Selection(Axis.TIME, NOON, NOON + MINUTE)
    assert selection.overlaps(0, BatchMetadata(9, 10, 0, first, last)) is overlaps


def test_object_of_lost_offsets_never_overlaps_a_time_range() -> None:
    assert not Selection(Axis.TIME, 0, None).overlaps(0, BatchMetadata(9, 0, 0, None, None, 10))


@pytest.mark.parametrize(
    ("part", "included"),
    [({}, True), ({"group": "a", "topic_id": "t", "partition": 0}, True)]
    + [({name: value}, False) for name, value in (("group", "b"), ("topic_id", "u"))]
    + [({"partition": 1}, False)],
)
def test_includes_only_the_selected_part_of_the_feed(
    part: dict[str, object], included: bool
) -> None:
    selection = Selection(Axis.OFFSET, 0, None, **part)  # type: ignore[arg-type]
    assert selection.includes(Chain("us", "a", "t", 0)) is included
