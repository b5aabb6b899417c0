"""The page's tables are current, and the numbers behind them match the pipeline."""

import json

import orjson
import pytest
from isal import igzip

from generator.cost import (
    AUTO_SUSPEND,
    BYTES_A_QUOTE,
    BYTES_AN_OBJECT,
    CREDIT,
    Feed,
    Prices,
    awake,
    credits_used,
    page,
)
from generator.statements.setup_sql import FILE
from stockfeed.consumer.lander import _COMPRESSION_LEVEL
from stockfeed.consumer.lines import LineEncoder
from stockfeed.contract.durations import parse_duration
from stockfeed_local.quotes.randomwalk import RandomWalk
from stockfeed_operator.spec.source import Source
from stockfeed_operator.spec.storage import Rotate, Warehouse

PAGE = FILE.parents[1] / "docs" / "cost.md"
SYMBOLS = [f"SYM{number}" for number in range(100)]


def test_tables_on_the_page_are_current() -> None:
    text = PAGE.read_text()
    assert page(text, Prices(CREDIT)) == text, "run: make docs"
    assert text.count(": begin -->") == 4


def test_a_run_every_minute_keeps_the_warehouse_awake() -> None:
    assert credits_used(1, 24 * 60) == 24


@pytest.mark.parametrize(
    ("cadence", "busy", "seconds"), [(1, 5, 60), (2, 20, 80), (2, 90, 120), (60, 0, 60)]
)
def test_billed_time_is_between_a_minute_and_the_cadence(
    cadence: int, busy: int, seconds: int
) -> None:
    assert awake(cadence, busy) == seconds


def test_defaults_match_setup_sql_and_the_spec() -> None:
    assert f"AUTO_SUSPEND = {AUTO_SUSPEND}\n" in FILE.read_text()
    assert Warehouse.model_fields["schedule"].default == "* * * * *"
    feed = Feed("any", 1, 1, 1)
    assert parse_duration(Rotate.model_fields["interval"].default) == feed.rotate
    assert parse_duration(Source.model_fields["poll_interval"].default) == feed.poll


@pytest.mark.parametrize("quotes", [1, 4, 10, 100, 250])
def test_size_of_landed_objects(quotes: int) -> None:
    size = len(igzip.compress(b"".join(_landed(quotes)), _COMPRESSION_LEVEL))
    assert BYTES_AN_OBJECT + quotes * BYTES_A_QUOTE == pytest.approx(size, rel=0.15)


def _landed(count: int) -> list[bytes]:
    """Returns lines as landed by a consumer, for a hundred symbols polled every six seconds."""
    now = [1_713_456_789.0]
    walk = RandomWalk(SYMBOLS, 7, lambda: now[0])
    encoder = LineEncoder("stock-quotes.us.megacaps", 3)
    lines: list[bytes] = []
    while len(lines) < count:
        now[0] += 6
        for symbol in SYMBOLS:
            answer = walk.poll(symbol, None)
            assert answer is not None
            assert answer.body is not None
            event = orjson.dumps({"symbol": symbol, **json.loads(answer.body)})
            timestamp = int(now[0] * 1000) + len(lines) % 997
            lines.append(encoder.encode(event, 123_456 + len(lines), timestamp)[0])
    return lines[:count]
