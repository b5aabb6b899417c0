from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stockfeed_local.demo.report import Candle, ReportData
from stockfeed_local.demo.report.charts import chart_data

MakeData = Callable[..., ReportData]


def charts(data: ReportData) -> Any:
    return chart_data(data)


def test_days_are_drawn_at_their_exchange_date(make_data: MakeData) -> None:
    drawn = charts(make_data())

    dates = [datetime.fromtimestamp(at, UTC).isoformat() for at in drawn["candles"]["AAPL"]["time"]]
    assert dates == [f"2013-03-{day}T00:00:00+00:00" for day in ("07", "08", "11")]
    assert drawn["volatility"]["AAPL"]["time"] == drawn["candles"]["AAPL"]["time"]


def test_intraday_bars_are_drawn_at_their_utc_start(make_data: MakeData) -> None:
    start = datetime(2024, 3, 4, 14, 35, tzinfo=UTC)
    one = Decimal(1)
    candles = {"EUR": [Candle(start, one, one, one, one, 4)]}

    drawn = charts(make_data(interval="5m", candles=candles))

    assert drawn["candles"]["EUR"]["time"] == [int(start.timestamp())]


def test_candles_have_prices_and_required_decimals(make_data: MakeData) -> None:
    start = datetime(2013, 3, 1, 5, tzinfo=UTC)
    opened, high, low, close = map(Decimal, ("438.00000000", "438.17990000", "429.98", "430.47"))
    candles = {"AAPL": [Candle(start, opened, high, low, close, quotes=4)]}

    drawn = charts(make_data(candles=candles))

    columns = drawn["candles"]["AAPL"]
    assert [columns[name] for name in ("open", "high", "low", "close")] == [
        [438.0],
        [438.1799],
        [429.98],
        [430.47],
    ]
    assert columns["quotes"] == [4]
    assert columns["decimals"] == 4


def test_missing_values_are_null(make_data: MakeData) -> None:
    drawn = charts(make_data())

    assert drawn["volatility"]["AAPL"]["value"] == [None, 0.25, 0.2685]
    assert drawn["timeline"]["freshness"] == [None, 4.2]
    assert drawn["timeline"]["silver"] == [0, 12]


def test_tile_has_price_and_change(make_data: MakeData) -> None:
    (tile,) = charts(make_data())["tiles"]

    assert (tile["symbol"], tile["price"], tile["size"]) == ("AAPL", "10.50", 4)
    assert tile["changeText"] == "\N{MINUS SIGN}2.48 %"
