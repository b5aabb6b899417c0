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
def test_poll_shows_the_market_time_if_it_is_valid(time: int | str | None, text: str) -> None:
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
def test_kafka_has_an_event_within_the_logs_bounds(
    bounds: tuple[int, int] | None, kept: bool | None, end: str
) -> None:
    stage = stages.kafka(EVENT, bounds)
    assert (stage.facts["kept"], stage.text.endswith(end)) == (kept, True)


def test_object_has_its_modification_time() -> None:
    modified = datetime(2024, 4, 18, 16, 13, 20, tzinfo=UTC)
    metadata = BatchMetadata(9, 10, 0, 1, 2).to_s3()
    stage = stages.stored("k", ObjectHead("e", 123, metadata, modified))
    assert (stage.at, stage.facts["endOffset"]) == (modified, 9)
    assert stage.text == "k: 10 records up to offset 9, 123 bytes"
    assert stages.stored("k", None).text == "k: no longer in the bucket"


def test_object_missing_from_the_ledger_refers_to_verify() -> None:
    interval = Interval("k", "e", 0, 9, 10, 0, 0, 1, 3)
    assert stages.ledger(LOADED, interval).text == "batch 3: offsets 0 to 9, 10 rows"
    assert "stockfeed verify" in stages.ledger(LOADED, None).text


def test_bad_row_has_the_reason_from_bronze() -> None:
    assert stages.bronze(LOADED, None).text == "a good row"
    assert stages.bronze(LOADED, "bad_t").text == "left out of silver: bad_t"


def test_gold_shows_whether_the_quote_is_the_latest() -> None:
    row = {"quote_id": "a", "quote_at": datetime(2024, 4, 18, 16, 13)}  # noqa: DTZ001 - as Snowflake
    assert stages.latest("a", row).text == "the symbol's latest quote"
    assert stages.latest("b", row).text == "the latest quote is that of 2024-04-18T16:13:00.000Z"
    assert stages.latest("a", None).facts == {"latest": None}


def test_candle_shows_prices_without_trailing_zeros() -> None:
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
