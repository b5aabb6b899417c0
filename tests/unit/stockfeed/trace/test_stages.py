from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.objectstore import ObjectHead
from stockfeed.trace import stages
from stockfeed.trace.event import Event, Loaded
from stockfeed.verify.facts import Interval

CHAIN = Chain("us", "autos", "a" * 32, 1)
EVENT = Event(CHAIN, "q", 7, 1_713_456_789_123, {"symbol": "F", "c": 10.5, "t": 1_713_456_780})
LOADED = Loaded(EVENT, CHAIN.key(0), 3, datetime(2024, 4, 18, 16, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (1_713_456_780, "c=10.5, t=1713456780 (2024-04-18T16:13:00.000Z)"),
        (1_713_456_780_000, "c=10.5, t=1713456780000"),
        ("noon", "c=10.5, t=noon"),
        (None, "c=10.5, t=None"),
    ],
)
def test_a_poll_shows_the_market_time_where_it_is_one(time, text):
    event = Event(CHAIN, "q", 7, 1, {"c": 10.5, "t": time})
    assert stages.poll(event).text == text


@pytest.mark.parametrize(
    ("bounds", "kept", "end"),
    [
        (None, None, "offset 7"),
        ((0, 8), True, "still in the log"),
        ((8, 9), False, "no longer in the log"),
        ((0, 0), False, "no longer in the log"),
    ],
)
def test_kafka_keeps_what_lies_in_its_bounds(bounds, kept, end):
    stage = stages.kafka(EVENT, bounds)
    assert (stage.facts["kept"], stage.text.endswith(end)) == (kept, True)


def test_an_object_tells_when_it_was_written():
    modified = datetime(2024, 4, 18, 16, 13, 20, tzinfo=UTC)
    metadata = BatchMetadata(9, 10, 0, 1, 2).to_s3()
    stage = stages.stored("k", ObjectHead("e", 123, metadata, modified))
    assert (stage.at, stage.facts["endOffset"]) == (modified, 9)
    assert stage.text == "k: 10 records up to offset 9, 123 bytes"
    assert stages.stored("k", None).text == "k: no longer in the bucket"


def test_a_load_without_a_row_in_the_ledger_is_a_matter_for_verify():
    interval = Interval("k", "e", 0, 9, 10, 0, 0, 1, 3)
    assert stages.ledger(LOADED, interval).text == "batch 3: offsets 0 to 9, 10 rows"
    assert "stockfeed verify" in stages.ledger(LOADED, None).text


def test_a_bad_row_says_why_silver_leaves_it_out():
    assert stages.bronze(LOADED, None).text == "a good row"
    assert stages.bronze(LOADED, "bad_t").text == "left out of silver: bad_t"


def test_gold_says_whether_the_quote_is_the_latest():
    row = {"quote_id": "a", "quote_at": datetime(2024, 4, 18, 16, 13)}  # noqa: DTZ001 - as Snowflake
    assert stages.latest("a", row).text == "the symbol's latest quote"
    assert stages.latest("b", row).text == "the latest quote is one of 2024-04-18T16:13:00.000Z"
    assert stages.latest("a", None).facts == {"latest": None}


def test_a_candle_shows_its_prices_without_the_types_zeros():
    row = {
        "bar_interval": "1m",
        "bucket_start": datetime(2024, 4, 18, 16, 13),  # noqa: DTZ001 - as Snowflake
        **dict.fromkeys(("open", "low"), Decimal("10.50000000")),
        **dict.fromkeys(("high", "close"), Decimal("100.00000000")),
        "quotes": 4,
    }
    assert stages.candle(row).text == (
        "1m candle of 2024-04-18T16:13:00.000Z: open 10.5 high 100 low 10.5 close 100, 4 quotes"
    )
