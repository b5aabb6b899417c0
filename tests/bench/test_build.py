"""A minute's build must not cost more if years are built already."""

import statistics
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from stockfeed_local.stack.snowflake import SnowflakeEmulator
from support.dbtproject.runner import Dbt, on_empty_warehouse

BUILDS = 5
SYMBOLS = 500
QUOTES_A_DAY = 12
"""Of each symbol; both histories are equally dense, since a day's candle is computed whole."""
MINUTES_BETWEEN = 30
SMALL_DAYS, LARGE_DAYS = 20, 500
TODAY = 1_735_689_600
"""2025-01-01; the histories end before it."""
FIRST_OF_DAY = 52_200
"""14:30 UTC, as seconds of the day."""
LATE_DAYS = 10

Seconds = dict[str, float]


def history(days: int) -> str:
    """Returns an SQL expression for the time of quote number n, in the `days` days before today."""
    slot = f"mod(floor(n / {SYMBOLS}), {QUOTES_A_DAY}) * {60 * MINUTES_BETWEEN}"
    day = f"floor(n / {SYMBOLS * QUOTES_A_DAY}) * 86400"
    return f"{TODAY - days * 86_400 + FIRST_OF_DAY} + {day} + {slot}"


def minute(number: int, first: int) -> str:
    """Returns such an expression for today: one quote for each symbol, then a late quote."""
    late = f"case when n = {first + SYMBOLS} then {LATE_DAYS * 86_400} else 0 end"
    return f"{TODAY + FIRST_OF_DAY + 60 * number} - {late}"


def land(dbt: Dbt, first: int, quotes: int, times: str, batch: str) -> None:
    """Lands quotes, generated inside the warehouse.

    Args:
        dbt: its warehouse.
        first: number of the first quote, which is also its Kafka offset.
        quotes: the number of quotes.
        times: SQL expression of n for the field t, in Unix seconds.
        batch: SQL expression of n for the batch number.
    """
    dbt.execute(f"""
        insert into RAW.SOURCE_STOCK_QUOTES
        select
            parse_json(
                '{{"symbol":"S' || mod(n, {SYMBOLS}) || '","c":' || 100 + mod(n * 7919, 1000) / 100
                || ',"o":100,"h":111,"l":99,"pc":100,"t":' || t
                || ',"_meta":{{"topic":"q","partition":0,"offset":' || n
                || ',"timestamp":' || (t * 1000::number(38, 0))::number(38, 0) || '}}}}'
            ),
            'b/feed=f/group=g/topic=0a1b/partition=00000/0.jsonl.gz',
            ({batch})::number(38, 0),
            '2025-01-01'::timestamp_ntz
        from (
            select n, ({times})::number(38, 0) as t
            from (
                select {first} + seq4() as n from table(generator(rowcount => {quotes}))
            )
        )
    """)


def build_history(dbt: Dbt, days: int) -> int:
    """Builds a history and returns its number of quotes."""
    quotes = SYMBOLS * QUOTES_A_DAY * days
    land(dbt, 0, quotes, history(days), f"floor(n / {2 * SYMBOLS})")
    dbt("--quiet", "run", "--selector", "minute")
    return quotes


def build_minute(dbt: Dbt, number: int, known: int) -> Seconds:
    """Lands and builds one more minute after `known` quotes of history."""
    first = known + number * (SYMBOLS + 1)
    batch = known // (2 * SYMBOLS) + number
    land(dbt, first, SYMBOLS + 1, minute(number, first), str(batch))
    return timed(dbt("--quiet", "build", "--selector", "minute"))


def timed(run: Any) -> Seconds:
    """Returns the seconds of each model; all tests count as one."""
    seconds: Seconds = defaultdict(float)
    for node in run.results:
        is_model = node.node.resource_type == "model"
        seconds[node.node.name if is_model else "data tests"] += node.execution_time
    return seconds


def assert_built(dbt: Dbt, known: int) -> None:
    """Checks that each quote is in silver, once in each interval's candles, and in current KPIs."""
    quotes = known + BUILDS * (SYMBOLS + 1)
    assert dbt.rows("select count(*) as n from ANALYTICS.SILVER_CLEAN_STOCK") == [{"n": quotes}]
    candles = dbt.rows(
        "select bar_interval, sum(quotes) as quotes, count(*) as candles"
        " from ANALYTICS.GOLD_CANDLESTICK group by bar_interval"
    )
    assert {row["bar_interval"]: row["quotes"] for row in candles} == dict.fromkeys(
        ("1m", "5m", "1h", "1d"), quotes
    )
    windows = dbt.rows("select count(*) as n from ANALYTICS.GOLD_VOLATILITY")
    assert windows == [{"n": sum(row["candles"] for row in candles)}]
    newest = TODAY + FIRST_OF_DAY + 60 * (BUILDS - 1)
    kpis = dbt.rows(f"select count(*) as n from ANALYTICS.GOLD_KPI where t = {newest}")
    assert kpis == [{"n": SYMBOLS}]


def medians(builds: list[Seconds]) -> Seconds:
    return {name: statistics.median(build[name] for build in builds) for name in builds[0]}


@pytest.mark.bench
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore:The 'insecure_mode':DeprecationWarning")  # from dbt-snowflake
def test_build_time_does_not_grow_with_history(
    snowflake: SnowflakeEmulator, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        warehouses = [
            stack.enter_context(
                on_empty_warehouse(snowflake, f"BENCH_{days}", tmp_path / str(days))
            )
            for days in (SMALL_DAYS, LARGE_DAYS)
        ]
        known = [
            build_history(dbt, days)
            for dbt, days in zip(warehouses, (SMALL_DAYS, LARGE_DAYS), strict=True)
        ]
        builds: list[list[Seconds]] = [[], []]
        # Alternately, so that a busy machine slows down both.
        for number in range(BUILDS):
            for dbt, quotes, took in zip(warehouses, known, builds, strict=True):
                took.append(build_minute(dbt, number, quotes))
        for dbt, quotes in zip(warehouses, known, strict=True):
            assert_built(dbt, quotes)

    small, large = map(medians, builds)
    print(
        f"\nbuild: seconds for {SYMBOLS + 1} new quotes after {known[0]:,} and after {known[1]:,}"
    )
    for name, before in small.items():
        print(f"  {name:20} {before:6.2f} {large[name]:6.2f}  ratio {large[name] / before:.2f}")
