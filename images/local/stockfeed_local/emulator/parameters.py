"""Session parameters, from the connection and ALTER SESSION; SHOW PARAMETERS.

Snowflake's documentation: "ALTER SESSION", "Parameters".
"""

from collections.abc import Mapping
from typing import Final

import sqlglot
from sqlglot import Expr, TokenType, exp

from stockfeed_local.emulator.errors import sql_error

DEFAULTS: Final[Mapping[str, str]] = {
    "ABORT_DETACHED_QUERY": "false",
    "AUTOCOMMIT": "true",
    "LOCK_TIMEOUT": "43200",
    "QUERY_TAG": "",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": "false",
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
    "TIMEZONE": "UTC",
    "TRANSACTION_ABORT_ON_ERROR": "false",
    "USE_CACHED_RESULT": "true",
}
"""Supported parameters and their defaults, as SHOW PARAMETERS prints them; times in seconds."""

_FIXED: Final = {"QUOTED_IDENTIFIERS_IGNORE_CASE", "TIMEZONE", "TRANSACTION_ABORT_ON_ERROR"}
"""Parameters whose other values would change results in ways that are not emulated."""


class Parameters:
    """One session's parameters."""

    def __init__(self, initial: Mapping[str, object]) -> None:
        """Sets connection parameters; unknown ones, such as those of the connector, are ignored."""
        self._values = dict(DEFAULTS)
        for name, value in initial.items():
            if name.upper() in DEFAULTS:
                self.set(name, value)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def set(self, name: str, value: object) -> None:
        """Changes one parameter.

        Raises:
            ProgrammingError: The parameter is unknown, or the emulator does not support the value.
        """
        key, text = _known(name), _text(value)
        if key in _FIXED and text.upper() not in {DEFAULTS[key].upper(), "ETC/UTC"}:
            raise sql_error(
                f"The emulator supports only {key} = {DEFAULTS[key]}, not {text}.", 2, "0A000"
            )
        self._values[key] = text

    def unset(self, name: str) -> None:
        """Resets one parameter to its default."""
        key = _known(name)
        self._values[key] = DEFAULTS[key]

    def alter(self, statement: exp.Alter) -> None:
        """Runs ALTER SESSION SET and ALTER SESSION UNSET."""
        for action in statement.args["actions"]:
            for item in action.expressions:
                if action.args.get("unset"):
                    self.unset(item.this.name)
                else:
                    value = item.this.expression
                    self.set(item.this.this.name, value.name or value)

    def show_sql(self, pattern: str | None) -> str:
        """Returns a query for the result of SHOW PARAMETERS.

        Args:
            pattern: Case-insensitive LIKE pattern for names; None returns all parameters.
        """
        rows = ", ".join(
            f"({_quoted(k)}, {_quoted(v)}, {_quoted(DEFAULTS[k])}, 'SESSION', '', 'STRING')"
            for k, v in self._values.items()
        )
        columns = '"key", "value", "default", "level", "description", "type"'
        where = f' WHERE "key" ILIKE {_quoted(pattern)}' if pattern is not None else ""
        return f"SELECT * FROM (VALUES {rows}) AS parameters({columns}){where}"  # noqa: S608 - quoted


def shown_parameters(statement: Expr) -> tuple[bool, str | None]:
    """Returns whether a statement is SHOW PARAMETERS, and its LIKE pattern, if any."""
    if not (isinstance(statement, exp.Command) and str(statement.this).upper() == "SHOW"):
        return False, None
    tokens = sqlglot.tokenize(str(statement.expression), read="snowflake")
    if not tokens or tokens[0].text.upper() != "PARAMETERS":
        return False, None
    has_like = len(tokens) > 2 and tokens[1].token_type == TokenType.LIKE
    return True, tokens[2].text if has_like else None


def _known(name: str) -> str:
    if name.upper() not in DEFAULTS:
        raise sql_error(
            f"SQL compilation error:\ninvalid parameter '{name.upper()}'", 1048, "22023"
        )
    return name.upper()


def _text(value: object) -> str:
    if isinstance(value, exp.Boolean):
        return str(value.this).lower()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    return exp.Literal.string(text).sql(dialect="duckdb")
