"""ALTER TABLE … ALTER … COMMENT for several columns at once, with which dbt persists its docs.

fakesnow 0.12.1 does not support it. Snowflake's documentation: "ALTER TABLE … ALTER COLUMN".
"""

import re
from dataclasses import dataclass

from sqlglot import exp, parse_one

_TEXT = r"(?:'(?:[^'\\]|''|\\.)*'|\$\$.*?\$\$)"
_NAME = r'"(?:[^"]|"")+"|\w+'
_COLUMN = (
    rf"(?:(?:ALTER|MODIFY)\s+)?(?:COLUMN\s+)?(?P<column>{_NAME})\s+COMMENT\s+(?P<text>{_TEXT})"
)
_STATEMENT = re.compile(
    rf"\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<table>\S+)\s+(?:ALTER|MODIFY)\s+"
    rf"(?P<columns>{_COLUMN.replace('?P<column>', '?:').replace('?P<text>', '?:')}"
    rf"(?:\s*,\s*{_COLUMN.replace('?P<column>', '?:').replace('?P<text>', '?:')})*)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_EACH = re.compile(_COLUMN, re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class ColumnComments:
    """Comments to set on columns of one table, by stored column name."""

    table: exp.Table
    by_column: dict[str, str]


def parse(sql: str) -> ColumnComments | None:
    """Returns the comments that a statement sets, or None if it is another statement."""
    if (match := _STATEMENT.fullmatch(sql)) is None:
        return None
    table = exp.to_table(match["table"], dialect="snowflake")
    found = {
        _name(each["column"]): _text(each["text"]) for each in _EACH.finditer(match["columns"])
    }
    return ColumnComments(table, found)


def _name(column: str) -> str:
    return column[1:-1].replace('""', '"') if column.startswith('"') else column.upper()


def _text(literal: str) -> str:
    return str(parse_one(literal, read="snowflake").this)
