"""Detects loaded rows that silver or gold lack, because an earlier build failed or was killed.

The tables themselves are the only record of what was built, so it cannot be out of date. After a
build, silver and each gold table have the same newest batch: that of the newest good row.
"""

# ruff: noqa: S608 - names are checked settings and constants; the number is Snowflake's own

from contextlib import closing
from typing import Final

import structlog
from snowflake.connector import SnowflakeConnection
from snowflake.connector.cursor import SnowflakeCursor
from snowflake.connector.errors import Error

from stockfeed.contract import tables
from stockfeed.errors import StockfeedError
from stockfeed.settings import BuildSettings
from stockfeed.snowflake import connect, is_missing_object, translate_error

BRONZE: Final = "BRONZE_STG_STOCK"
SILVER: Final = "SILVER_CLEAN_STOCK"
GOLD: Final = ("GOLD_KPI", "GOLD_CANDLESTICK", "GOLD_VOLATILITY")

_log = structlog.get_logger()


def is_behind(settings: BuildSettings) -> bool:
    """Whether there is something to build; it costs a login and up to two small queries.

    A table that is missing, or that the role may not see, counts as something to build: dbt creates
    it, or reports why it cannot.

    Raises:
        ConfigurationError: a credential is unusable or was refused.
        TransientError: Snowflake did not answer.
    """
    with closing(connect(settings, "build")) as connection:
        try:
            return _is_behind(connection, settings)
        except Error as error:
            if is_missing_object(error):
                return True
            raise translate_error(error, "find what is not built yet") from error


def newest_batches(settings: BuildSettings) -> dict[str, int]:
    """Returns the newest batch of raw, silver and gold tables, by table name; -1 for an empty one.

    Without it, dbt would query each of them, and again for each test. The result is empty if the
    query fails, for example because a table is missing: dbt then runs its queries and reports the
    errors itself.
    """
    try:
        with closing(connect(settings, "build")) as connection, connection.cursor() as cursor:
            newest = _newest(cursor, settings)
    except (Error, StockfeedError) as error:
        _log.warning("cannot read the newest batches, so dbt will", error=str(error))
        return {}
    return dict(zip((tables.QUOTES, SILVER, *GOLD), newest, strict=True))


def newest_batches_query(raw: str, built: str) -> str:
    """Returns a query for the newest batch of raw, silver and gold tables; -1 for an empty one.

    Args:
        raw: the raw table's schema, with its database.
        built: the models' schema, with its database.
    """
    names = [f"{raw}.{tables.QUOTES}", *(f"{built}.{name}" for name in (SILVER, *GOLD))]
    # max() without a filter is answered from metadata, however large the table is.
    return "SELECT " + ", ".join(f"(SELECT COALESCE(MAX(BATCH_SEQ), -1) FROM {n})" for n in names)


def good_line_after(built: str, batch_seq: int) -> str:
    """Returns a query that has a row if silver lacks a good row after a batch."""
    return (
        f"SELECT 1 FROM {built}.{BRONZE} "
        f"WHERE BATCH_SEQ > {batch_seq} AND BAD_REASON IS NULL LIMIT 1"
    )


def _is_behind(connection: SnowflakeConnection, settings: BuildSettings) -> bool:
    with connection.cursor() as cursor:
        loaded, silver, *gold = _newest(cursor, settings)
        if any(newest != silver for newest in gold):
            return True
        if loaded == silver:
            return False
        cursor.execute(good_line_after(_built(settings), silver))
        return bool(cursor.fetchall())


def _newest(cursor: SnowflakeCursor, settings: BuildSettings) -> list[int]:
    raw = f"{settings.database}.{settings.raw_schema}"
    cursor.execute(newest_batches_query(raw, _built(settings)))
    [row] = cursor.fetchall()
    return list(row)


def _built(settings: BuildSettings) -> str:
    return f"{settings.database}.{settings.dbt_schema}"
