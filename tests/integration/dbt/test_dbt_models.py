"""Silver and gold equal a plain computation over all landed lines, after each batch."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.dbtproject.expected import Row, Tables, expected_tables, volatility
from support.dbtproject.stream import Line, Stream, unix

TABLES = ("silver_clean_stock", "gold_kpi", "gold_candlestick", "gold_volatility", "gold_treemap")

pytestmark = [
    pytest.mark.timeout(1800),  # the first test waits for the fixture with all stages
    pytest.mark.filterwarnings("ignore:The 'insecure_mode':DeprecationWarning"),  # dbt-snowflake's
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
