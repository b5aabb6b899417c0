from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stockfeed_local.demo.report import Candle, ReportData, Sample, Tile

MakeData = Callable[..., ReportData]

SUMMARY: dict[str, int | float | str] = {
    "polled": 20,
    "published": 12,
    "repeats": 0,
    "landed": 12,
    "loaded": 12,
    "silver": 12,
    "bars": 3,
    "mismatches": 0,
    "gaps": 0,
    "duplicates": 0,
    "findings": 0,
    "seconds": 72.3,
    "quotes_per_second": 812.4,
    "broker": "Apache Kafka",
}


def candle(start: datetime, close: str = "10.5") -> Candle:
    return Candle(start, Decimal(10), Decimal(11), Decimal("9.50000000"), Decimal(close), 4)


@pytest.fixture
def make_data() -> MakeData:
    """Builds the report of a run with three exchange days of one symbol.

    Keyword arguments replace fields of the report, `summary` replaces keys of the summary.
    """

    def make(summary: dict[str, int | float | str] | None = None, **parts: object) -> ReportData:
        # 2013-03-11 is the first exchange day in daylight saving time.
        days = [datetime(2013, 3, 7, 5, tzinfo=UTC), datetime(2013, 3, 8, 5, tzinfo=UTC)]
        days.append(datetime(2013, 3, 11, 4, tzinfo=UTC))
        values = {
            "problems": [],
            "interval": "1d",
            "candles": {"AAPL": [candle(day) for day in days]},
            "volatility": {"AAPL": [(days[0], None), (days[1], 0.25), (days[2], 0.2685)]},
            "volatility_label": "annualised, last 2 log returns",
            "treemap": [Tile("AAPL", Decimal("10.50"), -2.478, 4, days[2] + timedelta(hours=16))],
            "timeline": [Sample(0, 0, 0, 0, 0, 0, None), Sample(1, 20, 12, 12, 12, 12, 4.2)],
            "verified": "demo from 10:00 to 11:00\ncomplete",
            "traced": "demo: AAPL, polled 10:30\npoll    c=10.6",
        }
        return ReportData(summary=SUMMARY | (summary or {}), **(values | parts))  # type: ignore[arg-type]  # parts can be any field

    return make
