"""The content of the report, read from gold and from the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Candle:
    """A row of gold_candlestick.

    Attributes:
        start: Start of the bar in UTC; an exchange day starts at midnight in New York.
        quotes: Number of different quotes in the bar.
    """

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quotes: int


@dataclass(frozen=True, slots=True)
class Tile:
    """A row of gold_treemap.

    Attributes:
        price: Price in the latest quote.
        change_percent: Change since the previous close in percent; None if unknown.
        size: Number of quotes on the latest exchange day.
        at: Time of the latest quote in UTC.
    """

    symbol: str
    price: Decimal
    change_percent: float | None
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """The counts of all stages at one moment of the run.

    Attributes:
        seconds: Time since the start of the run.
        polled: Responses of the quote server.
        published: Messages in Kafka.
        landed: Messages in the bucket.
        loaded: Rows of the raw table.
        silver: Rows of silver.
        freshness: Seconds since the newest quote in silver was polled; None while it is empty.
    """

    seconds: float
    polled: int
    published: int
    landed: int
    loaded: int
    silver: int
    freshness: float | None


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything on the page.

    Attributes:
        summary: The content of summary.json.
        problems: One line per mismatch, gap, duplicate and finding; empty if the run is exact.
        interval: Length of a candle: 1d, 1h, 5m or 1m.
        candles: Candles by symbol, in order of time.
        volatility: Time and value by symbol, in order of time. A value is a fraction (0.25 is
            25 %), or None if there are too few candles before it.
        volatility_label: The measure of volatility, e.g. "annualised, last 20 log returns".
        treemap: One tile per symbol.
        timeline: Samples in order of time.
        verified: Output of `stockfeed verify`.
        traced: Output of `stockfeed trace` for one quote.
    """

    summary: Mapping[str, int | float | str]
    problems: Sequence[str]
    interval: str
    candles: Mapping[str, Sequence[Candle]]
    volatility: Mapping[str, Sequence[tuple[datetime, float | None]]]
    volatility_label: str
    treemap: Sequence[Tile]
    timeline: Sequence[Sample]
    verified: str
    traced: str
