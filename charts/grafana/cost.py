"""*Cost*: usage of the warehouse, the object store and the quote API."""

from typing import Final

from grafana.model import Dashboard, Graph, Limits, PanelOptions, Query, Section, Stat
from grafana.promql import FEED, GROUP, histogram_rate, or_zero, rate, series, top, total
from grafana.table import Column, Table
from stockfeed.contract.metrics import consumer, producer, workflow

_HOUR: Final = "1h"
_NAME: Final = "{{namespace}}/{{feed}}"
_ESTIMATE: Final = (
    "Estimated from the duration of successful runs and AUTO_SUSPEND of 60 seconds; failed runs "
    "are not included. SNOWFLAKE.ACCOUNT_USAGE.WAREHOUSE_METERING_HISTORY has the billed credits."
)


def _busy(by: str) -> str:
    """Returns a query for the share of time in which a load or build runs."""
    parts = (workflow.LOAD_DURATION, workflow.BUILD_DURATION)
    return " + ".join(histogram_rate(part, "sum", by, _HOUR) for part in parts)


def _awake(by: str) -> str:
    """Returns a query for the share of time in which the warehouse is awake.

    AUTO_SUSPEND keeps it awake for a minute after each run.
    """
    runs = histogram_rate(workflow.LOAD_DURATION, "count", by, _HOUR)
    return f"clamp_max({_busy(by)} + 60 * {runs}, 1)"


def _hourly(query: str) -> str:
    return f"3600 * {query}"


def _all(query: str) -> str:
    return f"sum({query})"


_RUNS: Final = _hourly(histogram_rate(workflow.LOAD_DURATION, "count", FEED, _HOUR))
_PUTS: Final = _hourly(rate(consumer.OBJECTS, FEED, window=_HOUR))
_GETS: Final = _hourly(rate(workflow.FILES, FEED, window=_HOUR))
_POLLS: Final = _hourly(rate(producer.POLLS, FEED, window=_HOUR))
# A load sends one LIST for the feed, each group, each group's topic and each partition
# (docs/cost.md).
_LISTED: Final = (
    f"(1 + 2 * count by ({FEED}) (count by ({GROUP}) ({series(consumer.LAG)})) "
    f"+ count by ({FEED}) (count by ({GROUP}, partition) ({series(consumer.LAG)})))"
)
_LISTS: Final = f"{_RUNS} * {_LISTED}"
_USED: Final = f"60 * {rate(producer.POLLS, FEED, window='5m')} / " + total(
    producer.REQUEST_BUDGET, FEED, f"{GROUP}, pod"
)


def _stat(title: str, description: str, unit: str, query: str) -> Stat:
    return Stat(PanelOptions(title, description, unit, width=6, height=4), Query(query, title))


_NOW: Final = Section(
    "Current hourly usage of the selected feeds",
    (
        _stat(
            "Warehouse awake",
            "Share of time in which the warehouse is awake, assuming that the selected feeds share "
            f"one warehouse and never run at the same time. {_ESTIMATE}",
            "percentunit",
            f"max({_awake('')})",
        ),
        _stat(
            "Credits per day",
            f"Credits per day of one warehouse of the selected size. {_ESTIMATE}",
            "none",
            f"24 * $credits * max({_awake('')})",
        ),
        _stat(
            "S3 requests",
            "PUT, GET and LIST requests per hour.",
            "short",
            " + ".join(f"({or_zero(_all(query))})" for query in (_PUTS, _GETS, _LISTS)),
        ),
        _stat("Quote API requests", "Requests per hour.", "short", _all(_POLLS)),
    ),
)

_WAREHOUSE: Final = Section(
    "Warehouse",
    (
        Graph(
            PanelOptions(
                "Warehouse seconds per hour, top 10 feeds",
                "Duration of loads and builds. Each run keeps the warehouse awake for another "
                "minute, so with one run per minute it never suspends. See docs/cost.md for "
                "ways to reduce this.",
                "s",
            ),
            (Query(top(10, _hourly(f"({_busy(FEED)})")), _NAME),),
        ),
        Graph(
            PanelOptions(
                "Load and build, all selected feeds",
                "Seconds per hour in which loads and builds run.",
                "s",
            ),
            (
                Query(
                    _hourly(f"sum(rate({series(workflow.LOAD_DURATION, suffix='_sum')}[1h]))"),
                    "load",
                ),
                Query(
                    _hourly(f"sum(rate({series(workflow.BUILD_DURATION, suffix='_sum')}[1h]))"),
                    "build",
                ),
            ),
            stacked=True,
        ),
        Table(
            PanelOptions(
                "Warehouse by feed",
                "Values for the last hour. Credits assume that each feed has its own warehouse of "
                f"the selected size. {_ESTIMATE}",
                "none",
                width=24,
            ),
            ("namespace", "feed"),
            (
                Column("Busy per hour", _hourly(f"({_busy(FEED)})"), "s"),
                Column("Runs per hour", _RUNS, "short"),
                Column("Awake", _awake(FEED), "percentunit"),
                Column("Credits per day", f"24 * $credits * {_awake(FEED)}", "none"),
                Column(
                    "Rows per run",
                    f"{_hourly(rate(workflow.ROWS, FEED, window=_HOUR))} / ({_RUNS} > 0)",
                    "short",
                ),
            ),
            link="feeds",
        ),
    ),
)

_STORE: Final = Section(
    "Object store",
    (
        Graph(
            PanelOptions(
                "Requests per hour",
                "PUT: objects written. GET: objects loaded. LIST: sent by every load, even if "
                "nothing is new; their number depends on the number of groups and partitions.",
                "short",
            ),
            (
                Query(_all(_PUTS), "PUT"),
                Query(_all(_GETS), "GET"),
                Query(_all(_LISTS), "LIST"),
            ),
            stacked=True,
        ),
        Graph(
            PanelOptions(
                "Bytes per hour, top 10 feeds",
                "Compressed bytes of objects written, by feed.",
                "bytes",
            ),
            (Query(top(10, _hourly(rate(consumer.BYTES, FEED, window=_HOUR))), _NAME),),
        ),
        Table(
            PanelOptions(
                "Objects by feed",
                "Values for the last hour. Each object costs a request, so a longer "
                "`landing.rotate.interval` with fewer, larger objects is cheaper.",
                "none",
                width=24,
            ),
            ("namespace", "feed"),
            (
                Column("Objects per hour", _PUTS, "short"),
                Column("Lists per hour", _LISTS, "short"),
                Column(
                    "Bytes per object",
                    f"{_hourly(rate(consumer.BYTES, FEED, window=_HOUR))} / ({_PUTS} > 0)",
                    "bytes",
                ),
                Column(
                    "Messages per object",
                    f"{_hourly(rate(consumer.LANDED, FEED, window=_HOUR))} / ({_PUTS} > 0)",
                    "short",
                ),
                Column(
                    "Bytes per day",
                    f"24 * {_hourly(rate(consumer.BYTES, FEED, window=_HOUR))}",
                    "bytes",
                ),
            ),
            link="feeds",
        ),
    ),
)

_REQUESTS: Final = Section(
    "Quote API",
    (
        Graph(
            PanelOptions(
                "Requests per hour, top 10 feeds",
                "Requests to the quote API, by feed.",
                "short",
                "StockFeedApiRateLimited",
            ),
            (Query(top(10, _POLLS), _NAME),),
        ),
        Graph(
            PanelOptions(
                "Used share of the request budget, top 10 feeds",
                "Requests relative to the API key's budget. Near 100 %, no more symbols fit.",
                "percentunit",
                "StockFeedApiRateLimited",
            ),
            (Query(top(10, _USED), _NAME),),
            Limits(0.9, 1),
        ),
    ),
)

_SIZES: Final = (("X-Small", 1), ("Small", 2), ("Medium", 4), ("Large", 8))
DASHBOARD: Final = Dashboard(
    "cost",
    "StockFeed / Cost",
    "Usage of the warehouse, the object store and the quote API.",
    (_NOW, _WAREHOUSE, _STORE, _REQUESTS),
    (
        {
            "name": "credits",
            "label": "Warehouse",
            "type": "custom",
            "query": ", ".join(f"{name} : {per_hour}" for name, per_hour in _SIZES),
            "current": {"text": "X-Small", "value": "1"},
            "options": [
                {"text": name, "value": str(per_hour), "selected": per_hour == 1}
                for name, per_hour in _SIZES
            ],
        },
    ),
)
