"""Maps exceptions to Snowflake's errors.

Every failure must become a response of the protocol: clients retry an HTTP 500 for minutes. Error
numbers and SQL states are those of Snowflake's own messages.
"""

import re

import duckdb
from snowflake.connector.errors import DatabaseError, Error, ProgrammingError
from sqlglot.errors import SqlglotError

UNSUPPORTED = 2
INTERNAL = 603


def sql_error(message: str, errno: int, sqlstate: str) -> ProgrammingError:
    """Builds a Snowflake error.

    Args:
        message: Text for the client.
        errno: Snowflake's error number.
        sqlstate: Five characters, as in the SQL standard.
    """
    return ProgrammingError(msg=message, errno=errno, sqlstate=sqlstate)


def unsupported(what: str) -> ProgrammingError:
    """Builds the error for SQL that Snowflake supports and the emulator does not."""
    return sql_error(f"Unsupported feature '{what}' in the emulator.", UNSUPPORTED, "0A000")


def is_conflict(error: BaseException) -> bool:
    """Returns whether DuckDB rejected a change because of a concurrent transaction."""
    text = str(error).lower()
    return isinstance(error, duckdb.Error) and (
        "conflict" in text or "has been altered by a different transaction" in text
    )


def to_snowflake(error: Exception) -> Error:
    """Maps any exception of a statement to the error that Snowflake would return."""
    if isinstance(error.__cause__, duckdb.ConversionException | duckdb.CatalogException):
        return _from_duckdb(
            error.__cause__
        )  # fakesnow's own error has another number or text than Snowflake's
    if isinstance(error, DatabaseError) and error.errno is not None and error.errno > 0:
        return error
    if isinstance(error, duckdb.Error):
        return _from_duckdb(error)
    if isinstance(error, NotImplementedError | AssertionError | ValueError | SqlglotError):
        return unsupported(str(error) or type(error).__name__)
    return sql_error(f"SQL execution internal error: {error!r}", INTERNAL, "XX000")


def _from_duckdb(error: duckdb.Error) -> ProgrammingError:
    text = str(error)
    message = text.split("\n", maxsplit=1)[0]
    if isinstance(error, duckdb.CatalogException) and (missing := _MISSING.search(message)):
        return _does_not_exist(missing["kind"], missing["name"])
    if is_conflict(error):
        return sql_error(f"A concurrent transaction changed the same object: {text}", 625, "57014")
    if message.endswith("Division by zero"):
        return sql_error("Division by zero", 100051, "22012")
    if "cannot affect the same target row more than once" in text:
        return sql_error(f"Duplicate row detected during DML action. {message}", 100090, "42P18")
    for kind, errno, sqlstate in _NUMBERS:
        if isinstance(error, kind):
            return sql_error(message, errno, sqlstate)
    return sql_error(text, INTERNAL, "XX000")


def _does_not_exist(kind: str, name: str) -> ProgrammingError:
    """Builds the error for a missing object; dbt-snowflake recognizes it by its text."""
    if kind.endswith("Function"):
        return sql_error(f"SQL compilation error:\nUnknown function {name}.", 2140, "42601")
    text = f"SQL compilation error:\nObject '{name}' does not exist or not authorized."
    return sql_error(text, 2003, "42S02")


_MISSING = re.compile(
    r'(?P<kind>[A-Z]\w*(?: Function)?) with name "?(?P<name>.+?)"? does not exist'
)

_NUMBERS: tuple[tuple[type[duckdb.Error], int, str], ...] = (
    (duckdb.InterruptException, 604, "57014"),
    (duckdb.ParserException, 1003, "42000"),
    (duckdb.CatalogException, 2003, "42S02"),
    (duckdb.BinderException, 904, "42000"),
    (duckdb.ConversionException, 100038, "22018"),
    (duckdb.OutOfRangeException, 100046, "22003"),
    (duckdb.ConstraintException, 100072, "22000"),
    (duckdb.NotImplementedException, UNSUPPORTED, "0A000"),
    (duckdb.InvalidInputException, 100132, "P0000"),
)
