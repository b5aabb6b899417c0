"""A read-only Snowflake session, for verify and trace."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from snowflake.connector import DictCursor, SnowflakeConnection
from snowflake.connector.errors import Error

from stockfeed.settings import InspectionSettings
from stockfeed.snowflake import connect, is_missing_object, translate_error

Row = Mapping[str, Any]
"""One result row; column names are in lower case."""


class MissingTableError(Exception):
    """A table does not exist, or the role has no privilege on it."""


class Reader:
    """Runs queries in a Snowflake session.

    Args:
        connection: an open session, whose current schema is the raw schema.
        models: the dbt models' schema, qualified with its database.
    """

    def __init__(self, connection: SnowflakeConnection, models: str) -> None:
        self.models = models
        self._connection = connection

    def rows(self, action: str, query: str, *parameters: object) -> Sequence[Row]:
        """Runs a query and returns its rows.

        Args:
            action: the query's purpose, for error messages.
            query: the SQL, with a `?` per parameter.
            parameters: values bound on the server.

        Raises:
            MissingTableError: a table in the query does not exist.
            TransientError, ConfigurationError, DataError: see `translate_error`.
        """
        try:
            with self._connection.cursor(DictCursor) as cursor:
                cursor.execute(query, parameters or None)
                found = cursor.fetchall()
        except Error as error:
            if is_missing_object(error):
                raise MissingTableError(f"Snowflake, {action}: {error}") from error
            raise translate_error(error, action) from error
        return [{name.lower(): value for name, value in row.items()} for row in found]


@contextmanager
def open_reader(settings: InspectionSettings, role: str) -> Iterator[Reader]:
    """Opens a session for the duration of a `with` block.

    Args:
        settings: Snowflake connection settings.
        role: the StockFeed role, for the query tag.

    Raises:
        ConfigurationError, TransientError: see `stockfeed.snowflake.connect`.
    """
    connection = connect(settings, role)
    try:
        yield Reader(connection, f"{settings.database}.{settings.dbt_schema}")
    finally:
        connection.close()
