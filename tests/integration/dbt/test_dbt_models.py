"""Silver and gold equal a plain computation over all landed lines, after each batch."""

import json
import math
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from statistics import stdev
from typing import Any
from zoneinfo import ZoneInfo

import pytest

NEW_YORK = ZoneInfo("America/New_York")
EIGHT_DECIMALS = Decimal("0.00000001")
SLICES = {"1m": 60, "5m": 300, "1h": 3600}
REACH = {
    name: timedelta(days=days) for name, days in {"1m": 5, "5m": 5, "1h": 14, "1d": 60}.items()
}
SEED = 20240310
TABLES = ("silver_clean_stock", "gold_kpi", "gold_candlestick", "gold_volatility", "gold_treemap")

pytestmark = [
    pytest.mark.timeout(1800),  # the first test waits for the fixture with all stages
    pytest.mark.filterwarnings("ignore:The 'insecure_mode':DeprecationWarning"),  # dbt-snowflake's
]

Line = dict[str, Any]
Row = dict[str, Any]
Tables = dict[str, list[Row]]


@dataclass
class Stream:
    """Generates landed lines around both daylight saving changes of 2024."""

    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    offset: int = 0

    def line(self, symbol: str, t: int, c: Any, **fields: Any) -> Line:
        """Returns one quote, polled within milliseconds of t or days later."""
        self.offset += 1
        delay = self.chance.randrange(1, 4) * self.chance.choice([1, 1, 86_400_000])
        meta = {"topic": "q", "partition": 0, "offset": self.offset, "timestamp": t * 1000 + delay}
        return {"symbol": symbol, "c": c, "t": t, **fields, "_meta": meta}

    def again(self, line: Line) -> Line:
        """Returns the same quote as polled and published again."""
        return self.line(**{name: value for name, value in line.items() if name != "_meta"})

    def walk(self, count: int) -> list[Line]:
        """Returns random quotes: missing fields, repetitions, equal times, late arrivals."""
        return [self._step() for _ in range(count)]

    def _step(self) -> Line:
        start = self.chance.choice([unix(2024, 3, 9, 23), unix(2024, 11, 2, 23)])
        t = start + self.chance.choice([7, 13, 3600, 7200]) * self.chance.randrange(12)
        values = [None, 100, 100.25, 99.98765]
        names = [name for name in ("o", "h", "l", "pc") if self.chance.random() < 0.7]
        symbol = self.chance.choice(["RND1", "RND2", "BRK.B"])
        price = self.chance.choice([99.5, 100, 100.12345, 101])
        return self.line(symbol, t, price, **{name: self.chance.choice(values) for name in names})

    def days(self, numbers: Iterable[int]) -> list[Line]:
        """Returns one quote per day of one symbol, across the daylight saving change in March."""
        noon = unix(2024, 2, 20, 12)
        return [self.line("VOL", noon + 86_400 * n, 50 + n * 7919 % 13, pc=50) for n in numbers]

    def bad(self) -> list[Line]:
        """Returns lines that silver excludes."""
        t = unix(2024, 3, 9, 23)
        lines = [
            self.line("RND1", t, "abc"),
            self.line("RND1", t, 0),
            self.line("RND1", t, 1e30),
            self.line("RND1", t * 1000, 5),
            self.line("", t, 5),
            self.line("RND1", t, 5, h=True),
            self.line("RND1", t, 5, pc={"no": "number"}),
        ]
        return [
            *lines,
            {"_error": "no JSON", "_raw": "eA==", "_meta": self.line("", t, 5)["_meta"]},
        ]


@dataclass(frozen=True)
class Stage:
    """The result of one dbt run.

    Attributes:
        messages: dbt's message for each node, by name.
        unit_tests: number of unit tests that ran.
        statements: the statement that created or changed each table, by the table's name.
        tables: rows of each table after the run.
        expected: rows that silver and gold should have.
    """

    messages: dict[str, str]
    unit_tests: int
    statements: dict[str, str]
    tables: Tables
    expected: Tables


@pytest.fixture(scope="module")
def stages(warehouse: Any) -> dict[str, Stage]:
    """Runs dbt several times on one warehouse; one fixture, because each run takes seconds."""
    dbt, stream, landed = warehouse.dbt, Stream(), list[tuple[int, Line]]()
    run = Path(dbt.environment["DBT_TARGET_PATH"]) / "run"

    def land(batch_seq: int, lines: list[Line]) -> None:
        warehouse.land(batch_seq, lines)
        landed.extend((batch_seq, line) for line in lines)

    def stage(*arguments: str) -> Stage:
        nodes = dbt(*arguments).results
        tables = {name: dbt.rows(f"select * from ANALYTICS.{name}") for name in TABLES}
        quarantine = dbt.rows("select reason from ANALYTICS.bronze_quarantine")
        return Stage(
            messages={node.node.name: node.message for node in nodes},
            unit_tests=sum(node.node.resource_type == "unit_test" for node in nodes),
            statements={file.stem: file.read_text() for file in run.rglob("models/**/*.sql")},
            tables={**tables, "quarantine": quarantine},
            expected=expected_tables(landed),
        )

    stages = {"empty": stage("run", "--selector", "minute")}

    first = stream.walk(150)
    land(1, first + stream.days(n for n in range(40) if n != 11))
    land(2, [stream.again(line) for line in first[:30]] + stream.bad())
    stages["minute"] = stage("build", "--selector", "minute")

    land(3, stream.walk(60) + [stream.again(line) for line in first[:40]] + stream.days([11, 41]))
    # As if the build was killed after these two.
    dbt("run", "--select", "silver_clean_stock", "gold_kpi")
    old = stream.line("VOL", unix(1999, 12, 31, 23), 7.123456789)
    land(5, [*stream.walk(30), old, stream.line("NEW", unix(2024, 7, 4, 9), 1e3)])
    stages["late"] = stage("build", "--selector", "minute")

    stages["nothing new"] = stage("run", "--selector", "minute")
    stages["daily"] = stage("build", "--selector", "daily")
    return stages


@pytest.mark.parametrize("name", ["minute", "late"])
@pytest.mark.parametrize("table", ["silver_clean_stock", "gold_kpi", "gold_candlestick"])
def test_table_equals_a_plain_computation(stages: dict[str, Stage], name: str, table: str) -> None:
    stage = stages[name]

    assert_equal_rows(stage.tables[table], stage.expected[table])


@pytest.mark.parametrize("name", ["minute", "late"])
def test_volatility_equals_a_plain_computation(stages: dict[str, Stage], name: str) -> None:
    expected = volatility(stages[name].expected["gold_candlestick"])
    built = {
        (row["symbol"], row["bar_interval"], row["bucket_start"]): (
            row["log_return"],
            row["volatility"],
        )
        for row in stages[name].tables["gold_volatility"]
    }

    assert built.keys() == expected.keys()
    assert any(value[1] is not None for value in expected.values())
    for key, values in expected.items():
        for value, wanted in zip(built[key], values, strict=True):
            assert (value is None) == (wanted is None), key
            assert value is None or float(value) == pytest.approx(wanted, abs=1e-9), key


def test_first_run_on_an_empty_raw_table_creates_empty_tables(stages: dict[str, Stage]) -> None:
    assert all(rows == [] for rows in stages["empty"].tables.values())


def test_quarantine_lists_and_counts_bad_lines(stages: dict[str, Stage]) -> None:
    assert len(stages["minute"].tables["quarantine"]) == 8
    for name, test in (("minute", "passes_its_tests"), ("daily", "is_empty")):
        message = stages[name].messages[f"bronze_quarantine_{test}"]
        assert message == "Got 8 results, configured to warn if != 0"


def test_treemap_counts_quotes_of_the_latest_exchange_day(stages: dict[str, Stage]) -> None:
    silver = stages["late"].expected["silver_clean_stock"]
    latest = {row["symbol"]: row["exchange_at"] for row in stages["late"].tables["gold_kpi"]}
    counts = {
        symbol: sum(
            row["symbol"] == symbol and row["exchange_at"].date() == day.date() for row in silver
        )
        for symbol, day in latest.items()
    }

    treemap = stages["late"].tables["gold_treemap"]
    assert {row["symbol"]: row["day_quotes"] for row in treemap} == counts


@pytest.mark.parametrize("name", ["nothing new", "daily"])
def test_run_without_new_data_changes_nothing(stages: dict[str, Stage], name: str) -> None:
    before, after = stages["late"].tables, stages[name].tables

    for table in TABLES:
        assert_equal_rows(after[table], before[table])


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("silver_clean_stock", "quote_at"),
        ("gold_candlestick", "bucket_start"),
        ("gold_volatility", "bucket_start"),
    ],
)
def test_merge_is_limited_to_the_times_of_the_new_rows(
    stages: dict[str, Stage], table: str, column: str
) -> None:
    statement = stages["late"].statements[table]

    assert "merge into" in statement
    assert f"DBT_INTERNAL_DEST.{column} between '2024-" in statement
    old = r"between '(1999-12-31|2000-01-01) 00:00:00'::timestamp_ntz and '2000-01-"
    assert re.search(f"DBT_INTERNAL_DEST.{column} {old}", statement)


def test_daily_run_passes_all_tests(stages: dict[str, Stage]) -> None:
    tests = stages["daily"].messages.keys() - set(TABLES)
    assert stages["daily"].unit_tests == 13
    assert len(tests) > 70
    assert not any(name.endswith("passes_its_tests") for name in tests)


@pytest.mark.usefixtures("stages")
def test_all_at_once_names_each_failed_test(warehouse: Any) -> None:
    dbt = warehouse.dbt
    dbt.execute(
        "insert into ANALYTICS.GOLD_KPI select * from ANALYTICS.GOLD_KPI where SYMBOL = 'NEW'"
    )
    dbt.execute("update ANALYTICS.GOLD_KPI set CURRENT_PRICE = -1, T = null where SYMBOL = 'VOL'")
    [result] = dbt.failed("test", "--select", "gold_kpi_passes_its_tests").results
    message = result.message
    assert "test gold_kpi_current_price_is_positive: 1 results; " in message
    assert "test not_null_gold_kpi_t: 1 results" in message
    assert "test unique_gold_kpi_symbol: 1 results" in message
    assert message.count(" results") == 3


@pytest.mark.usefixtures("stages")
def test_docs_generate_leaves_the_source_tree_unchanged(warehouse: Any) -> None:
    dbt = warehouse.dbt
    project = Path(dbt.environment["DBT_PROJECT_DIR"])
    before = set(project.rglob("*"))

    dbt("docs", "generate")

    catalog = json.loads((Path(dbt.environment["DBT_TARGET_PATH"]) / "catalog.json").read_text())
    described = {node["metadata"]["name"].lower() for node in catalog["nodes"].values()}
    assert described >= set(TABLES) - {"gold_treemap"}
    assert set(project.rglob("*")) == before


def assert_equal_rows(rows: list[Row], expected: list[Row]) -> None:
    """Compares as sets of rows, and only the columns of `expected`."""
    names = sorted(expected[0]) if expected else []
    built = sorted(tuple(str(row[name]) for name in names) for row in rows)
    assert built == sorted(tuple(str(row[name]) for name in names) for row in expected)


def unix(*moment: int) -> int:
    year, month, day, hour = moment
    return int(datetime(year, month, day, hour, tzinfo=NEW_YORK).timestamp())


def expected_tables(landed: list[tuple[int, Line]]) -> Tables:
    """Computes silver, KPI and candlestick rows from all landed lines."""
    silver = expected_silver([(batch, line) for batch, line in landed if is_quote(line)])
    ordered = sorted(silver, key=place)
    return {
        "silver_clean_stock": silver,
        "gold_kpi": list({row["symbol"]: kpi(row, silver) for row in ordered}.values()),
        "gold_candlestick": candles(ordered),
    }


def is_quote(line: Line) -> bool:
    """Returns whether a line is good; checks only the rules that `Stream.bad` violates."""
    numbers = [line.get(name) for name in ("o", "h", "l", "pc")]
    return (
        bool(line.get("symbol"))
        and type(line["c"]) in (int, float)
        and 0 < line["c"] < 1e12
        and line["t"] < 4_102_444_800
        and all(value is None or type(value) in (int, float) for value in numbers)
    )


def expected_silver(landed: list[tuple[int, Line]]) -> list[Row]:
    sightings = defaultdict(list)
    for batch, line in landed:
        identity = (
            line["symbol"],
            line["t"],
            *(price(line.get(n)) for n in ("c", "o", "h", "l", "pc")),
        )
        meta = line["_meta"]
        sightings[identity].append((milliseconds(meta["timestamp"]), meta["offset"], batch))
    return [silver_row(identity, seen) for identity, seen in sightings.items()]


def silver_row(identity: tuple[Any, ...], seen: list[tuple[datetime, int, int]]) -> Row:
    row = dict(zip(("symbol", "t", "c", "o", "h", "l", "pc"), identity, strict=True))
    below = row["l"] is not None and row["c"] < row["l"]
    above = row["h"] is not None and row["c"] > row["h"]
    local = datetime.fromtimestamp(row["t"], NEW_YORK).replace(tzinfo=None)
    first, last = min(seen), max(seen)
    return {
        **row,
        "quote_at": milliseconds(row["t"] * 1000),
        "exchange_at": local,
        "is_outside_range": below or above,
        "first_seen_at": first[0],
        "first_seen_offset": first[1],
        "last_seen_at": last[0],
        "last_seen_offset": last[1],
        "batch_seq": max(batch for _, _, batch in seen),
    }


def place(row: Row) -> tuple[Any, ...]:
    return row["t"], row["last_seen_at"], row["last_seen_offset"]


def first_place(row: Row) -> tuple[Any, ...]:
    return row["t"], row["first_seen_at"], row["first_seen_offset"]


def kpi(row: Row, silver: list[Row]) -> Row:
    batches = [other["batch_seq"] for other in silver if other["symbol"] == row["symbol"]]
    kept = ("symbol", "t", "quote_at", "exchange_at", "last_seen_at", "last_seen_offset")
    change = None if row["pc"] is None else row["c"] - row["pc"]
    return {
        **{name: row[name] for name in kept},
        "current_price": row["c"],
        "previous_close": row["pc"],
        "change_amount": change,
        "batch_seq": max(batches),
    }


def candles(ordered: list[Row]) -> list[Row]:
    buckets = defaultdict(list)
    for row in ordered:
        midnight = datetime.combine(row["exchange_at"], datetime.min.time(), NEW_YORK)
        starts = {name: row["t"] - row["t"] % seconds for name, seconds in SLICES.items()}
        for interval, start in {**starts, "1d": int(midnight.timestamp())}.items():
            buckets[row["symbol"], interval, milliseconds(start * 1000)].append(row)
    return [candle(key, rows) for key, rows in buckets.items()]


def candle(key: tuple[str, str, datetime], rows: list[Row]) -> Row:
    prices = [row["c"] for row in rows]
    return {
        **dict(zip(("symbol", "bar_interval", "bucket_start"), key, strict=True)),
        "open": min(rows, key=first_place)["c"],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "quotes": len(rows),
        "batch_seq": max(row["batch_seq"] for row in rows),
    }


def volatility(bars: list[Row]) -> dict[tuple[Any, ...], tuple[float | None, float | None]]:
    """Computes log return and volatility by symbol, interval and bucket."""
    series = defaultdict(list)
    for bar in sorted(bars, key=lambda bar: bar["bucket_start"]):
        series[bar["symbol"], bar["bar_interval"]].append((bar["bucket_start"], bar["close"]))
    return {
        (*key, points[index][0]): measures(points[: index + 1], REACH[key[1]])
        for key, points in series.items()
        for index in range(len(points))
    }


def measures(
    points: list[tuple[datetime, Decimal]], reach: timedelta
) -> tuple[float | None, float | None]:
    at = points[-1][0]
    window = [close for start, close in points[-21:] if start >= at - reach]
    returns = [math.log(after / before) for before, after in pairwise(window)]
    return (returns[-1] if returns else None, stdev(returns) if len(returns) == 20 else None)


def price(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(EIGHT_DECIMALS, ROUND_HALF_UP)


def milliseconds(unix_ms: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=unix_ms)).replace(tzinfo=None)
