from datetime import UTC, datetime

import pytest

from stockfeed.contract.objects import Chain
from stockfeed.moments import parse_moment
from stockfeed.trace.event import Event, Wanted

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
def test_an_event_matches_by_symbol_and_moment(moment, symbol, poll_ms, found):
    assert Wanted("us", "F", moment).matches(symbol, poll_ms) is found


def test_what_is_wanted_is_said_as_it_was_asked():
    assert Wanted("us", "F", SECOND).text == "F at 2024-04-18T16:13:09.000Z"
    assert Wanted("us", "F", None).text == "F"


def test_a_landed_line_is_an_event_and_its_provenance():
    meta = {"topic": "q", "partition": 1, "offset": 7, "timestamp": 1_713_456_789_123}
    chain = Chain("us", "autos", "a" * 32, 1)
    event = Event.of_line(chain, {"symbol": "F", "c": 10.5, "_meta": meta})
    assert (event.topic, event.offset, event.poll_ms) == ("q", 7, 1_713_456_789_123)
    assert event.fields == {"symbol": "F", "c": 10.5}
    assert event.polled_at == datetime(2024, 4, 18, 16, 13, 9, 123_000, UTC)
