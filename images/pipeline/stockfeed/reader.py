"""A Snowflake session that only asks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from snowflake.connector import DictCursor, SnowflakeConnection
from snowflake.connector.errors import Error

from stockfeed.settings import InspectionSettings
from stockfeed.snowflake import connect, is_missing_object, translate_error

Row = Mapping[str, Any]
"""A result's row; names in lower case."""


class MissingTableError(Exception):
    """A table does not exist, or the role may not see it."""


class Reader:
    """Asks Snowflake.

    Args:
        connection: an open session; database and raw schema are its own.
        models: the schema of the models, with its database.
    """

    def __init__(self, connection: SnowflakeConnection, models: str) -> None:
        self.models = models
        self._connection = connection

    def rows(self, action: str, query: str, *parameters: object) -> Sequence[Row]:
        """The rows of a query.

        Args:
            action: what it is for, for messages.
            query: the SQL, with `?` for each parameter.
            parameters: bound by the server.

        Raises:
            MissingTableError: the query names a table that does not exist.
            TransientError, ConfigurationError, DataError: as for any role.
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
    """A session for a `with` block.

    Args:
        settings: where Snowflake is.
        role: for the query tag.

    Raises:
        ConfigurationError, TransientError: as `stockfeed.snowflake.connect` says.
    """
    connection = connect(settings, role)
    try:
        yield Reader(connection, f"{settings.database}.{settings.dbt_schema}")
    finally:
        connection.close()
