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
    ("options", "says"),
    [
        ({}, "give one range"),
        ({"from_offset": "", "into": "T"}, "give one range"),
        ({"from_offset": "1", "to_time": "2025-11-21T12:00:00Z"}, "give one range"),
        ({"from_offset": "1", "to_offset": ""}, "--to-offset is empty; give both ends"),
        ({"from_time": "", "to_time": "2025-11-21T12:00:00Z"}, "--from-time is empty"),
        ({"from_offset": "9", "to_offset": "5"}, "the range holds nothing"),
        (
            {"from_time": "2025-11-21T12:00:00Z", "to_time": "2025-11-21T12:00:00Z"},
            "the range holds nothing",
        ),
        ({"from_offset": "-1"}, "--from-offset: '-1' is no whole number"),
        ({"from_offset": "1", "partition": "one"}, "--partition: 'one' is no whole number"),
        ({"from_time": "yesterday"}, "--from-time: 'yesterday' is not a time with a zone"),
        ({"to_time": "2025-11-21T12:00:00"}, "--to-time: .* is not a time with a zone"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_option(
    options: dict[str, str | None], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Selection.parse(options)


@pytest.mark.parametrize(
    ("start", "end", "touched"), [(0, 4, False), (0, 5, True), (7, 8, True), (9, 20, True)]
)
def test_an_object_touches_a_range_of_offsets(start: int, end: int, touched: bool) -> None:
    metadata = BatchMetadata(end, end - start + 1, 0, NOON, NOON)
    assert Selection(Axis.OFFSET, 5, 9).touches(start, metadata) is touched
    assert not Selection(Axis.OFFSET, 21, None).touches(start, metadata)


@pytest.mark.parametrize(
    ("minutes", "touched"),
    [((-20, -11), False), ((-20, -9), True), ((9, 20), True), ((12, 20), False)],
)
def test_an_objects_times_may_be_off_by_as_long_as_a_producer_tries_again(
    minutes: tuple[int, int], touched: bool
) -> None:
    first, last = (NOON + minute * MINUTE for minute in minutes)
    selection = Selection(Axis.TIME, NOON, NOON + MINUTE)
    assert selection.touches(0, BatchMetadata(9, 10, 0, first, last)) is touched


def test_lost_offsets_have_no_time() -> None:
    assert not Selection(Axis.TIME, 0, None).touches(0, BatchMetadata(9, 0, 0, None, None, 10))


@pytest.mark.parametrize(
    ("part", "taken"),
    [({}, True), ({"group": "a", "topic_id": "t", "partition": 0}, True)]
    + [({name: value}, False) for name, value in (("group", "b"), ("topic_id", "u"))]
    + [({"partition": 1}, False)],
)
def test_a_part_of_a_feed(part: dict[str, object], taken: bool) -> None:
    selection = Selection(Axis.OFFSET, 0, None, **part)  # type: ignore[arg-type]
    assert selection.takes(Chain("us", "a", "t", 0)) is taken
