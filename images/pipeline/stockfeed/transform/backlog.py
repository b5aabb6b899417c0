"""Whether silver or gold lack rows that are loaded: a build before failed, or was killed.

The tables themselves say so; a note of what was built could be wrong. After a build, silver and
each gold table have the same newest batch, that of the newest good line.
"""

# ruff: noqa: S608 - names are checked settings and constants; the number is Snowflake's own

from contextlib import closing
from typing import Final

from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error

from stockfeed.contract import tables
from stockfeed.settings import BuildSettings
from stockfeed.snowflake import connect, is_missing_object, translate_error

BRONZE: Final = "BRONZE_STG_STOCK"
SILVER: Final = "SILVER_CLEAN_STOCK"
GOLD: Final = ("GOLD_KPI", "GOLD_CANDLESTICK", "GOLD_VOLATILITY")


def is_behind(settings: BuildSettings) -> bool:
    """Whether there is something to build, at the price of a login and two small queries.

    A table that is missing, or that the role may not see, is something to build: dbt makes it, or
    says what keeps it from doing so.

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
            raise translate_error(error, "look for what is not built yet") from error


def newest_batches(raw: str, built: str) -> str:
    """A query for the newest batch of raw, silver and each gold table; 0 of an empty one.

    Args:
        raw: the schema of the raw table, with its database.
        built: that of the models.
    """
    names = [f"{raw}.{tables.QUOTES}", *(f"{built}.{name}" for name in (SILVER, *GOLD))]
    # max() alone is answered from metadata: nothing is read, however much there is.
    return "SELECT " + ", ".join(f"(SELECT COALESCE(MAX(BATCH_SEQ), 0) FROM {n})" for n in names)


def good_line_after(built: str, batch_seq: int) -> str:
    """A query for a row if silver lacks a line; lines that it leaves out do not count."""
    return (
        f"SELECT 1 FROM {built}.{BRONZE} "
        f"WHERE BATCH_SEQ > {batch_seq} AND BAD_REASON IS NULL LIMIT 1"
    )


def _is_behind(connection: SnowflakeConnection, settings: BuildSettings) -> bool:
    raw = f"{settings.database}.{settings.raw_schema}"
    built = f"{settings.database}.{settings.dbt_schema}"
    with connection.cursor() as cursor:
        cursor.execute(newest_batches(raw, built))
        [(loaded, silver, *gold)] = cursor.fetchall()
        if any(newest != silver for newest in gold):
            return True
        if loaded == silver:
            return False
        cursor.execute(good_line_after(built, silver))
        return bool(cursor.fetchall())
