"""Builds the data of the HTML report from gold and from the run."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from stockfeed_local.demo.report import Candle, ReportData, Sample, Tile
from stockfeed_local.demo.results import Outcome
from stockfeed_local.demo.warehouse import DemoWarehouse

# gold_volatility annualises daily bars only: there is no sound factor for bars within a day.
_DAILY_VOLATILITY = ("annualised_volatility", "annualised, last 20 log returns")
_INTRADAY_VOLATILITY = ("volatility", "standard deviation of the last 20 log returns")


def build_report_data(
    outcome: Outcome, interval: str, warehouse: DemoWarehouse, timeline: Sequence[Sample]
) -> ReportData:
    """Collects everything that the page shows.

    Args:
        outcome: Summary, problems, candles, and the output of verify and trace.
        interval: Length of the tape's bars; candles and volatility of other lengths are left out.
        warehouse: The source of the volatility and the treemap.
        timeline: Samples in order of time.
    """
    column, label = _DAILY_VOLATILITY if interval == "1d" else _INTRADAY_VOLATILITY
    return ReportData(
        summary=outcome.summary,
        problems=outcome.check.problems,
        interval=interval,
        candles=_candles(outcome, interval),
        volatility=_volatility(warehouse, interval, column),
        volatility_label=label,
        treemap=_tiles(warehouse),
        timeline=timeline,
        verified=outcome.inspection.verified,
        traced=outcome.inspection.traced,
    )


def _candles(outcome: Outcome, interval: str) -> dict[str, list[Candle]]:
    found: dict[str, list[Candle]] = defaultdict(list)
    for row in outcome.candles:
        if row.interval == interval:
            found[row.symbol].append(Candle(*row[2:]))
    return found


def _volatility(
    warehouse: DemoWarehouse, interval: str, column: str
) -> dict[str, list[tuple[datetime, float | None]]]:
    found: dict[str, list[tuple[datetime, float | None]]] = defaultdict(list)
    for row in warehouse.table("gold_volatility", "symbol, bucket_start"):
        if row["bar_interval"] == interval:
            value = row[column]
            start = row["bucket_start"].replace(tzinfo=UTC)
            found[row["symbol"]].append((start, None if value is None else float(value)))
    return found


def _tiles(warehouse: DemoWarehouse) -> list[Tile]:
    return [
        Tile(
            row["symbol"],
            row["current_price"],
            None if row["change_percent"] is None else float(row["change_percent"]),
            row["day_quotes"],
            row["quote_at"].replace(tzinfo=UTC),
        )
        for row in warehouse.table("gold_treemap", "symbol")
    ]
