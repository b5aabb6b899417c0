"""*Cost*: what the warehouse, the object store and the quote API are asked to do."""

from typing import Final

from grafana.model import Dashboard, Graph, Limits, Look, Query, Section, Stat
from grafana.promql import FEED, GROUP, histogram_rate, or_zero, rate, series, top, total
from grafana.table import Column, Table
from stockfeed.contract.metrics import consumer, producer, workflow

_HOUR: Final = "1h"
_NAME: Final = "{{namespace}}/{{feed}}"
_ESTIMATE: Final = (
    "An estimate from the runs' time and AUTO_SUSPEND of 60 seconds; the bill is "
    "SNOWFLAKE.ACCOUNT_USAGE.WAREHOUSE_METERING_HISTORY. Runs that failed are not in it."
)


def _busy(by: str) -> str:
    """Share of the time in which a load or a build works."""
    parts = (workflow.LOAD_DURATION, workflow.BUILD_DURATION)
    return " + ".join(histogram_rate(part, "sum", by, _HOUR) for part in parts)


def _awake(by: str) -> str:
    """Share of the time in which the warehouse is awake: it sleeps a minute after a run."""
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
# A load lists the feed, each group, each group's topic and each partition (docs/cost.md).
_LISTED: Final = (
    f"(1 + 2 * count by ({FEED}) (count by ({GROUP}) ({series(consumer.LAG)})) "
    f"+ count by ({FEED}) (count by ({GROUP}, partition) ({series(consumer.LAG)})))"
)
_LISTS: Final = f"{_RUNS} * {_LISTED}"
_USED: Final = f"60 * {rate(producer.POLLS, FEED, window='5m')} / " + total(
    producer.REQUEST_BUDGET, FEED, f"{GROUP}, pod"
)


def _stat(title: str, description: str, unit: str, query: str) -> Stat:
    return Stat(Look(title, description, unit, width=6, height=4), Query(query, title))


_NOW: Final = Section(
    "An hour of the chosen feeds",
    (
        _stat(
            "Warehouse awake",
            "Share of the time, if the chosen feeds share one warehouse and do not run at the "
            f"same time. {_ESTIMATE}",
            "percentunit",
            f"max({_awake('')})",
        ),
        _stat(
            "Credits a day",
            f"Of one warehouse of the chosen size. {_ESTIMATE}",
            "none",
            f"24 * $credits * max({_awake('')})",
        ),
        _stat(
            "Requests to S3",
            "PUT, GET and LIST an hour.",
            "short",
            " + ".join(f"({or_zero(_all(query))})" for query in (_PUTS, _GETS, _LISTS)),
        ),
        _stat("Requests to quote APIs", "An hour.", "short", _all(_POLLS)),
    ),
)

_WAREHOUSE: Final = Section(
    "Warehouse",
    (
        Graph(
            Look(
                "Warehouse seconds an hour, the 10 most",
                "Time of loads and builds. Each wakes the warehouse for a minute more; so at one "
                "run a minute it never sleeps. docs/cost.md says what to turn.",
                "s",
            ),
            (Query(top(10, _hourly(f"({_busy(FEED)})")), _NAME),),
        ),
        Graph(
            Look(
                "Load and build, all chosen feeds",
                "Seconds of an hour in which they work.",
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
            Look(
                "Warehouse by feed",
                "Of the last hour; credits as if each feed had a warehouse of its own, of the "
                f"chosen size. {_ESTIMATE}",
                "none",
                width=24,
            ),
            ("namespace", "feed"),
            (
                Column("Busy an hour", _hourly(f"({_busy(FEED)})"), "s"),
                Column("Runs an hour", _RUNS, "short"),
                Column("Awake", _awake(FEED), "percentunit"),
                Column("Credits a day", f"24 * $credits * {_awake(FEED)}", "none"),
                Column(
                    "Rows a run",
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
            Look(
                "Requests an hour",
                "PUT: objects written; GET: objects loaded; LIST: what loads look through, empty "
                "ones too, by the number of groups and partitions.",
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
            Look(
                "Bytes an hour, the 10 most",
                "Compressed bytes written in batch objects, by feed.",
                "bytes",
            ),
            (Query(top(10, _hourly(rate(consumer.BYTES, FEED, window=_HOUR))), _NAME),),
        ),
        Table(
            Look(
                "Objects by feed",
                "Of the last hour. Small objects cost a request each: a longer "
                "`landing.rotate.interval` makes fewer and larger ones.",
                "none",
                width=24,
            ),
            ("namespace", "feed"),
            (
                Column("Objects an hour", _PUTS, "short"),
                Column("Lists an hour", _LISTS, "short"),
                Column(
                    "Bytes an object",
                    f"{_hourly(rate(consumer.BYTES, FEED, window=_HOUR))} / ({_PUTS} > 0)",
                    "bytes",
                ),
                Column(
                    "Messages an object",
                    f"{_hourly(rate(consumer.LANDED, FEED, window=_HOUR))} / ({_PUTS} > 0)",
                    "short",
                ),
                Column(
                    "Bytes a day",
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
            Look(
                "Requests an hour, the 10 most",
                "Requests to the quote API, by feed.",
                "short",
                "StockFeedApiRateLimited",
            ),
            (Query(top(10, _POLLS), _NAME),),
        ),
        Graph(
            Look(
                "Share of the request budget, the 10 most",
                "Requests against the key's budget. Near 100 % another symbol does not fit.",
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
    "What the warehouse, the object store and the quote API are asked to do.",
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
