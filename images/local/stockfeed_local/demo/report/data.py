"""What the report shows, as read from gold and from the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Candle:
    """One row of gold_candlestick.

    Attributes:
        start: of the bar, in UTC; for an exchange day its local midnight.
        quotes: how many different quotes made it.
    """

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quotes: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One row of gold_treemap.

    Attributes:
        change_percent: since the previous close.
        size: quotes of the latest exchange day.
        at: time of the latest quote, in UTC.
    """

    symbol: str
    price: Decimal
    change_percent: float | None
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """The run's counts at one moment.

    Attributes:
        seconds: since the run's start.
        freshness: seconds since the newest quote in gold was polled; None while gold is empty.
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
        summary: the content of summary.json.
        problems: one line for each mismatch, gap, duplicate and finding; empty when all is exact.
        interval: what a candle spans: 1d, 1h, 5m or 1m.
        candles: by symbol, each symbol's in order of time.
        volatility: by symbol, in order of time; a fraction (0.25 is 25 %), or None where too few
            candles lie before.
        volatility_label: what `volatility` measures, e.g. "annualised, of the last 20 days".
        treemap: one tile for each symbol.
        timeline: in order of time.
        verified: what `stockfeed verify` prints.
        traced: what `stockfeed trace` prints of one quote.
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
