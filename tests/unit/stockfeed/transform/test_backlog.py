from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import pytest
from snowflake.connector.errors import OperationalError, ProgrammingError

from stockfeed.errors import TransientError
from stockfeed.settings import BuildSettings
from stockfeed.transform import backlog


@pytest.fixture
def settings(tmp_path: Path) -> BuildSettings:
    return BuildSettings.from_env(
        {
            "STOCKFEED_FEED": "us",
            "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
            "STOCKFEED_DBT_PROJECT_DIR": str(tmp_path),
            "SNOWFLAKE_ACCOUNT": "acme",
            "SNOWFLAKE_USER": "me",
            "SNOWFLAKE_PRIVATE_KEY": "pem",
        }
    )


class Cursor:
    """Answers queries in turn, or raises the answer if it is an exception."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.queries: list[str] = []
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def execute(self, query: str) -> None:
        self.queries.append(query)
        if isinstance(self.answers[0], Exception):
            raise self.answers[0]

    def fetchall(self) -> object:
        return self.answers.pop(0)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cursor]:
    """Sets Snowflake's answers and returns the cursor."""

    def set_answers(*answers: object) -> Cursor:
        cursor = Cursor(*answers)
        session = SimpleNamespace(cursor=lambda: cursor, close=lambda: None)
        monkeypatch.setattr(backlog, "connect", lambda settings, role: session)
        return cursor

    return set_answers


@pytest.mark.parametrize(
    ("answers", "behind"),
    [
        ([[(7, 7, 7, 7, 7)]], False),
        ([[(-1, -1, -1, -1, -1)]], False),
        ([[(7, 7, 7, 7, 5)]], True),
        ([[(7, 7, 5, 7, 7)]], True),
        ([[(7, 5, 5, 5, 5)], [(1,)]], True),
        ([[(7, 5, 5, 5, 5)], []], False),
    ],
    ids=["all built", "all empty", "volatility", "kpi", "silver", "only bad lines since"],
)
def test_compares_the_newest_batches(
    settings: BuildSettings,
    answer: Callable[..., Cursor],
    answers: list[list[tuple[int, ...]]],
    behind: bool,
) -> None:
    cursor = answer(*answers)
    assert backlog.is_behind(settings) is behind
    assert len(cursor.queries) == len(answers)
    assert cursor.closed


def test_missing_table_counts_as_something_to_build(
    settings: BuildSettings, answer: Callable[..., Cursor]
) -> None:
    answer(ProgrammingError("does not exist", errno=2003, sqlstate="42S02"))
    assert backlog.is_behind(settings)


def test_unanswered_query_is_a_transient_error(
    settings: BuildSettings, answer: Callable[..., Cursor]
) -> None:
    answer(OperationalError("no route", errno=250001))
    with pytest.raises(TransientError, match="not built yet"):
        backlog.is_behind(settings)


def test_returns_the_newest_batch_of_each_table(
    settings: BuildSettings, answer: Callable[..., Cursor]
) -> None:
    cursor = answer([(9, 8, 7, 6, -1)])
    assert backlog.newest_batches(settings) == {
        "SOURCE_STOCK_QUOTES": 9,
        "SILVER_CLEAN_STOCK": 8,
        "GOLD_KPI": 7,
        "GOLD_CANDLESTICK": 6,
        "GOLD_VOLATILITY": -1,
    }
    assert len(cursor.queries) == 1
    assert cursor.closed


@pytest.mark.parametrize(
    "error",
    [
        ProgrammingError("does not exist", errno=2003, sqlstate="42S02"),
        OperationalError("no route", errno=250001),
    ],
)
def test_leaves_the_newest_batches_to_dbt_if_the_query_fails(
    settings: BuildSettings, answer: Callable[..., Cursor], error: Exception
) -> None:
    answer(error)
    assert backlog.newest_batches(settings) == {}


def test_leaves_the_newest_batches_to_dbt_if_the_login_fails(settings: BuildSettings) -> None:
    assert backlog.newest_batches(settings) == {}  # "pem" is not a key


def test_closes_the_session(settings: BuildSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    session = SimpleNamespace(
        cursor=lambda: Cursor([(1, 1, 1, 1, 1)]), close=lambda: closed.append(True)
    )
    monkeypatch.setattr(backlog, "connect", lambda settings, role: session)
    backlog.is_behind(settings)
    assert closed == [True]


def test_bounds_the_rows_after_a_batch_by_a_literal() -> None:
    assert "BATCH_SEQ > 41 AND BAD_REASON IS NULL" in backlog.good_line_after("DB.ANALYTICS", 41)
