from datetime import UTC, datetime

import pytest

from stockfeed.contract.objects import Chain
from stockfeed.moments import Moment, parse_moment
from stockfeed.trace.event import Event, EventQuery

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECOND = parse_moment("2024-04-18T16:13:09Z", NOW)


@pytest.mark.parametrize(
    ("moment", "symbol", "poll_ms", "found"),
    [
        (SECOND, "F", 1_713_456_789_000, True),
        (SECOND, "F", 1_713_456_789_999, True),
        (SECOND, "F", 1_713_456_790_000, False),
        (SECOND, "F", 1_713_456_788_999, False),
        (SECOND, "GM", 1_713_456_789_000, False),
        (SECOND, None, 1_713_456_789_000, False),
        (None, "F", 1, True),
        (None, "GM", 1, False),
    ],
)
def test_event_matches_by_symbol_and_moment(
    moment: Moment | None, symbol: str | None, poll_ms: int, found: bool
) -> None:
    assert EventQuery("us", "F", moment).matches(symbol, poll_ms) is found


def test_query_as_text() -> None:
    assert EventQuery("us", "F", SECOND).text == "F at 2024-04-18T16:13:09.000Z"
    assert EventQuery("us", "F", None).text == "F"


def test_creates_an_event_from_a_landed_line() -> None:
    meta = {"topic": "q", "partition": 1, "offset": 7, "timestamp": 1_713_456_789_123}
    chain = Chain("us", "autos", "a" * 32, 1)
    event = Event.of_line(chain, {"symbol": "F", "c": 10.5, "_meta": meta})
    assert (event.topic, event.offset, event.poll_ms) == ("q", 7, 1_713_456_789_123)
    assert event.fields == {"symbol": "F", "c": 10.5}
    assert event.polled_at == datetime(2024, 4, 18, 16, 13, 9, 123_000, UTC)
