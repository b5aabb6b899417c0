"""Builds the JSON data that the page's script draws its charts from."""

from collections.abc import Sequence
from datetime import datetime

from stockfeed_local.demo.report import formats
from stockfeed_local.demo.report.data import Candle, ReportData, Sample, Tile


def chart_data(data: ReportData) -> dict[str, object]:
    """Returns JSON-serializable columns; times are in Unix seconds, fractions are not percent."""
    return {
        "interval": data.interval,
        "averageRate": data.summary["quotes_per_second"],
        "candles": {
            symbol: _candles(candles, data.interval) for symbol, candles in data.candles.items()
        },
        "volatility": {
            symbol: _volatility(points, data.interval) for symbol, points in data.volatility.items()
        },
        "tiles": [_tile(tile) for tile in data.treemap],
        "timeline": _timeline(data.timeline),
    }


def _candles(candles: Sequence[Candle], interval: str) -> dict[str, object]:
    return {
        "time": [_seconds(candle.start, interval) for candle in candles],
        "open": [float(candle.open) for candle in candles],
        "high": [float(candle.high) for candle in candles],
        "low": [float(candle.low) for candle in candles],
        "close": [float(candle.close) for candle in candles],
        "quotes": [candle.quotes for candle in candles],
        "decimals": _decimals(candles),
    }


def _decimals(candles: Sequence[Candle]) -> int:
    """Returns the number of decimal places that shows all prices exactly."""
    return max(
        (
            formats.decimals(price)
            for candle in candles
            for price in (candle.open, candle.high, candle.low, candle.close)
        ),
        default=2,
    )


def _volatility(
    points: Sequence[tuple[datetime, float | None]], interval: str
) -> dict[str, object]:
    return {
        "time": [_seconds(at, interval) for at, _ in points],
        "value": [value for _, value in points],
    }


def _seconds(start: datetime, interval: str) -> int:
    return int(formats.shown_time(start, interval).timestamp())


def _tile(tile: Tile) -> dict[str, object]:
    return {
        "symbol": tile.symbol,
        "price": formats.price(tile.price, formats.decimals(tile.price)),
        "change": tile.change_percent,
        "changeText": formats.percent(tile.change_percent),
        "size": tile.size,
        "at": int(tile.at.timestamp()),
    }


def _timeline(samples: Sequence[Sample]) -> dict[str, object]:
    return {
        "seconds": [round(sample.seconds, 2) for sample in samples],
        "polled": [sample.polled for sample in samples],
        "published": [sample.published for sample in samples],
        "landed": [sample.landed for sample in samples],
        "loaded": [sample.loaded for sample in samples],
        "silver": [sample.silver for sample in samples],
        "freshness": [sample.freshness for sample in samples],
    }
