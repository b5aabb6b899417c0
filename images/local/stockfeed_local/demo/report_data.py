"""From gold to the report's data."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from stockfeed_local.demo import warehouse as wh
from stockfeed_local.demo.check import Verdict
from stockfeed_local.demo.inspection import Inspection
from stockfeed_local.demo.report import Candle, ReportData, Sample, Tile

# Gold annualises daily bars only: there is no sound factor for bars within a day.
_VOLATILITY = {"1d": ("annualised_volatility", "annualised, last 20 log returns")}
_INTRADAY_VOLATILITY = ("volatility", "standard deviation of the last 20 log returns")


def report_data(
    summary: Mapping[str, int | float | str],
    verdict: Verdict,
    inspection: Inspection,
    interval: str,
    candles: Iterable[wh.Candle],
    warehouse: wh.DemoWarehouse,
    timeline: Sequence[Sample],
) -> ReportData:
    """Everything that the page shows; candles and volatility of the tape's interval."""
    column, label = _VOLATILITY.get(interval, _INTRADAY_VOLATILITY)
    shown: dict[str, list[Candle]] = defaultdict(list)
    for candle in candles:
        if candle.interval == interval:
            shown[candle.symbol].append(Candle(*candle[2:]))
    return ReportData(
        summary=summary,
        problems=verdict.problems,
        interval=interval,
        candles=shown,
        volatility=_volatility(warehouse, interval, column),
        volatility_label=label,
        treemap=[
            Tile(
                row["symbol"],
                row["current_price"],
                None if row["change_percent"] is None else float(row["change_percent"]),
                row["day_quotes"],
                row["quote_at"].replace(tzinfo=UTC),
            )
            for row in warehouse.table("gold_treemap", "symbol")
        ],
        timeline=timeline,
        verified=inspection.verified,
        traced=inspection.traced,
    )


def _volatility(
    warehouse: wh.DemoWarehouse, interval: str, column: str
) -> dict[str, list[tuple[datetime, float | None]]]:
    found: dict[str, list[tuple[datetime, float | None]]] = defaultdict(list)
    for row in warehouse.table("gold_volatility", "symbol, bucket_start"):
        if row["bar_interval"] == interval:
            value = row[column]
            start = row["bucket_start"].replace(tzinfo=UTC)
            found[row["symbol"]].append((start, None if value is None else float(value)))
    return found
