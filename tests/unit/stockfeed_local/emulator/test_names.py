"""Snowflake's documentation: "Object name resolution", "Identifier requirements"."""

import pytest
import sqlglot
from snowflake.connector.errors import ProgrammingError
from sqlglot import exp

from stockfeed_local.emulator.names import quote, resolve, table_of


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("t", "DB.S.T"),
        ("other.t", "DB.OTHER.T"),
        ("a.b.c", "A.B.C"),
        ('"t"', "DB.S.t"),
        ('a."b".C', "A.b.C"),
    ],
)
def test_resolves_names(text: str, full: str) -> None:
    assert str(resolve(exp.to_table(text, dialect="snowflake"), "DB", "S")) == full


@pytest.mark.parametrize(
    ("database", "schema", "errno"), [(None, None, 90105), ("DB", None, 90106)]
)
def test_missing_database_or_schema_raises_error(
    database: str | None, schema: str | None, errno: int
) -> None:
    with pytest.raises(ProgrammingError) as caught:
        resolve(exp.to_table("t"), database, schema)
    assert caught.value.errno == errno


def test_statement_without_a_table_raises_error() -> None:
    with pytest.raises(ProgrammingError):
        table_of(sqlglot.parse_one("select 1"))


def test_quote_doubles_quotes() -> None:
    assert quote('a"b') == '"a""b"'
